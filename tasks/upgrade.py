"""Upgrades: a running cluster to another version and back, the end of an upgrade, and old versions on disk."""

from invoke.context import Context
from invoke.tasks import task

from .rolling import JSON, ROLL, WHOLE_ROLL


@task(
    iterable=["accept_downtime", "max_lag", "limit"],
    help={
        "plan": "only show path, changed files, order, safety checks and duration, and what cannot go",
        "status": "show each service's version on disk, the running one, its pins, and the finalized levels",
        "rollback": "go back to the version of before; possible until finalize; takes over an interrupted upgrade",
        "limit": "upgrade only the services of these hosts or groups now; repeatable",
        "resume": "continue the interrupted upgrade, or the interrupted way back: --status says where one is",
        "abandon": "abandon the interrupted upgrade; every service keeps the version that it has",
        **WHOLE_ROLL,
    },
)
def upgrade(  # noqa: PLR0913, PLR0917 - its options
    c: Context,
    plan: bool = False,
    status: bool = False,
    rollback: bool = False,
    limit: list[str] | None = None,
    batch: int = 1,
    resume: bool = False,
    abandon: bool = False,
    accept_downtime: list[str] | None = None,
    min_replicas: int = 2,
    accept_quorum_outage: bool = False,
    wait: int = 1800,
    stabilization: str = "auto",
    leaders: str = "never",
    canary: bool = True,
    max_lag: list[str] | None = None,
    report: str = "",
    json: bool = False,
) -> None:
    """Upgrade the running cluster to the version of conf/cluster.yaml, service by service, or go back."""
    from kafka_fab.operate.roll.roll_command import RollArguments
    from kafka_fab.operate.typed_options import typed
    from kafka_fab.operate.upgrade.upgrade import UpgradeArguments, upgrade

    upgrade(c, UpgradeArguments(typed(RollArguments, locals()), status, rollback, limit or ()))


@task(iterable=["accept_downtime"], help={"yes": "do not ask", **ROLL})
def finalize(  # noqa: PLR0913, PLR0917 - its options
    c: Context,
    yes: bool = False,
    batch: int = 1,
    accept_downtime: list[str] | None = None,
    min_replicas: int = 2,
    accept_quorum_outage: bool = False,
    wait: int = 1800,
    stabilization: str = "auto",
    canary: bool = True,
    json: bool = False,
) -> None:
    """End an upgrade: raise the levels that it has kept low. This cannot be undone; asks first."""
    from kafka_fab.operate.roll.roll_command import RollArguments
    from kafka_fab.operate.typed_options import typed
    from kafka_fab.operate.upgrade.finalize import FinalizeArguments, finalize

    finalize(c, FinalizeArguments(typed(RollArguments, locals()), yes))


@task(help={"keep": "how many of the newest versions stay on disk, beside those in use", **JSON})
def prune(c: Context, keep: int = 2, json: bool = False) -> None:
    """Remove Kafka's old versions from the hosts; those in use, and that lead back, stay."""
    from kafka_fab.operate.upgrade import prune

    prune.prune(c, keep, json)
