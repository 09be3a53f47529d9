"""Software, configuration and services on every host at once; nothing that runs is restarted."""

from fabric import Connection, task
from invoke.context import Context
from invoke.tasks import task as cluster_task

JSON = {"json": "as JSON, for programs"}
ABANDON = {"abandon-dir": "a data directory, by name, whose data may be lost"}
PREFLIGHT = {"preflight": "look first whether Kafka can run on a host that has none yet"}


@task(iterable=["abandon_dir"], help={**PREFLIGHT, **ABANDON, **JSON})
def install(c: Connection, json: bool = False, preflight: bool = True, abandon_dir: list[str] | None = None) -> None:
    """Bring every host to what hosts.ini and conf/ say; restart nothing."""
    from kafka_fab.operate.install.install import apply_steps

    apply_steps(c, preflight=preflight, abandoned=abandon_dir or ())


@task(help=JSON)
def download(c: Connection, json: bool = False) -> None:
    """Fetch Kafka's archive to every host and check it."""
    from kafka_fab.operate.install.install import apply_steps

    apply_steps(c, ["download"])


@task(help=JSON)
def extract(c: Connection, json: bool = False) -> None:
    """Extract the archive on every host, whole or not at all."""
    from kafka_fab.operate.install.install import apply_steps

    apply_steps(c, ["extract"])


@task(help=JSON)
def symlink(c: Connection, json: bool = False) -> None:
    """Point every host's link to the version of conf/cluster.yaml."""
    from kafka_fab.operate.install.install import apply_steps

    apply_steps(c, ["invariants", "symlink"])


@task(iterable=["abandon_dir"], help={**ABANDON, **JSON})
def config(c: Connection, json: bool = False, abandon_dir: list[str] | None = None) -> None:
    """Write configuration and systemd units on every host."""
    from kafka_fab.operate.install.install import apply_steps

    apply_steps(
        c, ["preconditions", "invariants", "users", "config", "services", "running-config"], abandoned=abandon_dir or ()
    )


@task(help=JSON)
def log_dirs(c: Connection, json: bool = False) -> None:
    """Make the directories for data and logs on every host."""
    from kafka_fab.operate.install.install import apply_steps

    apply_steps(c, ["preconditions", "users", "log-dirs"])


@cluster_task(help={"all": "the checks that pass too", **JSON})
def preflight(c: Context, all: bool = False, json: bool = False) -> None:  # noqa: A002  # --all
    """Check clocks, names, ports, firewalls, disks, limits, memory, Java and ids before a start."""
    c.executor.connect_ahead()
    from kafka_fab.operate.preflight import preflight

    preflight.preflight(c, all, json)


@task(positional=["command"], help={"command": "a line for the shell; quote it", **JSON})
def run(c: Connection, command: str, json: bool = False) -> None:
    """Run a command as root on every host and show what it prints."""
    from kafka_fab.operate.run_command import run_command

    run_command(c, command)


@cluster_task(iterable=["abandon_dir"], help={"check": "exit with 2 where something would change", **ABANDON, **JSON})
def plan(c: Context, check: bool = False, json: bool = False, abandon_dir: list[str] | None = None) -> None:
    """Show what install would change on each host, as a diff; touch nothing."""
    c.executor.connect_ahead()
    from kafka_fab.operate.install import plan

    plan.plan(c, check, json, abandon_dir or ())


@cluster_task(
    iterable=["accept_loss"],
    help={
        "data": "remove data and logs too: every message is lost",
        "yes": "do not ask",
        "force": "also where partitions or brokers cannot do without these hosts",
        "accept-loss": "with --force: a topic, by name, that may lose messages",
        **JSON,
    },
)
def uninstall(  # noqa: PLR0913, PLR0917 - its switches
    c: Context,
    data: bool = False,
    yes: bool = False,
    json: bool = False,
    force: bool = False,
    accept_loss: list[str] | None = None,
) -> None:
    """Stop and remove services, configuration and software; keep data and logs."""
    from kafka_fab.operate.install import uninstall

    uninstall.uninstall(c, data, yes, json, force, accept_loss or ())
