"""Extra files: the user's own files of a service, and the variables of its environment that hold secrets."""

from collections.abc import Iterator, Mapping

from kafka_fab.cluster.encode.double_quotes import quoted
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import ExtraFiles, File, Resource
from kafka_fab.cluster.schema import text_file
from kafka_fab.cluster.schema.problem import refuse_errors
from kafka_fab.cluster.settings import Controller, Kafka, ZooKeeper
from kafka_fab.cluster.settings.extra_settings import secrets
from kafka_fab.frozen_value import dataclass

ENVIRONMENT = "environment"


@dataclass(frozen=True)
class Extras:
    """What a service has beside Kafka's own files: its unit, its folder of configuration, its user, its settings."""

    unit: str
    folder: str
    user: str
    settings: Kafka | Controller | ZooKeeper

    @classmethod
    def of_broker(cls, cluster: Cluster) -> "Extras":
        """Return those of a broker, or of a combined node."""
        its = cluster.kafka
        return cls(its.service, its.config_dir, its.user, its)

    @classmethod
    def of_controller(cls, cluster: Cluster) -> "Extras":
        """Return those of an isolated controller."""
        kafka, its = cluster.kafka, cluster.settings.controller
        return cls(its.service, kafka.config_dir, kafka.user, its)

    @classmethod
    def of_zookeeper(cls, cluster: Cluster) -> "Extras":
        """Return those of a ZooKeeper server."""
        its = cluster.zookeeper
        return cls(its.service, its.config_dir, its.user, its)

    @classmethod
    def of_node(cls, cluster: Cluster, node: Node) -> Iterator["Extras"]:
        """Yield those of each service of a node."""
        if node.zookeeper:
            yield cls.of_zookeeper(cluster)
        if node.broker:
            yield cls.of_broker(cluster)
        elif node.controller:
            yield cls.of_controller(cluster)

    @property
    def environment_file(self) -> str:
        """Return the path of the variables that hold secrets, or nothing where none does."""
        return f"{self.folder}/{ENVIRONMENT}" if secrets(self.settings.environment) else ""

    @property
    def read_at_start(self) -> tuple[str, ...]:
        """Return the files that a start reads: it keeps copies of them, and a change needs a restart."""
        files = self.settings.files
        return tuple(path for path in self.paths if path not in files or files[path].restart)

    def for_unit(self, ours: Mapping[str, str]) -> dict[str, object]:
        """Return the values of a unit's template, with the variables of ours that are in every unit."""
        hidden = secrets(self.settings.environment)
        shown = {name: value for name, value in self.settings.environment.items() if name not in hidden}
        # The exporter's agent and the user's options are both in KAFKA_OPTS.
        both = {name: f"{ours[name]} {value}" if name in ours else value for name, value in shown.items()}
        return {
            "environment": {**ours, **both},
            "environment_file": self.environment_file,
            "extra_files": self.read_at_start,
        }

    def kept(self, unit: str) -> tuple[str, ...]:
        """Return the files that a start keeps copies of by this text of the unit: a user's own may not."""
        return tuple(path for path in self.read_at_start if f" {path} " in unit)

    def resources(self, cluster: Cluster) -> tuple[Resource, ...]:
        """Return the files on a host."""
        files = [*self._environment(), *(self._file(cluster, path) for path in self.settings.files)]
        return (ExtraFiles(self.unit, self.paths), *files) if files else ()

    @property
    def paths(self) -> tuple[str, ...]:
        """Return the paths of all files."""
        own = (self.environment_file,) if self.environment_file else ()
        return (*own, *self.settings.files)

    def _environment(self) -> tuple[File, ...]:
        hidden = secrets(self.settings.environment)
        text = "".join(f"{name}={quoted(value)}\n" for name, value in hidden.items())
        return (File(self.environment_file, text, "root", self.user, "640", secret=True),) if text else ()

    def _file(self, cluster: Cluster, path: str) -> File:
        extra = self.settings.files[path]
        content, problems = text_file.read(cluster.folder / extra.source, extra.source, text_file.MISSING)
        refuse_errors(problems)
        return File(path, content, "root", self.user, extra.mode, extra.secret)
