"""Users text: a plan of SCRAM users as lines (+ create, ~ change, - delete) and as JSON. Pure functions."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from kafka_fab.cluster.topics.topic_change import Note, QuotaChange
from kafka_fab.cluster.users.users_plan import DeleteCredential, SetCredential, UserStep
from kafka_fab.operate.topics.plan_text import number
from kafka_fab.output.counted import counted

WIDE = 28
BREAKS = "clients that still have the old password cannot log in any more once they connect again"


def lines(steps: Sequence[UserStep]) -> Iterator[str]:
    """Yield the lines of a plan, user by user."""
    for name, some in groupby(sorted(steps, key=lambda step: step.name), key=lambda step: step.name):
        mine = list(some)
        yield f"{_sign(mine)} {name}"
        for step in mine:
            yield from (f"    {line}" for line in _details(step))


def _sign(steps: Sequence[UserStep]) -> str:
    kinds = {type(step) for step in steps if not isinstance(step, Note)}
    if not kinds:
        return " "
    if kinds == {DeleteCredential}:
        return "-"
    before = {step.before for step in steps if isinstance(step, SetCredential)}
    return "+" if before == {None} else "~"


def _details(step: UserStep) -> Iterator[str]:
    if isinstance(step, SetCredential):
        yield f"{step.credential.mechanism!s:<{WIDE}}  {_credential(step)}"
        if step.before is not None:
            yield f"note: {BREAKS}"
    elif isinstance(step, DeleteCredential):
        how = "locked" if step.locks else "deleted"
        yield f"{step.mechanism!s:<{WIDE}}  {how}; open connections stay until they log in again"
    elif isinstance(step, QuotaChange):
        for key, one in step.changes.items():
            yield f"{key:<{WIDE}}  {number(one.before) or 'unlimited'} -> {number(one.after) or 'unlimited'}"
    else:
        yield f"note: {step.text}"


def _credential(step: SetCredential) -> str:
    source = "generated" if step.credential.generate else f"from {step.credential.source}"
    iterations = f"{step.credential.iterations} iterations"
    if step.before is None:
        return f"new, {source}, {iterations}"
    if step.before != step.credential.iterations:
        return f"{source}, {step.before} -> {iterations}"
    return f"{step.reason}, {source}"


def summary(steps: Sequence[UserStep], listed: int, would: bool) -> str:
    """Return a plan in one line; `would` for a plan that is only shown."""
    new = {step.name for step in steps if isinstance(step, SetCredential) and step.before is None}
    changed = {step.name for step in steps if isinstance(step, SetCredential | QuotaChange)} - new
    gone = {step.name for step in steps if isinstance(step, DeleteCredential)} - new - changed
    counts = {"to create": new, "to change": changed, "to delete": gone}
    changes = ", ".join(f"{len(some)} {word}" for word, some in counts.items() if some)
    what = f"{counted(listed, 'user')} in the file"
    return f"{what}: {changes or ('nothing would change' if would else 'nothing to change')}"


def as_dict(steps: Sequence[UserStep]) -> dict[str, Any]:
    """Return a plan as JSON has it."""
    return {
        "changes": [_as_dict(step) for step in steps if not isinstance(step, Note)],
        "notes": [{"name": step.name, "text": step.text} for step in steps if isinstance(step, Note)],
    }


def _as_dict(step: UserStep) -> Mapping[str, Any]:
    if isinstance(step, SetCredential):
        return {
            "action": "set_credential",
            "name": step.name,
            "mechanism": str(step.credential.mechanism),
            "iterations": {"before": step.before, "after": step.credential.iterations},
            "reason": step.reason,
        }
    if isinstance(step, DeleteCredential):
        action = "lock_credential" if step.locks else "delete_credential"
        return {"action": action, "name": step.name, "mechanism": str(step.mechanism)}
    assert isinstance(step, QuotaChange)
    rates = {key: {"before": one.before, "after": one.after} for key, one in step.changes.items()}
    return {"action": "change_quota", "name": step.name, "rates": rates}
