"""Seen requests: what the brokers' authorizer has logged, and what some ACLs would make of it. Pure functions."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from kafka_fab.cluster.acls.acl import Acl, Operation, Permission, ResourceType
from kafka_fab.cluster.acls.evaluator import Request, Rules, decides
from kafka_fab.frozen_value import dataclass

# AclAuthorizer writes `Operation = Describe`, StandardAuthorizer `operation = DESCRIBE`.
LINE = re.compile(
    r"Principal = (?P<principal>.+?) is (?P<outcome>Allowed|Denied) [oO]peration = (?P<operation>\w+) "
    r"from host = (?P<host>\S+) on resource = (?P<type>\w+):LITERAL:(?P<name>.*?)(?: for request = (?P<api>\w+))?$",
    re.DOTALL,
)
FORMAT = 1


@dataclass(frozen=True)
class Seen:
    """A request that was seen, for which API, how often, and whether it was denied."""

    request: Request
    api: str = ""
    denied: bool = False
    count: int = 1


@dataclass(frozen=True)
class Denial:
    """A request that was seen and would be denied, with what else would allow it."""

    seen: Seen
    hint: str = ""


def parsed(line: str, count: int = 1) -> Seen | None:
    """Return the request of a line of the authorizer's log; None where it is none."""
    found = LINE.search(line)
    if not found:
        return None
    operation, type_ = _member(Operation, found["operation"]), _member(ResourceType, found["type"])
    if operation is None or type_ is None:
        return None
    request = Request(found["principal"], found["host"], operation, type_, found["name"])
    return Seen(request, found["api"] or "", found["outcome"] == "Denied", count)


def _member(kind: Any, word: str) -> Any:
    """Return the member of an enum that a log names as DESCRIBE_CONFIGS or DescribeConfigs."""
    plain = word.replace("_", "").upper()
    return next((one for one in kind if one.name.replace("_", "") == plain), None)


def merged(seen: Iterable[Seen]) -> tuple[Seen, ...]:
    """Return each request once, with the sum of its counts."""
    found: dict[tuple[Request, str, bool], int] = {}
    for one in seen:
        key = (one.request, one.api, one.denied)
        found[key] = found.get(key, 0) + one.count
    ordered = sorted(found.items(), key=lambda pair: (str(pair[0][0]), pair[0][1], pair[0][2]))
    return tuple(Seen(*key, count) for key, count in ordered)


def denials(seen: Iterable[Seen], rules: Rules) -> Iterator[Denial]:
    """Yield what was seen and would be denied by some rules; what was denied already is none of it."""
    for one in seen:
        if not one.denied and not rules.allows(one.request) and not _is_allowed_otherwise(one.request, rules):
            yield Denial(one, _hint(one.request))


def _is_allowed_otherwise(request: Request, rules: Rules) -> bool:
    """Return whether brokers allow it by another right: an idempotent producer may write to some topic (3.0)."""
    if request.operation != Operation.IDEMPOTENT_WRITE:
        return False
    return rules.allows_some(request.principal, request.host, Operation.WRITE, ResourceType.TOPIC)


def _hint(request: Request) -> str:
    on_cluster = request.type == ResourceType.CLUSTER
    if on_cluster and request.operation == Operation.CREATE:
        return "`create` on the topics that it creates is enough"
    if on_cluster and request.operation == Operation.IDEMPOTENT_WRITE:
        return "`write` on a topic is enough from Kafka 3.0 on"
    return ""


def unused(acls: Iterable[Acl], seen: Collection[Seen]) -> tuple[Acl, ...]:
    """Return the ALLOW rows that no request that was seen needs."""
    requests = {one.request for one in seen}
    by_type: dict[ResourceType, list[Request]] = {}
    for request in requests:
        by_type.setdefault(request.type, []).append(request)
    return tuple(
        acl
        for acl in sorted(acls, key=str)
        if acl.permission == Permission.ALLOW
        and not any(
            acl.pattern.matches(request.type, request.name) and decides(acl, request)
            for request in by_type.get(acl.pattern.type, ())
        )
    )


def as_dict(one: Seen) -> dict[str, Any]:
    """Return a request as JSON has it."""
    return {
        "principal": one.request.principal,
        "host": one.request.host,
        "operation": str(one.request.operation),
        "resource_type": str(one.request.type),
        "resource": one.request.name,
        "request": one.api,
        "denied": one.denied,
        "count": one.count,
    }


def of_dict(found: Mapping[str, Any]) -> Seen:
    """Return the request of what as_dict has made; raise KeyError, TypeError or ValueError where it is none."""
    request = Request(
        str(found["principal"]),
        str(found["host"]),
        Operation[found["operation"].upper()],
        ResourceType[found["resource_type"].upper()],
        str(found["resource"]),
    )
    return Seen(request, str(found["request"]), bool(found["denied"]), int(found["count"]))


def dumped(seen: Iterable[Seen]) -> str:
    """Return requests as the text of a file."""
    return json.dumps({"format": FORMAT, "requests": [as_dict(one) for one in seen]}, indent=1) + "\n"


def loaded(text: str) -> tuple[Seen, ...]:
    """Return the requests of such a file; raise ValueError where it is none."""
    try:
        return tuple(map(of_dict, json.loads(text)["requests"]))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError("is not a file that acls.audit --seen has written") from error
