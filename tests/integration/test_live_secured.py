"""Secured clusters of each line: every task works as in plaintext, strangers get nothing, and no secret is seen."""

from __future__ import annotations

import json
import os
import random
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import pytest

from kafka_fab.cluster import load
from kafka_fab.cluster.acls.acl import Acl, Operation, Pattern, ResourceType
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.pki import authority
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.cluster.security import stores
from kafka_fab.cluster.values.connection_security import SCRAM, Login, Tls
from kafka_fab.cluster.values.secret_value import Secret
from kafka_fab.cluster.values.subject import Subject
from kafka_fab.live.client import acls, api_versions, describe_quorum
from kafka_fab.live.client.broker_connection import BrokerConnection, Unreachable
from kafka_fab.live.client.protocol import Ask, kafka_python
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.live.client.wait import until
from kafka_fab.operate.certificates.rotate_ca import SWITCH
from lab import Lab, LabSpec
from lab.archive import ensure
from lab.machine import CACHE
from tests.integration import strangers
from tests.integration.conftest import NAME, QUICK_JVM, Site, lab_of, rolls_well, write_folder
from tests.integration.strangers import Strangers, answered, is_hung_up, znodes_are_closed
from tests.integration.test_infra_specs import HEALTHY, by_name, last_line, run_specs
from tests.integration.test_secrets import content
from tests.process_record import ProcessRecord

pytestmark = pytest.mark.lab

SECONDS = 30.0
# Files of the hosts that are newer than this one were written by these tests.
BEGUN = "/var/tmp/secured-begun"
LAB = f"{NAME}x"
HOSTS = tuple(f"{LAB}{number}" for number in (1, 2, 3))
SETTINGS = """\
version: {version}
name: secured
kafka:
  properties:
    default.replication.factor: {brokers}
    min.insync.replicas: 1
    offsets.topic.replication.factor: {brokers}
    transaction.state.log.replication.factor: {brokers}
    transaction.state.log.min.isr: 1
    listener.name.legacy.plain.sasl.jaas.config: '{plain}'
{controller}
security:
  internal: mtls
  listeners:
    clients: {{port: 9094, login: scram}}
    external: {{port: 9096, login: mtls, advertise: '{{host}}:9096'}}
    legacy: {{port: 9097, login: plain}}
  certificates: {{passphrase_from: 'file:ca.passphrase'}}
  authorize: true
"""
# The login of a user of one's own, passed through; everything else is kafka-fab's.
PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_app="{}";'
# Passwords where they belong: in the file that is not in version control, in files of mode 600, in what a command
# prints, in a variable of the shell's.
LOCAL = """\
vars: {{vendor_token: {vars}}}
kafka:
  heap: 256m
  jvm_options: {quick} -Dvendor.token={jvm}
  jmx: {{port: 9999, password: {jmx}}}
zookeeper: {{heap: 128m, jvm_options: {quick}}}
controller: {{jvm_options: {quick}}}
"""
USERS = """\
users:
  alice: {password_from: env:SECURED_ALICE}
  bob: {password_from: file:bob.password}
  carol: {password_from: {command: [cat, carol.password]}, sha_256: {generate: true}}
"""
ACLS = "users: {User:alice: [{topic: orders, may: [read]}]}\n"
TOPIC_AUTHORIZATION_FAILED = 29
OUTAGE = "--accept-quorum-outage"
ROTATED = {("4.3.1", "combined"), ("3.9.1", "zookeeper")}
SECRETS_ON_HOST = "cat /etc/kafka/node.pem /etc/kafka/secrets.properties /etc/zookeeper/node.pem 2>/dev/null; true"
# Where files with secrets may be; the last is where Java keeps the options of a process, for its own user alone.
FOLDERS = ("/etc/kafka/", "/run/kafka/", "/etc/zookeeper/", "/run/zookeeper/", "/tmp/hsperfdata_")
PLACES = ("plain", "vars", "jvm", "jmx", "mirror", "passphrase", "env", "file", "command")
IN_FILES = {"passphrase": "ca.passphrase", "file": "bob.password", "command": "carol.password"}


@dataclass(frozen=True)
class Line:
    """A version, and which hosts are brokers, controllers or ZooKeeper servers."""

    version: str
    mode: str
    settings: str = ""

    @property
    def groups(self) -> dict[str, list[str]]:
        brokers = HOSTS[:2] if self.mode == "isolated" else HOSTS
        others = HOSTS[2:] if self.mode == "isolated" else HOSTS
        first = 3 if self.mode == "isolated" else 1
        return {
            "kafka": [f"{host} id={at}" for at, host in enumerate(brokers, 1)],
            "zookeeper" if self.mode == "zookeeper" else "controller": [
                f"{host} id={at}" for at, host in enumerate(others, first)
            ],
        }

    def text(self, password: str) -> str:
        """Return the settings, with a password of a user of the listener by PLAIN."""
        brokers, plain = len(self.groups["kafka"]), PLAIN.format(password)
        return SETTINGS.format(version=self.version, brokers=brokers, controller=self.settings, plain=plain)


LINES = [
    Line("4.3.1", "combined"),
    pytest.param(Line("4.3.1", "isolated"), marks=pytest.mark.slow),
    pytest.param(Line("3.9.1", "isolated"), marks=pytest.mark.slow),
    pytest.param(Line("3.9.1", "combined", "controller: {quorum: static}"), marks=pytest.mark.slow),
    pytest.param(Line("3.9.1", "zookeeper"), marks=pytest.mark.slow),
    pytest.param(Line("2.8.2", "zookeeper"), marks=pytest.mark.slow),
]


@pytest.fixture(scope="module")
def secured_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with pytest.MonkeyPatch.context() as environment:
        # The passphrase of the CA is made there.
        environment.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        with lab_of(LabSpec(LAB, HOSTS, folder=tmp_path_factory.mktemp("secured"))) as made:
            yield made


@dataclass(frozen=True)
class RecordedSite(Site):
    """A cluster's folder that keeps what fab has printed."""

    printed: list[str] = field(default_factory=list)

    def fab(self, *words: str, timeout: float = 120, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run fab as `Site` does."""
        ended = super().fab(*words, timeout=timeout, **environment)
        self.printed.append(ended.stdout + ended.stderr)
        return ended


@dataclass(frozen=True)
class Secured:
    """A running secured cluster, the secrets planted in it, and the processes while it was built and used."""

    line: Line
    site: RecordedSite
    planted: dict[str, str]
    processes: ProcessRecord

    @property
    def model(self) -> Cluster:
        return load.cluster(self.site.folder)

    @cached_property
    def secrets(self) -> dict[str, str]:
        """Return what was planted, and what was made on the way: a user's password, keys, passwords of stores."""
        made = {"generated": (self.site.folder / "passwords/SCRAM-SHA-256/carol").read_text().strip()}
        made["key of fab"] = line_of_key((self.site.folder / "pki/fab.pem").read_text())
        for host, said in self.site.everywhere(SECRETS_ON_HOST).items():
            made[f"key of {host}"] = line_of_key(said)
            lines = (line.partition("=") for line in said.splitlines())
            made |= {f"store of {host}": value for key, _, value in lines if key == stores.STORE_PASSWORD}
        return self.planted | made

    def at(self, listener: str, user: str, password: str, mechanism: str = SCRAM[0]) -> Endpoint:
        """Return where a user logs in to the first broker."""
        login = Login(mechanism, user, Secret(password))
        return endpoint.at_listener(self.model, self.model.brokers[0], listener, login)


@pytest.fixture(scope="module", params=LINES, ids=lambda line: f"{line.version}-{line.mode}")
def secured(
    request: pytest.FixtureRequest, secured_lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Secured]:
    """Build and start a secured cluster with secrets in all places; nothing is left of it afterwards."""
    line, folder = request.param, tmp_path_factory.mktemp("secured")
    ensure(line.version, CACHE)
    word = f"m4rker{secrets.token_hex(4)}"
    planted = {name: f"{word}-{name}" for name in PLACES}
    write_folder(secured_lab, folder, line.groups, line.text(planted["plain"]))
    mirror = secured_lab.mirror_url.replace("http://", f"http://ana:{planted['mirror']}@")
    (folder / "conf/local.yaml").write_text(f"mirror: {mirror}\n{LOCAL.format(quick=QUICK_JVM, **planted)}")
    (folder / "conf/users.yaml").write_text(USERS)
    (folder / "conf/acls.yaml").write_text(ACLS)
    for name, file in IN_FILES.items():
        (folder / file).touch(mode=0o600)
        (folder / file).write_text(f"{planted[name]}\n")
    site = RecordedSite(folder, HOSTS, secured_lab)
    with ProcessRecord() as processes:
        site.everywhere(f"touch {BEGUN}")
        site.done("certificates.init")
        site.done("install", timeout=300)
        site.done("start", timeout=300)
        yield Secured(line, site, planted, processes)
    site.fab("stop", "--force")
    site.fab("uninstall", "--yes", "--data")
    site.everywhere(f"rm -f {BEGUN}")


def logs_in_by_plain(secured: Secured) -> None:
    """Log in as the user of the JAAS line, which kafka-fab does not manage."""
    with BrokerConnection(secured.at("LEGACY", "app", secured.planted["plain"], "PLAIN")) as connection:
        assert api_versions.finalized_features(connection.ask) is not None


def certificates(site: Site, where: str) -> dict[str, str]:
    """Return the serial of each certificate that is on disk, held or served, by host and service or listener."""
    found = json.loads(site.fab("certificates.list", "--json").stdout)
    assert (found["silent"], found["unreachable"]) == ({}, {})
    return {f"{one['host']} {name}": one["serial"] for one in found["certificates"] for name in one[where]}


def renew_all(secured: Secured) -> dict[str, str]:
    """Renew every certificate while all services run, and return the new ones on disk."""
    site, isolated = secured.site, secured.line.mode == "isolated"
    until_restart: tuple[str, ...] = ("ZOOKEEPER",)
    if isolated and not secured.model.release.reloads_controllers:
        until_restart += ("CONTROLLER_TLS",)
    held, served = certificates(site, "held_by"), certificates(site, "served_by")
    site.done("certificates.renew", "--all", timeout=300)
    new, now_served = certificates(site, "on_disk"), certificates(site, "served_by")
    assert certificates(site, "held_by") == held
    assert new.keys() == held.keys()
    assert not set(new.values()) & set(held.values())
    for listener, serial in now_served.items():
        if listener.endswith(until_restart):
            assert serial == served[listener], "it reads its certificate at its start alone"
        else:
            assert serial in new.values(), listener
    assert "restart needed" in site.fab("status").stdout
    return new


def rolls(site: Site, line: Line) -> None:
    """Restart service by service; a controller that is the only one cannot be spared unless that is accepted."""
    if line.mode == "isolated":
        site.done("rolling-restart", OUTAGE, timeout=600)
    else:
        rolls_well(site, zookeeper=line.mode == "zookeeper")


def test_a_secured_cluster(secured: Secured) -> None:
    site, line = secured.site, secured.line
    checks = json.loads(site.done("validate", "--json"))["checks"]
    shown = [one["where"].partition(" ")[0] for one in checks if one["check"] == "certificate"]
    assert set(shown) == set(HOSTS)
    assert {"closed to plaintext", "closed without certificate", "plaintext port"} <= {one["check"] for one in checks}
    logs_in_by_plain(secured)
    site.done("smoke")
    site.done("topics.create", "--name", "orders", "--partitions", "3")
    for words in (
        ("status",),
        ("topics.list",),
        ("topics.describe", "--name", "orders"),
        ("placement",),
        ("elect-leaders",),
        ("certificates.list",),
        ("security.status",),
        ("history",),
        ("plan", "--check"),
    ):
        site.done(*words)
    if line.mode != "zookeeper":
        site.done("quorum.show")
    renewed = renew_all(secured)
    rolls(site, line)
    assert certificates(site, "held_by") == certificates(site, "on_disk") == renewed, "a restart takes the new ones"
    specs = run_specs(site.folder, by_name(site))
    assert HEALTHY.search(last_line(specs)), specs.stdout


# Who gets in


@pytest.fixture(scope="module")
def with_users(secured: Secured) -> Secured:
    """The cluster with users whose passwords come from everywhere, and a topic that one of them may read."""
    secured.site.fab("topics.create", "--name", "orders", "--partitions", "3")
    for task in ("users.plan", "users.apply", "acls.plan", "acls.apply"):
        ended = secured.site.fab(task, SECURED_ALICE=secured.planted["env"])
        assert ended.returncode == 0, ended.stdout + ended.stderr
    return secured


@pytest.fixture(scope="module")
def outside(secured: Secured, tmp_path_factory: pytest.TempPathFactory) -> Strangers:
    return Strangers.of(secured.model, tmp_path_factory.mktemp("strangers"))


def is_topic_denied(ask: Ask, name: str = "orders") -> bool:
    """Return whether a broker denies a client the description of a topic."""
    request = kafka_python().protocol.metadata.MetadataRequest
    topics = [request.MetadataRequestTopic(version=8, name=name)]
    answer = ask(request(version=8, topics=topics, allow_auto_topic_creation=False))
    return bool(answer.topics[0].error_code == TOPIC_AUTHORIZATION_FAILED)


def may_write_acls(ask: Ask) -> bool:
    """Return whether a client can create ACLs, and so give itself every right."""
    mine = Acl(Pattern(ResourceType.TOPIC, "orders"), "User:bob", Operation.ALL)
    refused = acls.create(ask, [mine])
    assert not refused or "no rights on the cluster" in refused[mine]
    return not refused


def test_listeners_of_the_nodes_are_closed_to_all_but_certificates_of_their_ca(
    secured: Secured, outside: Strangers
) -> None:
    cluster = secured.model
    inner = {name for _, name, _ in strangers.listeners(cluster)} - {"CLIENTS", "EXTERNAL", "LEGACY"}
    assert inner == {"REPLICATION", "ZOOKEEPER" if secured.line.mode == "zookeeper" else "CONTROLLER_TLS"}
    assert set(answered(cluster, inner, stores.tool_store(cluster.folder)).values()) == {""}
    found = {shown: answered(cluster, inner, shown) for shown in (None, outside.foreign, outside.client)}
    assert not [said for one in found.values() for said in one.values() if "[A6]" not in said], found
    # The listener for clients with certificates has the clients' CA alone.
    assert set(answered(cluster, {"EXTERNAL"}, outside.client).values()) == {""}
    found = {shown: answered(cluster, {"EXTERNAL"}, shown) for shown in (None, outside.foreign, outside.other)}
    assert not [said for one in found.values() for said in one.values() if "[A6]" not in said], found


def test_a_certificate_that_is_no_nodes_has_no_rights(with_users: Secured, outside: Strangers) -> None:
    cluster = with_users.model
    trusted = stores.ca_certificate(cluster.folder)
    found = {(node.host, name): where for node, name, where in strangers.listeners(cluster)}
    first = cluster.brokers[0].host
    # Of the nodes' CA, with another subject; and of the clients' CA, with the subject of the nodes.
    for name, shown in (("REPLICATION", outside.other), ("EXTERNAL", outside.client)):
        with BrokerConnection(replace(found[first, name], tls=Tls(trusted, shown))) as connection:
            assert is_topic_denied(connection.ask)
            assert not may_write_acls(connection.ask)
    for where in (where for (_, name), where in found.items() if name == "CONTROLLER_TLS"):
        with (
            BrokerConnection(replace(where, tls=Tls(trusted, outside.other))) as connection,
            pytest.raises(RequestRejected, match="no rights on the cluster"),
        ):
            describe_quorum.describe(connection.ask)


def test_users_may_what_their_acls_say(with_users: Secured) -> None:
    with (
        BrokerConnection(with_users.at("CLIENTS", "alice", with_users.planted["env"]), SECONDS) as alice,
        BrokerConnection(with_users.at("CLIENTS", "bob", with_users.planted["file"]), SECONDS) as bob,
    ):
        assert until(lambda: not is_topic_denied(alice.ask), SECONDS)
        assert is_topic_denied(bob.ask)
        assert not may_write_acls(bob.ask)
    with BrokerConnection(with_users.at("CLIENTS", "carol", with_users.planted["command"]), SECONDS):
        pass


def test_a_wrong_password_and_an_unknown_user_are_told_apart_by_nobody(with_users: Secured) -> None:
    def rejected(user: str) -> tuple[str, float]:
        began = time.monotonic()
        with pytest.raises(Unreachable) as raised:
            BrokerConnection(with_users.at("CLIENTS", user, "wrong"), SECONDS)
        return str(raised.value).replace(user, "USER"), time.monotonic() - began

    told = {user: [rejected(user) for _ in range(3)] for user in ("alice", "nobody")}
    texts = {text for found in told.values() for text, _ in found}
    assert len(texts) == 1
    assert "wrong password, or no such user" in texts.pop()
    # Each rejection is delayed by connection.failed.authentication.delay.ms; what else is measured is this machine.
    quickest = {user: min(seconds for _, seconds in found) for user, found in told.items()}
    assert min(quickest.values()) > 0.1
    assert abs(quickest["alice"] - quickest["nobody"]) < 0.3, told


def test_zookeeper_is_closed(with_users: Secured, outside: Strangers) -> None:
    if with_users.line.mode != "zookeeper":
        pytest.skip("a cluster with controllers")
    cluster = with_users.model
    trusted = stores.ca_certificate(cluster.folder)
    for node in cluster.ensemble:
        for shown in (None, outside.foreign, outside.client):
            assert is_hung_up(node.address, cluster.settings.zookeeper.election_port, trusted, shown)
    znodes_are_closed(cluster.folder)


def goes_on(site: Site) -> str:
    """Go on with the rotation of the CA: calls that are killed anywhere, and one that comes to its end."""
    for _ in range(4):
        running = site.start_fab("certificates.rotate-ca", SWITCH)
        time.sleep(random.uniform(0.5, 6))
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
    return site.done("certificates.rotate-ca", SWITCH, timeout=400)


@pytest.mark.slow
def test_a_stolen_certificate_is_refused_once_the_ca_is_rotated(secured: Secured, tmp_path: Path) -> None:
    site = secured.site
    if (secured.line.version, secured.line.mode) not in ROTATED:
        pytest.skip("one line with controllers and one with ZooKeeper are rotated")
    thieves = {"fab": (site.folder / "pki/fab.pem").read_text(), "node": site.on(HOSTS[0], "cat /etc/kafka/node.pem")}
    for name, text in thieves.items():
        (tmp_path / name).touch(mode=0o600)
        (tmp_path / name).write_text(text)
    before = certificates(site, "served_by")
    said, rolls = [goes_on(site)], 0
    while not said[-1].rstrip().splitlines()[-1].startswith("done: the CA is"):
        said += [site.done("rolling-restart", "--changed", timeout=600), goes_on(site)]
        rolls += 1
    assert 2 <= rolls <= 3, "\n".join(said)
    assert not set(before.values()) & set(certificates(site, "served_by").values())
    assert sorted(path.name for path in (site.folder / "pki").glob("*ca*") if "clients" not in path.name) == [
        "ca.key",
        "ca.pem",
    ]
    inner = {"REPLICATION", "CONTROLLER_TLS", "ZOOKEEPER"}
    assert set(answered(secured.model, inner, stores.tool_store(site.folder)).values()) == {""}
    for name in thieves:
        assert "" not in answered(secured.model, inner, tmp_path / name).values()
    site.done("validate")
    assert "nothing would change" in site.done("plan", "--check")


# Secrets


def line_of_key(pem: str) -> str:
    """Return the first line of a private key, which has no part that other keys have, too."""
    return pem.partition("PRIVATE KEY-----\n")[2].splitlines()[1]


def on_hosts(site: Site, word: str) -> dict[str, str]:
    """Return which files of the hosts have a word, with owner, group and mode; and how often the journal has it."""
    # The word as a pattern: the search itself must not be what is found.
    pattern = f"{word[:-1]}[{word[-1]}]"
    return site.everywhere(
        f"find / /run /tmp /var/tmp /dev/shm -xdev -type f -newer {BEGUN} -exec grep -laZ '{pattern}' {{}} + "
        "| sort -zu | xargs -0r stat -c '%n %U %G %a'\n"
        f"journalctl -o export --no-pager | grep -ac '{pattern}'\n"
        f"systemctl show '*' | grep -c '{pattern}'\n"
        "true"
    )


def test_no_secret_is_printed(with_users: Secured, tmp_path: Path) -> None:
    file = tmp_path / "bundle.tar.gz"
    for words in (
        ("plan", "--full"),
        ("plan", "--json"),
        ("install", "--json"),
        ("users.plan", "--json"),
        ("rolling-restart", "--plan", OUTAGE),
        ("bundle", "--out", str(file)),
    ):
        ended = with_users.site.fab(*words, SECURED_ALICE=with_users.planted["env"])
        assert ended.returncode == 0, ended.stdout + ended.stderr
    said = "\n".join(with_users.site.printed) + content(file)
    assert [name for name, secret in with_users.secrets.items() if secret in said] == []
    assert "bob" in said


def test_no_secret_is_in_an_argument_or_an_environment(with_users: Secured) -> None:
    processes = with_users.processes
    for name, secret in with_users.secrets.items():
        # What the operator's shell gave to fab is in fab's own environment, which others cannot read.
        allowed = {("environ", False)} if name == "env" else set()
        assert {(one.kind, one.is_inside) for one in processes.found(secret)} <= allowed, name
    # What could be seen was seen, here and on the hosts.
    assert {one.is_inside for one in processes.found(with_users.planted["env"])} == {False}
    assert {True} <= {one.is_inside for one in processes.found("openssl") if one.kind == "cmdline"}
    assert processes.rounds > 1000


def test_secrets_are_in_the_files_of_their_services_alone(with_users: Secured) -> None:
    word = with_users.planted["plain"].partition("-")[0]
    brokers = {node.host for node in with_users.model.brokers}
    for host, said in on_hosts(with_users.site, word).items():
        *files, journal, units = said.splitlines()
        assert (journal, units) == ("0", "0"), host
        assert any(one.startswith("/etc/kafka/server.properties ") for one in files) is (host in brokers), files
        for one in files:
            name, owner, group, mode = one.rsplit(" ", 3)
            assert name.startswith(FOLDERS), one
            assert owner in ("root", "kafka", "zookeeper"), one
            assert group in ("root", "kafka", "zookeeper"), one
            assert int(mode, 8) & 0o7 == 0, one


def test_secrets_of_the_folder_are_in_files_of_mode_600_that_git_ignores(with_users: Secured) -> None:
    folder, own = with_users.site.folder, {"conf/cluster.yaml", "conf/local.yaml", *IN_FILES.values()}
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    command = ["git", "ls-files", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.split()
    assert "pki/ca.pem" in listed
    known = ["PRIVATE KEY-----\nM", *with_users.secrets.values()]
    modes = {
        str(file.relative_to(folder)): f"{file.stat().st_mode & 0o777:o}"
        for file in folder.rglob("*")
        if file.is_file() and ".git" not in file.parts and any(one in file.read_text(errors="replace") for one in known)
    }
    made = {name: mode for name, mode in modes.items() if name not in own}
    assert set(made) >= {"pki/fab.pem", "passwords/SCRAM-SHA-256/carol"}
    assert set(made.values()) == {"600"}, made
    assert not set(made) & set(listed)
    assert (folder / "pki/ca.key").read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")


# At the end: it stops the cluster.


def test_an_install_writes_nothing_that_could_not_start(secured: Secured) -> None:
    site = secured.site
    own, aside = site.folder / "pki", site.folder / "pki-aside"
    own.rename(aside)
    try:
        refused = site.fab("certificates.init")
        assert refused.returncode == 1
        assert "trust another CA" in refused.stderr
        own.mkdir()
        shutil.copy(aside / "clients-ca.pem", own)
        other = authority.new(Subject("nodes CA", "secured"), datetime.now(UTC))
        (own / "ca.pem").write_text(other.certificate.pem)
        assert "has none of the CAs in the folder's pki/ca.pem" in refused_install(site)
    finally:
        shutil.rmtree(own, ignore_errors=True)
        aside.rename(own)
    site.done("stop", timeout=300)
    # Only a dynamic quorum stores where its members are; a static one, and ZooKeeper, start as their files say.
    if secured.line.mode != "zookeeper" and "static" not in secured.line.settings:
        file = site.folder / "conf/cluster.yaml"
        text = file.read_text()
        file.write_text(f"version: {secured.line.version}\nname: secured\n{secured.line.settings}\n")
        assert "has stored its quorum with controller.listener.names=CONTROLLER_TLS" in refused_install(site)
        file.write_text(text)
    if secured.line.mode == "isolated":
        # Brokers have no quorum of their own in their directories: they were written as the settings were.
        site.done("install")
    site.done("plan", "--check")


def refused_install(site: Site) -> str:
    ended = site.fab("install")
    assert ended.returncode == 1
    return ended.stdout + ended.stderr
