"""Open connections: who is connected to which port of which host, asked of the hosts themselves."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from shlex import join

from kafka_fab.cluster.change import Change, key_values
from kafka_fab.cluster.values import socket_table
from kafka_fab.operate.hosts import services
from kafka_fab.remote import script
from kafka_fab.remote.fleet import Fleet, require_success
from kafka_fab.remote.ssh.connection import Connection


@dataclass(frozen=True, order=True)
class OpenConnections:
    """The connections from one address to a port of a host."""

    host: str
    port: int
    peer: str
    count: int


def read(hosts: Fleet, ports: Mapping[str, Iterable[int]]) -> tuple[OpenConnections, ...]:
    """Return who is connected to the ports of each host; raise OperationError where a host does not answer."""

    def ask(c: Connection) -> Sequence[Change]:
        words = ("connected", *map(str, sorted(set(ports[c.original_host]))))
        return services.run(c, [join(words)], extra=script.SECURITY)

    asked = [host for host, some in ports.items() if some]
    done = require_success(hosts.run(ask, "look", asked)) if asked else ()
    return tuple(sorted(one for progress in done for one in _connections(progress.host, progress.value)))


def _connections(host: str, changes: Iterable[Change]) -> Iterator[OpenConnections]:
    for change in changes:
        if change.kind == "connected":
            words = key_values(change.detail)
            yield OpenConnections(host, int(change.name), socket_table.address(words["peer"]), int(words["count"]))
