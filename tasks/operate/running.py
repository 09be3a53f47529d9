"""Running: what runs on the hosts, asked over SSH and kept in the cluster's value, which live questions go by."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shlex import join

from invoke.context import Context
from invoke.exceptions import Exit

from tasks.cluster import belonging, endpoint
from tasks.cluster.model import Cluster, Node
from tasks.cluster.resource import InStep
from tasks.cluster.running import Endpoint, Left, Running
from tasks.cluster.service import services as services_of
from tasks.live import wire
from tasks.operate import services
from tasks.operate.storage import written_id
from tasks.remote import channel, script
from tasks.remote.change import Change
from tasks.remote.connection import Connection
from tasks.remote.fleet import Fleet, fleet


def commands(cluster: Cluster, node: Node) -> list[str]:
    """Return the commands that tell what each of a node's services runs with."""
    return [join(("running", role, snapshot, file)) for role, snapshot, file in files(cluster, node)]


def files(cluster: Cluster, node: Node) -> Iterator[tuple[str, str, str]]:
    """Yield each service's role, its main file as it was at the start, and that file."""
    for service in services_of(cluster, node):
        for item in service.module.steps(cluster, node)["in-step"]:
            if isinstance(item, InStep):
                yield service.role, f"{item.snapshot}/{Path(item.files[0]).name}", item.files[0]


def live_fleet(c: Context, quiet: bool = True) -> Fleet:
    """Return the fleet of a task that asks the live cluster, which knows where services run elsewhere than they should.

    Where each listens as it should nothing is asked over SSH.
    """
    hosts = fleet(c, quiet=quiet)
    nodes = list(hosts.cluster.nodes.values())
    with ThreadPoolExecutor(max_workers=50) as pool:
        elsewhere = list(pool.map(lambda node: _elsewhere(hosts.cluster, node), nodes))
    some = [node.host for node, missing in zip(nodes, elsewhere, strict=True) if missing]
    if some:
        learn(hosts, some)
    return hosts


def _elsewhere(cluster: Cluster, node: Node) -> bool:
    return any(wire.refuses(one) for one in endpoint.of_node(cluster, node))


def learn(hosts: Fleet, some: Iterable[str] | None = None) -> None:
    """Ask all hosts of the cluster, or some, what runs there; nothing is known of one that does not answer."""
    cluster = hosts.cluster
    quiet, hosts.quiet = hosts.quiet, True
    try:
        hosts.run(lambda c: learn_on(c, cluster), "look", cluster.inventory.hosts if some is None else some)
    finally:
        hosts.quiet = quiet


def learn_on(c: Connection, cluster: Cluster) -> None:
    """Ask one host what runs there."""
    text = script.whole("\n".join(commands(cluster, services.node_of(c))))
    note(cluster, c.original_host, services.read(channel.run(c, text).output.splitlines()))


def note(cluster: Cluster, host: str, said: Iterable[Change]) -> bool:
    """Keep what a host has said of its services; return whether they are asked elsewhere from now on."""
    before = _asked(cluster, host)
    cluster.running.update({(host, role): one for role, one in _running(said).items()})
    return before != _asked(cluster, host)


def _asked(cluster: Cluster, host: str) -> tuple[tuple[Endpoint, ...], str]:
    return endpoint.of_node(cluster, cluster.nodes[host]), endpoint.chroot(cluster)


def _running(said: Iterable[Change]) -> dict[str, Running]:
    kinds = ("running", "next", "cluster-id")
    found: dict[str, dict[str, dict[str, str]]] = {}
    left: dict[str, list[Left]] = {}
    for change in said:
        key, _, value = change.detail.partition("=")
        if change.kind in kinds:
            pairs = found.setdefault(change.name, {kind: {} for kind in kinds})[change.kind]
            pairs.update({key: value} if key else {})
        elif change.kind == "leaves":
            directory, *names = change.detail.split()
            left.setdefault(change.name, []).append(Left(directory, len(names), tuple(names)))
    return {
        role: Running(pairs["running"], pairs["next"], pairs["cluster-id"], tuple(left.get(role, ())))
        for role, pairs in found.items()
    }


def refuse_foreign(hosts: Fleet) -> None:
    """End the run where a host of hosts.ini belongs to another cluster, whose state would be taken for this one's."""
    found = belonging.foreign(hosts.cluster, written_id(hosts.cluster))
    if found:
        raise Exit(belonging.words(found), code=2)
