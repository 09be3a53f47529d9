"""Roll command: `fab rolling-restart`, from its options to an exit code."""

import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from invoke.context import Context

from kafka_fab.gate.state import Waivers
from kafka_fab.live import topic
from kafka_fab.locking.lock_refusal import RESUMED, ROLLING
from kafka_fab.locking.operation_error import DONE, PREFLIGHT, OperationError
from kafka_fab.locking.run_record import LeaderElection, Run
from kafka_fab.operate import ending
from kafka_fab.operate.hosts import running
from kafka_fab.operate.roll import preview, roll_operation, roll_page, roll_table, runs, terminal_view
from kafka_fab.operate.roll.options import Options
from kafka_fab.operate.roll.plain_lines import RollPrinter
from kafka_fab.operate.roll.roll_record import Record
from kafka_fab.operate.roll.service_ref import ServiceRef
from kafka_fab.output.json_document import document
from kafka_fab.remote.fleet import Fleet, fleet
from kafka_fab.runbook.codes import RollCode

STABILIZATIONS = ("auto", "strict")


@dataclass(frozen=True)
class RollArguments:
    """The options as typed."""

    changed: bool = False
    zookeeper: bool = False
    batch: int = 1
    plan: bool = False
    resume: bool = False
    abandon: bool = False
    accept_downtime: Sequence[str] = ()
    min_replicas: int = 2
    allow_reassign: bool = False
    accept_quorum_outage: bool = False
    wait: int = 1800
    stabilization: str = "auto"
    leaders: str = LeaderElection.NEVER
    canary: bool = True
    abandon_dir: Sequence[str] = ()
    max_lag: Sequence[str] = ()
    report: str = ""
    json: bool = False


def rolling_restart(c: Context, typed: RollArguments) -> None:
    """Restart the cluster's services one after the other, each after a safety check."""
    hosts = fleet(c, quiet=True)
    ending.finish(lambda: _carry_out(hosts, typed))


def _carry_out(hosts: Fleet, typed: RollArguments) -> int:
    options = options_of(typed)
    if typed.abandon:
        print(runs.abandon(hosts))
        return 0
    running.require_own(hosts)
    if typed.resume:
        run = runs.unfinished(hosts)
        return take(hosts, run, runs.resumed(options, run), typed)
    todo = runs.selected(hosts, typed.zookeeper, typed.changed)
    if typed.plan:
        return _preview(hosts, todo, options, typed.json)
    if not todo:
        text = "nothing to restart: every service runs the configuration and version on disk"
        return nothing(hosts, options, text, typed.json)
    return take(hosts, runs.new_run(options, todo), options, typed)


def options_of(typed: RollArguments, task: str = ROLLING) -> Options:
    """Return the options of a roll; raise OperationError where a switch has a wrong value."""
    if typed.stabilization not in STABILIZATIONS:
        raise _wrong(f"--stabilization {typed.stabilization}: must be {' or '.join(STABILIZATIONS)}")
    if typed.leaders not in tuple(LeaderElection):
        raise _wrong(f"--leaders {typed.leaders}: must be each, end or never")
    if typed.batch < 1:
        raise _wrong(f"--batch {typed.batch}: must be at least 1")
    if typed.min_replicas not in (1, 2):
        raise _wrong(f"--min-replicas {typed.min_replicas}: must be 1 or 2")
    topics = _listed(typed.accept_downtime)
    if "*" in topics:
        raise _wrong("--accept-downtime: name each topic; a wildcard is not accepted")
    outage = typed.accept_quorum_outage
    allowed = Waivers(topics, typed.min_replicas, typed.allow_reassign, outage, topic.OURS)
    abandoned = tuple(sorted(_listed(typed.abandon_dir)))
    lags = tuple(map(_lag, sorted(_listed(typed.max_lag))))
    strict = typed.stabilization == "strict"
    return Options(
        task=task,
        batch=typed.batch,
        allowed=allowed,
        wait=float(typed.wait),
        strict=strict,
        leaders=LeaderElection(typed.leaders),
        canary=typed.canary,
        abandoned=abandoned,
        lags=lags,
    )


def _wrong(text: str) -> OperationError:
    return OperationError(PREFLIGHT, text, RollCode.WRONG_SWITCH)


def _listed(typed: Iterable[str]) -> frozenset[str]:
    return frozenset(word.strip() for text in typed for word in text.split(",") if word.strip())


def _lag(text: str) -> tuple[str, int]:
    group, _, number = text.rpartition("=")
    if not group or not number.isdigit():
        raise _wrong(f"--max-lag {text}: must be GROUP=MESSAGES, such as billing=10000")
    return group, int(number)


def _preview(hosts: Fleet, todo: Sequence[ServiceRef], options: Options, json: bool) -> int:
    found = preview.preview(hosts, todo, options)
    content = preview.as_dict(found)
    print(document(options.task, hosts.cluster.name, content) if json else preview.text(found))
    return found.code


def nothing(hosts: Fleet, options: Options, text: str, json: bool) -> int:
    """Print that no service is to be restarted: with --json the record of a roll without steps, and no run."""
    now = time.time()
    content = Record(runs.new_run(options, ()), now, now, DONE, "").as_dict() | {"run": None}
    print(document(options.task, hosts.cluster.name, content) if json else text)
    return DONE


def take(hosts: Fleet, run: Run, options: Options, typed: RollArguments) -> int:
    """Carry out a roll as it was typed, print its record, and return the exit code."""
    file = roll_operation.report_file(typed.report)
    record = shown(hosts, run, options, typed.json, typed.resume)
    name, task = hosts.cluster.name, RESUMED.get(run.task, run.task)
    print(document(task, name, record.as_dict() | {"task": task}) if typed.json else roll_table.text(record))
    return _report(name, record, file) if file else record.code


def shown(hosts: Fleet, run: Run, options: Options, json: bool = False, resume: bool = False) -> Record:
    """Carry out a roll and show it meanwhile: live on a terminal, else line by line; not for JSON."""
    on_terminal = not json and terminal_view.possible()
    listeners = [] if json or on_terminal else [RollPrinter(max(map(len, hosts.cluster.nodes)))]
    show = terminal_view.RollView if on_terminal else roll_operation.hidden
    return roll_operation.roll(hosts, run, options, listeners, resume, show)


def _report(cluster: str, record: Record, file: Path) -> int:
    """Write the page, and return the exit code: the roll's own, or 1 where only the page failed."""
    try:
        roll_page.write(cluster, record, file)
    except OSError as error:
        print(f"--report {file}: {error.strerror or error}", file=sys.stderr)
        return record.code or 1
    return record.code
