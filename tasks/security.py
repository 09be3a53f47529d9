"""Security: a live change of listeners, and what is open to whom."""

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

from .rolling import ROLL


@task(
    iterable=["accept_downtime"],
    help={
        "plan": "only show what each service runs with, and the passes that are left",
        "drop-clients": "close a listener although clients are connected to it",
        "deny-users": "enforce ACLs although there are none: deny all users but the super users",
        "idle": "seconds without a client before a listener is closed",
        **{name: ROLL[name] for name in ("accept-downtime", "min-replicas", "accept-quorum-outage", "wait", "canary")},
    },
)
def move(  # noqa: PLR0913, PLR0917 - its options
    c: Context,
    plan: bool = False,
    accept_downtime: list[str] | None = None,
    min_replicas: int = 2,
    accept_quorum_outage: bool = False,
    wait: int = 1800,
    canary: bool = True,
    drop_clients: bool = False,
    deny_users: bool = False,
    idle: int = 600,
) -> None:
    """Bring the running cluster to the listeners of conf/cluster.yaml, in up to three rolls."""
    from kafka_fab.operate.security.move import MoveArguments, move
    from kafka_fab.operate.typed_options import typed

    move(c, typed(MoveArguments, locals()))


@task(help={"json": "print JSON"})
def status(c: Context, json: bool = False) -> None:
    """Show every listener, its protocol and who is connected, by address."""
    from kafka_fab.operate.security import show_security

    show_security.show(c, json)


namespace = Collection("security", status, move)
