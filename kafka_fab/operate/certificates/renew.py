"""Renew: new keys and certificates while the services run, judged before, proven by handshakes after."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from shlex import join

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.change import Change, key_values
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.pki import certificate
from kafka_fab.cluster.pki.certificate import Certificate, Chain
from kafka_fab.cluster.pki.judgement import problems, untrusted
from kafka_fab.cluster.resource import NodeStore, Pkcs12, Resource
from kafka_fab.cluster.roles import node_store
from kafka_fab.cluster.security import held_certificate, stores
from kafka_fab.cluster.settings.security_settings import CertificateSource
from kafka_fab.frozen_value import dataclass
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.locking.guard import Guard
from kafka_fab.operate.certificates import (
    authorities,
    init_certificates,
    node_certificate,
    on_hosts,
    pki_files,
    proof,
    reload,
    tool_certificate,
)
from kafka_fab.operate.certificates.issue import Issuer, pem_of, record, refuse_clock
from kafka_fab.operate.hosts import running, services
from kafka_fab.output import report
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote import script
from kafka_fab.remote.fleet import Fleet, fleet
from kafka_fab.remote.node import node_of
from kafka_fab.remote.ssh.connection import Connection, HostFailure
from kafka_fab.runbook.codes import CertificateCode
from kafka_fab.typed_command import FAB

TASK = "certificates.renew"
# Of a certificate's life, after which it is renewed.
DUE_AFTER = 2 / 3
DAY = "%Y-%m-%d"
RESTART = f"{FAB} rolling-restart --changed"


@dataclass(frozen=True)
class RenewOptions:
    """The switches of the task: `hosts` as typed."""

    hosts: Sequence[str] = ()
    all: bool = False
    json: bool = False
    task: str = TASK


def renew(c: Context, options: RenewOptions) -> None:
    """Renew the certificates that are due, or those of some hosts, one host after the other."""
    began, hosts = time.monotonic(), fleet(c, quiet=options.json)
    cluster = hosts.cluster
    refuse_needless(cluster)
    issuer = Issuer(cluster)
    chosen = chosen_hosts(hosts, options, issuer)
    renew_tool(cluster, issuer.now)
    if not chosen:
        print(nothing_due(hosts))
        return
    running.require_own(hosts)
    with Guard(hosts, options.task, chosen) as guard:
        done = list(_one_by_one(hosts, chosen, issuer))
        guard.failed("; ".join(f"{one.host}: {one.error}" for one in done if one.error))
    seconds = time.monotonic() - began
    print(report.as_json(done, options.task, cluster.name) if options.json else report.hosts(done, seconds))
    left = chosen[len(done) :]
    if left and not options.json:
        print(f"not renewed, after the failure: {', '.join(left)}")
    if any(one.error for one in done):
        raise Exit(code=1)


def refuse_needless(cluster: Cluster) -> None:
    """Raise Exit where no service uses a certificate, or keys are made elsewhere."""
    authorities.refuse_unsecured(cluster)
    if cluster.settings.security.certificates.source == CertificateSource.FILES:
        words = "security.certificates.from is files: put the new certificates there, then"
        raise Exit(f"{words} {FAB} install and {FAB} rolling-restart --changed", code=1)


def chosen_hosts(hosts: Fleet, options: RenewOptions, issuer: Issuer) -> list[str]:
    """Return the hosts to renew: those that were named, or all, or those that are due."""
    if options.hosts:
        words = [word.strip() for text in options.hosts for word in text.split(",")]
        try:
            return list(hosts.cluster.inventory.select(words))
        except KeyError as error:
            raise Exit(hosts.cluster.inventory.unknown_host(error.args[0]), code=1) from error
    each = (hosts.cluster.nodes[host] for host in hosts.hosts)
    having = [node for node in each if node_store.is_needed(hosts.cluster, node)]
    return [node.host for node in having if options.all or is_due(hosts.cluster, node, issuer)]


def is_due(cluster: Cluster, node: Node, issuer: Issuer) -> bool:
    """Return whether a host's certificate is to be renewed: two thirds of its life are over, or it does not fit."""
    if node_certificate.unfit(cluster, node, issuer.authorities, issuer.now):
        return True
    return due_from(node_certificate.issued(cluster, node)[0]) <= issuer.now


def due_from(leaf: Certificate) -> datetime:
    """Return from when on a certificate is renewed."""
    return leaf.begins + DUE_AFTER * (leaf.ends - leaf.begins)


def nothing_due(hosts: Fleet) -> str:
    """Return that no certificate is due, and when the first one is."""
    cluster = hosts.cluster
    chains = [node_certificate.issued(cluster, cluster.nodes[host]) for host in hosts.hosts]
    first = min((chain[0] for chain in chains if chain), key=due_from, default=None)
    when = f": the first one is due on {due_from(first):{DAY}} and ends on {first.ends:{DAY}}" if first else ""
    return f"no certificate is due{when}; --host HOST or --all renews now"


def renew_tool(cluster: Cluster, now: datetime) -> None:
    """Renew kafka-fab's own certificate where it is due: its key never leaves this machine."""
    found = tool_certificate.current(cluster)
    if cluster.settings.security.tool.cert or not found or due_from(found) > now:
        return
    leaf = init_certificates.make_tool_certificate(cluster, now)[0]
    print(f"renewed {stores.tool_store(cluster.folder)}: ends on {leaf.ends:{DAY}}")


def _one_by_one(hosts: Fleet, chosen: Sequence[str], issuer: Issuer) -> Iterator[HostProgress]:
    """Renew host by host, until one fails: what one broker refuses, the next would refuse, too."""
    for host in chosen:
        [done] = hosts.run(lambda c: Renewal(c, issuer).run(), TASK, [host])
        yield done
        if done.error:
            return


class Renewal:
    """The renewal of one host: each step leaves the old certificate in place until the new one is served."""

    def __init__(self, c: Connection, issuer: Issuer) -> None:
        self.c, self.issuer = c, issuer
        self.cluster, self.node = issuer.cluster, node_of(c)
        folders = node_store.folders(self.cluster, self.node)
        self.stores = [(stores.node_store(folder), "root", group) for folder, group in folders]
        self.pkcs12 = [one for one in self._keys("x") if isinstance(one, Pkcs12)]

    def _keys(self, chain: str) -> tuple[Resource, ...]:
        names = tuple(node_certificate.leaf(self.cluster, self.node, self.issuer.authorities, self.issuer.now).names)
        return node_store.keys(self.cluster, self.node, chain, names)

    def run(self) -> None:
        """Renew it; raise HostFailure with what is still in place."""
        before = node_certificate.issued(self.cluster, self.node)
        chain = self._new_chain(before)
        self._offer(chain)
        self._judge()
        # From here on an interrupted run is finished by the next install: the chain fits the key on the host.
        self._write(chain)
        record(self.cluster, self.node.host, chain)
        self._script(join(("accept", *self._files)))
        reason = self._reload(chain[0])
        if reason:
            self._put_back(before)
            raise HostFailure(f"{reason}; the old certificate was put back", CertificateCode.NOT_SERVED)
        held = self._script(
            join(("confirm", *self._files)), *self._chain_notes(chain), *on_hosts.commands(self.cluster, self.node)
        )
        self._report(chain[0], held)

    @property
    def _files(self) -> list[str]:
        return [*(path for path, *_ in self.stores), *(one.path for one in self.pkcs12)]

    def _new_chain(self, before: Chain) -> Chain:
        self.c.progress.doing = "making a new key"
        asked = next(one for one in self._keys("") if isinstance(one, NodeStore))
        began = datetime.now(UTC)
        changes = self._script(
            join(("request_new", asked.path, asked.subject, asked.names)),
            *on_hosts.trust_commands(self.cluster, self.node),
        )
        words = key_values(next(change.detail for change in changes if change.kind == "certificate-request"))
        refuse_clock(int(words["clock"]), began, datetime.now(UTC))
        chain = self.issuer.signed(self.node, pem_of(words["csr"]))
        usable = bool(before) and before[0].ends >= self.issuer.now
        wanted = node_certificate.expected(self.cluster, self.node, self.issuer.authorities)
        wrong = problems(chain, replace(wanted, before=before[0] if usable else None), self.issuer.moment)
        if wrong:
            raise HostFailure(f"the new certificate {'; it '.join(wrong)}", CertificateCode.UNUSABLE)
        self._refuse_untrusted(chain, changes)
        return chain

    def _refuse_untrusted(self, chain: Chain, changes: Sequence[Change]) -> None:
        """Raise HostFailure where a process would not trust its own new certificate, which the others trust no more.

        A controller's listener would accept it: only that between brokers tries a handshake.
        """
        for role, trusted in on_hosts.read_trust(changes).items():
            wrong = untrusted(chain, trusted, self.issuer.moment)
            if wrong:
                text = f"the new certificate {wrong[0]}: those with which {role} has started. Replace a CA by"
                raise HostFailure(f"{text} {FAB} certificates.rotate-ca", CertificateCode.REJECTED)

    def _offer(self, chain: Chain) -> None:
        words = [word for store in self.stores for word in store]
        more = [join(("offer_pkcs12", one.store, one.path, one.secrets, one.owner, one.group)) for one in self.pkcs12]
        self._script(join(("offer", certificate.written(chain), *words)), *more)

    def _judge(self) -> None:
        self.c.progress.doing = "asking the broker whether it would take the certificate"
        store = self.pkcs12[0].path if self.pkcs12 else self.stores[0][0]
        try:
            reason = reload.judge(self.cluster, self.node, f"{store}.new")
        except Unreachable as error:
            reason = str(error)
        if reason:
            self._script(join(("withdraw", *self._files)))
            text = f"the broker would not take the new certificate: {reason}; the old one stays in place"
            raise HostFailure(text, CertificateCode.REJECTED)

    def _write(self, chain: Chain) -> None:
        pki_files.write(stores.node_chain(self.cluster.folder, self.node.host), certificate.written(chain))

    def _reload(self, leaf: Certificate) -> str:
        """Make the process read its store, and return why the new certificate is not served; nothing where it is."""
        if not proof.reloading(self.cluster, self.node):
            return ""
        self.c.progress.doing = "waiting until every listener serves the certificate"
        try:
            refused = reload.trigger(self.cluster, self.node)
        except Unreachable as error:
            return f"the process cannot be asked to read its certificate again: {error}"
        if refused:
            return f"the process refuses the new certificate: {refused}"
        return "; ".join(proof.unproven(self.cluster, self.node, leaf.serial))

    def _put_back(self, before: Chain) -> None:
        self._script(join(("put_back", *self._files)))
        if before:
            self._write(before)
        self._reload_again()

    def _reload_again(self) -> None:
        """Make the process read the old file again: some of its threads may have taken the new one."""
        if proof.reloading(self.cluster, self.node):
            try:
                reload.trigger(self.cluster, self.node)
            except Unreachable:
                # It is in the message of the failure already.
                return

    def _chain_notes(self, chain: Chain) -> list[str]:
        found = (one for one in self._keys(certificate.written(chain)) if isinstance(one, Pkcs12))
        return [join(("remember_chain", one.secrets, one.owner, one.group, one.chain_sum)) for one in found]

    def _report(self, leaf: Certificate, held: Sequence[Change]) -> None:
        self.c.progress.doing = ""
        changes = self.c.progress.changes
        served = ", ".join(proof.reloading(self.cluster, self.node))
        words = f"ends on {leaf.ends:{DAY}}; " + (f"served by {served}" if served else "used from the next start on")
        changes.append(Change("changed", "certificate", self.node.host, words))
        for one in on_hosts.read(self.cluster, self.node.host, held):
            if one.needs_restart and one.held:
                used = held_certificate.used_for(self.cluster, one.role)
                ends = f"the certificate of the last start, used {used}, ends on {one.held.ends:{DAY}}"
                changes.append(Change("restart", "certificate", one.role, f"{ends}; restart needed before: {RESTART}"))

    def _script(self, *commands: str) -> list[Change]:
        return services.run(self.c, commands, extra=script.RENEWAL)
