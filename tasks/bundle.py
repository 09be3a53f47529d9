"""What somebody else needs to see of a cluster in trouble."""

from invoke.context import Context
from invoke.tasks import task


@task(
    help={
        "out": "the archive to write; kafka-fab-bundle-CLUSTER-DATE.tar.gz here when not given",
        "lines": "how many of each log's last lines",
    }
)
def bundle(c: Context, out: str = "", lines: int = 1000) -> None:
    """Gather configuration, logs, state and host facts in one archive, without secrets."""
    from kafka_fab.operate.bundle.bundle import bundle

    bundle(c, out, lines)
