"""By hand: requests as files, for a CA elsewhere; what it has signed is installed as a renewal is."""

from datetime import UTC, datetime
from shlex import join

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.change import Change, key_values
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.pki import pem
from kafka_fab.cluster.resource import NodeStore
from kafka_fab.cluster.roles import node_store
from kafka_fab.cluster.schema import text_file
from kafka_fab.cluster.security import stores
from kafka_fab.operate.certificates import node_certificate, pki_files, renew
from kafka_fab.operate.certificates.issue import Issuer, pem_of, refuse_clock
from kafka_fab.operate.certificates.renew import RenewOptions
from kafka_fab.operate.hosts import services
from kafka_fab.remote import script
from kafka_fab.remote.fleet import fleet, run_and_report
from kafka_fab.remote.node import node_of
from kafka_fab.remote.ssh.connection import Connection
from kafka_fab.typed_command import FAB


def requests(c: Context, options: RenewOptions) -> None:
    """Write the requests of the hosts whose certificates are due, or of some hosts, to pki/requests/."""
    hosts = fleet(c, quiet=options.json)
    renew.refuse_needless(hosts.cluster)
    issuer = Issuer(hosts.cluster)
    chosen = renew.chosen_hosts(hosts, options, issuer)
    if not chosen:
        print(renew.nothing_due(hosts))
        return
    pki_files.prepare(hosts.cluster.folder)
    hosts.hosts = tuple(chosen)
    run_and_report(hosts, lambda host: _request(host, issuer), "certificates.requests", options.json)
    if not options.json:
        print(f"have them signed, put each chain into pki/signed/HOST.pem, then run {FAB} certificates.install")


def _request(c: Connection, issuer: Issuer) -> None:
    cluster, node = issuer.cluster, node_of(c)
    names = tuple(node_certificate.leaf(cluster, node, issuer.authorities, issuer.now).names)
    asked = next(one for one in node_store.keys(cluster, node, "", names) if isinstance(one, NodeStore))
    began = datetime.now(UTC)
    command = join(("request_new", asked.path, asked.subject, asked.names))
    changes = services.run(c, [command], extra=script.RENEWAL)
    words = key_values(next(change.detail for change in changes if change.kind == "certificate-request"))
    refuse_clock(int(words["clock"]), began, datetime.now(UTC))
    file = stores.request(cluster.folder, node.host)
    pki_files.write(file, pem_of(words["csr"]))
    c.progress.changes.append(Change("changed", "request", f"pki/requests/{file.name}", str(asked.names)))


def install(c: Context, json: bool) -> None:
    """Install the chains of pki/signed/ that are not installed yet."""
    hosts = fleet(c, quiet=json)
    renew.refuse_needless(hosts.cluster)
    found = [host for host in hosts.hosts if _is_new(hosts.cluster, host)]
    if not found:
        raise Exit("pki/signed/ has no chain that is not installed: nothing was changed", code=1)
    renew.renew(c, RenewOptions(found, json=json, task="certificates.install"))


def _is_new(cluster: Cluster, host: str) -> bool:
    files = (stores.signed(cluster.folder, host), stores.node_chain(cluster.folder, host))
    signed, issued = (pem.certificates(text_file.read(file, file.name)[0]) for file in files)
    return bool(signed) and signed != issued
