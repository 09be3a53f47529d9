"""Rotate CA: another CA for the nodes, in three passes; each call asks every listener where it stands, and goes on."""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.pki import rotation
from kafka_fab.cluster.pki.judgement import issued_by
from kafka_fab.cluster.pki.rotation import ListenerProbe, Pass, Probe
from kafka_fab.cluster.resource import File, Owner, Resource
from kafka_fab.cluster.roles import node_resources, node_store
from kafka_fab.cluster.security import stores
from kafka_fab.cluster.settings.security_settings import CertificateSource
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.locking.guard import Guard
from kafka_fab.operate.certificates import (
    init_certificates,
    node_certificate,
    proof,
    reload,
    renew,
    rotation_probes,
    tool_certificate,
)
from kafka_fab.operate.certificates.issue import Issuer
from kafka_fab.operate.certificates.rotation_files import RotationFiles
from kafka_fab.operate.certificates.rotation_probes import ProbeCertificates
from kafka_fab.operate.hosts import running
from kafka_fab.remote.converge import converge
from kafka_fab.remote.fleet import Fleet, fleet, require_success
from kafka_fab.remote.node import node_of
from kafka_fab.remote.ssh.connection import Connection, HostFailure
from kafka_fab.runbook.codes import CertificateCode, coded
from kafka_fab.typed_command import FAB

TASK = "certificates.rotate-ca"
SWITCH = "--clients-trust-new-ca"
AGAIN = f"{FAB} {TASK} --another"
WORDS = {
    Pass.TRUST: "trust: every service trusts the old CA and the new one",
    Pass.ISSUE: "issue: every certificate is of the new CA",
    Pass.DISTRUST: "distrust: no service trusts the old CA any more",
}
SECONDS, PAUSE = 60.0, 0.5
SHOWN = 6


def rotate(c: Context, clients_trust: bool, back: bool = False, another: bool = False) -> None:
    """Go on with the rotation as far as it goes without a restart, and say what comes next."""
    hosts = fleet(c, quiet=True)
    _refuse_others(hosts.cluster)
    running.require_own(hosts)
    with Guard(hosts, TASK, hosts.cluster.inventory.hosts) as guard:
        this = Rotation(hosts, guard.run.id, clients_trust)
        if back:
            this.turn_back()
        ended = None if another else this.files.ended_recently(this.now)
        if ended:
            print(f"done: the CA is {ended.subject}, of {ended.begins:%Y-%m-%d}; {AGAIN} begins another rotation")
        else:
            this.go_on()


def _refuse_others(cluster: Cluster) -> None:
    security = cluster.settings.security
    if not security.mtls:
        raise Exit("security.internal is not mtls: no service asks another for a certificate", code=1)
    if security.certificates.source != CertificateSource.OWN or security.certificates.ca:
        raise Exit(
            "the CA is not kafka-fab's own: write the old and the new CA into the file of security.certificates.ca, "
            f"then {FAB} install and {renew.RESTART}; then new certificates; then the new CA alone",
            code=1,
        )


class Rotation:
    """One call: probes, and the passes that they allow."""

    def __init__(self, hosts: Fleet, run: str, clients_trust: bool) -> None:
        self.hosts, self.cluster, self.run, self.clients_trust = hosts, hosts.cluster, run, clients_trust
        self.now, self.files = datetime.now(UTC), RotationFiles(hosts.cluster)

    def turn_back(self) -> None:
        """Return to the CA from before the rotation, by the same passes; raise Exit where none is under way."""
        if not self.files.under_way:
            raise Exit("no rotation is under way: there is nothing to go back from", code=1)
        self.files.turn_back()
        print(f"back to {self.files.new_certificate.subject}")

    def go_on(self) -> None:
        """Take each pass that is due, until one needs a restart or a word of the operator; raise Exit."""
        if self.files.begin(self.now):
            print(f"new CA: {self.files.new_certificate.subject}, in pki/new-ca.pem")
        steps: dict[Pass, Callable[[], None]] = {
            Pass.TRUST: self._trust,
            Pass.ISSUE: self._issue,
            Pass.DISTRUST: self._distrust,
        }
        while (step := rotation.due(self._probes())) is not Pass.DONE:
            print(f"pass {step.value} of 3: {WORDS[step]}")
            steps[step]()
            left = rotation.incomplete(self._probes(), step)
            if left:
                print(f"not yet: {_few(left)}")
                print(f"next: {renew.RESTART}, then {FAB} {TASK}")
                return
        self.files.end()
        print(f"done: the CA is {self._new_name()}; the old one and its key were removed from pki/")

    def _new_name(self) -> str:
        return Issuer(self.cluster).authorities[0].subject

    def _probes(self) -> tuple[Probe, ...]:
        new, old_chain = self.files.new_authority(), self.files.old_certificates
        with rotation_probes.thrown_away(self.cluster, new, self.files.old_authority(), old_chain, self.now) as shown:
            done = self.hosts.run(
                lambda c: rotation_probes.of_host(c, self.cluster, new, old_chain, shown), TASK, self._having()
            )
        return tuple(probe for one in require_success(done) for probe in one.value)

    def _having(self) -> list[str]:
        nodes = self.cluster.nodes.values()
        return [node.host for node in nodes if node_store.is_needed(self.cluster, node)]

    def _trust(self) -> None:
        self.files.trust_both()
        self._send(lambda probe: probe.trusts_new is not False)

    def _distrust(self) -> None:
        self._refuse_left_over()
        self.files.trust_new_alone()
        self._send(lambda probe: not probe.trusts_old)

    def _refuse_left_over(self) -> None:
        """Raise Exit where the tool itself still shows a certificate of the old CA."""
        tool = tool_certificate.current(self.cluster)
        if tool is None or not issued_by(tool, self.files.new_certificate):
            text = "kafka-fab's own certificate (security.tool.cert) is not of the new CA: replace it first"
            raise Exit(coded(text, CertificateCode.ROTATION), code=1)

    def _send(self, is_taken: Callable[[ListenerProbe], bool]) -> None:
        """Write the CAs to every host, and wait until the listeners that reload them have done so."""
        new, old_chain = self.files.new_authority(), self.files.old_certificates
        with rotation_probes.thrown_away(self.cluster, new, self.files.old_authority(), old_chain, self.now) as shown:
            require_success(self.hosts.run(lambda c: self._send_to(c, shown, is_taken), TASK, self._having()))

    def _send_to(self, c: Connection, shown: ProbeCertificates, is_taken: Callable[[ListenerProbe], bool]) -> None:
        node = node_of(c)
        converge(c, _trust_files(self.cluster, c), run=self.run)
        if not proof.reloading(self.cluster, node):
            return
        try:
            refused = reload.trigger(self.cluster, node)
        except Unreachable as error:
            refused = str(error)
        if refused:
            raise HostFailure(f"the process does not take the CAs: {refused}", CertificateCode.ROTATION)
        new = self.files.new_authority()
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            probes = rotation_probes.of_listeners(self.cluster, node, new, shown)
            names = tuple(f"{node.host}: {name}" for name in proof.reloading(self.cluster, node))
            if all(is_taken(probe) for probe in probes if probe.where in names):
                return
            time.sleep(PAUSE)

    def _issue(self) -> None:
        self._refuse_unknown_clients()
        self.files.sign_with_new()
        tool = tool_certificate.current(self.cluster)
        if tool and not issued_by(tool, self.files.new_certificate) and not self.cluster.settings.security.tool.cert:
            init_certificates.make_tool_certificate(self.cluster, self.now)
        issuer = Issuer(self.cluster)
        for host in self._having():
            if not self._is_of_new(host):
                [done] = self.hosts.run(lambda c: renew.Renewal(c, issuer).run(), TASK, [host])
                require_success([done])
                print(f"{host}: certificate of the new CA")

    def _is_of_new(self, host: str) -> bool:
        chain = node_certificate.issued(self.cluster, self.cluster.nodes[host])
        return bool(chain) and issued_by(chain[0], self.files.new_certificate)

    def _refuse_unknown_clients(self) -> None:
        """Raise Exit until the operator says that clients trust the new CA: nothing here can see that."""
        begun = any(map(self._is_of_new, self._having()))
        if self.cluster.settings.security.listeners and not (self.clients_trust or begun):
            raise Exit(
                "every service trusts the new CA. Before certificates of it are served, clients must trust it, too: "
                f"add pki/new-ca.pem to their trust stores, then run {FAB} {TASK} {SWITCH}",
                code=1,
            )


def _trust_files(cluster: Cluster, c: Connection) -> list[Resource]:
    node = node_of(c)
    paths = [stores.trust_store(folder) for folder, _ in node_store.folders(cluster, node)]
    steps = node_resources.steps(cluster, node)
    files = [item for item in steps["config"] if isinstance(item, File) and item.path in paths]
    return [*(item for item in steps["owner"] if isinstance(item, Owner)), *files]


def _few(names: Iterable[str]) -> str:
    every = list(dict.fromkeys(names))
    more = f" and {len(every) - SHOWN} more" if len(every) > SHOWN else ""
    return ", ".join(every[:SHOWN]) + more
