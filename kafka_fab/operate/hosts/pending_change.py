"""Pending change: what brings a service in line that runs with an older state than the one on disk."""

from collections.abc import Callable
from dataclasses import replace

from kafka_fab.cluster.change import Change
from kafka_fab.cluster.dynamic import dynamic_keys
from kafka_fab.cluster.model import Cluster


def told(cluster: Cluster) -> Callable[[Change], Change]:
    """Return what says of an older state whether a running broker takes it, or needs a restart."""

    def tell(change: Change) -> Change:
        if change.status != "restart":
            return change
        due = dynamic_keys.due(cluster, change.name, change.detail)
        return replace(change, status="restart" if due.restart else "reconfigure", detail=dynamic_keys.words(due))

    return tell
