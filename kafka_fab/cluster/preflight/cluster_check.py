"""Cluster check: what all hosts told, held against each other and against the cluster. Pure functions."""

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


def findings(cluster: Cluster, told: Mapping[str, HostFacts], known: Voters | None = None) -> tuple[Finding, ...]:
    """Return every check: of the cluster as a whole, then of each host; `known` is what a running quorum knows."""
    heard = {host: one for host, one in told.items() if not one.error}
    silent = (Finding("connection", host, ERROR, one.error, "an answer") for host, one in told.items() if one.error)
    alone = (
        _once(
            one,
            chain(
                host_check.findings(cluster, cluster.nodes[host], one),
                host_check.guards(one),
                install_drift.findings(one, cluster.kraft),
            ),
        )
        for host, one in heard.items()
    )
    return (
        *silent,
        *_clocks(list(heard.values())),
        *network_check.names(cluster, heard),
        *network_check.connections(cluster, heard),
        *_cluster_ids(heard.values()),
        *_voters(cluster, heard, known),
        *chain.from_iterable(alone),
    )


def _once(one: HostFacts, found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield a host's findings without what else is wrong with a path that is refused already, as the system's say."""
    refused = {f"{one.host}:{fact.name}" for fact in one.facts if fact.kind == PLACES and fact.status == "failed"}
    return (finding for finding in found if finding.what == PLACES or finding.where not in refused)


def _clocks(heard: list[HostFacts]) -> Iterator[Finding]:
    ranges = {one.host: offset for one in heard if (offset := _offset(one))}
    if len(ranges) < 2:
        return
    ahead, behind = max(ranges, key=lambda host: ranges[host][0]), min(ranges, key=lambda host: ranges[host][1])
    # Only what is certain in spite of the time that question and answer took.
    apart = max(0.0, ranges[ahead][0] - ranges[behind][1])
    middle = {host: (low + high) / 2 for host, (low, high) in ranges.items()}
    usual = sorted(middle.values())[(len(middle) - 1) // 2]
    off = [f"{host} {offset - usual:+.1f} s" for host, offset in middle.items() if abs(offset - usual) > CLOCK_WARNING]
    bad = level(apart > CLOCK_ERROR, apart > CLOCK_WARNING)
    found = f"{ahead} is {apart:.1f} s ahead of {behind}" + f" (beside most: {', '.join(off)})" * bool(off)
    remedy = "" if bad == OK else "let chrony or systemd-timesyncd set the clocks; see timedatectl on each host"
    found = found if apart else "no difference that can be told"
    yield Finding("clocks", ", ".join(ranges), bad, found, f"{CLOCK_WARNING} s apart at most", remedy)


def _offset(one: HostFacts) -> tuple[float, float] | None:
    """Return the bounds of how far a host's clock is ahead of ours."""
    try:
        said = float(one.values("clock", "now")[0])
    except (IndexError, ValueError):
        return None
    return said - one.received, said - one.sent


def _voters(cluster: Cluster, heard: Mapping[str, HostFacts], known: Voters | None) -> Iterator[Finding]:
    """Yield how the controllers' disks stand to the quorum, as far as these hosts and its leader tell."""
    nodes = [cluster.nodes[host] for host in heard if cluster.nodes[host].controller]
    disks = [_disk(cluster, node, heard[node.host]) for node in nodes]
    # Without a leader and without every controller's word nothing is certain: `start` asks all of them.
    if known is None and len(disks) < len(cluster.controllers):
        return
    has_run = any("used=1" in fact.values for one in heard.values() for fact in one.every("storage"))
    storage = Storage(tuple(disks), has_run or known is not None, known)
    refused, wrong = refusals(storage, heard), replaced(disks, known) if known else {}
    for disk in disks:
        found, where = refused.get(disk.host) or wrong.get(disk.host), f"{disk.host}:{disk.path}"
        bad, expected = level(disk.host in refused, found is not None), "the one that the quorum knows"
        words = (found.found, expected, found.remedy) if found else ("as expected", expected)
        yield Finding("voter's disk", where, bad, *words)


def _disk(cluster: Cluster, node: Node, told: HostFacts) -> MetadataDir:
    path = kraft.metadata_directory(cluster, node)
    return disk_of(node, path, told.words("storage", path))


def _cluster_ids(heard: Iterable[HostFacts]) -> Iterator[Finding]:
    places: dict[str, list[str]] = {}
    for one in heard:
        for fact in one.every("cluster.id"):
            places.setdefault("".join(fact.values), []).append(f"{one.host}:{fact.name}")
    if not places:
        return
    usual = max(places.values(), key=len)
    odd = [place for where in places.values() if where is not usual for place in where]
    found = "; ".join(f"{identity} in {', '.join(where)}" for identity, where in places.items())
    remedy = "two clusters are mixed up: correct hosts.ini, or move the other's data away" if odd else ""
    yield Finding("cluster id", ", ".join(odd or usual), level(bool(odd)), found, "the same on all hosts", remedy)
