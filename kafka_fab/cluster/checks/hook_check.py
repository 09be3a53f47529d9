"""Hook check: a hook that has no command does nothing."""

from collections.abc import Iterator

from kafka_fab.cluster.schema import dataclass_loader
from kafka_fab.cluster.schema.problem import Problem
from kafka_fab.cluster.settings import Settings


def problems(tree: dataclass_loader.Tree, settings: Settings) -> Iterator[Problem]:
    """Yield each hook without a command."""
    for name, hook in settings.hooks.items():
        if not (hook.before.strip() or hook.after.strip()):
            place = dataclass_loader.place(tree, f"hooks.{name}", "conf/cluster.yaml")
            yield Problem(*place, f"hooks.{name}: has no command: write `before`, `after` or both")
