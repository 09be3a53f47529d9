"""The services of a cluster: start, stop, restart, their versions and their status."""

from invoke.context import Context
from invoke.tasks import task

JSON = {"json": "print JSON"}


@task(help={"preflight": "run the checks of `preflight` first; --no-preflight skips them", **JSON})
def start(c: Context, json: bool = False, preflight: bool = True) -> None:
    """Start ZooKeeper or the controllers, then the brokers, and wait until each of them is ready."""
    from kafka_fab.operate.lifecycle import start

    start.start(c, json, preflight)


@task(
    iterable=["accept_loss"],
    help={
        "force": "stop even if that is not safe for partitions or brokers; loses no data",
        "accept-loss": "with --force: the name of a topic that may lose messages",
        **JSON,
    },
)
def stop(c: Context, force: bool = False, accept_loss: list[str] | None = None, json: bool = False) -> None:
    """Stop the brokers cleanly, then ZooKeeper or the controllers; some hosts (-H) only if that is safe."""
    from kafka_fab.operate.lifecycle import stop

    stop.stop(c, force, accept_loss or (), json)


@task(
    iterable=["abandon_dir"],
    help={"abandon-dir": "a data directory that was removed from conf/cluster.yaml and whose data may be lost", **JSON},
)
def restart(c: Context, json: bool = False, abandon_dir: list[str] | None = None) -> None:
    """Stop all services and start them again; the cluster is down meanwhile (see rolling-restart)."""
    from kafka_fab.operate.install.install import directories
    from kafka_fab.operate.lifecycle import stop

    stop.restart(c, json, directories(abandon_dir or ()))


@task(positional=["broker"], help={"broker": "a host of hosts.ini, or the id of a broker that is not in it any more"})
def unregister(c: Context, broker: str) -> None:
    """Remove the registration of a broker that is gone from a KRaft cluster."""
    from kafka_fab.operate.lifecycle import unregister

    unregister.unregister(c, broker)


@task(help=JSON)
def version(c: Context, json: bool = False) -> None:
    """Show the version in conf/cluster.yaml, the installed one and the running one of each service."""
    c.executor.connect_ahead()
    from kafka_fab.operate.status import version

    version.version(c, json)


@task(help={"watch": "refresh every two seconds, until Ctrl-C", **JSON})
def status(c: Context, watch: bool = False, json: bool = False) -> None:
    """Show services, problems, disks and the last operation; exit with 1 if degraded, 2 if critical."""
    c.executor.connect_ahead()
    from kafka_fab.operate.status import status

    status.status(c, watch, json)
