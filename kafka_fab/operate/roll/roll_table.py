"""Roll table: the result of a roll, service by service, and the canary's verdict."""

from collections.abc import Iterator
from typing import Any

from kafka_fab.operate.roll.roll_record import Record
from kafka_fab.output import report
from kafka_fab.output.counted import counted
from kafka_fab.typed_command import FAB

NAMED = 3


def text(record: Record) -> str:
    """Return the table of steps, the canary's verdict, and how the roll ended."""
    rows: list[tuple[object, ...]] = [("host", "service", "id", "stop", "start", "in sync", "total")]
    rows += [
        (s.target.host, s.target.role, s.target.id, _seconds(s.stop), _seconds(s.start), _seconds(s.sync), s.total)
        for s in record.steps
    ]
    lines = [report.table(rows)] if record.steps else []
    return "\n".join([*lines, *_outages(record), *_leaders(record), *_canary(record), _end(record)])


def _seconds(value: float | None) -> object:
    return "-" if value is None else value


def _outages(record: Record) -> Iterator[str]:
    for topic, seconds in sorted(record.outages.items()):
        yield f"topic {topic}: a partition was offline or under min ISR for {seconds:.1f} s"


def _leaders(record: Record) -> Iterator[str]:
    elected, others = record.led.elected, record.led.off_preferred
    if elected:
        yield f"{counted(elected, 'preferred leader')} elected"
    if others:
        named = f"{', '.join(others[:NAMED])}{', ...' * (len(others) > NAMED)}"
        are = f"{len(others)} partitions are" if len(others) > 1 else "1 partition is"
        yield (
            f"{are} not led by the preferred leader ({named}): run `{FAB} elect-leaders`, "
            "or wait for auto.leader.rebalance"
        )


def _canary(record: Record) -> Iterator[str]:
    verdict: Any = record.canary
    if not verdict:
        yield from filter(None, [record.no_canary])
        return
    if verdict.get("unchecked"):
        yield str(verdict["unchecked"])
    lost = verdict["lost"] + verdict["unread"]
    yield (
        f"canary: {verdict['acknowledged']} messages acknowledged, {lost} lost, {verdict['reordered']} "
        f"reordered, {verdict['duplicates']} duplicates, {sum(verdict['errors'].values())} errors"
    )
    if verdict["stall"]:
        during = f" (while {verdict['during']} restarted)" if verdict["during"] else ""
        yield f"longest stall {verdict['stall']['seconds']:.2f} s{during}; latency p99 {verdict['p99_ms']:.0f} ms"


def _end(record: Record) -> str:
    took = f"{record.ended - record.began:.1f} s"
    done = len(record.steps)
    if record.code == 0:
        return f"{counted(done, 'service')} restarted in {took}"
    return f"{record.reason}\n{done} restarted, {len(record.remaining)} not, after {took} (exit code {record.code})"
