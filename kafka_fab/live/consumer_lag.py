"""Consumer lag: the messages that a consumer group has not read yet."""

from contextlib import suppress
from typing import Any

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.roles import endpoint
from kafka_fab.live.client import library_client
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.protocol import kafka_python
from kafka_fab.live.client_access import ClientAccess

SECONDS = 5


class Lags:
    """A connection that reads the lag of consumer groups; opened by the first request."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._admin: Any = None

    def of(self, group: str) -> int:
        """Return the messages that a group has not read, over all partitions for which it has an offset; raise
        Unreachable.

        The latest offsets are the leaders' (ListOffsets), the group's its coordinator's (OffsetFetch).
        """
        kafka = kafka_python()
        try:
            admin = self._connected()
            committed = admin.list_group_offsets(group)[group]
            if not committed:
                raise Unreachable(f"consumer group {group} has no committed offsets: check its name")
            latest = admin.list_partition_offsets(dict.fromkeys(committed, kafka.admin.OffsetSpec.LATEST))
        except (kafka.errors.KafkaError, OSError) as error:
            self.close()
            raise Unreachable(f"cannot read the lag of {group}: {type(error).__name__} {error}") from error
        return sum(max(0, latest[each].offset - position.offset) for each, position in committed.items())

    def close(self) -> None:
        """Close the connection."""
        if self._admin:
            with suppress(kafka_python().errors.KafkaError):
                self._admin.close()
        self._admin = None

    def _connected(self) -> Any:
        if self._admin is None:
            import kafka.admin

            access = ClientAccess(self._cluster, endpoint.shared_listener(self._cluster, inner=True))
            servers = library_client.config(map(access.endpoint, self._cluster.brokers))
            self._admin = kafka.admin.KafkaAdminClient(
                **servers, client_id="kafka-fab", request_timeout_ms=SECONDS * 1000
            )
        return self._admin
