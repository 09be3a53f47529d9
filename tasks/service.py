"""The services of the whole cluster, in a safe order, waiting for the event and never for a while."""

from invoke.context import Context
from invoke.tasks import task

JSON = {"json": "as JSON, for programs"}


@task(help={"preflight": "look first for what would go wrong", **JSON})
def start(c: Context, json: bool = False, preflight: bool = True) -> None:
    """Start ZooKeeper and the brokers, and wait until each of them serves."""
    from kafka_fab.operate.lifecycle import start

    start.start(c, json, preflight)


@task(
    iterable=["accept_loss"],
    help={
        "force": "also where partitions or brokers cannot do without them; loses no data",
        "accept-loss": "with --force: a topic, by name, that may lose messages",
        **JSON,
    },
)
def stop(c: Context, force: bool = False, accept_loss: list[str] | None = None, json: bool = False) -> None:
    """Stop all brokers cleanly, then those that keep the metadata; a part (-H) only where it is safe."""
    from kafka_fab.operate.lifecycle import stop

    stop.stop(c, force, accept_loss or (), json)


@task(
    iterable=["abandon_dir"],
    help={"abandon-dir": "a data directory, by name, that is out of the settings and whose data may be lost", **JSON},
)
def restart(c: Context, json: bool = False, abandon_dir: list[str] | None = None) -> None:
    """Stop the whole cluster and start it again; clients wait meanwhile."""
    from kafka_fab.operate.install.install import directories
    from kafka_fab.operate.lifecycle import stop

    stop.restart(c, json, directories(abandon_dir or ()))


@task(help=JSON)
def version(c: Context, json: bool = False) -> None:
    """Show what conf/cluster.yaml asks for, what is installed and what runs."""
    c.executor.approach()
    from kafka_fab.operate.status import version

    version.version(c, json)


@task(help={"watch": "again every two seconds, until Ctrl-C", **JSON})
def status(c: Context, watch: bool = False, json: bool = False) -> None:
    """Show services, partitions in trouble, disks and the last operation; exit 1 degraded, 2 critical."""
    c.executor.approach()
    from kafka_fab.operate.status import status

    status.status(c, watch, json)
