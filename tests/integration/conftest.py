"""One lab for the whole run: a running cluster on the first three hosts, others for an old one and for trouble."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from lab import Lab, LabSpec, down, up
from lab.archive import ensure
from lab.machine import CACHE
from tests import json_schemas
from tests.lab_name import lab_name

if TYPE_CHECKING:
    from tests.integration.rolls import Rolls

ROOT = Path(__file__).resolve().parents[2]
FAB = Path(sys.executable).with_name("fab")
NAME = lab_name()
NAMES = tuple(f"{NAME}{number}" for number in range(1, 10))
CLUSTER, OLD, TROUBLE = NAMES[:3], NAMES[3:6], NAMES[6:]
# What starts with half of the processor's time, for services that live for a test; 0.8.0 needs the last one.
QUICK_JVM = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 --add-opens=java.base/java.lang=ALL-UNNAMED"
# All that an install brings, also one that was cut off or is still under way, and what tests put beside it.
WIPE = """
fuser -k /run/kafka-fab.lock
systemctl stop stranger
systemctl kill --signal=KILL kafka zookeeper
systemctl disable kafka zookeeper
rm -rf /etc/systemd/system/kafka.service /etc/systemd/system/zookeeper.service /opt/* /etc/kafka /etc/zookeeper \\
    /var/lib/zookeeper /var/lib/kafka-fab /var/cache/kafka-fab /var/cache/kafka /var/log/kafka /var/log/zookeeper \\
    /root/.curlrc /srv/java /usr/local/jdk6 /usr/local/bin/java /etc/sysctl.d/90-kafka-fab*.conf
systemctl daemon-reload
systemctl reset-failed
userdel kafka
userdel zookeeper
true
"""


@dataclass(frozen=True)
class Site:
    """A cluster's folder, and fab as an operator would type it there."""

    folder: Path
    hosts: tuple[str, ...]
    lab: Lab

    def fab(self, *words: str, timeout: float = 120, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run fab; what it prints for programs must pass its task's schema."""
        ended = subprocess.run(
            [FAB, *words], cwd=ROOT, env=self.environment | environment, timeout=timeout,
            text=True, capture_output=True, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        json_schemas.check_output(words, ended.stdout)
        return ended

    def start_fab(self, *words: str) -> subprocess.Popen[str]:
        """Start fab and leave it running, in a process group of its own, to be interrupted or killed."""
        return subprocess.Popen(
            # A test run that a shell has put into the background ignores SIGINT, and so would fab.
            ["env", "--default-signal=INT", FAB, *words], cwd=ROOT, env=self.environment, start_new_session=True,
            text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"KAFKA_FAB_CLUSTER": str(self.folder)}

    def done(self, *words: str, timeout: float = 120) -> str:
        """Run fab, which must succeed, and return what it printed."""
        ended = self.fab(*words, timeout=timeout)
        assert ended.returncode == 0, f"fab {' '.join(words)}:\n{ended.stdout}\n{ended.stderr}"
        return ended.stdout

    def on(self, host: str, script: str, timeout: float = 60) -> str:
        """Run a script inside a host, past SSH, and return what it printed."""
        return str(self.lab.hosts[host].run(script, timeout=timeout, check=True).stdout)

    def everywhere(self, script: str) -> dict[str, str]:
        """Run a script inside all hosts at once and return what each printed."""
        with ThreadPoolExecutor() as pool:
            return dict(zip(self.hosts, pool.map(lambda host: self.on(host, script), self.hosts), strict=True))

    def wipe(self) -> None:
        """Bring all hosts back to where nothing is installed."""
        self.everywhere(WIPE)

    @contextmanager
    def mirror(self, *trouble: str) -> Iterator[int]:
        """Serve the archives once more, in a troubled way, and yield the port."""
        argv: list[str | Path] = [
            sys.executable,
            "-m",
            "lab.mirror",
            "--bind",
            self.lab.bridge_address,
            "--root",
            CACHE / "mirror",
        ]
        with subprocess.Popen(
            [*argv, *trouble], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as serving:
            assert serving.stdout
            try:
                yield int(serving.stdout.readline().split("/")[2].rpartition(":")[2])
            finally:
                serving.terminate()

    @contextmanager
    def led_astray(self, host: str, port: int) -> Iterator[None]:
        """Lead one host's downloads to another port, with the same settings for all."""
        self.on(host, f"echo 'connect-to = \"::{self.lab.bridge_address}:{port}\"' >/root/.curlrc")
        try:
            yield
        finally:
            self.on(host, "rm -f /root/.curlrc")

    def settings(self, text: str) -> None:
        (self.folder / "conf/cluster.yaml").write_text(text)

    @contextmanager
    def changed(self, name: str, old: str, new: str) -> Iterator[None]:
        """Replace a text in one of the cluster's files for a while."""
        file = self.folder / name
        before = file.read_text()
        assert old in before
        file.write_text(before.replace(old, new))
        try:
            yield
        finally:
            file.write_text(before)


def rolls_well(site: Site, *only: str, zookeeper: bool = False) -> dict[str, Any]:
    """Restart a cluster, or some hosts of it, service by service, and return the roll's record, without a flaw."""
    chosen = ["-H", ",".join(only)] if only else []
    words = ["rolling-restart", "--json", *(["--zookeeper"] if zookeeper else [])]
    record: dict[str, Any] = json.loads(site.done(*chosen, *words, timeout=600))
    services = [(step["host"], step["service"]) for step in record["steps"]]
    assert len(set(services)) == len(services) >= len(only or site.hosts)
    assert all(step["clean"] for step in record["steps"])
    assert record["canary"]["acknowledged"] > 0
    assert (record["exit"], record["canary"]["lost"], record["canary"]["reordered"]) == (0, 0, 0)
    return record


def await_line(running: subprocess.Popen[str], start: str) -> None:
    """Read what a command prints until a line begins like this."""
    assert running.stdout
    assert any(line.startswith(start) for line in running.stdout)


def with_zookeeper(hosts: Sequence[str]) -> dict[str, list[str]]:
    """Return the groups of a cluster of which each host has a broker, in a rack of its own, and a ZooKeeper server."""
    return {
        "kafka": [f"{host} id={at} rack=r{at}" for at, host in enumerate(hosts, 1)],
        "zookeeper": [f"{host} id={at}" for at, host in enumerate(hosts, 1)],
    }


def write_folder(
    lab: Lab, folder: Path, groups: Mapping[str, Sequence[str]], settings: str, *, quick: bool = True
) -> None:
    """Write a cluster's folder: hosts.ini from the lines of its groups, settings, and how its hosts are reached.

    With `quick`, JVMs have options that make them start soon, not those of a release.
    """
    (folder / "conf").mkdir(parents=True, exist_ok=True)
    blocks = ("\n".join([f"[{group}]", *lines]) for group, lines in groups.items())
    (folder / "hosts.ini").write_text("\n\n".join(blocks) + "\n")
    (folder / "conf/cluster.yaml").write_text(settings)
    for name in ("conf/local.yaml", "ssh_config"):
        shutil.copy(lab.folder / name, folder / name)
    if quick:
        quicken(folder)


def quicken(folder: Path) -> None:
    """Override the options of all JVMs of a cluster, as an operator's own settings do."""
    file = folder / "conf/local.yaml"
    local = yaml.safe_load(file.read_text())
    for part in ("kafka", "zookeeper", "controller"):
        local.setdefault(part, {})["jvm_options"] = QUICK_JVM
    file.write_text(yaml.safe_dump(local, sort_keys=False))


@contextmanager
def lab_of(spec: LabSpec, *versions: str) -> Iterator[Lab]:
    """Build the archives of some versions and a lab, and take the lab down afterwards."""
    for version in versions:
        ensure(version, CACHE)
    (spec.folder / "conf").mkdir()
    try:
        yield up(spec)
    finally:
        down(spec.name)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Nine hosts that know nothing, and archives to install."""
    with lab_of(LabSpec(NAME, NAMES, folder=tmp_path_factory.mktemp("lab")), "3.9.1", "0.8.0") as made:
        yield made


@pytest.fixture(scope="session")
def make_site(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Site]:
    """Return a maker of cluster folders: hosts.ini for some hosts, with the settings of a template folder."""

    def make(hosts: tuple[str, ...], template: Path = ROOT) -> Site:
        folder = tmp_path_factory.mktemp("site")
        text = (template / "conf/cluster.yaml").read_text()
        # The two clusters that the whole run shares are as an operator's are.
        write_folder(lab, folder, with_zookeeper(hosts), text, quick=hosts[0] in TROUBLE)
        return Site(folder, hosts, lab)

    return make


@pytest.fixture(scope="session")
def cluster(make_site: Callable[..., Site]) -> Site:
    """A running 3.9.1 cluster of three, shared by the whole run: leave it as you found it."""
    site = make_site(CLUSTER)
    site.done("install")
    site.done("start")
    return site


@pytest.fixture(scope="session")
def old_cluster(make_site: Callable[..., Site]) -> Site:
    """The blog's cluster, running: Kafka 0.8.0 on three hosts."""
    site = make_site(OLD, ROOT / "examples/kafka-0.8.0")
    site.done("install")
    site.done("start")
    return site


@pytest.fixture(scope="session")
def rolled_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rolls]:
    """A running 3.9.1 cluster on three more hosts, for rolling restarts with faults."""
    from tests.integration import rolls

    hosts = tuple(f"{NAME}r{number}" for number in (1, 2, 3))
    with lab_of(LabSpec(f"{NAME}r", hosts, folder=tmp_path_factory.mktemp("rolls")), "3.9.1") as made:
        yield rolls.built(made, tmp_path_factory.mktemp("rolled"))


@pytest.fixture
def rolled(rolled_cluster: Rolls) -> Iterator[Rolls]:
    """The cluster for rolling restarts, whole before the test and after it."""
    yield rolled_cluster
    rolled_cluster.mended()


@pytest.fixture(scope="session")
def trouble_hosts() -> tuple[str, ...]:
    """The names of the hosts of `trouble`, for what is found out once for many tests."""
    return TROUBLE


@pytest.fixture
def trouble(make_site: Callable[..., Site]) -> Iterator[Site]:
    """Three hosts on which nothing is installed, swept again afterwards."""
    site = make_site(TROUBLE)
    yield site
    site.wipe()
