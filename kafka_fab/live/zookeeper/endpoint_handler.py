"""Endpoint handler: kazoo's connections made as the endpoints of the cluster say, with the same TLS as all others.

kazoo's own TLS trusts the system's CAs as well, and checks no host name.
"""

import socket
from typing import Any

from kazoo.handlers.threading import SequentialThreadingHandler

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.live.client.broker_connection import SECONDS, Unreachable, connected


class EndpointHandler(SequentialThreadingHandler):
    """kazoo's handler with threads, for the servers of one ensemble."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__()
        self._cluster = cluster

    def create_connection(
        self, address: tuple[str, int], hostname: str = "", timeout: float | None = None, **_: Any
    ) -> socket.socket:
        """Return a connected socket; raise OSError, after which kazoo tries the next server."""
        try:
            made = connected(self._endpoint(hostname or address[0]), timeout or SECONDS)
        except Unreachable as error:
            raise OSError(str(error)) from error
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def _endpoint(self, host: str) -> Endpoint:
        """Return where a server is asked by now: kazoo has the addresses of the moment in which it was started."""
        servers = (endpoint.of_server(self._cluster, node) for node in self._cluster.ensemble)
        found = next((one for one in servers if one.address.lower() == host.lower()), None)
        if found is None:
            raise Unreachable(f"{host} is not a ZooKeeper server of hosts.ini")
        return found
