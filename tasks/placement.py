"""Placement of replicas, and preferred leaders."""

from invoke.context import Context
from invoke.tasks import task

from .optional import optional


@task(
    positional=optional("placement", "topic"),
    help={
        "topic": "show the matrix of this topic (default: one line for each topic)",
        "partition": "show broker, log directory, size and lag of each replica of this partition",
        "files": "with --partition: compare its files on the hosts with what the brokers report",
        "all": "show the matrix of every topic",
        "html": "write an HTML page to this file",
        "json": "print JSON",
    },
)
def placement(  # noqa: PLR0913, PLR0917 - its switches
    c: Context,
    topic: str | None = None,
    partition: int = -1,
    files: bool = False,
    all: bool = False,  # noqa: A002 - --all
    html: str = "",
    json: bool = False,
) -> None:
    """Show which broker and log directory holds each replica, sizes, and the balance of brokers and racks."""
    from kafka_fab.operate.placement.show_placement import PlacementArguments
    from kafka_fab.operate.placement.show_placement import placement as show

    show(c, PlacementArguments(topic or "", partition, files, all, html, json))


@task(
    name="elect-leaders",
    positional=optional("elect-leaders", "topic"),
    help={
        "topic": "elect only for the partitions of this topic",
        "plan": "show what would be elected; change nothing",
        "json": "print JSON",
    },
)
def elect_leaders(c: Context, topic: str | None = None, plan: bool = False, json: bool = False) -> None:
    """Elect the preferred leaders of partitions that another replica leads, for example after restarts."""
    from kafka_fab.operate.elect import elect_leaders

    elect_leaders.elect_leaders(c, topic or "", plan, json)
