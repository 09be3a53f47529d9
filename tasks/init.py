"""A new cluster folder."""

from invoke.context import Context
from invoke.tasks import task

from .optional import optional


@task(
    positional=optional("init", "folder"),
    help={
        "folder": "where; the working directory when not given",
        "hosts": "the hosts by their SSH names, as in kafka1,kafka2,kafka3",
        "version": "of Kafka; the newest that is tested when not given",
        "zookeeper": "a ZooKeeper ensemble in hosts.ini, for 3.9 and older; a KRaft quorum when not given",
        "keep": "write beside the files that are in the folder; none is overwritten",
    },
)
def init(
    _: Context,
    folder: str | None = None,
    hosts: str = "",
    version: str = "",
    zookeeper: bool = False,
    keep: bool = False,
) -> None:
    """Make a cluster's folder; without options it asks for hosts, mode and version at a terminal."""
    from kafka_fab.operate.init import questions
    from kafka_fab.operate.init.new_folder import Wishes, make

    given = Wishes(hosts, version, zookeeper)
    wishes = questions.ask() if given == Wishes() and questions.possible() else given
    make("." if folder is None else folder, wishes, keep)
