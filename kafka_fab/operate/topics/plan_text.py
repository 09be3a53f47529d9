"""Plan text: a plan told in lines: + made, ~ changed, - ended, ! refused; and for programs. Pure functions."""

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
    Refusal,
    Step,
    ValueChange,
)

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


def told(steps: Sequence[Step]) -> Lines:
    """Yield the lines of a plan, topic by topic."""
    ordered = sorted(enumerate(steps), key=lambda pair: (_place(pair[1], steps), pair[0]))
    for name, some in groupby((step for _, step in ordered), key=lambda step: step.name):
        mine = list(some)
        yield f"{_sign(mine)} {name}{_head(mine)}"
        for step in mine:
            yield from (f"    {line}" for line in _lines(step))


def _place(step: Step, steps: Sequence[Step]) -> int:
    return next(at for at, one in enumerate(steps) if one.name == step.name)


def _sign(steps: Iterable[Step]) -> str:
    kinds = {type(step) for step in steps}
    if Refusal in kinds:
        return "!"
    ends = any(isinstance(step, QuotaChange) and step.ends for step in steps)
    signs = {Create: "+", Delete: "-", Note: " "}
    return "-" if ends else next((sign for kind, sign in signs.items() if kinds == {kind}), "~")


def _head(steps: Iterable[Step]) -> str:
    one = next((step for step in steps if isinstance(step, Create)), None)
    if one is None:
        return "  with all its messages" if any(isinstance(step, Delete) for step in steps) else ""
    partitions = len(one.replicas) or one.partitions
    copies = len(one.replicas[0]) if one.replicas else one.replication
    return f"  {_counted(partitions, 'partition')}, {_counted(copies, 'replica')}"


def _counted(number: int, noun: str) -> str:
    return f"{number or 'the default number of'} {noun}{'s' * (number != 1)}"


def _lines(step: Step) -> Lines:
    if isinstance(step, Create):
        yield from (f"{name:<{WIDE}}  {value}" for name, value in sorted(step.config.items()))
    elif isinstance(step, Configure):
        yield from (_turn(name, turn.before, turn.after) for name, turn in step.changes.items())
    elif isinstance(step, MoveReplicas):
        yield f"{'replicas':<{WIDE}}  {_moved(step)}"
    elif isinstance(step, AddPartitions):
        yield f"{'partitions':<{WIDE}}  {step.before} -> {step.after}"
    elif isinstance(step, QuotaChange):
        yield from (_turn(key, number(before), number(after), "unlimited") for key, (before, after) in _pairs(step))
    elif isinstance(step, Refusal | Note):
        yield f"{'refused: ' if isinstance(step, Refusal) else 'note: '}{step.text}"


def _pairs(step: QuotaChange) -> Iterable[tuple[str, tuple[float | None, float | None]]]:
    return step.changes.items()


def _turn(name: str, before: str | None, after: str | None, none: str = "the default") -> str:
    reset = " (not in the file)" if after is None else ""
    return f"{name:<{WIDE}}  {none if before is None else before} -> {none if after is None else after}{reset}"


def number(rate: float | None) -> str | None:
    """Return a rate without a point where it needs none."""
    return None if rate is None else f"{rate:.12g}" if rate % 1 else str(int(rate))


def _moved(step: MoveReplicas) -> str:
    counts = {(len(before), len(after)) for before, after in step.changes.values()}
    turn = ", ".join(f"{before} -> {after}" for before, after in sorted(counts) if before != after) or "placed anew"
    copied = f"{step.copies} copied" if step.copies else "nothing is copied"
    return f"{turn} in {_counted(len(step.changes), 'partition')}, {copied}"


def summary(steps: Sequence[Step], wanted: DesiredTopics, would: bool) -> str:
    """Return a plan in one line; `would` where nothing has been touched."""
    kinds: Mapping[str, tuple[type, ...]] = {
        "to make": (Create,),
        "to change": (Configure, MoveReplicas, AddPartitions, QuotaChange),
        "to delete": (Delete,),
        "refused": (Refusal,),
    }
    names = {word: {step.name for step in steps if isinstance(step, of)} for word, of in kinds.items()}
    counted = ", ".join(f"{len(some)} {word}" for word, some in names.items() if some)
    topics, quotas = len(wanted.topics), len(wanted.quotas)
    what = f"{topics} topic{'s' * (topics != 1)} and {quotas} quota{'s' * (quotas != 1)} in the file"
    if not counted:
        return f"{what}: nothing {'would change' if would else 'to change'}"
    return f"{what}: {counted}"


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
