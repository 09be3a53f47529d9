"""Packaged secrets: what a file of a cluster's package must not hold, since everybody can read a package."""

import re
from collections.abc import Iterable, Iterator

from kafka_fab.cluster.encode import java_properties
from kafka_fab.cluster.resource import File, Resource
from kafka_fab.cluster.schema.problem import ConfigError, Problem
from kafka_fab.cluster.values.secret import Redactor, is_secret
from kafka_fab.typed_command import FAB

# What a service reads from elsewhere when it starts, and what says nothing.
ORDINARY = r"\$\{[^}]*\}|true|false|[0-9]*"
# A path is where a secret is, not the secret.
HARMLESS = re.compile(rf"[\w.-]*=(({ORDINARY})(?=[\s\"']|$)|(/|file:/|@/)[^\s\"']*)", re.MULTILINE)
REMEDY = (
    "a package can be read by everybody, so it holds none: refer to a file of the host by a config provider, or let "
    f"{FAB} install write this cluster's files"
)


def refuse(host: str, items: Iterable[Resource]) -> None:
    """Raise ConfigError where a file of a host holds a secret."""
    found = [f"{file.path}{name}" for file in items if isinstance(file, File) for name in in_file(file)]
    if found:
        raise ConfigError([Problem(f"package, {host}", 0, f"would hold a secret: {', '.join(found)}; {REMEDY}")])


def in_file(file: File) -> Iterator[str]:
    """Yield where a file holds a secret: a key, a line; nothing of the value."""
    if file.secret:
        yield ""
    elif file.path.endswith(".properties"):
        yield from (f" ({key})" for key, value in java_properties.read(file.content).items() if _is(key, value))
    else:
        redactor = Redactor()
        for number, line in enumerate(HARMLESS.sub("", file.content).splitlines(), 1):
            if redactor.hidden(line) != line:
                yield f" (line {number})"


def _is(key: str, value: str) -> bool:
    if key.endswith("sasl.jaas.config"):
        # Without options a login module holds nothing.
        return "=" in re.sub(r"=\"?\$\{[^}]*\}\"?", "", value)
    # The authorizer's log is none.
    return is_secret(key.replace("authorizer", "")) and not re.fullmatch(ORDINARY, value.strip())
