"""SCRAM users and ACLs as files, on running clusters: applied, audited, held against what the brokers decide."""

from __future__ import annotations

import json
import random
import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kafka_fab.cluster import load
from kafka_fab.cluster.acls.acl import (
    CLUSTER_NAME,
    Acl,
    Operation,
    Pattern,
    PatternType,
    Permission,
    ResourceType,
)
from kafka_fab.cluster.acls.evaluator import Request, Rules
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.cluster.values.connection_security import Login
from kafka_fab.cluster.values.secret_value import Secret
from kafka_fab.live import authorizer_logger
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.client import acls
from kafka_fab.live.client.broker_connection import BrokerConnection
from kafka_fab.live.client.protocol import kafka_python
from kafka_fab.live.client.sasl_login import LoginRejected, log_in
from kafka_fab.live.client.wait import until
from kafka_fab.operate.acls import listening
from lab import Lab, LabSpec
from lab.archive import ensure
from lab.machine import CACHE
from tests.integration.conftest import NAME, Site, await_line, lab_of, write_folder

# A secured cluster of its own takes minutes: the normal run has the users and ACLs of test_live_secured.
pytestmark = [pytest.mark.lab, pytest.mark.slow]

LAB = f"{NAME}a"
HOSTS = (f"{LAB}1", f"{LAB}2")
SECONDS = 30.0
TOPICS = ("a", "ab", "b")
PASSWORDS = {"ALICE": "marker-alice", "BOB": "marker-bob"}
# A listener for logins without TLS, which kafka-fab itself never uses: certificates are others' tests.
PROPERTIES = """
    default.replication.factor: 1
    min.insync.replicas: 1
    offsets.topic.replication.factor: 1
    transaction.state.log.replication.factor: 1
    transaction.state.log.min.isr: 1
    listeners: 'PLAINTEXT://:9092,CLIENTS://:9094{controller}'
    advertised.listeners: 'PLAINTEXT://{host}:9092,CLIENTS://{host}:9094'
    listener.security.protocol.map: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,CLIENTS:SASL_PLAINTEXT'
    sasl.enabled.mechanisms: 'SCRAM-SHA-512,SCRAM-SHA-256'
    listener.name.clients.scram-sha-512.sasl.jaas.config: '{scram}'
    listener.name.clients.scram-sha-256.sasl.jaas.config: '{scram}'
"""
AUTHORIZER = """
    authorizer.class.name: {authorizer}
    super.users: 'User:ANONYMOUS'
    allow.everyone.if.no.acl.found: 'true'
"""
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
KRAFT = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
ZOOKEEPER = "kafka.security.authorizer.AclAuthorizer"


@dataclass(frozen=True)
class Line:
    """A version with its mode; an isolated controller has a host of its own."""

    version: str
    kraft: bool


LINES = {
    "4.3.1": Line("4.3.1", kraft=True),
    "3.9.1-kraft": Line("3.9.1", kraft=True),
    "3.9.1": Line("3.9.1", kraft=False),
    "2.8.2": Line("2.8.2", kraft=False),
}
SLOW = [name for name in LINES if name != "4.3.1"]


@dataclass
class Live:
    """A running cluster with an authorizer that allows what no ACL is about."""

    site: Site
    line: Line

    @property
    def model(self) -> Cluster:
        return load.cluster(self.site.folder)

    @property
    def admin(self) -> AdminClient:
        return AdminClient(self.model)

    @contextmanager
    def session(self, user: str, password: str, mechanism: str = "SCRAM-SHA-512") -> Iterator[BrokerConnection]:
        """Log in as a client does."""
        with BrokerConnection(Endpoint(self.model.brokers[0].address, 9094), SECONDS) as connection:
            log_in(connection.ask, Login(mechanism, user, Secret(password)), "")
            yield connection

    def fab(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run fab with the users' passwords in its environment."""
        return self.site.fab(*words, timeout=120, **PASSWORDS)

    def states(self, user: str) -> dict[str, str]:
        """Return the mechanisms of a user that are not locked: KRaft must not delete any."""
        listed = json.loads(self.site.done("users.list", "--json"))["users"]
        mine = [one for one in listed if one["user"] == user]
        assert self.line.kraft or all(one["state"] == "active" for one in mine)
        return {one["mechanism"]: one["state"] for one in mine if one["state"] == "active"}

    def rows(self) -> frozenset[Acl]:
        return acls.describe(self.admin.ask)

    def becomes(self, wanted: frozenset[Acl]) -> None:
        """Bring the ACLs about without the file."""
        there = self.rows()
        assert not acls.delete(self.admin.ask, sorted(there - wanted, key=str))
        assert not acls.create(self.admin.ask, sorted(wanted - there, key=str))
        assert until(lambda: self.rows() == wanted, SECONDS)

    def levels(self) -> set[str]:
        """Return the levels of the authorizer's logger in all processes."""
        return {authorizer_logger.level(one.ask, one.service.id) for one in listening.all_targets(self.model)}

    def says(self, name: str, text: str) -> None:
        (self.site.folder / f"conf/{name}.yaml").write_text(text)


@pytest.fixture(scope="module")
def acl_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_of(LabSpec(LAB, HOSTS, folder=tmp_path_factory.mktemp("acls"))) as made:
        yield made


@pytest.fixture(scope="module", params=[pytest.param(n, marks=pytest.mark.slow if n in SLOW else ()) for n in LINES])
def live(request: pytest.FixtureRequest, acl_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One broker, and an isolated controller or a ZooKeeper server beside it."""
    line, folder = LINES[request.param], tmp_path_factory.mktemp("acls")
    ensure(line.version, CACHE)
    values = {"host": HOSTS[0], "scram": SCRAM, "controller": "", "authorizer": KRAFT if line.kraft else ZOOKEEPER}
    settings = [f"version: {line.version}", "kafka:", "  heap: 256m", "  properties:"]
    authorizer = AUTHORIZER.format(**values).strip("\n")
    settings += [PROPERTIES.format(**values).strip("\n"), authorizer]
    if line.kraft:
        settings += ["controller:", "  heap: 256m", "  properties:", authorizer]
    groups = {"kafka": [f"{HOSTS[0]} id=1"], "controller" if line.kraft else "zookeeper": [f"{HOSTS[1]} id=2"]}
    write_folder(acl_lab, folder, groups, "\n".join(settings) + "\n")
    site = Site(folder, HOSTS, acl_lab)
    site.done("install", timeout=300)
    site.done("start", timeout=300)
    made = Live(site, line)
    made.says("users", "users:\n  alice: {password_from: env:ALICE}\n  bob: {password_from: env:BOB}\n")
    ended = made.fab("users.apply")
    assert ended.returncode == 0, ended.stderr
    for topic in TOPICS:
        site.done("topics.create", topic, "--partitions", "1", "--replication", "1")
    yield made
    site.fab("uninstall", "--yes", "--data", timeout=300)


# Users


def test_a_user_logs_in_with_the_password_of_the_file_alone(live: Live) -> None:
    with live.session("alice", PASSWORDS["ALICE"]):
        pass
    for user, password in (("alice", "wrong"), ("nobody", "wrong")):
        with pytest.raises(LoginRejected), live.session(user, password):
            pass


def test_users_are_changed_rotated_and_deleted(live: Live) -> None:
    text = "users:\n  carol: {{generate: true, quotas: {{producer_byte_rate: 1048576}}{more}}}\n"
    live.says("users", text.format(more=", sha_256: {password_from: env:BOB}"))
    ended = live.fab("users.apply", "--json")
    found = json.loads(ended.stdout)
    assert (ended.returncode, found["ok"], len(found["changes"])) == (0, True, 3)
    file = live.site.folder / "passwords/SCRAM-SHA-512/carol"
    with live.session("carol", file.read_text().strip()), live.session("carol", PASSWORDS["BOB"], "SCRAM-SHA-256"):
        pass
    everything = ended.stdout + ended.stderr + live.site.done("users.list")
    assert file.read_text().strip() not in everything
    assert PASSWORDS["BOB"] not in everything
    live.says("users", text.format(more=""))
    assert "only --delete deletes it" in live.site.done("users.plan")
    live.site.done("users.apply", "--delete")
    assert live.states("carol") == {"SCRAM-SHA-512": "active"}
    live.says("users", "users:\n  carol: {absent: true}\n")
    live.site.done("users.apply", "--delete")
    assert live.states("carol") == {}
    with pytest.raises(LoginRejected), live.session("carol", file.read_text().strip()):
        pass
    assert live.site.fab("users.plan", "--check", "--delete").returncode == 0


@contextmanager
def sampled(marker: bytes) -> Iterator[set[str]]:
    """Look for a text in the arguments and environment of all processes, those of the hosts among them."""
    ended, hits = threading.Event(), set[str]()

    def look() -> None:
        while not ended.is_set():
            for name in ("cmdline", "environ"):
                for file in Path("/proc").glob(f"[0-9]*/{name}"):
                    with suppress(OSError):
                        if marker in file.read_bytes():
                            hits.add(str(file))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield hits
    finally:
        ended.set()
        looking.join()


def test_a_password_is_in_its_file_alone(live: Live) -> None:
    marker = secrets.token_urlsafe(24)
    file = live.site.folder / "password"
    file.write_text(f"{marker}\n")
    file.chmod(0o600)
    live.says("users", "users:\n  dave: {password_from: file:password}\n")
    with sampled(marker.encode()) as hits:
        said = [live.site.done("users.apply"), live.site.done("users.plan", "--json"), live.site.done("history")]
    with live.session("dave", marker):
        pass
    assert (hits, [text for text in said if marker in text]) == (set(), [])
    places = "/etc /opt/kafka-logs /var /run /tmp /root /home"
    found = live.site.everywhere(f"journalctl -o export | grep -c {marker}; grep -rslF -e {marker} {places} || true")
    assert {host: text.split() for host, text in found.items()} == {host: ["0"] for host in HOSTS}
    live.says("users", "users:\n  dave: {absent: true}\n")
    live.site.done("users.apply", "--delete")


# ACLs


def allowed_by_broker(connection: BrokerConnection) -> dict[tuple[ResourceType, str, Operation], bool]:
    """Return what a broker allows the user of a connection, by the operations that it answers with each resource."""
    request = kafka_python().protocol.metadata.MetadataRequest
    topics = [request.MetadataRequestTopic(version=8, name=name) for name in TOPICS]
    answer = connection.ask(
        request(
            version=8,
            topics=topics,
            allow_auto_topic_creation=False,
            include_cluster_authorized_operations=True,
            include_topic_authorized_operations=True,
        )
    )
    found: dict[tuple[ResourceType, str, Operation], bool] = {}
    of_cluster = answer.authorized_operations or ()
    # Who may not describe the cluster gets no other operation of it.
    found[ResourceType.CLUSTER, CLUSTER_NAME, Operation.DESCRIBE] = Operation.DESCRIBE in of_cluster
    for topic in answer.topics:
        found[ResourceType.TOPIC, topic.name, Operation.DESCRIBE] = topic.error_code == 0
        if topic.error_code == 0:
            found |= {
                (ResourceType.TOPIC, topic.name, one): one in topic.authorized_operations
                for one in (Operation.READ, Operation.WRITE, Operation.DESCRIBE_CONFIGS, Operation.ALTER_CONFIGS)
            }
    return found


def some_rows(chance: random.Random, mine: str) -> frozenset[Acl]:
    def row() -> Acl:
        name = chance.choice([*TOPICS, "*"])
        prefixed = name != "*" and chance.random() < 0.4
        pattern = Pattern(ResourceType.TOPIC, name, PatternType.PREFIXED if prefixed else PatternType.LITERAL)
        if chance.random() < 0.1:
            pattern = Pattern(ResourceType.CLUSTER, CLUSTER_NAME)
        operations = [Operation.READ, Operation.WRITE, Operation.DESCRIBE, Operation.ALL]
        if pattern.type == ResourceType.TOPIC:
            operations += [Operation.ALTER_CONFIGS, Operation.DESCRIBE_CONFIGS, Operation.DELETE]
        else:
            operations = [Operation.DESCRIBE, Operation.ALTER, Operation.ALL]
        return Acl(
            pattern,
            chance.choice(["User:alice", "User:bob", "User:*"]),
            chance.choice(operations),
            chance.choice([Permission.ALLOW] * 3 + [Permission.DENY]),
            chance.choice(["*", "*", mine, "10.9.9.9"]),
        )

    return frozenset(row() for _ in range(chance.randint(0, 6)))


def holds_against_the_broker(live: Live, seed: int, rounds: int) -> None:
    chance = random.Random(seed)
    with live.session("alice", PASSWORDS["ALICE"]) as alice, live.session("bob", PASSWORDS["BOB"]) as bob:
        mine = alice._socket.getsockname()[0]
        for number in range(rounds):
            rows = some_rows(chance, mine)
            live.becomes(rows)
            rules = Rules(rows, open_=True)
            for user, connection in (("User:alice", alice), ("User:bob", bob)):
                for (type_, name, operation), expected in allowed_by_broker(connection).items():
                    request = Request(user, mine, operation, type_, name)
                    assert rules.allows(request) is expected, f"seed {seed}, round {number}: {request} by {rows}"
    live.becomes(frozenset())


def test_the_evaluator_decides_as_the_broker_does(live: Live) -> None:
    holds_against_the_broker(live, seed=1, rounds=6)


@pytest.mark.slow
def test_the_evaluator_decides_as_the_broker_does_for_many_random_acls(live: Live) -> None:
    seed = random.SystemRandom().randrange(10**6)
    holds_against_the_broker(live, seed, rounds=100)


FILE = """\
users:
  User:alice:
    - {topic: a, prefixed: true, may: [read]}
    - {topic: ab, may: [write]}
    - {topic: never, may: [read]}
  User:bob:
    - {topic: '*', may: [describe]}
"""


def denials_while(live: Live, work: Callable[[], Any]) -> tuple[int, int]:
    """Return how often alice and bob asked for what they may before and after, and how often they were denied."""
    ended, counts = threading.Event(), [0, 0]

    def ask() -> None:
        with live.session("alice", PASSWORDS["ALICE"]) as alice, live.session("bob", PASSWORDS["BOB"]) as bob:
            while not ended.is_set():
                mine, others = allowed_by_broker(alice), allowed_by_broker(bob)
                wanted = [mine.get((ResourceType.TOPIC, name, Operation.READ), False) for name in ("a", "ab")]
                wanted.append(mine.get((ResourceType.TOPIC, "ab", Operation.WRITE), False))
                wanted += [others[ResourceType.TOPIC, name, Operation.DESCRIBE] for name in TOPICS]
                counts[0] += len(wanted)
                counts[1] += wanted.count(False)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        assert until(lambda: counts[0] > 0, SECONDS)
        work()
    finally:
        ended.set()
        asking.join()
    return counts[0], counts[1]


def test_an_apply_locks_nobody_out_closes_the_cluster_and_can_be_taken_back(live: Live) -> None:
    live.becomes(frozenset())
    live.says("acls", FILE)

    def apply() -> None:
        found = json.loads(live.site.done("acls.apply", "--json"))
        assert found["ok"]
        assert {row["principal"] for row in found["changes"]} >= {"User:alice", "User:bob"}

    def take_back() -> None:
        live.says("acls", "users: {User:alice: [], User:bob: []}\n")
        live.site.done("acls.apply", "--delete")

    def both() -> None:
        apply()
        take_back()

    asked, denied = denials_while(live, both)
    assert asked > 0
    assert denied == 0
    [closing] = live.rows()
    assert (closing.pattern.type, closing.operation) == (ResourceType.CLUSTER, Operation.ALL)
    with live.session("bob", PASSWORDS["BOB"]) as bob:
        mine = Acl(Pattern(ResourceType.TOPIC, "a"), "User:bob", Operation.ALL)
        [reason] = acls.create(bob.ask, [mine]).values()
        assert "no rights on the cluster" in reason


def test_an_audit_names_who_would_be_denied_and_which_acls_nobody_uses(live: Live) -> None:
    live.becomes(frozenset())
    live.says("acls", FILE)
    file, ended = live.site.folder / "seen.json", threading.Event()

    def ask() -> None:
        with live.session("bob", PASSWORDS["BOB"]) as bob:
            request = kafka_python().protocol.admin.DescribeConfigsRequest
            topic = request.DescribeConfigsResource(
                version=1, resource_type=2, resource_name="b", configuration_keys=["retention.ms"]
            )
            while not ended.wait(0.2):
                bob.ask(request(version=1, resources=[topic], include_synonyms=False))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        audited = live.site.fab("acls.audit", "--seconds", "5", "--seen", str(file), "--json", "--check", timeout=180)
    finally:
        ended.set()
        asking.join()
    found = json.loads(audited.stdout)
    assert audited.returncode == 2, audited.stderr
    denied = [(one["principal"], one["operation"], one["resource"], one["when"]) for one in found["denied"]]
    assert ("User:bob", "describe_configs", "b", "applied") in denied
    assert {one["principal"] for one in found["requests"]} == {"User:bob"}
    assert "never" in {one["resource"] for one in found["unused"]}
    processes = {one["role"] for one in found["listened"]}
    assert processes == ({"broker", "controller"} if live.line.kraft else {"broker"})
    assert live.levels() == {"INFO"}
    planned = json.loads(live.site.done("acls.plan", "--seen", str(file), "--json"))
    assert [one["principal"] for one in planned["denied"]] == ["User:bob"] * len(planned["denied"])


@pytest.mark.parametrize("how", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow), signal.SIGKILL])
def test_an_audit_that_is_interrupted_sets_the_level_back(live: Live, how: signal.Signals) -> None:
    live.says("acls", FILE)
    running = live.site.start_fab("acls.audit", "--seconds", "60")
    await_line(running, "listening to")
    assert until(lambda: "DEBUG" in live.levels(), SECONDS)
    running.send_signal(how)
    running.communicate(timeout=60)
    if how == signal.SIGKILL:
        assert "DEBUG" in live.levels()
        # The lock ends with its connections.
        began = time.monotonic()
        while (again := live.site.fab("acls.audit", "--seconds", "0")).returncode == 2:
            assert time.monotonic() - began < SECONDS
        assert "that an interrupted audit has left (INFO)" in again.stdout
    assert live.levels() == {"INFO"}
