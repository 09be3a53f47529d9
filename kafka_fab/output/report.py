"""Report: how a run ended, as a table of hosts or as JSON."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from kafka_fab.cluster.change import Change
from kafka_fab.output.counted import counted
from kafka_fab.output.json_document import document
from kafka_fab.output.progress import HostProgress


def table(rows: Sequence[Sequence[object]]) -> str:
    """Return rows as columns; the first row is the heading, numbers stand to the right."""
    cells = [[f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    right = [all(isinstance(row[at], int | float) for row in rows[1:]) for at in range(len(widths))]
    lines = (
        "  ".join(
            cell.rjust(wide) if left else cell.ljust(wide) for cell, wide, left in zip(row, widths, right, strict=True)
        )
        for row in cells
    )
    return "\n".join(line.rstrip() for line in lines)


def hosts(progresses: Sequence[HostProgress], seconds: float) -> str:
    """Return the table of hosts, each failing one's reason, and who needs a restart."""
    progresses = merged(progresses)
    rows: list[Sequence[object]] = [("host", "result", "ok", "changed", "failed", "seconds")]
    rows += [
        (p.host, p.result, p.count("ok"), p.count("changed"), p.count("failed") or int(bool(p.error)), p.seconds)
        for p in progresses
    ]
    return "\n".join(
        [
            table(rows),
            *failures(progresses),
            *prepared(progresses),
            *restarts(progresses),
            *foreign(progresses),
            summary(progresses, seconds),
        ]
    )


def failures(progresses: Iterable[HostProgress]) -> list[str]:
    """Return a line with the reason of each failed host."""
    return [f"{progress.host}: {progress.error}" for progress in progresses if progress.error]


def prepared(progresses: Sequence[HostProgress]) -> list[str]:
    """Return a line for each service that stays at another version, or at a level, with the hosts that have it."""
    kinds = ("version", "levels")
    found = ((who, change) for who, change in grouped(progresses, ("note",)) if change.kind in kinds)
    return [f"{who}: {change.name}: {change.detail}" for who, change in found]


def restarts(progresses: Iterable[HostProgress]) -> list[str]:
    """Return a line for each service that does not run the configuration that is on disk."""
    return [
        f"{progress.host}: {change.name} runs an outdated configuration ({change.detail})"
        for progress in progresses
        for change in progress.changes
        if change.status in ("restart", "reconfigure")
    ]


def foreign(progresses: Iterable[HostProgress]) -> list[str]:
    """Return a line for each thing that the next start reads, and that kafka-fab neither made nor changes."""
    return [
        f"{progress.host}: {change.kind} {change.name}, not managed by kafka-fab: {change.detail}"
        for progress in progresses
        for change in progress.changes
        if change.status == "foreign"
    ]


def summary(progresses: Sequence[HostProgress], seconds: float) -> str:
    """Return the run in one line."""
    failed = sum(bool(progress.error) for progress in progresses)
    changed = sum(progress.count("changed") for progress in progresses)
    hosts = counted(len(progresses), "host")
    if failed:
        return f"{failed} of {hosts} failed, after {seconds:.2f} s"
    ran = any(progress.count("ran") for progress in progresses)
    done = counted(changed, "change") if changed else "ran" if ran else "nothing to change"
    return f"{hosts}: {done}, {seconds:.2f} s"


def as_json(progresses: Iterable[HostProgress], task: str, cluster: str) -> str:
    """Return the run as JSON: per host its result, error, seconds and changes that are more than ok."""
    return document(task, cluster, {"hosts": [_host(progress) for progress in merged(progresses)]})


def grouped(
    progresses: Sequence[HostProgress], statuses: Collection[str], with_diff: bool = True
) -> Iterator[tuple[str, Change]]:
    """Yield each change of some statuses once, after the hosts that it is for."""
    hosts: dict[Change, list[str]] = {}
    for progress in progresses:
        for change in progress.changes:
            if change.status in statuses:
                hosts.setdefault(change if with_diff else replace(change, diff=()), []).append(progress.host)
    for change, names in hosts.items():
        yield ("all hosts" if len(names) == len(progresses) > 1 else ", ".join(names)), change


def merged(phases: Iterable[HostProgress]) -> list[HostProgress]:
    """Return one progress a host from the phases of a task, in which a host may have taken part more than once."""
    whole: dict[str, HostProgress] = {}
    for phase in phases:
        before = whole.get(phase.host)
        whole[phase.host] = _joined(before, phase) if before else phase
    return list(whole.values())


def _joined(first: HostProgress, second: HostProgress) -> HostProgress:
    changes, error = first.changes + second.changes, first.error or second.error
    ended = first.started + first.seconds + second.seconds
    return HostProgress(first.host, changes, error=error, started=first.started, ended=ended)


def _host(progress: HostProgress) -> dict[str, Any]:
    return {
        "host": progress.host,
        "result": progress.result,
        "error": progress.error,
        "seconds": round(progress.seconds, 3),
        "ok": progress.count("ok"),
        "changes": [asdict(change) for change in progress.changes if change.status != "ok"],
    }
