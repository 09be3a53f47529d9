"""Program: Fabric's, with our tasks and settings in any folder, where `fab` finds them beside a fabfile."""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

import fabric
import yaml
from fabric.main import Fab
from invoke.config import merge_dicts
from invoke.exceptions import Exit
from invoke.program import Program

from kafka_fab import __version__, task_help
from kafka_fab.cluster.folder import HOME
from kafka_fab.task_names import Groups, equip
from kafka_fab.typed_command import PACKAGED as NAME


class PackagedConfig(fabric.Config):
    """Fabric's configuration over the fabric.yaml that we ship, which is no file of the user's folder."""

    @staticmethod
    def global_defaults() -> dict[str, Any]:
        """Return Fabric's defaults with our settings: whatever the user configures still wins."""
        defaults: dict[str, Any] = fabric.Config.global_defaults()
        merge_dicts(defaults, _shipped())
        return defaults


@cache
def _shipped() -> dict[str, Any]:
    settings: dict[str, Any] = yaml.safe_load((HOME / "fabric.yaml").read_text(encoding="utf-8"))
    return settings


class KafkaFab(Fab):
    """The command kafka-fab."""

    def __init__(self, groups: Groups, examples: Callable[[], task_help.Examples], **given: Any) -> None:
        """Take the tasks and collections of each group, and the examples of each task."""
        super().__init__(name=NAME, binary=NAME, binary_names=[NAME], version=__version__, **given)
        task_help.equip(self, examples)
        equip(self, groups)

    def no_tasks_given(self) -> None:
        """Refuse Fabric's `-- COMMAND`, which checks no host key, where it would be passed over; else show the help."""
        if self.core.remainder:
            raise Exit(f"{NAME} takes no `-- COMMAND`, nothing was run: `{NAME} run 'COMMAND'` does it as root", code=2)
        Program.no_tasks_given(self)


def of_package() -> KafkaFab:
    """Return the command over the tasks, which a wheel holds inside the package, and a checkout beside it."""
    # By name: the library does not know what is typed.
    tasks = import_module("kafka_fab.tasks.namespace")
    return KafkaFab(
        tasks.GROUPS,
        tasks.examples,
        namespace=tasks.collection(),
        executor_class=fabric.Executor,
        config_class=PackagedConfig,
    )
