"""Join levels: a broker that is started in the middle of an upgrade takes over the levels of the others."""

from shlex import join

from kafka_fab.cluster.upgrade import joining
from kafka_fab.cluster.values.role import Role
from kafka_fab.operate.hosts import services, versions
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote.fleet import Fleet, require_success
from kafka_fab.remote.node import cluster_of, node_of
from kafka_fab.remote.ssh.connection import Connection


def join_levels(hosts: Fleet) -> list[HostProgress]:
    """Write the levels that the chosen hosts' brokers lack into their files, before they are started."""
    found = versions.read(hosts).services
    mine = {one.host: joining.missing_pins(one, found) for one in found if one.role is Role.BROKER}
    due = {host: pins for host, pins in mine.items() if pins and host in hosts.hosts}

    def work(c: Connection) -> None:
        broker = services.service_of(cluster_of(c), node_of(c), Role.BROKER)
        main = broker.module.files(cluster_of(c))[0]
        pairs = (f"{key}={value}" for key, value in due[c.original_host].items())
        services.run(c, ["lock_host", join(("add_levels", main, *pairs))])

    return require_success(hosts.run(work, "start", list(due))) if due else []
