"""Settings of what a service has beside Kafka's own files: variables of its environment, and files of the user's."""

from collections.abc import Mapping

from kafka_fab.cluster.settings.setting import absolute_path, checked, keyed
from kafka_fab.cluster.values.secret import hidden_in_line
from kafka_fab.cluster.values.validator import Validator, matching
from kafka_fab.frozen_value import dataclass

# What the unit sets itself, and the setting that says it.
SET_BY = {
    "JAVA_HOME": "java.home",
    "KAFKA_HEAP_OPTS": "heap",
    "KAFKA_JVM_PERFORMANCE_OPTS": "jvm_options",
    "KAFKA_JMX_OPTS": "kafka.jmx",
    "JMX_PORT": "kafka.jmx",
    "KAFKA_LOG4J_OPTS": "a template of your own (conf/)",
    "LOG_DIR": "logs",
    "EXTRA_ARGS": "KAFKA_OPTS",
    "KAFKA_GC_LOG_OPTS": "jvm_options",
    "GC_LOG_OPTS_OF_JAVA_8": "jvm_options",
}
_variable = matching("[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable")


def _wrong_variable(name: str) -> str:
    if name in SET_BY:
        return f"kafka-fab sets it itself: remove it, and use {SET_BY[name]}"
    return _variable(name)


variable_name = Validator(_variable.wanted, _wrong_variable)


def secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that hold a secret, by their names or values."""
    lines = {name: f"{name}={value}" for name, value in environment.items()}
    return {name: environment[name] for name, line in lines.items() if hidden_in_line(line) != line}


@dataclass(frozen=True)
class ExtraFile:
    """A text file of the user's on each host of a service; root owns it, the service's group may read it."""

    source: str = keyed("from", "", "the file, beside hosts.ini")
    mode: str = checked("640", matching("640|644|750|755", "one of 640, 644, 750, 755"), "its mode")
    secret: bool = checked(False, None, "true: `plan` shows which lines change, and no value")
    restart: bool = checked(True, None, "false: a change needs no restart")


def variables() -> dict[str, str]:
    """Return a field for the environment of a service."""
    found: dict[str, str] = keyed(
        "environment", {}, "variables of the unit, such as KAFKA_OPTS", check_name=variable_name
    )
    return found


def files() -> dict[str, ExtraFile]:
    """Return a field for the files of a service."""
    found: dict[str, ExtraFile] = keyed(
        "files",
        {},
        "files of yours on the hosts, by their paths there",
        check_name=absolute_path,
    )
    return found
