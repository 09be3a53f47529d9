"""Lost CA: a folder without the CA that its hosts trust: beside a new one no node would trust another any more."""

from collections.abc import Callable, Sequence

from invoke.exceptions import Exit

from kafka_fab.cluster.change import read_changes
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.resource import SharedCa
from kafka_fab.operate.hosts import storage
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.fleet import Fleet
from kafka_fab.remote.node import ownership_check
from kafka_fab.remote.ssh.connection import Connection
from kafka_fab.runbook.codes import CertificateCode, coded

# Where a host keeps the certificates of a CA, by the directory of a service.
Place = Callable[[str], str]
THERE = (
    "no CA was made: {hosts} trust another CA, which pki/ does not have: restore pki/ from version control, and its "
    "keys from their backup. Only where that cluster is gone, remove {files} from the hosts"
)
UNKNOWN = (
    "no CA was made: this folder is a built cluster's (cluster.id), whose hosts may trust a CA already, and not all of "
    "them answer: {reasons}"
)


def refuse(hosts: Fleet, places: Sequence[Place]) -> None:
    """Raise Exit where a host trusts a CA already; in a built cluster's folder also where a host does not answer."""
    if not places:
        return
    cluster = hosts.cluster
    files = tuple(place(folder) for place in places for folder in _folders(cluster))
    done = hosts.run(lambda c: _there(c, files), "certificates", cluster.inventory.hosts)
    having, found = [one.host for one in done if one.value], {file for one in done for file in one.value or ()}
    if having:
        text = THERE.format(hosts=", ".join(having), files=", ".join(sorted(found)))
        raise Exit(coded(text, CertificateCode.FOREIGN_CA), code=1)
    reasons = [f"{one.host}: {one.error}" for one in done if one.error]
    if reasons and (cluster.folder / storage.ID_FILE).exists():
        raise Exit(coded(UNKNOWN.format(reasons="; ".join(reasons)), CertificateCode.FOREIGN_CA), code=1)


def _folders(cluster: Cluster) -> tuple[str, ...]:
    return cluster.kafka.config_dir, cluster.zookeeper.config_dir


def _there(c: Connection, files: Sequence[str]) -> tuple[str, ...]:
    """Return which files of CAs are on a host, where its services are this cluster's or nobody's."""
    questions = "\n".join((ownership_check(c), *(script.call(SharedCa(file, "")) for file in files)))
    changes = tuple(read_changes(channel.run(c, script.with_library(questions, apply=False)).output.splitlines()))
    if not any(change.kind == "owner" and change.status == "ok" for change in changes):
        return ()
    return tuple(change.name for change in changes if change.kind == "shared-ca" and change.status == "failed")
