"""A new cluster begins as a folder of its own."""

from invoke.context import Context
from invoke.tasks import task

from .optional import optional


@task(positional=optional("init", "folder"), help={"folder": "where; without it the working directory"})
def init(_: Context, folder: str | None = None) -> None:
    """Make a cluster's folder: hosts.ini, conf/cluster.yaml, .gitignore; overwrite nothing."""
    from kafka_fab.operate.init.new_folder import make

    make("." if folder is None else folder)
