"""Due: what brings a service in line that runs with an older state than the one on disk."""

from collections.abc import Callable
from dataclasses import replace

from tasks.cluster import dynamic
from tasks.cluster.model import Cluster
from tasks.remote.change import Change


def told(cluster: Cluster) -> Callable[[Change], Change]:
    """Return what says of an older state whether a running broker takes it, or needs a restart."""

    def tell(change: Change) -> Change:
        if change.status != "restart":
            return change
        due = dynamic.due(cluster, change.name, change.detail)
        return replace(change, status="restart" if due.restart else "reconfigure", detail=dynamic.words(due))

    return tell
