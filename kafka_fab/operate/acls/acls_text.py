"""ACLs text: plans, rows and requests as lines and as JSON. Pure functions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kafka_fab.cluster.acls import seen_requests
from kafka_fab.cluster.acls.acl import ANY, Acl, PatternType, Permission
from kafka_fab.cluster.acls.acls_plan import AclsPlan
from kafka_fab.cluster.acls.seen_requests import Denial, Seen
from kafka_fab.output import report
from kafka_fab.output.counted import counted

HEADING = ("principal", "permission", "operation", "type", "name", "pattern", "from")
DENIED_HEADING = ("principal", "operation", "resource", "from", "requests", "seen")
SHOWN = 3


def row(acl: Acl) -> tuple[str, ...]:
    """Return a row as the cells of a table."""
    pattern = acl.pattern
    kinds = (str(pattern.type), pattern.name, str(pattern.pattern))
    return (acl.principal, str(acl.permission), str(acl.operation), *kinds, acl.host)


def described(acl: Acl) -> str:
    """Return a row in one line, for people."""
    pattern = acl.pattern
    prefix = " (prefixed)" if pattern.pattern == PatternType.PREFIXED else ""
    verb = "may" if acl.permission == Permission.ALLOW else "must not"
    source = "" if acl.host == ANY else f", from {acl.host}"
    return f"{acl.principal} {verb} {acl.operation} {pattern.type} {pattern.name}{prefix}{source}"


def lines(plan: AclsPlan) -> Iterator[str]:
    """Yield the lines of a plan."""
    yield from (f"+ {described(acl)}" for acl in plan.creates)
    yield from (f"- {described(acl)}" for acl in plan.deletes)
    yield from (f"note: {note}" for note in plan.notes)


def summary(plan: AclsPlan, listed: int, would: bool) -> str:
    """Return a plan in one line; `would` for a plan that is only shown."""
    counts = {"to create": len(plan.creates), "to delete": len(plan.deletes)}
    changes = ", ".join(f"{number} {word}" for word, number in counts.items() if number)
    what = f"{counted(listed, 'ACL')} in the file"
    return f"{what}: {changes or ('nothing would change' if would else 'nothing to change')}"


def denied(title: str, denials: Sequence[Denial]) -> Iterator[str]:
    """Yield a table of what would be denied, a line for each right that is missing, below its title."""
    if not denials:
        return
    missing: dict[tuple[str, str, str], list[Seen]] = {}
    for one in denials:
        asked = one.seen.request
        key = (asked.principal, str(asked.operation), f"{asked.type} {asked.name}")
        missing.setdefault(key, []).append(one.seen)
    yield f"{title}:"
    yield report.table([DENIED_HEADING, *((*key, *_together(some)) for key, some in sorted(missing.items()))])
    yield from (f"note: {hint}" for hint in dict.fromkeys(one.hint for one in denials if one.hint))


def _together(some: Sequence[Seen]) -> tuple[object, ...]:
    hosts = sorted({one.request.host for one in some})
    more = f" and {len(hosts) - SHOWN} more" if len(hosts) > SHOWN else ""
    requests = ", ".join(sorted({one.api for one in some if one.api}))
    return ", ".join(hosts[:SHOWN]) + more, requests, sum(one.count for one in some)


def acl_as_dict(acl: Acl) -> dict[str, Any]:
    """Return a row as JSON has it."""
    return {
        "principal": acl.principal,
        "permission": str(acl.permission),
        "operation": str(acl.operation),
        "resource_type": str(acl.pattern.type),
        "resource": acl.pattern.name,
        "pattern_type": str(acl.pattern.pattern),
        "host": acl.host,
    }


def denials_as_dict(when: Mapping[str, Iterable[Denial]]) -> list[dict[str, Any]]:
    """Return requests that would be denied as JSON has them, with when they would be."""
    return [
        {**seen_requests.as_dict(one.seen), "when": moment, "hint": one.hint}
        for moment, some in when.items()
        for one in some
    ]


def as_dict(plan: AclsPlan) -> dict[str, Any]:
    """Return a plan as JSON has it."""
    changes = [("create", acl) for acl in plan.creates] + [("delete", acl) for acl in plan.deletes]
    return {
        "changes": [{"action": action, **acl_as_dict(acl)} for action, acl in changes],
        "notes": list(plan.notes),
    }
