"""Network check: whether the hosts resolve each other's names, and can connect to each other. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.preflight.finding import ERROR, OK, WARNING, Finding, HostFacts, level
from kafka_fab.cluster.roles import broker

# Bash's error messages: for a port where nothing listens, and for a name without an address.
REFUSED = "Connection refused"
NO_NAME = "Invalid argument"
RESOLVE = "add it to the DNS, or to /etc/hosts on each host"


def names(cluster: Cluster, answered: Mapping[str, HostFacts]) -> Iterator[Finding]:
    """Yield the checks of each host's name and of the reverse lookup of its address."""
    for node in cluster.nodes.values():
        views = {host: set(one.values("name", node.address)) for host, one in answered.items()}
        yield from _forward(node, views)
        if views.get(node.host):
            yield _own_name(cluster, node, views[node.host])
    for one in answered.values():
        yield _reverse(cluster, one)


def _forward(node: Node, views: Mapping[str, set[str]]) -> Iterator[Finding]:
    missing = [host for host, addresses in views.items() if not addresses]
    expected = "the same address on all hosts"
    if missing:
        yield Finding("host name", ", ".join(missing), ERROR, f"{node.address} has no address", expected, RESOLVE)
    # A host's view of its own name is a check of its own.
    known = {host: seen for host, seen in views.items() if seen and not (host == node.host and _loops(seen))}
    if not known:
        return
    agreed = {address for address in set.intersection(*known.values()) if not _loops([address])}
    reported = "; ".join(f"{', '.join(sorted(seen))} on {host}" for host, seen in known.items())
    found = f"{node.address} is {', '.join(sorted(agreed)) or reported}"
    yield Finding("host name", ", ".join(known), level(not agreed), found, expected, "" if agreed else RESOLVE)


def _own_name(cluster: Cluster, node: Node, seen: set[str]) -> Finding:
    loops = _loops(seen)
    broken = list(_broken_by_loopback(cluster, node)) if loops else []
    why = " and ".join(broken) or "Kafka works, but tools on this host see only loopback"
    remedy = f"{why}: map {node.address} to the host's real address in its /etc/hosts"
    found = f"{node.address} is {', '.join(sorted(seen))}"
    return Finding(
        "own host name", node.host, level(bool(broken), loops), found, "not a loopback address", remedy * loops
    )


def _broken_by_loopback(cluster: Cluster, node: Node) -> Iterator[str]:
    listens_everywhere = "quorumListenOnAllIPs" in cluster.release.zookeeper_keys
    if node.zookeeper and len(cluster.ensemble) > 1 and not listens_everywhere:
        yield "its ZooKeeper server would listen on loopback only"
    if node.broker and not cluster.release.listeners:
        yield "its broker would listen on loopback only"


def _loops(addresses: Iterable[str]) -> bool:
    return any(address == "::1" or address.startswith(("127.", "::ffff:127.")) for address in addresses)


def _reverse(cluster: Cluster, one: HostFacts) -> Finding:
    wrong = [
        f"{fact.values[0]} of {fact.name} is {name}"
        for fact in one.every("reverse")
        if not any(_same(name, fact.name) for name in fact.values[1:])
        for name in fact.values[1:]
        if any(_same(name, word) for node in cluster.nodes.values() for word in {node.address, node.host})
        and not _loops(fact.values[:1])
    ]
    expected = "each address resolves to its own name, or to none"
    remedy = "correct the reverse zone of the DNS or /etc/hosts" if wrong else ""
    return Finding(
        "reverse DNS", one.host, level(False, bool(wrong)), "; ".join(wrong) or "as expected", expected, remedy
    )


def _same(one: str, other: str) -> bool:
    """Return whether two names are those of one host; one of them may lack the domain."""
    short = ("." in one) != ("." in other)
    return one == other or (short and one.partition(".")[0] == other.partition(".")[0])


def targets(cluster: Cluster, node: Node) -> tuple[tuple[Node, int], ...]:
    """Return the ports of other nodes that the services of a node connect to."""
    return tuple(
        (other, port) for other in cluster.nodes.values() if other != node for port in _to(cluster, node, other)
    )


def _to(cluster: Cluster, node: Node, other: Node) -> Iterator[int]:
    zookeeper = cluster.zookeeper
    if node.broker and other.broker:
        yield broker.inter_broker_port(cluster, other)
    if node.broker and other.zookeeper:
        yield cluster.wires.zookeeper.port
    if node.zookeeper and other.zookeeper:
        yield from (zookeeper.peer_port, zookeeper.election_port)
    if other.controller:
        yield cluster.wires.controller.port


def connections(cluster: Cluster, answered: Mapping[str, HostFacts]) -> Iterator[Finding]:
    """Yield a check of each port, one for all hosts with the same result."""
    groups: dict[tuple[str, int, str], list[str]] = {}
    for host, one in answered.items():
        for other, port in targets(cluster, cluster.nodes[host]):
            outcome = "".join(one.values("connect", f"{other.address}/{port}")) or "no answer in 3 s"
            if "bash" in one.names("tool") and outcome != NO_NAME:
                groups.setdefault((other.host, port, outcome), []).append(host)
    for (target, port, outcome), hosts in groups.items():
        yield _connection(f"{', '.join(hosts)} -> {target}:{port}", outcome, answered.get(target), port)


def _connection(where: str, outcome: str, target: HostFacts | None, port: int) -> Finding:
    expected = "open, or refused while the service is down"
    if outcome == "open" or (outcome == REFUSED and not (target and str(port) in target.names("listening"))):
        return Finding("connectivity", where, OK, outcome, expected)
    if target is None:
        remedy = "that host is down or was not asked; if it is up, check the firewalls between them"
        return Finding("connectivity", where, WARNING, outcome, expected, remedy)
    in_use = "but the port is in use there: a firewall, or another listen address?"
    cause = in_use if outcome == REFUSED else "a firewall?"
    remedy = f"allow port {port} in the firewalls of both hosts and between them"
    return Finding("connectivity", where, ERROR, f"{outcome}: {cause}", expected, remedy)
