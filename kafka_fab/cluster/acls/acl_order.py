"""ACL order: the requests that lead from some ACLs to others so that nobody is locked out in between. Pure functions.

Brokers apply even one request row by row, so no order within a step may matter. Where the default allows everybody,
the first row about a resource would end that for all others: resources that have no row before, or none afterwards,
are kept open by a row of their own, for everybody, while their rows change.
"""

from collections.abc import Collection, Iterable, Iterator

from kafka_fab.cluster.acls.acl import ANY, Acl, Operation, Pattern, PatternType, Permission, ResourceType
from kafka_fab.cluster.acls.evaluator import EVERYBODY, Rules
from kafka_fab.frozen_value import dataclass

AT_ONCE = 1000
# A resource: its type and its name.
Resource = tuple[ResourceType, str]


@dataclass(frozen=True)
class AclRequest:
    """Rows that are created, or deleted, in one request."""

    acls: tuple[Acl, ...]
    deletes: bool = False


def requests(
    start: Collection[Acl], adds: Collection[Acl], deletes: Collection[Acl], resources: Iterable[Resource] | None
) -> tuple[AclRequest, ...]:
    """Return the requests in order: creations before deletions, DENY before ALLOW, and the other way round.

    `resources` are those that exist, where the default allows everybody; None where it does not.
    """
    named = None if resources is None else {*resources, *_literals(adds), *_literals(deletes)}
    middle = {*start, *adds}
    opened = _kept_open(named, start, middle)
    closed = _kept_open(named, middle - {*deletes}, middle) - opened
    steps = (
        (opened, False),
        (_of(adds, Permission.DENY), False),
        (_of(adds, Permission.ALLOW) - opened, False),
        (opened - {*adds}, True),
        (closed - middle, False),
        (_of(deletes, Permission.ALLOW) - closed, True),
        (_of(deletes, Permission.DENY), True),
        (closed, True),
    )
    return tuple(AclRequest(some, gone) for acls, gone in steps for some in _portions(acls))


def opening(resource: Resource) -> Acl:
    """Return the row that keeps a resource open for everybody."""
    return Acl(Pattern(*resource), EVERYBODY, Operation.ALL)


def is_opening(acl: Acl) -> bool:
    """Return whether a row may be one that an interrupted apply has left."""
    return acl == opening((acl.pattern.type, acl.pattern.name)) and acl.pattern.name != ANY


def _kept_open(named: Collection[Resource] | None, outside: Collection[Acl], inside: Collection[Acl]) -> set[Acl]:
    """Return the opening rows of resources that have no row in one state, and some in the other."""
    without, within = Rules(outside), Rules(inside)
    return {opening(one) for one in named or () if not any(without.about(*one)) and any(within.about(*one))}


def _literals(acls: Iterable[Acl]) -> set[Resource]:
    patterns = {acl.pattern for acl in acls}
    return {(one.type, one.name) for one in patterns if one.pattern == PatternType.LITERAL and one.name != ANY}


def _of(acls: Iterable[Acl], permission: Permission) -> set[Acl]:
    return {acl for acl in acls if acl.permission == permission}


def _portions(acls: Iterable[Acl]) -> Iterator[tuple[Acl, ...]]:
    """Yield rows in portions, those of the cluster first."""
    ordered = sorted(acls, key=lambda acl: (acl.pattern.type != ResourceType.CLUSTER, str(acl)))
    for at in range(0, len(ordered), AT_ONCE):
        yield tuple(ordered[at : at + AT_ONCE])
