"""Evaluator: what Kafka's authorizers decide for a request, by super users, ACLs and the default. Pure functions."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from kafka_fab.cluster.acls.acl import ANY, Acl, Operation, PatternType, Permission, ResourceType
from kafka_fab.frozen_value import dataclass

EVERYBODY = "User:*"
# Who is allowed one of these is allowed what they imply; nothing is implied by a DENY.
IMPLIED: dict[Operation, frozenset[Operation]] = {
    Operation.DESCRIBE: frozenset({Operation.READ, Operation.WRITE, Operation.DELETE, Operation.ALTER}),
    Operation.DESCRIBE_CONFIGS: frozenset({Operation.ALTER_CONFIGS}),
}


@dataclass(frozen=True)
class Request:
    """What a principal asks for: an operation on one resource, from a host."""

    principal: str
    host: str
    operation: Operation
    type: ResourceType
    name: str

    def __str__(self) -> str:
        return f"{self.principal} {self.operation} on {self.type}:{self.name} from {self.host}"


class Rules:
    """ACLs, indexed by what they are about; `open` is allow.everyone.if.no.acl.found."""

    def __init__(self, acls: Iterable[Acl], super_users: Collection[str] = (), open_: bool = False) -> None:
        self._super_users, self._open = frozenset(super_users), open_
        self._rows: dict[tuple[ResourceType, str, PatternType], list[Acl]] = defaultdict(list)
        for acl in acls:
            self._rows[acl.pattern.type, acl.pattern.name, acl.pattern.pattern].append(acl)

    def allows(self, request: Request) -> bool:
        """Return whether a request is allowed: super user, else no DENY, else an ALLOW, else the default."""
        if request.principal in self._super_users:
            return True
        rows = list(self.about(request.type, request.name))
        if any(acl.permission == Permission.DENY and decides(acl, request) for acl in rows):
            return False
        if any(acl.permission == Permission.ALLOW and decides(acl, request) for acl in rows):
            return True
        return not rows and self._open

    def allows_some(self, principal: str, host: str, operation: Operation, type_: ResourceType) -> bool:
        """Return whether a principal is allowed an operation on any resource of a type, as far as rows say."""
        if self._open:
            return True
        rows = [acl for some in self._rows.values() for acl in some if acl.pattern.type == type_]
        return any(
            self.allows(Request(principal, host, operation, type_, acl.pattern.name))
            for acl in rows
            if acl.permission == Permission.ALLOW
        )

    def about(self, type_: ResourceType, name: str) -> Iterator[Acl]:
        """Yield all rows about a resource: of its name, of a prefix of it, and of all resources of its type."""
        yield from self._rows.get((type_, name, PatternType.LITERAL), ())
        if name != ANY:
            yield from self._rows.get((type_, ANY, PatternType.LITERAL), ())
        for end in range(len(name) + 1):
            yield from self._rows.get((type_, name[:end], PatternType.PREFIXED), ())


def decides(acl: Acl, request: Request) -> bool:
    """Return whether a row about a request's resource is also about its principal, host and operation."""
    if acl.principal not in (request.principal, EVERYBODY) or acl.host not in (request.host, ANY):
        return False
    if acl.operation in (request.operation, Operation.ALL):
        return True
    return acl.permission == Permission.ALLOW and acl.operation in IMPLIED.get(request.operation, ())
