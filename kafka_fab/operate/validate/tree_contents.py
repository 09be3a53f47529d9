"""Tree contents: the checksum of every file of Kafka's folder on every host, compared with its extraction."""

from shlex import join

from kafka_fab.cluster.change import read_changes
from kafka_fab.cluster.model import Cluster
from kafka_fab.operate.validate.expectation import Expectation
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.fleet import Fleet
from kafka_fab.remote.ssh.connection import Connection

KIND = "contents"
EXPECTED = "as extracted"


def checks(hosts: Fleet) -> tuple[Expectation, ...]:
    """Return a check for each host."""
    cluster = hosts.cluster
    done = hosts.run(lambda c: _ask(c, cluster), "validate", cluster.inventory.hosts)
    return tuple(
        Expectation("files of Kafka's folder", f"{one.host}:{cluster.tree}", EXPECTED, found, found == EXPECTED)
        for one in done
        for found in [one.error or one.value]
    )


def _ask(c: Connection, cluster: Cluster) -> str:
    c.progress.doing = "reading every file of Kafka's folder"
    answer = channel.run(c, script.with_library(join(("tree_contents", cluster.tree)), apply=False))
    changes = read_changes(answer.output.splitlines())
    contents = next((change for change in changes if change.kind == KIND), None)
    if contents is None:
        return answer.stderr or "no answer"
    return EXPECTED if contents.status == "ok" else contents.detail
