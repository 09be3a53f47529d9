"""Support bundles."""

from invoke.context import Context
from invoke.tasks import task


@task(
    help={
        "out": "write this archive (default: kafka-fab-bundle-CLUSTER-DATE.tar.gz in this folder)",
        "lines": "collect this many of the last lines of each log",
    }
)
def bundle(c: Context, out: str = "", lines: int = 1000) -> None:
    """Collect configuration, logs, state and host facts in one archive, without secrets."""
    from kafka_fab.operate.bundle.bundle import bundle

    bundle(c, out, lines)
