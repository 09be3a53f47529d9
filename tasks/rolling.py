"""Live operations: restarts and changes while clients go on."""

from invoke.context import Context
from invoke.tasks import task

JSON = {"json": "as JSON, for programs"}


@task(help={"plan": "only look what each broker would take", **JSON})
def reconfigure(c: Context, plan: bool = False, json: bool = False) -> None:
    """Bring running brokers in line with their files, where that needs no restart."""
    from kafka_fab.operate.reconfigure import reconfigure

    reconfigure.reconfigure(c, plan, json)


@task(
    iterable=["accept_downtime", "abandon_dir", "max_lag"],
    help={
        "changed": "only what runs with other files than those on disk",
        "zookeeper": "the ZooKeeper servers, too, before the brokers",
        "batch": "so many brokers at a time, where the gate proves it safe",
        "plan": "show order, gate and duration; touch nothing",
        "resume": "go on with the roll that did not come to its end",
        "abandon": "give that roll up",
        "accept-downtime": "a topic that may be down, by name; may be given more than once",
        "abandon-dir": "a data directory, by name, that is out of the settings and whose data may be lost",
        "min-copies": "1: also where min.insync.replicas alone is kept",
        "allow-reassign": "also while other partitions are being moved",
        "accept-single-controller-outage": "also where fewer than three voters have no quorum meanwhile",
        "wait": "seconds to wait for the gate",
        "settle": "auto, or strict: a long look after each service",
        "leaders": "each, end or never: when preferred leaders are elected again, ten seconds after their return",
        "canary": "messages of its own all along, to prove that none is lost",
        "max-lag": "GROUP=MESSAGES: wait while a consumer group is further behind",
        "report": "a page with timeline and latency, for a browser",
        **JSON,
    },
)
def rolling_restart(  # noqa: PLR0913, PLR0917 - its switches
    c: Context,
    changed: bool = False,
    zookeeper: bool = False,
    batch: int = 1,
    plan: bool = False,
    resume: bool = False,
    abandon: bool = False,
    accept_downtime: list[str] | None = None,
    abandon_dir: list[str] | None = None,
    min_copies: int = 2,
    allow_reassign: bool = False,
    accept_single_controller_outage: bool = False,
    wait: int = 1800,
    settle: str = "auto",
    leaders: str = "never",
    canary: bool = True,
    max_lag: list[str] | None = None,
    report: str = "",
    json: bool = False,
) -> None:
    """Restart service by service; no partition ever falls below what its producers need."""
    from kafka_fab.operate.roll.roll_command import RollArguments, rolling_restart

    typed = {
        name: value for name, value in locals().items() if name in RollArguments.__annotations__ and value is not None
    }
    rolling_restart(c, RollArguments(**typed))
