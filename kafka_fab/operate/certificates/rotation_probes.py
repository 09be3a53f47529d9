"""Rotation probes: which CA each listener and process trusts, and which one has issued its certificate."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.pki import certificate, keys
from kafka_fab.cluster.pki.alternative_names import AlternativeNames
from kafka_fab.cluster.pki.authority import Authority, Leaf
from kafka_fab.cluster.pki.certificate import Chain
from kafka_fab.cluster.pki.judgement import issued_by
from kafka_fab.cluster.pki.rotation import ListenerProbe, Probe, ProcessProbe
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.roles.service import services as services_of
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.frozen_value import dataclass
from kafka_fab.live.client import trust_probe
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.served_certificate import served
from kafka_fab.operate.certificates import node_certificate, on_hosts, pki_files
from kafka_fab.operate.hosts import running, services
from kafka_fab.remote.node import node_of
from kafka_fab.remote.ssh.connection import Connection, HostFailure
from kafka_fab.runbook.codes import CertificateCode

DAYS = 1


@dataclass(frozen=True)
class ProbeCertificates:
    """Files of certificates that are thrown away after the probes: of a client of the new CA, and of the old one."""

    ca: Path
    of_new: Path
    of_old: Path | None


@contextmanager
def thrown_away(
    cluster: Cluster, new: Authority, old: Authority | None, old_chain: Chain, now: datetime
) -> Iterator[ProbeCertificates]:
    """Make client certificates of both CAs in a directory of ours alone, and remove them in the end."""
    with tempfile.TemporaryDirectory(prefix="kafka-fab-") as name:
        folder = Path(name)
        pki_files.write(folder / "ca.pem", certificate.written((*old_chain, new.certificate)))
        of_new = _client(cluster, new, folder / "new.pem", now)
        yield ProbeCertificates(
            folder / "ca.pem", of_new, _client(cluster, old, folder / "old.pem", now) if old else None
        )


def _client(cluster: Cluster, authority: Authority, file: Path, now: datetime) -> Path:
    key = keys.new_key()
    leaf = Leaf(node_certificate.tool_subject(cluster), DAYS, AlternativeNames(), ("client",))
    issued = authority.issue(key.public_key(), leaf, now)
    pki_files.write(file, keys.plain(key) + issued.pem, pki_files.PRIVATE)
    return file


def of_host(c: Connection, cluster: Cluster, new: Authority, old: Chain, shown: ProbeCertificates) -> tuple[Probe, ...]:
    """Return what every listener and process of a host shows; raise HostFailure where one cannot be asked."""
    node = node_of(c)
    commands = [*running.commands(cluster, node), *on_hosts.commands(cluster, node)]
    changes = services.run(c, [*commands, *on_hosts.trust_commands(cluster, node)])
    running.keep(cluster, node.host, changes)
    trust = on_hosts.read_trust(changes)
    processes = [_process(one, trust.get(one.role, ()), new, old) for one in on_hosts.read(cluster, node.host, changes)]
    _refuse_stopped(cluster, node)
    return (*processes, *of_listeners(cluster, node, new, shown))


def _refuse_stopped(cluster: Cluster, node: Node) -> None:
    for service in services_of(cluster, node):
        found = cluster.running.get((node.host, service.role))
        if found is None or not found.properties:
            text = f"{service.role} does not run: start it first, since every listener is asked"
            raise HostFailure(text, CertificateCode.ROTATION)


def _process(one: on_hosts.ServiceCertificate, trusted: Chain, new: Authority, old: Chain) -> ProcessProbe:
    return ProcessProbe(
        f"{one.host}: {one.role} (needs a restart)",
        holds_new=one.held is not None and issued_by(one.held, new.certificate),
        trusts_new=new.certificate in trusted,
        trusts_old=any(ca in trusted for ca in old),
    )


def of_listeners(cluster: Cluster, node: Node, new: Authority, shown: ProbeCertificates) -> tuple[ListenerProbe, ...]:
    """Return what every TLS listener of a node shows; raise HostFailure where one does not answer."""
    inner = {cluster.wires.inter_broker, cluster.wires.controller.name, endpoint.ZOOKEEPER}
    return tuple(
        _listener(f"{node.host}: {name}", name, where, name in inner, new, shown)
        for name, where in endpoint.with_tls(cluster, node).items()
    )


def _listener(  # noqa: PLR0913, PLR0917 - what a listener is, and with what it is asked
    whose: str, name: str, where: Endpoint, asks_for_one: bool, new: Authority, shown: ProbeCertificates
) -> ListenerProbe:
    try:
        serves_new = issued_by(served(where).leaf, new.certificate)
    except Unreachable as error:
        raise HostFailure(f"{name} cannot be asked: {error}", CertificateCode.ROTATION) from error
    if not asks_for_one:
        return ListenerProbe(whose, serves_new)
    return ListenerProbe(whose, serves_new, *_trusts(name, where, shown))


def _trusts(name: str, where: Endpoint, shown: ProbeCertificates) -> tuple[bool, bool | None]:
    refused_new = trust_probe.answers(name, where, shown.ca, shown.of_new)
    refused_old = trust_probe.answers(name, where, shown.ca, shown.of_old) if shown.of_old else None
    if refused_new and refused_old:
        # It answers neither of them: whether it trusts one is not known.
        raise HostFailure(f"{name} cannot be asked: {refused_old}", CertificateCode.ROTATION)
    return not refused_new, None if refused_old is None else not refused_old
