"""Live upgrades: up, soak, back, up again, finalize, under the load of an outside client, and with bad luck."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kafka_fab.cluster.folder import HOME
from lab import Lab, LabSpec
from lab.archive import ensure
from lab.machine import CACHE
from tests.integration.conftest import NAME, Site, lab_of, write_folder
from tests.integration.outside_load import client, servers

pytestmark = pytest.mark.lab

LAB = f"{NAME}u"
HOSTS = tuple(f"{LAB}{number}" for number in (1, 2, 3))
CONTROLLERS = tuple(f"{LAB}{number}" for number in (4, 5, 6))
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
LONG = 900
Groups = Mapping[str, Sequence[str]]


@pytest.fixture(scope="module")
def upgrade_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_of(LabSpec(LAB, HOSTS, folder=tmp_path_factory.mktemp("upgrades"))) as made:
        yield made


@pytest.fixture
def upgraded(upgrade_lab: Lab, tmp_path: Path) -> Iterator[Callable[[str, Groups], Upgrades]]:
    """Build and start a cluster of some version with a topic; nothing is left of it afterwards."""
    site = Upgrades(tmp_path, HOSTS, upgrade_lab)

    def make(version: str, groups: Groups) -> Upgrades:
        site.build(version, groups)
        return site

    yield make
    site.wipe()


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

    def build(self, version: str, groups: Groups) -> None:
        ensure(version, CACHE)
        write_folder(self.lab, self.folder, groups, SETTINGS.format(version=version))
        self.done("install", timeout=300)
        self.done("start", timeout=300)
        self.done("topics.create", "--name", "orders", "--partitions", "6")

    def prepare(self, version: str) -> dict[str, Any]:
        """Write another version, and install it beside the running one, which goes on; return the plan."""
        ensure(version, CACHE)
        pids = self.pids()
        self.settings(SETTINGS.format(version=version))
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

    def pids(self) -> dict[str, str]:
        return self.everywhere("systemctl show -p MainPID --value kafka zookeeper controller 2>/dev/null; true")

    def upgrade(self, *words: str, code: int = 0) -> str:
        """Upgrade, or go back, to the end that is expected."""
        ended = self.fab("upgrade", *words, timeout=LONG)
        assert ended.returncode == code, f"{ended.stdout}\n{ended.stderr}"
        assert code or " 0 lost, 0 reordered" in ended.stdout
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
        site = Upgrades(tmp_path, spec.hosts, made)
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
    site.upgrade("--rollback")
    site.is_at("0.8.0", "not begun")
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
    plan = site.prepare("4.3.1")
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
