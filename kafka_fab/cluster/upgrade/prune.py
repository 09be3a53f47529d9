"""Prune: the trees of a host that nothing needs any more. Pure."""

import re
from collections.abc import Collection, Sequence

from kafka_fab.cluster.upgrade.service_version import ServiceVersion, tree_version

# The version in use, and the one before it.
KEPT = 2


def removable(services: Collection[ServiceVersion], wanted: str, kept: int = KEPT) -> tuple[str, ...]:
    """Return the trees of a host that no service starts from, runs from or leads back to, but the newest; oldest first.

    `services` are all of the cluster on the host, `wanted` is the tree of the settings.
    """
    trees = sorted({tree for one in services for tree in one.trees}, key=_age)
    needed = {tree for one in services for tree in (one.starts, one.runs, one.saved)}
    return tuple(tree for tree in trees[: max(0, len(trees) - kept)] if tree not in needed | {wanted})


def _age(tree: str) -> tuple[Sequence[int], str]:
    return [int(part) for part in re.findall(r"\d+", tree_version(tree))], tree
