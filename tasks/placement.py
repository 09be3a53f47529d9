"""What lies where: partitions, brokers, disks; and who leads."""

from invoke.context import Context
from invoke.tasks import task

from .optional import optional


@task(
    positional=optional("placement", "topic"),
    help={
        "topic": "the matrix of this one; without it a line for each topic",
        "partition": "where this partition's copies lie",
        "files": "with --partition: the files on the hosts, held against what the brokers tell",
        "all": "the matrix of every topic",
        "html": "a page with the picture, for a browser",
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
    """Show partitions x brokers, the bytes of each log directory, and how evenly all of it lies."""
    from kafka_fab.operate.placement.show_placement import PlacementArguments
    from kafka_fab.operate.placement.show_placement import placement as show

    show(c, PlacementArguments(topic or "", partition, files, all, html, json))


@task(
    name="elect-leaders",
    positional=optional("elect-leaders", "topic"),
    help={
        "topic": "this one's partitions alone",
        "plan": "show who would be elected; touch nothing",
        "json": "print JSON",
    },
)
def elect_leaders(c: Context, topic: str | None = None, plan: bool = False, json: bool = False) -> None:
    """Elect the preferred leader of every partition that another leads, as after restarts."""
    from kafka_fab.operate.elect import elect_leaders

    elect_leaders.elect_leaders(c, topic or "", plan, json)
