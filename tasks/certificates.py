"""Certificates of nodes and of the tool: made, issued, shown, renewed."""

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

JSON = {"json": "print JSON"}


@task
def init(c: Context) -> None:
    """Make the cluster's own CA, its passphrase, and kafka-fab's certificate; overwrite nothing."""
    from kafka_fab.operate.certificates import init_certificates

    init_certificates.init(c)


@task(name="list", help=JSON)
def every(c: Context, json: bool = False) -> None:
    """List the certificates on disk, those that processes hold, and those that listeners serve."""
    from kafka_fab.operate.certificates import list_certificates

    list_certificates.every(c, json)


@task(
    iterable=["host"],
    help={"host": "a host or group to renew now; can be repeated", "all": "renew every host now", **JSON},
)
def renew(c: Context, host: list[str] | None = None, all: bool = False, json: bool = False) -> None:  # noqa: A002
    """Renew the certificates that are due, without a restart; prove by handshakes that they are served."""
    from kafka_fab.operate.certificates import renew

    renew.renew(c, renew.RenewOptions(host or (), all, json))


@task(
    iterable=["host"],
    help={"host": "a host or group to ask now; can be repeated", "all": "ask every host", **JSON},
)
def requests(c: Context, host: list[str] | None = None, all: bool = False, json: bool = False) -> None:  # noqa: A002
    """Write certificate requests to pki/requests/, to be signed by a CA elsewhere."""
    from kafka_fab.operate.certificates import by_hand
    from kafka_fab.operate.certificates.renew import RenewOptions

    by_hand.requests(c, RenewOptions(host or (), all, json))


@task(help=JSON)
def install(c: Context, json: bool = False) -> None:
    """Install the chains of pki/signed/, which a CA elsewhere has signed."""
    from kafka_fab.operate.certificates import by_hand

    by_hand.install(c, json)


@task(positional=["name"], help={"name": "the client", "days": "how long it is valid (default: certificates.days)"})
def client(c: Context, name: str, days: int = 0) -> None:
    """Make a key and a certificate for a client of a listener with `login: mtls`."""
    from kafka_fab.operate.certificates import client_certificate

    client_certificate.make(c, name, days)


@task(
    name="rotate-ca",
    help={
        "clients-trust-new-ca": "clients trust pki/new-ca.pem: certificates of it may be served",
        "back": "return to the CA from before, by the same passes",
        "another": "begin again although the last rotation was less than 30 days ago",
    },
)
def rotate_ca(c: Context, clients_trust_new_ca: bool = False, back: bool = False, another: bool = False) -> None:
    """Replace the CA of the nodes in three passes; call it again after each roll, until it is done."""
    from kafka_fab.operate.certificates import rotate_ca

    rotate_ca.rotate(c, clients_trust_new_ca, back, another)


namespace = Collection("certificates", init, every, renew, requests, install, rotate_ca, client)
