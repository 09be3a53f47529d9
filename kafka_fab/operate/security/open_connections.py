"""Open connections: who is connected to which port of which host, asked of the hosts themselves."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from shlex import join

from kafka_fab.cluster.change import Change, key_values
from kafka_fab.cluster.values import socket_table
from kafka_fab.operate.hosts import services
from kafka_fab.remote import script
from kafka_fab.remote.fleet import Fleet, require_success
from kafka_fab.remote.ssh.connection import Connection


@dataclass(frozen=True, order=True)
class OpenConnections:
    """The connections from one peer to a port of a host; a host of the cluster is named, others are addresses."""

    host: str
    port: int
    peer: str
    count: int
    is_host: bool = False


def read(hosts: Fleet, ports: Mapping[str, Iterable[int]]) -> tuple[OpenConnections, ...]:
    """Return who is connected to the ports of each host; end the run where a host does not answer."""

    def ask(c: Connection) -> Sequence[Change]:
        words = ("connected", *map(str, sorted(set(ports.get(c.original_host, ())))))
        return services.run(c, ["own_addresses", join(words)], extra=script.SECURITY)

    done = require_success(hosts.run(ask, "look", hosts.cluster.inventory.hosts))
    said = {progress.host: progress.value for progress in done}
    return tuple(sorted(_connections(said)))


def _connections(said: Mapping[str, Sequence[Change]]) -> Iterator[OpenConnections]:
    owners = {address: host for host, changes in said.items() for address in _addresses(changes)}
    for host, changes in said.items():
        for change in changes:
            if change.kind == "connected":
                words = key_values(change.detail)
                peer = socket_table.address(words["peer"])
                name = owners.get(peer, host if ip_address(peer).is_loopback else "")
                yield OpenConnections(host, int(change.name), name or peer, int(words["count"]), bool(name))


def _addresses(changes: Iterable[Change]) -> Iterator[str]:
    for change in changes:
        if change.kind == "addresses":
            yield from change.detail.split()
