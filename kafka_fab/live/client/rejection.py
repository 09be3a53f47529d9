"""Rejection: what a broker has rejected of a request, and why."""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from kafka_fab.live.client.protocol import kafka_python
from kafka_fab.runbook.codes import AccessCode, coded

# The errors of an authorizer, by the resource that it has denied.
DENIED = {29: "topic", 30: "consumer group", 31: "cluster", 53: "transactional id", 65: "delegation token"}


class RequestRejected(Exception):
    """A request that a broker has rejected, with the reason in a sentence."""


class Rejection(NamedTuple):
    """Why a broker has rejected a part of a request: Kafka's error code, and the reason in a sentence."""

    code: int
    reason: str


def reason(result: Any) -> str:
    """Return why a broker has rejected a request or a part of it: its own message, where it sends one."""
    return explained(result.error_code, getattr(result, "error_message", None) or "")


def explained(code: int, message: str = "") -> str:
    """Return an error of Kafka's with what it means, or the broker's message; and which rights the tool lacks."""
    error: Any = kafka_python().errors.for_code(code)
    text = message or f"{error.__name__} ({error.description})"
    return f"{text}: {no_rights(code)}" if code in DENIED else text


def no_rights(code: int) -> str:
    """Return on what the tool has no rights, where an error code says so."""
    if code not in DENIED:
        return ""
    return coded(f"the tool has no rights on the {DENIED[code]}; it must be in super.users", AccessCode.NO_RIGHTS)


def rejections(results: Iterable[Any], name: str = "name") -> dict[str, Rejection]:
    """Return which results of an answer were rejected, by an attribute that names them."""
    return {str(getattr(one, name)): Rejection(one.error_code, reason(one)) for one in results if one.error_code}


def accept(result: Any, what: str = "", allowed: Collection[int] = ()) -> None:
    """Raise RequestRejected if a result has an error, but for those that are allowed; `what` begins the message."""
    if result.error_code and result.error_code not in allowed:
        raise RequestRejected(f"{what}: {reason(result)}" if what else reason(result))
