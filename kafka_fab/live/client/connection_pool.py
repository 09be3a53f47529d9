"""Connection pool: connections with TLS or a login, kept for the next request: a handshake costs more than an answer.

Connections without both are made for each request, as before: they cost nothing, and nothing can be left of them.
"""

import atexit
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.live.client.broker_connection import SECONDS, BrokerConnection

# As many threads ask one broker at once at most (topic_list.LANES), and one more.
KEPT = 4


class ConnectionPool:
    """The connections that nobody uses now, by their endpoint; each is lent to one thread at a time."""

    def __init__(self) -> None:
        self._idle: dict[Endpoint, list[BrokerConnection]] = {}
        self._lock = threading.Lock()

    def take(self, endpoint: Endpoint, seconds: float) -> BrokerConnection:
        """Return a connection that is open, else a new one; raise Unreachable."""
        while kept := self._pop(endpoint):
            if kept.is_usable():
                kept.wait_for(seconds)
                return kept
            kept.close()
        return BrokerConnection(endpoint, seconds)

    def give_back(self, connection: BrokerConnection) -> None:
        """Keep a connection for the next request, or close it where there are enough."""
        with self._lock:
            idle = self._idle.setdefault(connection.endpoint, [])
            if len(idle) < KEPT:
                idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Close all connections that nobody uses."""
        with self._lock:
            idle, self._idle = self._idle, {}
        for connection in (one for several in idle.values() for one in several):
            connection.close()

    def _pop(self, endpoint: Endpoint) -> BrokerConnection | None:
        with self._lock:
            idle = self._idle.get(endpoint)
            return idle.pop() if idle else None


POOL = ConnectionPool()
atexit.register(POOL.close)


@contextmanager
def borrowed(endpoint: Endpoint, seconds: float = SECONDS) -> Iterator[BrokerConnection]:
    """Lend a connection to one broker; raise Unreachable. After an error it is closed, not kept."""
    connection = POOL.take(endpoint, seconds)
    try:
        yield connection
    except BaseException:
        connection.close()
        raise
    if endpoint.tls:
        POOL.give_back(connection)
    else:
        connection.close()


def ask(endpoint: Endpoint, request: Any, seconds: float = SECONDS) -> Any:
    """Return one broker's answer to one request; raise Unreachable."""
    with borrowed(endpoint, seconds) as connection:
        return connection.ask(request)


def ask_all(endpoint: Endpoint, requests: Sequence[Any], seconds: float = SECONDS) -> list[Any]:
    """Return one broker's answers to several requests in one round trip; raise Unreachable."""
    with borrowed(endpoint, seconds) as connection:
        return connection.ask_all(requests)
