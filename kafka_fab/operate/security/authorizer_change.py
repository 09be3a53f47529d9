"""Authorizer change: what a live change does to ACLs: who is denied from then on, or that they are enforced no more."""

from collections.abc import Iterator, Mapping, Sequence

from kafka_fab.cluster.acls.authorizer import OPEN, SUPER_USERS
from kafka_fab.cluster.security.transition import AUTHORIZER, TRUE, MovePass
from kafka_fab.cluster.values.role import Role
from kafka_fab.locking.operation_error import PREFLIGHT, OperationError
from kafka_fab.operate.security.listener_changes import ListenerChange
from kafka_fab.runbook.codes import MoveCode
from kafka_fab.typed_command import FAB

AUDITED = (
    "pass 3 turns the authorizer on with `authorize: audit`: what ACLs do not allow is logged, and nobody is denied"
)
DENIED = (
    "pass 3 turns the authorizer on, and there are no ACLs, since brokers without an authorizer cannot store any: from "
    "then on all users are denied but the super users {super_users}"
)
ENFORCED = f"from the next restart on ACLs are enforced: `{FAB} acls.audit` shows first who would be denied"
ENDED = "ACLs are enforced no more from the next restart on: whoever can connect to a broker may do everything there"
REFUSED = (
    "nothing was restarted: with `authorize: true` all users but the super users would be denied at once, since there "
    "are no ACLs: brokers without an authorizer cannot store any. Write `authorize: audit` first and move; then "
    f"`{FAB} acls.apply`, `authorize: true`, `{FAB} install` and `{FAB} rolling-restart --changed`. Or deny them with "
    "--deny-users"
)


def lines(found: Sequence[ListenerChange], step: MovePass) -> Iterator[str]:
    """Yield what a pass does to ACLs: an authorizer is turned on by the last one, and off by the first."""
    pairs = list(_brokers(found))
    if not any(map(_authorizes, (wanted for _, wanted in pairs))):
        yield from [ENDED] if any(_authorizes(running) for running, _ in pairs) else []
    elif any(_authorizes(running) for running, _ in pairs):
        yield from [ENFORCED] if any(_enforces(after) and not _enforces(before) for before, after in pairs) else []
    elif step is MovePass.REMOVE:
        yield DENIED.format(super_users=_super_users(pairs[0][1])) if _locks_out(found) else AUDITED


def require_acls(found: Sequence[ListenerChange], deny_users: bool) -> None:
    """Raise OperationError where ACLs would be enforced before there can be any, unless that is what is wanted."""
    if _locks_out(found) and not deny_users:
        raise OperationError(PREFLIGHT, REFUSED, MoveCode.NO_ACLS)


def _locks_out(found: Sequence[ListenerChange]) -> bool:
    pairs = list(_brokers(found))
    return any(_enforces(wanted) for _, wanted in pairs) and not any(_authorizes(running) for running, _ in pairs)


def _brokers(found: Sequence[ListenerChange]) -> Iterator[tuple[Mapping[str, str], Mapping[str, str]]]:
    for change in found:
        if change.target.role is Role.BROKER:
            yield change.running, change.wanted


def _authorizes(properties: Mapping[str, str]) -> bool:
    return bool(properties.get(AUTHORIZER))


def _enforces(properties: Mapping[str, str]) -> bool:
    return _authorizes(properties) and properties.get(OPEN, "").strip().lower() != TRUE


def _super_users(properties: Mapping[str, str]) -> str:
    return ", ".join(properties.get(SUPER_USERS, "").split(";"))
