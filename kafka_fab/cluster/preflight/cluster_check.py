"""Cluster check: the facts of all hosts, compared with each other and with the cluster. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from kafka_fab.cluster.identity.voters import MetadataDir, Storage, Voters, refusals, replaced
from kafka_fab.cluster.identity.voters import disk as disk_of
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.preflight import host_check, install_drift, network_check
from kafka_fab.cluster.preflight.finding import ERROR, OK, Finding, HostFacts, level
from kafka_fab.cluster.roles import kraft

CLOCK_WARNING, CLOCK_ERROR = 0.5, 5.0
PLACES = "places"


def findings(cluster: Cluster, reports: Mapping[str, HostFacts], known: Voters | None = None) -> tuple[Finding, ...]:
    """Return every check: of all hosts together, then of each host; `known` are the voters of a running quorum."""
    answered = {host: one for host, one in reports.items() if not one.error}
    failed = (Finding("connection", host, ERROR, one.error, "an answer") for host, one in reports.items() if one.error)
    of_each = (
        _once(
            one,
            chain(
                host_check.findings(cluster, cluster.nodes[host], one),
                host_check.preconditions(one),
                install_drift.findings(one, cluster.kraft),
            ),
        )
        for host, one in answered.items()
    )
    return (
        *failed,
        *_clocks(list(answered.values())),
        *network_check.names(cluster, answered),
        *network_check.connections(cluster, answered),
        *_cluster_ids(answered.values()),
        *_voters(cluster, answered, known),
        *chain.from_iterable(of_each),
    )


def _once(one: HostFacts, found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield a host's findings; of a path that is refused already, no other ones."""
    refused = {f"{one.host}:{fact.name}" for fact in one.facts if fact.kind == PLACES and fact.status == "failed"}
    return (finding for finding in found if finding.check == PLACES or finding.where not in refused)


def _clocks(answered: list[HostFacts]) -> Iterator[Finding]:
    ranges = {one.host: offset for one in answered if (offset := _offset(one))}
    if len(ranges) < 2:
        return
    ahead, behind = max(ranges, key=lambda host: ranges[host][0]), min(ranges, key=lambda host: ranges[host][1])
    # Only the difference that the time of question and answer cannot explain.
    apart = max(0.0, ranges[ahead][0] - ranges[behind][1])
    middle = {host: (low + high) / 2 for host, (low, high) in ranges.items()}
    median = sorted(middle.values())[(len(middle) - 1) // 2]
    ahead_of_most = {host: offset - median for host, offset in middle.items()}
    off = [f"{host} {offset:+.1f} s" for host, offset in ahead_of_most.items() if abs(offset) > CLOCK_WARNING]
    bad = level(apart > CLOCK_ERROR, apart > CLOCK_WARNING)
    found = f"{ahead} is {apart:.1f} s ahead of {behind}" + f" (compared with most: {', '.join(off)})" * bool(off)
    remedy = "" if bad == OK else "synchronize the clocks with chrony or systemd-timesyncd (see timedatectl)"
    found = found if apart else "no measurable difference"
    yield Finding("clocks", ", ".join(ranges), bad, found, f"at most {CLOCK_WARNING} s apart", remedy)


def _offset(one: HostFacts) -> tuple[float, float] | None:
    """Return the least and the most that a host's clock may be ahead of ours."""
    try:
        clock = float(one.values("clock", "now")[0])
    except (IndexError, ValueError):
        return None
    return clock - one.received, clock - one.sent


def _voters(cluster: Cluster, answered: Mapping[str, HostFacts], known: Voters | None) -> Iterator[Finding]:
    """Yield the checks of the controllers' disks against the quorum, as far as hosts and leader report them."""
    nodes = [cluster.nodes[host] for host in answered if cluster.nodes[host].controller]
    disks = [_disk(cluster, node, answered[node.host]) for node in nodes]
    # Without a leader and without every controller's report nothing is certain: `start` asks all of them.
    if known is None and len(disks) < len(cluster.controllers):
        return
    has_run = any("used=1" in fact.values for one in answered.values() for fact in one.every("storage"))
    storage = Storage(tuple(disks), has_run or known is not None, known)
    refused, wrong = refusals(storage, answered), replaced(disks, known) if known else {}
    for disk in disks:
        found, where = refused.get(disk.host) or wrong.get(disk.host), f"{disk.host}:{disk.path}"
        bad, expected = level(disk.host in refused, found is not None), "the disk of its voter"
        values = (found.found, expected, found.remedy) if found else ("as expected", expected)
        yield Finding("voter's disk", where, bad, *values)


def _disk(cluster: Cluster, node: Node, reported: HostFacts) -> MetadataDir:
    path = kraft.metadata_directory(cluster, node)
    return disk_of(node, path, reported.pairs("storage", path))


def _cluster_ids(answered: Iterable[HostFacts]) -> Iterator[Finding]:
    places: dict[str, list[str]] = {}
    for one in answered:
        for fact in one.every("cluster.id"):
            places.setdefault("".join(fact.values), []).append(f"{one.host}:{fact.name}")
    if not places:
        return
    most = max(places.values(), key=len)
    others = [place for where in places.values() if where is not most for place in where]
    found = "; ".join(f"{identity} in {', '.join(where)}" for identity, where in places.items())
    remedy = "data of two clusters: correct hosts.ini, or move the data of the other cluster away" if others else ""
    yield Finding("cluster id", ", ".join(others or most), level(bool(others)), found, "the same on all hosts", remedy)
