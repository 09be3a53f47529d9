"""A new cluster folder."""

from invoke.context import Context
from invoke.tasks import task

from .optional import optional


@task(
    positional=optional("init", "folder"),
    help={
        "folder": "where; the working directory when not given",
        "version": "of Kafka; the newest that is tested when not given",
        "zookeeper": "a ZooKeeper ensemble in hosts.ini, for 3.9 and older; a KRaft quorum when not given",
    },
)
def init(_: Context, folder: str | None = None, version: str = "", zookeeper: bool = False) -> None:
    """Make a cluster's folder: hosts.ini, conf/cluster.yaml, README.md, .gitignore; overwrite nothing."""
    from kafka_fab.operate.init.new_folder import make

    make("." if folder is None else folder, version, zookeeper)
