"""Certificate health: certificates that end soon, on disk or held by a process that was not restarted since."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.pki.certificate import Certificate
from kafka_fab.cluster.security import held_certificate
from kafka_fab.operate.certificates import authorities, days_left, on_hosts, tool_certificate
from kafka_fab.operate.certificates.days_left import Nearness
from kafka_fab.operate.certificates.on_hosts import ServiceCertificate
from kafka_fab.operate.status.health import HealthProblem, Level
from kafka_fab.output.progress import HostProgress
from kafka_fab.runbook.codes import StatusCode
from kafka_fab.typed_command import FAB

RENEW, RESTART = f"{FAB} certificates.renew", f"{FAB} rolling-restart --changed"
ROTATE = f"{FAB} certificates.rotate-ca"
LEVELS = {Nearness.NEAR: Level.DEGRADED, Nearness.CRITICAL: Level.CRITICAL}


def problems(cluster: Cluster, done: Iterable[HostProgress], now: datetime) -> Iterator[HealthProblem]:
    """Yield the certificates of services, of the tool and of the CAs that end soon."""
    for progress in done:
        for one in on_hosts.read(cluster, progress.host, progress.changes):
            yield from _of_service(cluster, one, now)
    tool = tool_certificate.current(cluster)
    if tool:
        yield from _problem(tool, now, "kafka-fab's own certificate", RENEW)
    for ca in (*authorities.trusted(cluster), *authorities.trusted_clients(cluster)):
        yield from _problem(ca, now, f"the CA {ca.subject}", ROTATE)


def _of_service(cluster: Cluster, one: ServiceCertificate, now: datetime) -> Iterator[HealthProblem]:
    if one.on_disk:
        yield from _problem(one.on_disk, now, f"{one.host}: the certificate of {one.role}", RENEW, one.host)
    if one.held and one.needs_restart:
        used = held_certificate.used_for(cluster, one.role)
        whose = f"{one.host}: the certificate that {one.role} has started with, and uses {used},"
        yield from _problem(one.held, now, whose, RESTART, one.host)


def _problem(leaf: Certificate, now: datetime, whose: str, remedy: str, host: str = "") -> Iterator[HealthProblem]:
    level = LEVELS.get(days_left.nearness(leaf, now))
    if level:
        text = f"{whose} {days_left.when(leaf, now)}: run {remedy}"
        yield HealthProblem(level, StatusCode.CERTIFICATE_ENDS, text, (host,) if host else ())
