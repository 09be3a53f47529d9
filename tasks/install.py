"""Install: software, configuration and services on every host; nothing running is restarted."""

from fabric import Connection as AnyConnection
from fabric import task
from invoke import task as cluster_task
from tasks.cluster import host
from tasks.remote.converge import converge
from tasks.cluster import load


def _bring_about(c, *names):
    cluster = load.cluster()
    steps = host.steps(cluster, cluster.nodes[c.original_host])
    converge(c, [resource for name in names for resource in steps[name]])


@task
def install(c, json=False):
    """Bring every host to what hosts.ini and conf/ say; restart nothing."""
    _bring_about(c, *host.STEPS)

@task
def download(c, json=False):
    """Fetch the archive on every host."""
    _bring_about(c, "download")
@task
def extract(c, json=False):
    """Fetch the archive on every host."""
    _bring_about(c, "extract")
@task
def symlink(c, json=False):
    """Fetch the archive on every host."""
    _bring_about(c, "symlink")
@task
def config(c, json=False):
    """Fetch the archive on every host."""
    _bring_about(c, "users", "config")
@task
def log_dirs(c, json=False):
    """Fetch the archive on every host."""
    _bring_about(c, "users", "log-dirs")
@cluster_task
def plan(c, json=False):
    """Plan."""
