"""Admin client: requests to the broker that handles them: the controller with ZooKeeper, any broker in KRaft."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.live import broker_view
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.connection_pool import ask
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.live.client.wait import until
from kafka_fab.typed_command import FAB

NOT_CONTROLLER = 41
# What a broker may take before it answers, in milliseconds; the connection waits a little longer.
TIMEOUT_MS = 60_000
SECONDS = TIMEOUT_MS / 1000 + 5
# An election takes about a session timeout of the old controller.
PATIENCE = 30.0
PAUSE = 0.5


class AdminClient:
    """Sends requests to the controller, and to the new one when it has changed meanwhile."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._node: Node | None = None

    @property
    def node(self) -> Node:
        """Return the broker to ask; raise Unreachable where no broker answers or is the controller."""
        if self._node is None:
            self._node = self._controller()
        return self._node

    def ask(self, request: Any, seconds: float = SECONDS) -> Any:
        """Return the answer to a request; raise Unreachable, or RequestRejected while there is no controller."""
        answers: list[Any] = []

        def is_answered() -> bool:
            answers[:] = [ask(endpoint.of_broker(self.cluster, self.node), request, seconds)]
            if NOT_CONTROLLER not in _codes(answers[0]):
                return True
            self._node = None
            return False

        if not until(is_answered, PATIENCE, PAUSE):
            raise RequestRejected(f"there was no controller for {PATIENCE:.0f} s: see `{FAB} status`")
        return answers[0]

    def _controller(self) -> Node:
        nodes = {node.broker.id: node for node in self.cluster.brokers if node.broker}
        views = []
        for node in self.cluster.brokers:
            view = broker_view.view(self.cluster, node)
            if view.controller in nodes:
                return nodes[view.controller]
            views.append(view if view.error else replace(view, error=f"{node.host} reports no controller"))
        raise Unreachable(f"no broker accepts admin requests: {broker_view.why_none(views)}")


def _codes(answer: Any) -> Iterator[int]:
    yield getattr(answer, "error_code", 0)
    for several in ("topics", "responses", "results"):
        for one in getattr(answer, several, None) or ():
            yield getattr(one, "error_code", 0)
    for topic in getattr(answer, "replica_election_results", None) or ():
        for part in topic.partition_result:
            yield part.error_code
