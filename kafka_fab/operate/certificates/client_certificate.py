"""Client certificate: a key and a certificate for an application, where a listener asks clients for one."""

import re
from datetime import UTC, datetime

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.pki import certificate, keys, pem
from kafka_fab.cluster.pki.authority import Leaf
from kafka_fab.cluster.schema import text_file
from kafka_fab.cluster.security import principals, stores
from kafka_fab.cluster.settings.security_settings import LoginMethod
from kafka_fab.operate.certificates import authorities, days_left, pki_files
from kafka_fab.operate.certificates.issue import record
from kafka_fab.operate.certificates.renew import due_from
from kafka_fab.remote.fleet import fleet

NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")


def make(c: Context, name: str, days: int) -> None:
    """Make the key and the certificate of a client in pki/clients/, and print its principal for conf/acls.yaml."""
    cluster = fleet(c, quiet=True).cluster
    _refuse(cluster, name)
    now = datetime.now(UTC)
    file = stores.pki(cluster.folder) / "clients" / f"{name}.pem"
    text = pem.certificates(text_file.read(file, file.name)[0])
    if text and due_from(certificate.read(text)[0]) > now:
        words = days_left.when(certificate.read(text)[0], now)
        raise Exit(f"pki/clients/{file.name} {words}: it is not due; move it away to make another one", code=1)
    pair = stores.clients_ca_certificate(cluster.folder), stores.clients_ca_key(cluster.folder)
    subject, key = principals.client_subject(cluster, name), keys.new_key()
    leaf = Leaf(subject, days or cluster.settings.security.certificates.days, roles=("client",))
    made = authorities.opened(cluster, *pair).issue(key.public_key(), leaf, now)
    pki_files.write(file, keys.plain(key) + made.pem, pki_files.PRIVATE)
    record(cluster, f"client {name}", (made,))
    print(f"made {file}: {subject.principal}, {days_left.when(made, now)}")
    print("it holds the private key: give it to the application alone, and the nodes' pki/ca.pem as what it trusts")


def _refuse(cluster: Cluster, name: str) -> None:
    security = cluster.settings.security
    if not any(one.login == LoginMethod.MTLS for one in security.listeners.values()):
        raise Exit("no listener asks clients for a certificate: security.listeners has none with `login: mtls`", code=1)
    if security.clients_ca != "own":
        raise Exit(
            f"clients' certificates are issued by the CA of {security.clients_ca}, which is not kafka-fab's", code=1
        )
    if not NAME.fullmatch(name):
        raise Exit(f"`{name}` is no name of a client: 1 to 64 letters, digits, dots, hyphens and underscores", code=1)
