"""Plan text: a plan as lines (+ create, ~ change, - delete, ! rejected) and as JSON. Pure functions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from kafka_fab.cluster.topics.desired_topics import DesiredTopics
from kafka_fab.cluster.topics.topic_change import (
    AddPartitions,
    Change,
    Configure,
    Create,
    Delete,
    MoveReplicas,
    Note,
    QuotaChange,
    RejectedChange,
    Step,
    ValueChange,
)
from kafka_fab.output.counted import counted

WIDE = 28
ACTIONS: Mapping[type[Change], str] = {
    Create: "create",
    Configure: "configure",
    MoveReplicas: "reassign",
    AddPartitions: "add_partitions",
    Delete: "delete",
    QuotaChange: "change_quota",
}
Lines = Iterator[str]


def lines(steps: Sequence[Step]) -> Lines:
    """Yield the lines of a plan, topic by topic."""
    ordered = sorted(enumerate(steps), key=lambda pair: (_position(pair[1], steps), pair[0]))
    for name, some in groupby((step for _, step in ordered), key=lambda step: step.name):
        mine = list(some)
        yield f"{_sign(mine)} {name}{_head(mine)}"
        for step in mine:
            yield from (f"    {line}" for line in _details_of(step))


def _position(step: Step, steps: Sequence[Step]) -> int:
    return next(at for at, one in enumerate(steps) if one.name == step.name)


def _sign(steps: Iterable[Step]) -> str:
    kinds = {type(step) for step in steps}
    if RejectedChange in kinds:
        return "!"
    removes = any(isinstance(step, QuotaChange) and step.removes for step in steps)
    signs = {Create: "+", Delete: "-", Note: " "}
    return "-" if removes else next((sign for kind, sign in signs.items() if kinds == {kind}), "~")


def _head(steps: Iterable[Step]) -> str:
    one = next((step for step in steps if isinstance(step, Create)), None)
    if one is None:
        return "  with all its messages" if any(isinstance(step, Delete) for step in steps) else ""
    partitions = len(one.replicas) or one.partitions
    copies = len(one.replicas[0]) if one.replicas else one.replication
    return f"  {_or_default(partitions, 'partition')}, {_or_default(copies, 'replica')}"


def _or_default(number: int, noun: str) -> str:
    return counted(number, noun) if number else f"the default number of {noun}s"


def _details_of(step: Step) -> Lines:
    if isinstance(step, Create):
        yield from (f"{name:<{WIDE}}  {value}" for name, value in sorted(step.config.items()))
    elif isinstance(step, Configure):
        yield from (_change(name, one.before, one.after) for name, one in step.changes.items())
    elif isinstance(step, MoveReplicas):
        yield f"{'replicas':<{WIDE}}  {_moved(step)}"
    elif isinstance(step, AddPartitions):
        yield f"{'partitions':<{WIDE}}  {step.before} -> {step.after}"
    elif isinstance(step, QuotaChange):
        yield from (
            _change(key, number(one.before), number(one.after), "unlimited") for key, one in step.changes.items()
        )
    elif isinstance(step, RejectedChange | Note):
        yield f"{'rejected: ' if isinstance(step, RejectedChange) else 'note: '}{step.text}"


def _change(name: str, before: str | None, after: str | None, none: str = "the default") -> str:
    reset = " (not in the file)" if after is None else ""
    return f"{name:<{WIDE}}  {none if before is None else before} -> {none if after is None else after}{reset}"


def number(rate: float | None) -> str | None:
    """Return a rate, without a decimal point if it is an integer."""
    return None if rate is None else f"{rate:.12g}" if rate % 1 else str(int(rate))


def _moved(step: MoveReplicas) -> str:
    counts = {(len(before), len(after)) for before, after in step.changes.values()}
    factors = ", ".join(f"{before} -> {after}" for before, after in sorted(counts) if before != after) or "reassigned"
    copied = f"{step.added_replicas} copied"
    return f"{factors} in {counted(len(step.changes), 'partition')}, {copied}"


def summary(steps: Sequence[Step], wanted: DesiredTopics, would: bool) -> str:
    """Return a plan in one line; `would` for a plan that is only shown."""
    kinds: Mapping[str, tuple[type, ...]] = {
        "to create": (Create,),
        "to change": (Configure, MoveReplicas, AddPartitions, QuotaChange),
        "to delete": (Delete,),
        "rejected": (RejectedChange,),
    }
    names = {word: {step.name for step in steps if isinstance(step, of)} for word, of in kinds.items()}
    changes = ", ".join(f"{len(some)} {word}" for word, some in names.items() if some)
    what = f"{counted(len(wanted.topics), 'topic')} and {counted(len(wanted.quotas), 'quota')} in the file"
    if not changes:
        return f"{what}: nothing {'would change' if would else 'to change'}"
    return f"{what}: {changes}"


def as_dict(step: Change) -> dict[str, Any]:
    """Return a change as JSON has it."""
    return {"action": ACTIONS[type(step)], "name": step.name, **_details(step)}


def _details(step: Change) -> dict[str, Any]:
    if isinstance(step, Create):
        return {
            "partitions": step.partitions,
            "replication_factor": step.replication,
            "config": dict(step.config),
            "replicas": step.replicas,
        }
    if isinstance(step, AddPartitions):
        return {"before": step.before, "after": step.after, "replicas": step.replicas}
    if isinstance(step, QuotaChange):
        return {"entity": dict(step.entity), "rates": _before_and_after(step.changes)}
    if isinstance(step, MoveReplicas):
        return {"partitions": _before_and_after(step.changes)}
    return {"config": _before_and_after(step.changes)} if isinstance(step, Configure) else {}


def _before_and_after(changes: Mapping[Any, ValueChange[Any]]) -> dict[str, Any]:
    return {str(key): {"before": one.before, "after": one.after} for key, one in changes.items()}
