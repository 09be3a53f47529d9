"""ACLs: all read in one request (DescribeAcls), created (CreateAcls), and deleted one by one (DeleteAcls)."""

from collections.abc import Sequence
from typing import Any

from kafka_fab.cluster.acls.acl import Acl, Operation, Pattern, PatternType, Permission, ResourceType
from kafka_fab.live.client.protocol import Ask, kafka_python
from kafka_fab.live.client.rejection import RequestRejected, accept, reason
from kafka_fab.runbook.codes import AccessCode, coded

# All that is supported has it; the next one only adds resources of type USER.
VERSION = 2
ANY = 1
SECURITY_DISABLED = 54
NO_AUTHORIZER = (
    "the brokers have no authorizer: set `security.authorize` in conf/cluster.yaml, then install, and restart "
    "controllers and brokers one by one"
)
# The code of rows that are right, in a request that has a wrong one.
UNKNOWN_ERROR = -1


class NoAuthorizer(RequestRejected):
    """Brokers without an authorizer: they have no ACLs."""


def describe(ask: Ask) -> frozenset[Acl]:
    """Return all ACLs; raise RequestRejected, NoAuthorizer where there are none to have."""
    request = kafka_python().protocol.admin.DescribeAclsRequest
    answer = ask(
        request(
            version=VERSION,
            resource_type_filter=ANY,
            resource_name_filter=None,
            pattern_type_filter=ANY,
            principal_filter=None,
            host_filter=None,
            operation=ANY,
            permission_type=ANY,
        )
    )
    _accept(answer, "cannot read the ACLs")
    return frozenset(_acl(Pattern(*_numbers(resource)), row) for resource in answer.resources for row in resource.acls)


def create(ask: Ask, acls: Sequence[Acl]) -> dict[Acl, str]:
    """Create ACLs in one request; return which were rejected and why; raise NoAuthorizer.

    KRaft creates all or none; with ZooKeeper those of each resource are created together.
    """
    request = kafka_python().protocol.admin.CreateAclsRequest
    answer = ask(request(version=VERSION, creations=[_creation(request.AclCreation, one) for one in acls]))
    return _rejections(acls, answer.results)


def delete(ask: Ask, acls: Sequence[Acl]) -> dict[Acl, str]:
    """Delete exactly these ACLs in one request; return which were not deleted and why; raise NoAuthorizer."""
    request = kafka_python().protocol.admin.DeleteAclsRequest
    answer = ask(request(version=VERSION, filters=[_filter(request.DeleteAclsFilter, one) for one in acls]))
    return _rejections(acls, [_first_error(result) for result in answer.filter_results])


def _first_error(result: Any) -> Any:
    return next((one for one in (result, *result.matching_acls) if one.error_code), result)


def _rejections(acls: Sequence[Acl], results: Sequence[Any]) -> dict[Acl, str]:
    for result in results:
        if result.error_code == SECURITY_DISABLED:
            _accept(result)
    wrong = [(acl, one) for acl, one in zip(acls, results, strict=True) if one.error_code]
    # Rows that are right have no reason of their own.
    own = [(acl, one) for acl, one in wrong if one.error_code != UNKNOWN_ERROR] or wrong
    return {acl: reason(one) for acl, one in own}


def _accept(result: Any, what: str = "") -> None:
    if result.error_code == SECURITY_DISABLED:
        text = coded(NO_AUTHORIZER, AccessCode.NO_AUTHORIZER)
        raise NoAuthorizer(f"{what}: {text}" if what else text)
    accept(result, what)


def _numbers(resource: Any) -> tuple[ResourceType, str, PatternType]:
    return ResourceType(resource.resource_type), resource.resource_name, PatternType(resource.pattern_type)


def _acl(pattern: Pattern, row: Any) -> Acl:
    return Acl(pattern, row.principal, Operation(row.operation), Permission(row.permission_type), row.host)


def _creation(shape: Any, acl: Acl) -> Any:
    return shape(
        version=VERSION,
        resource_type=acl.pattern.type,
        resource_name=acl.pattern.name,
        resource_pattern_type=acl.pattern.pattern,
        principal=acl.principal,
        host=acl.host,
        operation=acl.operation,
        permission_type=acl.permission,
    )


def _filter(shape: Any, acl: Acl) -> Any:
    return shape(
        version=VERSION,
        resource_type_filter=acl.pattern.type,
        resource_name_filter=acl.pattern.name,
        pattern_type_filter=acl.pattern.pattern,
        principal_filter=acl.principal,
        host_filter=acl.host,
        operation=acl.operation,
        permission_type=acl.permission,
    )
