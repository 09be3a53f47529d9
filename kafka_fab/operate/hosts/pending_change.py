"""Pending change: what a service needs that runs an outdated configuration: a restart, or a dynamic change. Pure."""

from collections.abc import Callable
from dataclasses import replace

from kafka_fab.cluster.change import Change
from kafka_fab.cluster.dynamic import dynamic_keys
from kafka_fab.cluster.model import Cluster


def classified(cluster: Cluster) -> Callable[[Change], Change]:
    """Return what classifies a host's report of an outdated configuration: restart, or dynamic change."""

    def classify(change: Change) -> Change:
        if change.status != "restart":
            return change
        due = dynamic_keys.pending_change(cluster, change.name, change.detail)
        return replace(change, status="restart" if due.restart else "reconfigure", detail=dynamic_keys.description(due))

    return classify
