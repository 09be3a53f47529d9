"""Software, configuration and services on every host at once; nothing that runs is restarted."""

from invoke.context import Context
from invoke.tasks import task

JSON = {"json": "print JSON"}
ABANDON = {"abandon-dir": "the path of a data directory whose data may be lost"}


@task(
    iterable=["abandon_dir"],
    help={"preflight": "check first that Kafka can run on a host that does not have it yet", **ABANDON, **JSON},
)
def install(c: Context, json: bool = False, preflight: bool = True, abandon_dir: list[str] | None = None) -> None:
    """Install Kafka and its configuration on every host as hosts.ini and conf/ say; restart nothing."""
    c.executor.connect_ahead()
    from kafka_fab.operate.install import install

    install.install(
        c, install.InstallOptions("install", json=json, preflight=preflight, abandon_dirs=abandon_dir or ())
    )


@task(help=JSON)
def download(c: Context, json: bool = False) -> None:
    """Fetch Kafka's archive to every host and check its checksum."""
    c.executor.connect_ahead()
    from kafka_fab.operate.install import install

    install.install(c, install.InstallOptions("download", ("download",), json))


@task(help=JSON)
def extract(c: Context, json: bool = False) -> None:
    """Extract the archive on every host, completely or not at all."""
    c.executor.connect_ahead()
    from kafka_fab.operate.install import install

    install.install(c, install.InstallOptions("extract", ("extract",), json))


@task(help=JSON)
def symlink(c: Context, json: bool = False) -> None:
    """Point every host's link to the version in conf/cluster.yaml."""
    c.executor.connect_ahead()
    from kafka_fab.operate.install import install

    install.install(c, install.InstallOptions("symlink", ("invariants", "symlink"), json))


@task(iterable=["abandon_dir"], help={**ABANDON, **JSON})
def config(c: Context, json: bool = False, abandon_dir: list[str] | None = None) -> None:
    """Write configuration and systemd units on every host."""
    c.executor.connect_ahead()
    from kafka_fab.operate.install import install

    steps = ("preconditions", "invariants", "users", "config", "services", "running-config")
    install.install(c, install.InstallOptions("config", steps, json, abandon_dirs=abandon_dir or ()))


@task(help=JSON)
def log_dirs(c: Context, json: bool = False) -> None:
    """Create the directories for data and logs on every host."""
    c.executor.connect_ahead()
    from kafka_fab.operate.install import install

    install.install(c, install.InstallOptions("log-dirs", ("preconditions", "users", "log-dirs"), json))


@task(help={"all": "show the checks that pass too", **JSON})
def preflight(c: Context, all: bool = False, json: bool = False) -> None:  # noqa: A002  # --all
    """Check clocks, names, ports, firewalls, disks, limits, memory, Java and ids before a start."""
    c.executor.connect_ahead()
    from kafka_fab.operate.preflight import preflight

    preflight.preflight(c, all, json)


@task(positional=["command"], help={"command": "a line for the shell; quote it", **JSON})
def run(c: Context, command: str, json: bool = False) -> None:
    """Run a command as root on every host and show what it prints."""
    c.executor.connect_ahead()
    from kafka_fab.operate import run_command

    run_command.run(c, command, json)


@task(
    iterable=["abandon_dir"],
    help={
        "check": "exit with code 2 if something would change",
        "full": "show all of the content of new files",
        **ABANDON,
        **JSON,
    },
)
def plan(
    c: Context, check: bool = False, json: bool = False, full: bool = False, abandon_dir: list[str] | None = None
) -> None:
    """Show what install would change on each host, as a diff; change nothing."""
    c.executor.connect_ahead()
    from kafka_fab.operate.install import plan

    plan.plan(c, plan.PlanOptions(check, json, full, abandon_dir or ()))


@task(
    iterable=["accept_loss"],
    help={
        "data": "remove data and logs too: every message is lost",
        "yes": "do not ask",
        "force": "uninstall even if that is not safe for partitions or brokers",
        "accept-loss": "with --force: the name of a topic that may lose messages",
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

    uninstall.uninstall(c, uninstall.UninstallOptions(data, yes, json, force, accept_loss or ()))
