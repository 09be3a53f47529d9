"""Install: software, configuration and services on every host at once; nothing running is restarted."""

from fabric import Connection as Host
from fabric import task

from tasks.cluster import host, load
from tasks.remote.converge import converge

HELP = {"json": "as JSON, for programs"}


@task(help=HELP)
def install(c: Host, json: bool = False) -> None:
    """Bring every host to what hosts.ini and conf/ say; restart nothing."""
    bring_about(c, host.STEPS)


@task(help=HELP)
def download(c: Host, json: bool = False) -> None:
    """Fetch Kafka's archive to every host and check it."""
    bring_about(c, ["download"])


@task(help=HELP)
def extract(c: Host, json: bool = False) -> None:
    """Extract the archive on every host, whole or not at all."""
    bring_about(c, ["extract"])


@task(help=HELP)
def symlink(c: Host, json: bool = False) -> None:
    """Point the link of every host to the version of conf/cluster.yaml."""
    bring_about(c, ["symlink"])


@task(help=HELP)
def config(c: Host, json: bool = False) -> None:
    """Write configuration and systemd units on every host."""
    bring_about(c, ["guards", "users", "config", "in-step"])


@task(help=HELP)
def log_dirs(c: Host, json: bool = False) -> None:
    """Make the directories for data and logs on every host."""
    bring_about(c, ["guards", "users", "log-dirs"])


def bring_about(c: Host, names: tuple[str, ...] | list[str]) -> None:
    """Converge some of the steps of an install on one host."""
    cluster = load.cluster()
    steps = host.steps(cluster, cluster.nodes[c.original_host])
    converge(c, [resource for name in names for resource in steps[name]])
