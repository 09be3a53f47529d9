"""ACLs plan: the changes that bring a cluster's ACLs to what the file says. A pure function.

Rows of principals that the file does not name are left alone, unless it manages all. Rows are deleted only with
--delete.
"""

from collections.abc import Collection, Iterator

from kafka_fab.cluster.acls.acl import CLUSTER_NAME, Acl, Operation, Pattern, ResourceType
from kafka_fab.cluster.acls.acl_order import AclRequest, Resource, is_opening, requests
from kafka_fab.cluster.acls.authorizer import Authorizer
from kafka_fab.cluster.acls.desired_acls import DesiredAcls
from kafka_fab.cluster.acls.evaluator import EVERYBODY
from kafka_fab.frozen_value import dataclass

CLUSTER = Pattern(ResourceType.CLUSTER, CLUSTER_NAME)
OPEN = (
    "the brokers allow what no ACL is about (allow.everyone.if.no.acl.found), and no ACL is about the cluster: any "
    "user can create ACLs, delete topics and change configs"
)
CLOSES = (
    "with the first ACL of the cluster all but super users lose what belongs to the cluster, such as to create a topic "
    "by using it"
)
IDEMPOTENT = (
    f"; before Kafka 3.0 also to produce idempotently: keep it for them by {EVERYBODY}: "
    "[{cluster: true, may: [idempotent_write]}]"
)


@dataclass(frozen=True)
class LiveAcls:
    """The cluster's ACLs, and the topics and consumer groups that exist."""

    acls: frozenset[Acl] = frozenset()
    resources: frozenset[Resource] = frozenset()


@dataclass(frozen=True)
class AclsPlan:
    """Rows to create and to delete, the requests that do it in order, all rows afterwards, and notes."""

    creates: tuple[Acl, ...] = ()
    deletes: tuple[Acl, ...] = ()
    requests: tuple[AclRequest, ...] = ()
    after: frozenset[Acl] = frozenset()
    notes: tuple[str, ...] = ()


def plan(wanted: DesiredAcls, live: LiveAcls, authorizer: Authorizer, tool: str, delete: bool = False) -> AclsPlan:
    """Return the plan; `tool` is kafka-fab's own principal, whose row closes the cluster where no other does."""
    found = live.acls
    rows = frozenset(wanted.rows)
    creates = rows - frozenset(found)
    extra = frozenset(acl for acl in found if acl not in rows and _is_mine(acl, wanted) and acl.principal != tool)
    deletes = extra if delete else frozenset()
    after = (frozenset(found) | creates) - deletes
    notes = [*_without_effect(wanted, authorizer), *_left(extra, delete)]
    if authorizer.open and not any(acl.pattern.type == ResourceType.CLUSTER for acl in after):
        closing = {Acl(CLUSTER, tool, Operation.ALL)}
        creates, after = creates | closing, after | closing
        notes += [
            f"{OPEN}; a row for {tool} closes it",
            CLOSES + ("" if authorizer.idempotent_by_topic else IDEMPOTENT),
        ]
    order = requests(found, creates, deletes, live.resources if authorizer.open else None)
    return AclsPlan(_sorted(creates), _sorted(deletes), order, after, tuple(notes))


def _is_mine(acl: Acl, wanted: DesiredAcls) -> bool:
    return wanted.manage_all or acl.principal in wanted.principals or is_opening(acl)


def _left(extra: Collection[Acl], delete: bool) -> Iterator[str]:
    if not delete:
        for acl in _sorted(extra):
            left = ", and may be left of an interrupted apply" if is_opening(acl) else ""
            yield f"{acl} is not in the file{left}: only --delete deletes it"


def _without_effect(wanted: DesiredAcls, authorizer: Authorizer) -> Iterator[str]:
    for principal in sorted(wanted.principals & authorizer.super_users):
        yield f"{principal} is a super user: brokers allow it everything, whatever its ACLs"


def _sorted(acls: Collection[Acl]) -> tuple[Acl, ...]:
    return tuple(sorted(acls, key=str))
