"""List certificates: which one is on disk, which one a process holds, and which one each listener serves."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field
from datetime import UTC, datetime
from typing import Any

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.pki.certificate import Certificate
from kafka_fab.cluster.roles import endpoint, node_store
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.cluster.settings.security_settings import CertificateSource
from kafka_fab.frozen_value import dataclass
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.served_certificate import served
from kafka_fab.operate.certificates import authorities, days_left, on_hosts, tool_certificate
from kafka_fab.operate.certificates.on_hosts import ServiceCertificate
from kafka_fab.operate.hosts import running, services
from kafka_fab.output import report
from kafka_fab.output.json_document import document
from kafka_fab.remote.fleet import Fleet, fleet
from kafka_fab.remote.node import node_of
from kafka_fab.remote.ssh.connection import Connection
from kafka_fab.runbook.codes import CertificateCode, coded
from kafka_fab.typed_command import FAB

TASK = "certificates.list"
TOOL = "kafka-fab"
HEADING = ("host", "ends", "days", "on disk", "held by", "served by", "names", "key", "issuer")
RESTART = f"{FAB} rolling-restart --changed"


@dataclass(frozen=True)
class Use:
    """One certificate of a host: in whose store it is, which process holds it, which listener serves it."""

    host: str
    leaf: Certificate
    on_disk: tuple[str, ...] = ()
    held_by: tuple[str, ...] = ()
    served_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class HostCertificates:
    """What one host reports, and what its listeners serve; `silent` are listeners that serve nothing, and why."""

    host: str
    services: tuple[ServiceCertificate, ...] = ()
    served: dict[str, Certificate] = field(default_factory=dict)
    silent: dict[str, str] = field(default_factory=dict)
    error: str = ""

    def uses(self) -> tuple[Use, ...]:
        """Return each certificate once, the one on disk first."""
        found = [one.on_disk for one in self.services] + [one.held for one in self.services] + [*self.served.values()]
        return tuple(self._use(leaf) for leaf in dict.fromkeys(filter(None, found)))

    def _use(self, leaf: Certificate) -> Use:
        return Use(
            self.host,
            leaf,
            tuple(one.role for one in self.services if one.on_disk == leaf),
            tuple(one.role for one in self.services if one.held == leaf),
            tuple(name for name, one in self.served.items() if one == leaf),
        )


def every(c: Context, json: bool) -> None:
    """Print all certificates of hosts, the tool and the CAs; exit with 1 where one is not known or of another CA."""
    hosts = fleet(c, quiet=True)
    authorities.refuse_unsecured(hosts.cluster)
    now, found = datetime.now(UTC), gather(hosts)
    print(document(TASK, hosts.cluster.name, as_dict(hosts.cluster, found, now)) if json else text(hosts, found, now))
    if any(one.error or one.silent for one in found) or any(_foreign(hosts.cluster, found)):
        raise Exit(code=1)


def gather(hosts: Fleet) -> list[HostCertificates]:
    """Return what all chosen hosts report, and what their listeners serve."""
    cluster = hosts.cluster
    having = [host for host in hosts.hosts if node_store.is_needed(cluster, cluster.nodes[host])]
    done = hosts.run(lambda c: _of_host(c, cluster), TASK, having)
    return [one.value if not one.error else HostCertificates(one.host, error=one.error) for one in done]


def _of_host(c: Connection, cluster: Cluster) -> HostCertificates:
    node = node_of(c)
    changes = services.run(c, [*running.commands(cluster, node), *on_hosts.commands(cluster, node)])
    running.keep(cluster, node.host, changes)
    shown, silent = _served(cluster, node)
    return HostCertificates(node.host, on_hosts.read(cluster, node.host, changes), shown, silent)


def _served(cluster: Cluster, node: Node) -> tuple[dict[str, Certificate], dict[str, str]]:
    listeners = endpoint.with_tls(cluster, node)
    with ThreadPoolExecutor(max_workers=max(1, len(listeners))) as pool:
        answers = list(pool.map(_answer, listeners.values()))
    named = dict(zip(listeners, answers, strict=True))
    return (
        {name: one for name, one in named.items() if isinstance(one, Certificate)},
        {name: one for name, one in named.items() if isinstance(one, str)},
    )


def _answer(where: Endpoint) -> Certificate | str:
    try:
        return served(where).leaf
    except Unreachable as error:
        return str(error)


def text(hosts: Fleet, found: Iterable[HostCertificates], now: datetime) -> str:
    """Return the table of certificates, and what did not answer."""
    every = list(found)
    rows: list[tuple[object, ...]] = [
        ("host", "ends", "days", "on disk", "held by", "served by", "names", "key", "issuer")
    ]
    rows += [_row(use, now) for one in every for use in one.uses()]
    rows += [_row(use, now) for use in _here(hosts.cluster)]
    below = [*_errors(every), *_foreign(hosts.cluster, every), *_restarts(every)]
    return "\n".join([report.table(rows), *below])


def _row(use: Use, now: datetime) -> tuple[object, ...]:
    where = (", ".join(names) or "-" for names in (use.on_disk, use.held_by, use.served_by))
    ends = f"{use.leaf.ends:{days_left.DAY}}"
    return (
        use.host,
        ends,
        days_left.days(use.leaf, now),
        *where,
        use.leaf.names or "-",
        use.leaf.key_id or "-",
        _issuer(use.leaf),
    )


def _issuer(leaf: Certificate) -> str:
    """Return who issued it, by its key, too: a rotated CA may have the name of the one before."""
    return f"{leaf.issuer} ({leaf.issuer_key_id})" if leaf.issuer_key_id else leaf.issuer


def _errors(found: Iterable[HostCertificates]) -> Iterator[str]:
    for one in found:
        if one.error:
            yield f"{one.host}: {one.error}"
        yield from (f"{one.host}: {name}: {reason}" for name, reason in one.silent.items())


def _foreign(cluster: Cluster, found: Iterable[HostCertificates]) -> Iterator[str]:
    """Yield each certificate of a node that the folder's own CA did not issue."""
    if cluster.settings.security.certificates.source != CertificateSource.OWN:
        return
    known = {(ca.subject, ca.key_id) for ca in authorities.trusted(cluster)}
    for use in (use for one in found for use in one.uses()):
        services = ", ".join(dict.fromkeys((*use.on_disk, *use.held_by)))
        if services and (use.leaf.issuer, use.leaf.issuer_key_id) not in known:
            words = f"the certificate of {services} is of {_issuer(use.leaf)}, which is not in the folder's pki/ca.pem"
            yield coded(f"{use.host}: {words}", CertificateCode.FOREIGN_CA)


def _restarts(found: Iterable[HostCertificates]) -> Iterator[str]:
    for one in found:
        for service in one.services:
            if service.needs_restart and service.held:
                ends = f"the certificate that ends on {service.held.ends:{days_left.DAY}}"
                yield f"{one.host}: {service.role} still holds {ends}: restart needed before then ({RESTART})"


def _here(cluster: Cluster) -> Iterator[Use]:
    """Yield the certificates of the cluster's folder: the tool's, and the CAs."""
    tool = tool_certificate.current(cluster)
    if tool:
        yield Use(TOOL, tool, (endpoint.tool_store(cluster).name,))
    for one in authorities.trusted(cluster):
        yield Use("CA of nodes", one, ("ca.pem",))
    for one in authorities.trusted_clients(cluster):
        yield Use("CA of clients", one, ("clients-ca.pem",))


def as_dict(cluster: Cluster, found: Iterable[HostCertificates], now: datetime) -> dict[str, Any]:
    """Return the certificates for JSON, as docs/certificates.md describes them."""
    every = list(found)
    return {
        "certificates": [_use(use, now) for one in every for use in one.uses()],
        "folder": [_use(use, now) for use in _here(cluster)],
        "unreachable": {one.host: one.error for one in every if one.error},
        "silent": {f"{one.host}:{name}": reason for one in every for name, reason in one.silent.items()},
    }


def _use(use: Use, now: datetime) -> dict[str, Any]:
    return {
        "host": use.host,
        "serial": use.leaf.serial,
        "subject": use.leaf.subject,
        "issuer": use.leaf.issuer,
        "key_id": use.leaf.key_id,
        "issuer_key_id": use.leaf.issuer_key_id,
        "names": list(use.leaf.names),
        "begins": use.leaf.begins.isoformat(),
        "ends": use.leaf.ends.isoformat(),
        "days_left": days_left.days(use.leaf, now),
        "on_disk": list(use.on_disk),
        "held_by": list(use.held_by),
        "served_by": list(use.served_by),
    }
