"""Live upgrades: up, soak, back, up again, finalize, under the load of an outside client, and with bad luck."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from kafka_fab.cluster import load
from kafka_fab.cluster.folder import HOME
from kafka_fab.gate import gate
from kafka_fab.gate.state import Leaving, State
from kafka_fab.live.cluster_state import source
from kafka_fab.live.zookeeper import four_letter_words
from kafka_fab.runbook.codes import RollCode
from lab import Lab, LabSpec
from lab import faults as make
from lab.archive import ensure
from lab.machine import CACHE, wait_until
from tests.integration.conftest import NAME, Site, lab_of, write_folder
from tests.integration.outside_load import client, servers

pytestmark = pytest.mark.lab

LAB = f"{NAME}u"
HOSTS = tuple(f"{LAB}{number}" for number in (1, 2, 3))
CONTROLLERS = tuple(f"{LAB}{number}" for number in (4, 5, 6))
# One that joins in the middle.
FOURTH = f"{LAB}7"
SETTINGS = """\
version: {version}
name: upgraded
kafka:
  heap: 256m
  properties:
    default.replication.factor: 3
    min.insync.replicas: 2
    offsets.topic.replication.factor: 3
    transaction.state.log.replication.factor: 3
    replica.lag.time.max.ms: 3000
    log.cleaner.dedupe.buffer.size: 16777216
controller: {{heap: 256m}}
zookeeper: {{heap: 256m}}
"""
BROKERS = [f"{host} id={at}" for at, host in enumerate(HOSTS, 1)]
COMBINED = {"kafka": BROKERS, "controller": BROKERS}
WITH_ZOOKEEPER = {"kafka": BROKERS, "zookeeper": BROKERS}
ISOLATED = {"kafka": BROKERS, "controller": [f"{host} id={at}" for at, host in enumerate(CONTROLLERS, 101)]}
# A leader whose followers do not answer leads on for a while.
PATIENT = SETTINGS.replace("controller:", "    controller.quorum.fetch.timeout.ms: 60000\ncontroller:", 1)
LEAVING = Leaving(frozenset({1}))
LONG = 900
Groups = Mapping[str, Sequence[str]]


@pytest.fixture(scope="module")
def upgrade_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_of(LabSpec(LAB, (*HOSTS, FOURTH), folder=tmp_path_factory.mktemp("upgrades"))) as made:
        yield made


@pytest.fixture
def upgraded(upgrade_lab: Lab, tmp_path: Path) -> Iterator[Callable[[str, Groups], Upgrades]]:
    """Build and start a cluster of some version with a topic; nothing is left of it afterwards."""
    site = Upgrades(tmp_path, HOSTS, upgrade_lab)

    def make(version: str, groups: Groups) -> Upgrades:
        site.build(version, groups)
        return site

    yield make
    replace(site, hosts=(*HOSTS, FOURTH)).wipe()


@pytest.fixture
def under_load() -> Iterator[Callable[[], None]]:
    """Let an outside client write from a call on until the end of the test; no message is lost."""
    verdicts: list[Mapping[str, Any]] = []
    with ExitStack() as running:
        yield lambda: verdicts.append(running.enter_context(client(servers(HOSTS, 9092))))
    for verdict in verdicts:
        is_whole(verdict)


@dataclass(frozen=True)
class Upgrades(Site):
    """A cluster that is upgraded."""

    text: str = SETTINGS

    def build(self, version: str, groups: Groups) -> None:
        ensure(version, CACHE)
        write_folder(self.lab, self.folder, groups, self.text.format(version=version))
        self.done("install", timeout=300)
        self.done("start", timeout=300)
        self.done("topics.create", "--name", "orders", "--partitions", "6")

    def prepare(self, version: str) -> dict[str, Any]:
        """Write another version, and install it beside the running one, which goes on; return the plan."""
        ensure(version, CACHE)
        pids = self.pids()
        self.settings(self.text.format(version=version))
        said = self.done("install", timeout=300)
        assert f"prepared for {version}" in said
        assert self.pids() == pids
        plan: dict[str, Any] = json.loads(self.done("upgrade", "--plan", "--json", timeout=300))
        assert plan["problems"] == []
        assert len(plan["steps"]) == len(self.services())
        return plan

    def services(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.state()["services"]
        return found

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.done("upgrade", "--status", "--json"))
        return found

    def is_at(self, version: str, phase: str) -> None:
        """Check that every service runs a version and would start with it, and the phase."""
        found = self.state()
        assert {(one["on_disk"], one["running"]) for one in found["services"]} == {(version, version)}
        assert found["phase"] == phase

    def versions(self) -> set[tuple[str, str]]:
        """Return which services run which versions."""
        return {(one["service"], one["running"]) for one in self.services()}

    def pids(self) -> dict[str, str]:
        return self.everywhere("systemctl show -p MainPID --value kafka zookeeper controller 2>/dev/null; true")

    def upgrade(self, *words: str, code: int = 0) -> str:
        """Upgrade, or go back, to the end that is expected."""
        ended = self.fab("upgrade", *words, timeout=LONG)
        assert ended.returncode == code, f"{ended.stdout}\n{ended.stderr}"
        assert code or "--no-canary" in words or " 0 lost, 0 reordered" in ended.stdout
        return ended.stdout + ended.stderr

    def refuses(self, *words: str, code: int = 2) -> str:
        """Run fab, which must end with a code and change no service, and return what it said."""
        before = self.pids()
        ended = self.fab(*words, timeout=300)
        assert ended.returncode == code, f"{ended.stdout}\n{ended.stderr}"
        assert self.pids() == before
        return ended.stdout + ended.stderr

    def is_final(self, version: str) -> None:
        """Check that an upgrade is over: nothing leads back, nothing would change, all is as hosts.ini says."""
        self.is_at(version, "finalized")
        before = self.pids()
        refused = self.fab("upgrade", "--rollback")
        assert refused.returncode == 2
        assert refused.stderr.rstrip().endswith("[U9]")
        assert self.pids() == before
        self.done("plan", "--check")
        assert "the cluster matches hosts.ini" in self.done("validate")
        self.done("smoke")


def levels(site: Upgrades) -> set[str]:
    """Return the protocol versions in the brokers' files."""
    said = site.everywhere("grep ^inter.broker.protocol.version /etc/kafka/server.properties; true")
    return {words.strip().partition("=")[2] for words in said.values()}


def is_whole(verdict: Mapping[str, Any]) -> None:
    assert verdict["acknowledged"] > 0
    assert (verdict["lost"], verdict["errors"]) == ([], [])
    assert (verdict["reordered"], verdict["duplicates"]) == (0, 0)


# A normal run upgrades and finalizes in its campaign.
@pytest.mark.slow
def test_a_combined_cluster_goes_up_and_is_finalized_under_load(
    upgraded: Callable[[str, Groups], Upgrades],
) -> None:
    site = upgraded("3.9.1", COMBINED)
    site.prepare("4.3.1")
    early = site.fab("finalize", "--yes")
    assert early.returncode == 2
    assert "[U10]" in early.stderr
    with client(servers(HOSTS, 9092)) as load:
        said = site.upgrade()
        assert "upgrade to 4.3.1: soaking" in said
        asked = site.fab("finalize")
        assert asked.returncode == 1
        assert "there is no terminal: use --yes" in asked.stderr
        said = site.done("finalize", "--yes", timeout=LONG)
    assert "metadata.version 4.3-IV0" in said
    found = site.state()["finalized"]
    assert {name: found.get(name) for name in ("metadata.version", "transaction.version", "group.version")} == {
        "metadata.version": 30, "transaction.version": 2, "group.version": 1,
    }  # fmt: skip
    assert not found.get("kraft.version", 0) or site.state()["services"]
    site.is_final("4.3.1")
    is_whole(load)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after", "groups"),
    [("3.9.1", "4.3.1", COMBINED), ("2.8.2", "3.9.1", WITH_ZOOKEEPER)],
    ids=["kraft", "zookeeper"],
)
def test_up_and_back_and_up_again_and_finalized_under_load(
    before: str, after: str, groups: Groups, upgraded: Callable[[str, Groups], Upgrades]
) -> None:
    site = upgraded(before, groups)
    site.prepare(after)
    with client(servers(HOSTS, 9092)) as load:
        site.upgrade("--limit", HOSTS[0])
        assert site.state()["phase"] == "in progress"
        site.upgrade()
        site.is_at(after, "soaking")
        # A host that restarts now, whatever restarts it, starts what it should.
        site.on(HOSTS[1], "systemctl restart kafka")
        site.is_at(after, "soaking")
        assert levels(site) == ({"2.8"} if groups is WITH_ZOOKEEPER else {""})
        site.done("install", timeout=300)
        assert levels(site) == ({"2.8"} if groups is WITH_ZOOKEEPER else {""})
        said = site.upgrade("--rollback")
        assert f"upgrade to {after}: not begun" in said
        site.is_at(before, "not begun")
        assert levels(site) == {""}
        site.upgrade("--batch", "2")
        site.is_at(after, "soaking")
        site.done("finalize", "--yes", timeout=LONG)
    assert levels(site) == {""}
    site.is_final(after)
    is_whole(load)


@pytest.mark.slow
def test_isolated_controllers_go_first_and_back_last(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    spec = LabSpec(f"{LAB}i", (*HOSTS, *CONTROLLERS), folder=tmp_path_factory.mktemp("isolated"))
    with lab_of(spec) as made:
        site = Upgrades(tmp_path, spec.hosts, made, PATIENT)
        site.build("3.9.1", ISOLATED)
        site.prepare("4.3.1")
        with client(servers(HOSTS, 9092)) as load:
            site.upgrade()
            site.is_at("4.3.1", "soaking")
            record = json.loads(site.done("upgrade", "--rollback", "--json", timeout=LONG))
            assert [step["service"] for step in record["steps"]] == ["kafka"] * 3 + ["controller"] * 3
            site.is_at("3.9.1", "not begun")
            record = json.loads(site.done("upgrade", "--json", timeout=LONG))
            assert [step["service"] for step in record["steps"]] == ["controller"] * 3 + ["kafka"] * 3
            site.done("finalize", "--yes", timeout=LONG)
        site.is_final("4.3.1")
        is_whole(load)
        commits_nothing(site)


def commits_nothing(site: Upgrades) -> None:
    """Check that a quorum whose leader goes on without followers keeps the gate shut (R57)."""
    leader = json.loads(site.done("quorum.show", "--json"))["leader"]
    followers = [host for at, host in enumerate(CONTROLLERS, 101) if at != leader]
    with ExitStack() as frozen:
        for host in followers:
            frozen.enter_context(make.frozen(site.lab.hosts[host], "kafka-controller"))
        with source(load.cluster(site.folder)) as read:
            # Its high watermark is seen to stand still from reading to reading; one reading alone passes.
            assert wait_until(lambda: is_stalled(read(frozenset())), 60)
            [text] = [
                one.text for one in gate.blockers(read(frozenset()), LEAVING) if one.code is RollCode.QUORUM_STALLED
            ]
    assert f"although controller {leader} leads: no metadata is committed" in text


def is_stalled(state: State) -> bool:
    """Return whether the safety check finds that the quorum commits nothing."""
    return RollCode.QUORUM_STALLED in {one.code for one in gate.blockers(state, LEAVING)}


@pytest.mark.slow
def test_an_old_broker_and_a_new_controller_beside_what_they_do_not_understand(
    upgraded: Callable[[str, Groups], Upgrades],
) -> None:
    site = upgraded("3.9.1", WITH_ZOOKEEPER)
    an_old_broker_serves_nothing(site)
    no_controller_is_formatted_after_a_copy(site)


def an_old_broker_serves_nothing(site: Upgrades) -> None:
    """Check that a broker of 2.8.2 beside brokers that speak 3.9 keeps the gate shut: it is registered, and empty."""
    old, host = "/opt/kafka_2.13-2.8.2", HOSTS[0]
    archive = f"{site.lab.mirror_url}/2.8.2/{ensure('2.8.2', CACHE).name}"
    site.on(host, f"mkdir {old} && curl -fsS {archive} | tar -xz -C {old} --strip-components=1", 120)
    unit, new = "/etc/systemd/system/kafka.service", "/opt/kafka_2.13-3.9.1"
    with restarted(site, host, f"sed -i 's|{new}/bin|{old}/bin|' {unit}", f"sed -i 's|{old}/bin|{new}/bin|' {unit}"):
        said = await_said(site, "[R53]", "-H", HOSTS[1], "rolling-restart", "--plan")
        assert "broker 1 is registered but serves no topics" in said
        assert "[S22]" in site.fab("status").stdout
        assert "without the pin of 2.8.2, which others still run" in site.done("upgrade", "--status")
        assert "[U7]" in site.refuses("upgrade")
    await_said(site, "the cluster matches hosts.ini", "validate")


@contextmanager
def restarted(site: Upgrades, host: str, change: str, back: str) -> Iterator[None]:
    """Restart a host's broker with a change, and without it afterwards."""
    for script in (change, back):
        site.on(host, f"{script} && systemctl daemon-reload && systemctl restart kafka", 300)
        if script == change:
            yield


def await_said(site: Upgrades, text: str, *words: str) -> str:
    """Run a task until it says a text, and return what it said."""
    said: list[str] = []

    def is_said() -> bool:
        ended = site.fab(*words, timeout=300)
        said[:] = [ended.stdout + ended.stderr]
        return text in said[0]

    assert wait_until(is_said, 120), said
    return said[0]


def no_controller_is_formatted_after_a_copy(site: Upgrades) -> None:
    """Check that an empty controller is not formatted where /migration holds an offset: it would delete all topics."""
    content = {"version": 0, "kraft_metadata_offset": 116, "kraft_controller_id": 101, "kraft_controller_epoch": 6}
    with four_letter_words.client(load.cluster(site.folder)) as kazoo:
        kazoo.create("/migration", json.dumps(content).encode())
    controllers = {"kafka": BROKERS, "controller": [f"{FOURTH} id=101"]}
    write_folder(site.lab, site.folder, controllers, SETTINGS.format(version="3.9.1"))
    site.done("-H", FOURTH, "install", timeout=300)
    said = site.refuses("-H", FOURTH, "start", "--no-preflight", code=1)
    assert "nothing was formatted or started" in said
    assert "/migration in ZooKeeper" in said
    assert "has offset 116, so ZooKeeper's metadata would not be copied again" in said
    assert site.on(FOURTH, "find / -xdev -name meta.properties") == ""
    site.done("-H", FOURTH, "uninstall", "--yes", "--data")


@pytest.mark.slow
def test_messages_of_0_8_0_are_there_after_the_upgrade(upgraded: Callable[[str, Groups], Upgrades]) -> None:
    site = upgraded("2.8.2", WITH_ZOOKEEPER)
    site.wipe()
    old = (HOME / "examples/kafka-0.8.0/conf/cluster.yaml").read_text()
    ensure("0.8.0", CACHE)
    site.settings(old)
    site.done("install", timeout=300)
    site.done("start", timeout=300)
    site.done("topics.create", "--name", "orders", "--partitions", "3", "--replication", "3")
    script = "for n in $(seq 100); do echo m$n; done | /opt/kafka/bin/kafka-run-class.sh kafka.producer.ConsoleProducer"
    place = ",".join(f"{host}:9092" for host in HOSTS)
    site.on(HOSTS[0], f"{script} --broker-list {place} --topic orders --sync >/dev/null 2>&1", timeout=120)
    site.settings(old.replace("version: 0.8.0", "version: 2.8.2"))
    site.done("install", timeout=300)
    site.upgrade()
    site.is_at("2.8.2", "soaking")
    assert levels(site) == {"0.8.0"}
    said = site.upgrade("--rollback")
    # Servers of 3.3 cannot take the place of 3.5's, which serve brokers of 0.8.0 as well.
    assert " stays at 2.8.2, and serves brokers of 0.8.0, too" in said
    assert site.versions() == {("kafka", "0.8.0"), ("zookeeper", "2.8.2")}
    site.upgrade()
    site.done("finalize", "--yes", timeout=LONG)
    site.is_at("2.8.2", "finalized")
    read = "/opt/kafka/bin/kafka-run-class.sh kafka.tools.ConsoleConsumer --from-beginning --max-messages 100"
    said = site.on(HOSTS[0], f"{read} --bootstrap-server {place} --topic orders --timeout-ms 60000 2>/dev/null", 120)
    assert sorted(said.split()) == sorted(f"m{number}" for number in range(1, 101))


@pytest.mark.slow
def test_bad_luck_in_the_middle(
    upgraded: Callable[[str, Groups], Upgrades], under_load: Callable[[], None], tmp_path_factory: Any
) -> None:
    site = upgraded("3.9.1", COMBINED)
    wrong_versions(site)
    site.prepare("4.3.1")
    missing(site)
    plan = json.loads(site.done("upgrade", "--plan", "--json", timeout=300))
    under_load()
    # The first host cannot start the new version.
    first = plan["steps"][0]["services"][0]["host"]
    start = "/opt/kafka_2.13-4.3.1/bin/kafka-server-start.sh"
    site.on(first, f"chmod -x {start}")
    said = site.upgrade(code=4)
    assert f"or bring it back with `fab upgrade --rollback --limit {first}`" in said
    assert "[R34]" in said
    running = {one["host"]: one["running"] for one in site.services()}
    assert running == {host: None if host == first else "3.9.1" for host in HOSTS}
    refused = site.fab("upgrade")
    assert refused.returncode == 2
    assert "fab upgrade --resume" in refused.stderr
    # A canary starts with all brokers up only.
    back = site.fab("upgrade", "--rollback", "--limit", first, timeout=LONG)
    assert back.returncode == 0, back.stderr
    assert "interrupted; abandoned" in back.stderr
    site.is_at("3.9.1", "not begun")
    site.on(first, f"chmod +x {start}")
    # The control machine is lost in the middle, and another one continues.
    going = site.start_fab("upgrade", "--no-canary")
    with suppress(ProcessLookupError):
        assert going.stdout
        for line in going.stdout:
            if "is in sync" in line:
                # Another operator, meanwhile.
                second = site.fab("upgrade")
                assert second.returncode == 2
                assert "another operation is in progress: upgrade" in second.stderr
                assert second.stderr.rstrip().endswith("[L1]")
                break
        os.killpg(going.pid, signal.SIGKILL)
    going.communicate()
    other = tmp_path_factory.mktemp("other") / "folder"
    shutil.copytree(site.folder, other, ignore=shutil.ignore_patterns(".kafka-fab"))
    elsewhere = Upgrades(other, HOSTS, site.lab)
    ended = elsewhere.fab("upgrade", "--resume", "--no-canary", timeout=LONG)
    assert ended.returncode == 0, ended.stderr
    elsewhere.is_at("4.3.1", "soaking")
    # Settings that are taken back in mid-upgrade change nothing by themselves.
    site.settings(SETTINGS.format(version="3.9.1"))
    refused = site.fab("upgrade")
    assert refused.returncode == 2
    assert "[U7]" in refused.stderr
    site.settings(SETTINGS.format(version="4.3.1"))
    site.done("finalize", "--yes", timeout=LONG)
    site.is_final("4.3.1")
    nothing_older(site)


def nothing_older(site: Upgrades) -> None:
    """Check that no version before the finalized one is installed, and that its tree goes when it is told to."""
    site.settings(SETTINGS.format(version="3.9.1"))
    said = site.refuses("install", code=1)
    assert "3.9.1 is older than 4.3.1, which has run on this data" in said
    said = site.refuses("upgrade")
    assert "newer than 3.9.1 in conf/cluster.yaml. Write `version: 4.3.1` in conf/cluster.yaml [U7]" in said
    site.settings(SETTINGS.format(version="4.3.1"))
    # Old trees: two stay by default.
    assert site.everywhere("ls /opt | grep -c ^kafka_") == dict.fromkeys(HOSTS, "2\n")
    site.done("prune")
    assert site.everywhere("ls /opt | grep -c ^kafka_") == dict.fromkeys(HOSTS, "2\n")
    assert "/opt/kafka_2.13-3.9.1" in site.done("prune", "--keep", "1")
    assert site.everywhere("ls -d /opt/kafka_*") == dict.fromkeys(HOSTS, "/opt/kafka_2.13-4.3.1\n")
    site.is_final("4.3.1")


def wrong_versions(site: Upgrades) -> None:
    """Check what is said of a version that nobody knows, and of one that nobody can download."""
    site.settings(SETTINGS.format(version="1.0.0"))
    said = site.refuses("install", code=1)
    assert "version: 1.0.0 is not covered; 0.8.0, 2.8.x, 3.0 to 3.8, 3.9.x, 4.x are [C2]" in said
    site.settings(SETTINGS.format(version="4.9.9"))
    said = site.refuses("install", code=1)
    assert "version: 4.9.9 is taken by the rules of 4.3.1, with which it was not tested" in said
    assert "kafka_2.13-4.9.9.tgz" in said
    site.settings(SETTINGS.format(version="3.9.1"))
    assert site.state()["phase"] == "finalized"


def missing(site: Upgrades) -> None:
    """Check what is said of a host without the new version, and of one that is down."""
    last = HOSTS[2]
    site.on(last, "mv /opt/kafka_2.13-4.3.1 /root/")
    said = site.refuses("upgrade")
    assert f"{last}: /opt/kafka_2.13-4.3.1 is not there: run `fab install`, which prepares the hosts [U2]" in said
    site.on(last, "mv /root/kafka_2.13-4.3.1 /opt/")
    with make.powered_off(site.lab.hosts[last]):
        ended = site.fab("upgrade", timeout=300)
        assert ended.returncode == 2, ended.stdout + ended.stderr
        assert f"{last}:" in ended.stderr
    # It starts by itself what it had.
    site.done("start", timeout=300)
    site.is_at("3.9.1", "not begun")


@pytest.mark.slow
def test_hosts_and_files_that_change_in_the_middle(upgraded: Callable[[str, Groups], Upgrades]) -> None:
    site = upgraded("3.9.1", COMBINED)
    site.prepare("4.3.1")
    one, two, three = HOSTS
    said = site.upgrade("--limit", one, "--no-canary")
    assert "in progress; 1 of 3 services done" in said
    # A file that was edited by hand is kept as a copy; the settings that were edited go with the upgrade.
    site.on(two, "echo 'log.retention.hours=7' >>/etc/kafka/server.properties")
    edited = SETTINGS.format(version="4.3.1").replace("    min.ins", "    log.retention.hours: 30\n    min.ins")
    site.settings(edited)
    plan = site.done("upgrade", "--plan", timeout=300)
    assert f"{two}: /etc/kafka/server.properties (edited by hand, a copy is kept)" in plan
    assert "-log.retention.hours=7" in plan
    assert "+log.retention.hours=30" in plan
    # A tree that services still start from.
    site.on(three, "echo more >>/opt/kafka_2.13-3.9.1/bin/kafka-topics.sh")
    ended = site.fab("plan", "--check")
    assert ended.returncode == 2
    assert "bin/kafka-topics.sh differs from the archive, and kafka starts from it until it is upgraded" in ended.stdout
    a_fourth_host_joins(site)
    site.upgrade("--no-canary")
    assert "log.retention.hours=7" in site.on(two, "cat /etc/kafka/server.properties.*.kept")
    assert site.on(two, "grep ^log.retention.hours /etc/kafka/server.properties") == "log.retention.hours=30\n"
    site.is_at("4.3.1", "soaking")
    back = site.done("upgrade", "--rollback", "--plan", timeout=300)
    assert back.startswith("back: 4.3.1 -> 3.9.1\n")
    assert f"note: {FOURTH} (broker 4) was installed at 4.3.1 in the middle of the upgrade" in back
    site.on(three, "mv /opt/kafka_2.13-3.9.1 /root/")
    said = site.refuses("upgrade", "--rollback", "--plan")
    assert f"{three}: restored kafka: /opt/kafka_2.13-3.9.1, which it ran from before, does not exist any more" in said
    assert "[U9]" in site.refuses("upgrade", "--rollback")
    site.on(three, "mv /root/kafka_2.13-3.9.1 /opt/")
    a_host_leaves(site)
    # The first host was upgraded before the settings were edited.
    assert "kafka runs an outdated configuration" in site.done("install", timeout=300)
    site.done("rolling-restart", "--changed", "--no-canary", timeout=LONG)
    site.done("finalize", "--yes", timeout=LONG)
    site.is_final("4.3.1")
    another_java(site)


def a_fourth_host_joins(site: Upgrades) -> None:
    """Add a broker, which starts with the new version at the level of the others."""
    file = site.folder / "hosts.ini"
    file.write_text(file.read_text().replace("\n\n", f"\n{FOURTH} id=4\n\n", 1))
    site.done("-H", FOURTH, "install", timeout=300)
    site.done("-H", FOURTH, "start", timeout=300)
    found = site.state()
    assert {one["host"]: one["running"] for one in found["services"]}[FOURTH] == "4.3.1"
    assert (found["phase"], found["finalized"]["metadata.version"]) == ("in progress", 21)


def a_host_leaves(site: Upgrades) -> None:
    """Take the broker out again: it is not unregistered while it runs, and is no obstacle afterwards."""
    said = site.refuses("unregister", FOURTH, code=3)
    assert f"broker 4 runs on {FOURTH} (active running), and unregistered, a broker that runs" in said
    site.done("-H", FOURTH, "stop", timeout=300)
    site.done("-H", FOURTH, "uninstall", "--yes", "--data", timeout=300)
    file = site.folder / "hosts.ini"
    file.write_text(file.read_text().replace(f"{FOURTH} id=4\n", ""))
    assert site.done("unregister", "4") == "broker 4 is no longer registered\n"
    assert site.done("unregister", "4") == "broker 4 was not registered\n"


def another_java(site: Upgrades) -> None:
    """Bring another Java, and take it back."""
    site.everywhere("ln -sfn /usr/lib/jvm/java-17-openjdk-amd64 /srv/java")
    before = site.pids()
    site.settings((site.folder / "conf/cluster.yaml").read_text() + "java: {home: /srv/java}\n")
    said = site.done("install", timeout=300)
    assert "prepared for /srv/java (java.home); stays at the java in PATH until it is upgraded: fab upgrade" in said
    assert site.pids() == before
    plan = site.done("upgrade", "--plan", timeout=300)
    assert f"Java: the java in PATH -> /srv/java on {', '.join(HOSTS)}" in plan
    assert "+Environment=JAVA_HOME=/srv/java" in plan
    site.upgrade("--no-canary")
    look = "tr '\\0' '\\n' </proc/$(systemctl show -p MainPID --value kafka)/environ | grep ^JAVA_HOME; true"
    assert site.everywhere(look) == dict.fromkeys(HOSTS, "JAVA_HOME=/srv/java\n")
    assert {one["running_java"] for one in site.services()} == {"/srv/java"}
    site.upgrade("--rollback", "--no-canary")
    assert site.everywhere(look) == dict.fromkeys(HOSTS, "")
    assert site.state()["phase"] == "not begun"
