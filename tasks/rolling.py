"""Live operations: rolling restarts and dynamic configuration."""

from invoke.context import Context
from invoke.tasks import task

JSON = {"json": "print JSON"}
# Options of all tasks that are rolls.
ROLL = {
    "batch": "restart up to N brokers at a time, only sets proven safe",
    "accept-downtime": "accept that a topic is offline or under min ISR meanwhile, by name; repeatable",
    "min-replicas": "1: require only min.insync.replicas; 2 (default): keep a spare in-sync replica",
    "accept-quorum-outage": "accept that fewer than three controllers or ZooKeeper servers lose their quorum",
    "wait": "seconds to wait for the safety check",
    "stabilization": "stabilization after each restart: auto or strict",
    "canary": "write and read canary messages to check that none is lost",
    **JSON,
}
# And of those that are not a part of another task.
WHOLE_ROLL = {
    "leaders": "when to elect preferred leaders: each (between the steps), end or never",
    "max-lag": "GROUP=MESSAGES: wait while the lag of a consumer group is higher",
    "report": "write an HTML page with timeline and latency",
    **ROLL,
}


@task(help={"plan": "only show what each broker would change", **JSON})
def reconfigure(c: Context, plan: bool = False, json: bool = False) -> None:
    """Apply changed dynamic keys to running brokers, without a restart."""
    from kafka_fab.operate.reconfigure import reconfigure

    reconfigure.reconfigure(c, plan, json)


@task(
    iterable=["accept_downtime", "abandon_dir", "max_lag"],
    help={
        "changed": "restart only services that run an outdated configuration or version",
        "zookeeper": "restart the ZooKeeper servers, too, before the brokers",
        "plan": "only show the order, the safety checks and the duration",
        "resume": "continue the interrupted roll",
        "abandon": "abandon the interrupted roll",
        "abandon-dir": "accept that the data in a removed log directory is lost, by name",
        "allow-reassign": "restart brokers without moving partitions during a reassignment",
        **WHOLE_ROLL,
    },
)
def rolling_restart(  # noqa: PLR0913, PLR0917 - its options
    c: Context,
    changed: bool = False,
    zookeeper: bool = False,
    batch: int = 1,
    plan: bool = False,
    resume: bool = False,
    abandon: bool = False,
    accept_downtime: list[str] | None = None,
    abandon_dir: list[str] | None = None,
    min_replicas: int = 2,
    allow_reassign: bool = False,
    accept_quorum_outage: bool = False,
    wait: int = 1800,
    stabilization: str = "auto",
    leaders: str = "never",
    canary: bool = True,
    max_lag: list[str] | None = None,
    report: str = "",
    json: bool = False,
) -> None:
    """Restart service by service, without making a partition unavailable."""
    from kafka_fab.operate.roll.roll_command import RollArguments, rolling_restart
    from kafka_fab.operate.typed_options import typed

    rolling_restart(c, typed(RollArguments, locals()))
