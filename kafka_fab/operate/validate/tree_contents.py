"""Tree contents: the checksum of every file of Kafka's folder on every host, compared with its extraction."""

from collections.abc import Iterator
from shlex import join

from kafka_fab.cluster.change import read_changes
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.roles.service import services
from kafka_fab.operate.validate.expectation import Expectation
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.fleet import Fleet
from kafka_fab.remote.node import node_of
from kafka_fab.remote.ssh.connection import Connection

KIND = "contents"
EXPECTED = "as extracted"


def checks(hosts: Fleet) -> tuple[Expectation, ...]:
    """Return a check for each tree that a service of a host starts from."""
    cluster = hosts.cluster
    done = hosts.run(lambda c: _ask(c, cluster), "validate", cluster.inventory.hosts)
    return tuple(check for one in done for check in _of_host(one, cluster.tree))


def _of_host(one: HostProgress, tree: str) -> Iterator[Expectation]:
    found = {tree: one.error} if one.error else one.value
    for path, text in found.items():
        yield Expectation("files of Kafka's folder", f"{one.host}:{path}", EXPECTED, text, text == EXPECTED)


def _ask(c: Connection, cluster: Cluster) -> dict[str, str]:
    c.progress.doing = "reading every file of Kafka's folder"
    units = (service.unit for service in services(cluster, node_of(c)))
    command = join(("contents_of_trees", cluster.settings.paths.link, cluster.tree, *units))
    answer = channel.run(c, script.with_library(command, apply=False))
    changes = [change for change in read_changes(answer.output.splitlines()) if change.kind == KIND]
    if not changes:
        return {cluster.tree: answer.stderr or "no answer"}
    return {change.name: EXPECTED if change.status == "ok" else change.detail for change in changes}
