"""Plan: what an install would change, as a diff; the same script as an install's, told to change nothing."""

import time
from collections.abc import Iterable, Iterator, Sequence

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.roles import node_resources
from kafka_fab.operate.hosts import storage
from kafka_fab.operate.hosts.pending_change import classified
from kafka_fab.operate.install.install import wanted
from kafka_fab.output import report
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote.converge import converge
from kafka_fab.remote.fleet import fleet
from kafka_fab.remote.ssh.connection import Connection

WOULD_CHANGE = 2


def plan(c: Context, check: bool = False, json: bool = False, abandoned: Sequence[str] = ()) -> None:
    """Show what install would change on each host, as a diff; touch nothing."""
    began, hosts = time.monotonic(), fleet(c, quiet=True)
    done = hosts.run(lambda c: _would(c, hosts.cluster, abandoned), "plan")
    if hosts.cluster.kraft:
        storage.tell_wrong(hosts, done)
    if json:
        print(report.as_json(done, task="plan"))
    else:
        print(planned(done, began))
    if any(progress.error for progress in done):
        raise Exit(code=1)
    if check and any(progress.count("would") + progress.count("foreign") for progress in done):
        raise Exit(code=WOULD_CHANGE)


def planned(done: Sequence[HostProgress], began: float) -> str:
    """Return what would change, who would fail, and who runs on an older state."""
    return "\n".join(
        [*_told(done), *report.failures(done), *report.restarts(done), *report.foreign(done), _sum(done, began)]
    )


def _would(c: Connection, cluster: Cluster, abandoned: Sequence[str]) -> None:
    resources = wanted(cluster, cluster.nodes[c.original_host], node_resources.STEPS, abandoned)
    converge(c, resources, apply=False, classify=classified(cluster))


def _told(done: Sequence[HostProgress]) -> Iterator[str]:
    for who, change in report.grouped(done, ("would",)):
        yield f"{who}: {change.kind} {change.name}" + (f"  ({change.detail})" if change.detail else "")
        yield from (f"    {line}" for line in change.diff)


def _sum(done: Iterable[HostProgress], began: float) -> str:
    planned = list(done)
    changes = sum(progress.count("would") for progress in planned)
    hosts = sum(bool(progress.count("would")) for progress in planned)
    failed = sum(bool(progress.error) for progress in planned)
    text = f"{changes} changes on {hosts} of {len(planned)} hosts" if changes else "nothing would change"
    foreign = sum(progress.count("foreign") for progress in planned)
    text += f", {foreign} to be mended by hand" if foreign else ""
    if failed:
        # Of a host that has not answered to the end nothing is known.
        rest = f"; on the others {text}" if failed < len(planned) else ""
        text = f"{failed} of {len(planned)} hosts failed{rest}"
    return f"{text} ({time.monotonic() - began:.2f} s); nothing was touched"
