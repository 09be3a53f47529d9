"""Elect leaders: `fab elect-leaders`: preferred leader election, verified in the metadata."""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.schema.problem import did_you_mean
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.gate.preferred_leaders import ineligible_reason, off_preferred, preferred
from kafka_fab.gate.state import Partition, State
from kafka_fab.live import leader_election
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.live.client.wait import until
from kafka_fab.live.cluster_state import source
from kafka_fab.locking.guard import Guard
from kafka_fab.operate.hosts.running import live_fleet
from kafka_fab.output import report
from kafka_fab.output.json_document import document

# The metadata shows an election a moment after the controller has made it.
SECONDS, PAUSE = 10.0, 0.2
SHOWN = 40
ELECTED = "elected"


@dataclass(frozen=True)
class ElectionResult:
    """A partition that was not led by its preferred leader, and the result of its election."""

    topic: str
    partition: int
    leader: int
    preferred_leader: int
    result: str


def elect_leaders(c: Context, topic: str = "", plan: bool = False, json: bool = False) -> None:
    """Elect preferred leaders of all partitions, or of one topic's; exit with 1 if one was not elected.

    With `plan` only show which would be elected, and which could not be.
    """
    began, hosts = time.monotonic(), live_fleet(c)
    try:
        with nullcontext() if plan else Guard(hosts, "elect-leaders", [topic or "all topics"]):
            rows, total = _elected(hosts.cluster, topic, plan)
    except (Unreachable, RequestRejected) as problem:
        raise Exit(str(problem), code=1) from problem
    seconds = time.monotonic() - began
    failed = not plan and any(row.result != ELECTED for row in rows)
    if json:
        result = {"ok": not failed, "partitions": [asdict(row) for row in rows], "seconds": round(seconds, 3)}
        print(document("elect-leaders", hosts.cluster.name, result))
    else:
        print(_text(rows, total, plan, seconds))
    if failed:
        raise Exit(code=1)


def _elected(cluster: Cluster, topic: str, plan: bool) -> tuple[list[ElectionResult], int]:
    """Return the partitions without their preferred leader with their results, and the number of all partitions."""
    with source(cluster) as read:
        state = _of(_checked(read(frozenset()), topic), topic)
        lost = off_preferred(state)
        results = {p.topic_partition: ineligible_reason(p, state) for p in lost}
        due = [p for p in lost if not results[p.topic_partition]]
        results |= dict.fromkeys((p.topic_partition for p in due), "would be elected" if plan else ELECTED)
        if not plan:
            results |= _elect(cluster, lambda: read(frozenset()), due)
    return [ElectionResult(p.topic, p.number, p.leader, preferred(p), results[p.topic_partition]) for p in lost], len(
        state.partitions
    )


def _elect(cluster: Cluster, read: Callable[[], State], due: Sequence[Partition]) -> dict[TopicPartition, str]:
    """Elect preferred leaders and return which were not elected, and why."""
    if not due:
        return {}
    refused = leader_election.elect(cluster, [p.topic_partition for p in due])
    wanted = {p.topic_partition for p in due} - refused.keys()
    return refused | dict.fromkeys(_still(read, wanted), "not elected: another broker is still leader")


def _of(state: State, topic: str) -> State:
    """Return a state with the partitions of one topic, or with all of them where none is named."""
    return replace(state, partitions=tuple(p for p in state.partitions if topic in ("", p.topic)))


def _checked(state: State, topic: str) -> State:
    """Return a state with brokers and the topic; raise RequestRejected where either is missing."""
    topics = {p.topic for p in state.partitions}
    if not state.up:
        raise RequestRejected(f"cannot read the partition leaders: {'; '.join(state.unknown) or 'no broker is up'}")
    if topic and topic not in topics:
        raise RequestRejected(f"no such topic: {topic}{did_you_mean(topic, topics)}")
    return state


def _still(read: Callable[[], State], wanted: set[TopicPartition]) -> set[TopicPartition]:
    """Return the partitions that another broker still leads after a timeout."""
    left = set(wanted)

    def elected() -> bool:
        left.intersection_update(p.topic_partition for p in off_preferred(read()))
        return not left

    until(elected, SECONDS, PAUSE)
    return left


def _text(rows: Iterable[ElectionResult], total: int, plan: bool, seconds: float) -> str:
    rows = list(rows)
    took = f"({seconds:.2f} s)"
    if not rows:
        return f"all {total} partitions are led by their preferred leader {took}"
    cells = [(f"{row.topic}-{row.partition}", row.leader, row.preferred_leader, row.result) for row in rows[:SHOWN]]
    lines = [report.table([("partition", "leader", "preferred", "result"), *cells])]
    if len(rows) > SHOWN:
        lines.append(f"and {len(rows) - SHOWN} more")
    if plan:
        return "\n".join(
            [
                *lines,
                f"{len(rows)} of {total} partitions are not led by their preferred leader {took}; nothing was changed",
            ]
        )
    done = sum(row.result == ELECTED for row in rows)
    return "\n".join([*lines, f"{done} of {len(rows)} preferred leaders elected {took}"])
