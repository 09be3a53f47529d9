"""Plan: what an install would change, as a diff; the same script as an install's, run with APPLY=0."""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.roles import node_resources
from kafka_fab.frozen_value import dataclass
from kafka_fab.operate.hosts import storage
from kafka_fab.operate.hosts.pending_change import classified
from kafka_fab.operate.install.install import desired, is_new_file, issuer_of
from kafka_fab.output import report
from kafka_fab.output.counted import counted
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote.converge import converge
from kafka_fab.remote.fleet import fleet
from kafka_fab.remote.node import node_of
from kafka_fab.remote.ssh.connection import Connection

if TYPE_CHECKING:
    from kafka_fab.operate.certificates.issue import Issuer

WOULD_CHANGE = 2


@dataclass(frozen=True)
class PlanOptions:
    """The switches of the task; `abandon_dirs` as typed."""

    check: bool = False
    json: bool = False
    full: bool = False
    abandon_dirs: Sequence[str] = ()


def plan(c: Context, options: PlanOptions) -> None:
    """Print what an install would change on each host; change nothing."""
    began, hosts = time.monotonic(), fleet(c, quiet=True)
    issuer = issuer_of(hosts.cluster)
    done = hosts.run(lambda c: _compare(c, hosts.cluster, options.abandon_dirs, issuer), "plan")
    if hosts.cluster.kraft:
        storage.report_problems(hosts, done)
    if options.json:
        print(report.as_json(done, "plan", hosts.cluster.name))
    else:
        print(planned(done, began, options.full))
    if any(progress.error for progress in done):
        raise Exit(code=1)
    if options.check and any(progress.count("would") + progress.count("foreign") for progress in done):
        raise Exit(code=WOULD_CHANGE)


def planned(done: Sequence[HostProgress], began: float, full: bool = False) -> str:
    """Return what would change, which hosts would fail, and which services run an outdated configuration."""
    rest = [*report.failures(done), *report.prepared(done), *report.restarts(done), *report.foreign(done)]
    return "\n".join([*_changes(done, full), *rest, _sum(done, began)])


def _compare(c: Connection, cluster: Cluster, abandon_dirs: Sequence[str], issuer: "Issuer | None") -> None:
    resources = desired(cluster, node_of(c), node_resources.STEPS, abandon_dirs)
    resources = issuer.judged(node_of(c), resources) if issuer else resources
    converge(c, resources, apply=False, classify=classified(cluster))


def _changes(done: Sequence[HostProgress], full: bool) -> Iterator[str]:
    for who, change in report.grouped(done, ("would",)):
        is_new = not full and is_new_file(change)
        detail = "; ".join(filter(None, [change.detail, _size(change.diff) if is_new else ""]))
        yield f"{who}: {change.kind} {change.name}" + (f"  ({detail})" if detail else "")
        yield from (f"    {line}" for line in change.diff if not is_new)
    if not full and any(is_new_file(change) for progress in done for change in progress.changes):
        yield "new files by name and size: --full shows their content"


def _size(diff: Sequence[str]) -> str:
    lines = [line for line in diff[3:] if line.startswith("+")]
    return f"new file, {counted(len(lines), 'line')}, {sum(len(line.encode()) for line in lines)} bytes"


def _sum(done: Iterable[HostProgress], began: float) -> str:
    planned = list(done)
    changes = sum(progress.count("would") for progress in planned)
    hosts = sum(bool(progress.count("would")) for progress in planned)
    failed = sum(bool(progress.error) for progress in planned)
    text = f"{counted(changes, 'change')} on {hosts} of {len(planned)} hosts" if changes else "nothing would change"
    foreign = sum(progress.count("foreign") for progress in planned)
    text += f", {foreign} to fix by hand" if foreign else ""
    if failed:
        # The state of a host that failed is unknown.
        rest = f"; on the others {text}" if failed < len(planned) else ""
        text = f"{failed} of {len(planned)} hosts failed{rest}"
    return f"{text} ({time.monotonic() - began:.2f} s); nothing was changed"
