"""Preflight: the checks before a start, in one round trip per host; nothing is changed."""

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from shlex import join

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.change import Change
from kafka_fab.cluster.identity.voters import Voters
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.preflight import cluster_check, host_check, network_check
from kafka_fab.cluster.preflight.finding import ERROR, OK, WARNING, Finding, HostFacts, facts
from kafka_fab.cluster.resource import ConnectsBy, ListenerLogin, Port, Resource, SharedCa
from kafka_fab.cluster.roles import kraft, node_resources
from kafka_fab.cluster.roles.service import services as services_of
from kafka_fab.live import kraft_quorum
from kafka_fab.operate.preflight.host_questions import about_itself, about_what_is_installed
from kafka_fab.output import report
from kafka_fab.output.counted import counted
from kafka_fab.output.json_document import document
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.fleet import Fleet, fleet
from kafka_fab.remote.node import cluster_of, node_of
from kafka_fab.remote.ssh.connection import Connection, HostFailure
from kafka_fab.runbook.codes import coded

IDLE_TIMEOUT = 60
LOOK = 2.0


def preflight(c: Context, everything: bool = False, json: bool = False) -> None:
    """Print warnings and errors; exit with 1 where a start would fail."""
    began, hosts = time.monotonic(), fleet(c, quiet=True)
    found = checked(hosts)
    if json:
        checks = {"ok": not _count(found, ERROR), "checks": [asdict(one) for one in found]}
        print(document("preflight", hosts.cluster.name, checks))
    else:
        print("\n".join([*_table(found, everything), _summary(hosts, found, time.monotonic() - began)]))
    if _count(found, ERROR):
        raise Exit(code=1)


def before_start(hosts: Fleet) -> None:
    """Print warnings and errors of the chosen hosts, and end the run where a start would fail.

    Where every service is running there is nothing to start, and nothing is checked.
    """
    quiet, hosts.quiet = hosts.quiet, True
    try:
        active = hosts.run(_is_up, "preflight")
        found = () if all(one.value for one in active) else checked(hosts)
    finally:
        hosts.quiet = quiet
    if any(one.level != OK for one in found):
        print("\n".join(_table(found, everything=False)), file=sys.stderr)
    if _count(found, ERROR):
        raise Exit("nothing was started: fix the errors above, or use --no-preflight", code=1)


def before_install(c: Connection, lines: Iterable[str]) -> None:
    """Refuse a host on which Kafka cannot run, by its facts; note the warnings.

    The install itself checks ids, ports and Java before it changes anything; the checks between hosts are left to the
    preflight of a start.
    """
    reported = HostFacts(c.original_host, facts(lines))
    found = list(host_check.findings(cluster_of(c), node_of(c), reported))
    c.progress.changes += [
        Change("note", f"preflight: {x.check}", x.where, _text(x)) for x in found if x.level == WARNING
    ]
    errors = [f"preflight: {x.check} {x.where}: {_text(x)}" for x in found if x.level == ERROR]
    if errors:
        raise HostFailure("; ".join(errors))


def checked(hosts: Fleet) -> tuple[Finding, ...]:
    """Return every check of the chosen hosts."""
    cluster = hosts.cluster
    with ThreadPoolExecutor(max_workers=1) as pool:
        led = pool.submit(_voters, cluster)
        done = hosts.run(lambda c: _ask(c, _about_all(cluster, node_of(c))), "preflight")
        reports = {one.host: HostFacts(one.host, error=one.error) if one.error else one.value for one in done}
        return cluster_check.findings(cluster, reports, led.result())


def _voters(cluster: Cluster) -> Voters | None:
    led = kraft_quorum.described(cluster, LOOK)[0] if cluster.kraft else None
    return kraft_quorum.voters(cluster, led) if led else None


def _is_up(c: Connection) -> bool:
    units = (service.unit for service in services_of(cluster_of(c), node_of(c)))
    # One by one: for several units it would succeed if any is active.
    command = script.with_library(" && ".join(join(("systemctl", "is-active", "--quiet", unit)) for unit in units))
    return not channel.run(c, command, idle_timeout=IDLE_TIMEOUT).status


def _ask(c: Connection, commands: Sequence[str]) -> HostFacts:
    c.open()
    received: list[float] = []
    text = script.with_library("\n".join(["ask_clock", *commands, "wait"]), apply=False, extra=script.PREFLIGHT)
    sent = time.time()

    def on_line(_: str) -> None:
        received.append(time.time())

    answer = channel.run(c, text, on_line, IDLE_TIMEOUT)
    if not received:
        raise HostFailure(f"no output: {answer.stderr or f'the script ended with status {answer.status}'}")
    # The clock's line comes first.
    return HostFacts(c.original_host, facts(answer.output.splitlines()), sent, received[0])


def _about_all(cluster: Cluster, node: Node) -> list[str]:
    addresses = [other.address for other in cluster.nodes.values()]
    targets = [f"{other.address}/{port}" for other, port in network_check.targets(cluster, node)]
    metas = [f"{directory}/meta.properties" for directory in kraft.directories(cluster, node)]
    steps = node_resources.steps(cluster, node)
    # A start takes the files that are on disk, whatever the settings want: what an install refuses is none of its own.
    kept = (one for one in steps["invariants"] if not isinstance(one, ConnectsBy | ListenerLogin | SharedCa))
    preconditions = [*steps["preconditions"], *kept, *_peers(cluster, node), *steps["java"]]
    return [
        # The owner comes first: the checks of directories and units depend on it.
        *map(script.call, steps["owner"]),
        # What waits for other hosts runs in the background.
        join(("ask_names", *addresses)) + " &",
        *([join(("ask_connections", *targets)) + " &"] if targets else []),
        *about_itself(cluster, node),
        join(("ask_listening", *(str(one.number) for one in preconditions if isinstance(one, Port)))),
        join(("ask_key", "cluster.id", *metas)),
        *([join(("ask_storage", kraft.metadata_directory(cluster, node)))] if node.controller else []),
        *about_what_is_installed(cluster, node),
        *map(script.call, preconditions),
    ]


def _peers(cluster: Cluster, node: Node) -> Iterator[Resource]:
    """Yield the ports of a ZooKeeper server that only other servers use."""
    if node.zookeeper and len(cluster.ensemble) > 1:
        yield from (
            Port(port, cluster.zookeeper.service)
            for port in (cluster.zookeeper.peer_port, cluster.zookeeper.election_port)
        )


def _count(found: Sequence[Finding], level: str) -> int:
    return sum(one.level == level for one in found)


def _text(one: Finding) -> str:
    return coded(f"{one.found}: {one.remedy}" if one.remedy else one.found, one.code)


def _table(found: Iterable[Finding], everything: bool) -> Iterator[str]:
    shown = sorted(_grouped(one for one in found if everything or one.level != OK), key=lambda one: one.level != ERROR)
    if shown:
        rows = [("", "check", "where", "found", "expected")]
        heading, *lines = report.table(
            [*rows, *((x.level, x.check, x.where, x.found, _expected(x)) for x in shown)]
        ).splitlines()
        yield heading
        for one, line in zip(shown, lines, strict=True):
            yield line
            if one.remedy:
                yield f"         -> {one.remedy}"


def _expected(one: Finding) -> str:
    return one.expected if one.level == OK else coded(one.expected, one.code)


def _grouped(found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield each finding once, with all places that have it."""
    places: dict[Finding, list[str]] = {}
    for one in found:
        places.setdefault(replace(one, where=""), []).append(one.where)
    return (replace(one, where=", ".join(where)) for one, where in places.items())


def _summary(hosts: Fleet, found: Sequence[Finding], seconds: float) -> str:
    passed, warnings, errors = (_count(found, level) for level in (OK, WARNING, ERROR))
    counts = [f"{counted(len(hosts.hosts), 'host')}: {passed} checks passed"]
    if warnings or errors:
        counts += [counted(warnings, "warning"), counted(errors, "error")]
    return f"{', '.join(counts)} ({seconds:.2f} s); nothing was changed"
