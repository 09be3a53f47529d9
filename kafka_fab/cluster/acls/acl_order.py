"""ACL order: the requests that lead from some ACLs to others so that nobody is locked out in between. Pure functions.

A resource's first row ends the default for it. So all rows that can be about one resource, of its name, of prefixes
and of `*`, change in one request: KRaft applies it as a whole. With ZooKeeper only the rows of one pattern change at
once; where the default allows everybody, narrow patterns then get copies of the rows of wider ones first, and each
copy is deleted when the wider row is there.
"""

from collections.abc import Collection, Iterable, Iterator

from kafka_fab.cluster.acls.acl import ANY, Acl, Pattern, PatternType, Permission, ResourceType
from kafka_fab.frozen_value import dataclass

AT_ONCE = 1000


@dataclass(frozen=True)
class AclRequest:
    """Rows that are created, or deleted, in one request."""

    acls: tuple[Acl, ...]
    deletes: bool = False


def requests(adds: Collection[Acl], deletes: Collection[Acl], by_pattern: bool = False) -> tuple[AclRequest, ...]:
    """Return the requests in order: creations before deletions, the cluster first, ALLOW before DENY in each.

    `by_pattern` is for brokers that change only the rows of one pattern at once, with a default that allows.
    """
    if not by_pattern:
        created = [AclRequest(tuple(some)) for some in _portions(adds)]
        return (*created, *(AclRequest(tuple(some), deletes=True) for some in _portions(deletes)))
    return tuple(_by_pattern(adds, deletes))


def wider(one: Pattern, other: Pattern) -> bool:
    """Return whether a pattern is about all resources of another one, and more."""
    if one == other or one.type != other.type or _is_any(other):
        return False
    return _is_any(one) or (one.pattern == PatternType.PREFIXED and other.name.startswith(one.name))


def _is_any(pattern: Pattern) -> bool:
    return pattern.name == ANY and pattern.pattern == PatternType.LITERAL


def _overlapping(acls: Iterable[Acl]) -> Iterator[list[Acl]]:
    """Yield the rows in groups: no resource is of two of them; that of the cluster first."""
    ordered = sorted(acls, key=_rank)
    group: list[Acl] = []
    widest: Pattern | None = None
    for acl in ordered:
        if widest is None or not (acl.pattern == widest or wider(widest, acl.pattern)):
            if group:
                yield group
            group, widest = [], acl.pattern
        group.append(acl)
    if group:
        yield group


def _rank(acl: Acl) -> tuple[object, ...]:
    """Order rows so that a wider pattern comes just before all narrower ones."""
    pattern = acl.pattern
    name = "" if _is_any(pattern) else pattern.name
    return (pattern.type != ResourceType.CLUSTER, pattern.type, name, pattern.pattern != PatternType.PREFIXED)


def _portions(acls: Iterable[Acl]) -> Iterator[list[Acl]]:
    """Yield groups of rows, several in one request where they are small; the cluster's alone."""
    portion: list[Acl] = []
    for group in _overlapping(acls):
        is_cluster = group[0].pattern.type == ResourceType.CLUSTER
        if portion and (len(portion) + len(group) > AT_ONCE):
            yield _allow_first(portion)
            portion = []
        portion += group
        if is_cluster:
            yield _allow_first(portion)
            portion = []
    if portion:
        yield _allow_first(portion)


def _allow_first(acls: Iterable[Acl]) -> list[Acl]:
    return sorted(acls, key=lambda acl: (acl.permission != Permission.ALLOW, str(acl)))


def _by_pattern(adds: Collection[Acl], deletes: Collection[Acl]) -> Iterator[AclRequest]:
    added, deleted = _grouped(adds), _grouped(deletes)
    narrow_first = sorted(added, key=_width)
    copies: set[Acl] = set()
    for pattern in narrow_first:
        more = _copies(pattern, adds) - set(adds)
        copies |= more
        yield AclRequest(tuple(_allow_first([*added[pattern], *more])))
    # A row that goes leaves its copies on narrower patterns that lose all of theirs, until these go, too.
    for pattern in sorted(deleted, key=_width):
        if more := _copies(pattern, deletes) - set(deletes) - copies:
            copies |= more
            yield AclRequest(tuple(_allow_first(more)))
    gone = _grouped([*deletes, *copies])
    for pattern in sorted(gone, key=_width, reverse=True):
        yield AclRequest(tuple(_allow_first(gone[pattern])), deletes=True)


def _grouped(acls: Iterable[Acl]) -> dict[Pattern, list[Acl]]:
    found: dict[Pattern, list[Acl]] = {}
    for acl in sorted(acls, key=_rank):
        found.setdefault(acl.pattern, []).append(acl)
    return found


def _width(pattern: Pattern) -> tuple[object, ...]:
    """Order patterns from narrow to wide; the cluster has only one, which comes first."""
    return (
        pattern.type != ResourceType.CLUSTER,
        _is_any(pattern),
        pattern.pattern == PatternType.PREFIXED,
        -len(pattern.name),
        str(pattern),
    )


def _copies(pattern: Pattern, acls: Iterable[Acl]) -> set[Acl]:
    """Return the rows of wider patterns as rows of this one."""
    return {
        Acl(pattern, acl.principal, acl.operation, acl.permission, acl.host)
        for acl in acls
        if wider(acl.pattern, pattern)
    }
