"""Security: a live change of listeners, and what is open to whom."""

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task


@task(
    iterable=["accept_downtime"],
    help={
        "plan": "only show what each service runs with, and the passes that are left",
        "accept-downtime": "accept that a topic is offline or under min ISR meanwhile, by name; repeatable",
        "min-replicas": "1: require only min.insync.replicas; 2 (default): keep a spare in-sync replica",
        "accept-quorum-outage": "accept that fewer than three controllers or ZooKeeper servers lose their quorum",
        "wait": "seconds to wait for the safety check",
        "canary": "write and read canary messages to check that none is lost",
        "drop-clients": "close a listener although clients are connected to it",
        "deny-users": "enforce ACLs although there are none: deny all users but the super users",
        "idle": "seconds without a client before a listener is closed",
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

    typed = {
        name: value for name, value in locals().items() if name in MoveArguments.__annotations__ and value is not None
    }
    move(c, MoveArguments(**typed))


@task(help={"json": "print JSON"})
def status(c: Context, json: bool = False) -> None:
    """Show every listener, its protocol and who is connected, by address."""
    from kafka_fab.operate.security import show_security

    show_security.show(c, json)


namespace = Collection("security", status, move)
