"""Version lines and distributions that no other test runs: 2.8.2, and Debian 13 with its own Java."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kafka_fab.cluster import load
from kafka_fab.live import broker_configs
from lab import Lab, LabSpec
from lab.archive import ensure
from lab.machine import CACHE
from tests.integration.conftest import NAME, ROOT, TROUBLE, Site, lab_of, rolls_well, write_folder

pytestmark = pytest.mark.lab

SLOW = 300


def lives(site: Site, *rolled: str, then: Callable[[Site], None] = lambda _: None) -> None:
    """Install, start, validate, send messages, restart (some hosts or all) and stop, as an operator would."""
    site.done("install")
    assert "nothing to change" in site.done("install")
    site.done("start", timeout=SLOW)
    assert "the cluster matches hosts.ini" in site.done("validate")
    assert "3 of 3 brokers: produced and consumed a message" in site.done("smoke")
    takes_a_change_while_it_runs(site)
    rolls_well(site, *rolled)
    then(site)
    site.done("stop", timeout=SLOW)
    site.everywhere("ls /opt/kafka-logs/.kafka_cleanshutdown")


def takes_a_change_while_it_runs(site: Site) -> None:
    """Hold the table of what brokers take against their own, and let them take something."""
    model = load.cluster(site.folder)
    found = broker_configs.settings(model, model.brokers[0])
    assert {name for name, setting in found.items() if not setting.read_only} == model.release.dynamic_names
    hours = "log.retention.hours: 168\n"
    with site.changed("conf/cluster.yaml", hours, f"{hours}    num.io.threads: 12\n"):
        site.done("install")
        assert "3 hosts: 3 changes" in site.done("reconfigure")
        assert {broker_configs.settings(model, node)["num.io.threads"].value for node in model.brokers} == {"12"}
        assert "needed" not in site.done("status")


LOOK = "readlink /opt/kafka; cat /etc/kafka/* /etc/zookeeper/* /etc/systemd/system/kafka.service"
PREPARED = "prepared for 3.9.1; stays at 2.8.2 until it is upgraded: fab upgrade"


def pid(site: Site) -> str:
    return site.on(TROUBLE[0], "systemctl show -p MainPID --value kafka").strip()


def stays_at_its_version(site: Site) -> None:
    """Install another version: it is prepared, and what crashes meanwhile starts again as it was."""
    before, first = site.everywhere(LOOK), pid(site)
    with site.changed("conf/cluster.yaml", "version: 2.8.2", "version: 3.9.1"):
        plan = site.done("plan")
        assert f"all hosts: kafka: would be {PREPARED}" in plan
        assert "would" not in {line.partition("  ")[0] for line in plan.splitlines() if "/etc/" in line}
        installed = site.done("install", timeout=SLOW)
        assert f"all hosts: zookeeper: {PREPARED}" in installed
        assert "outdated" not in installed
        assert "nothing to change" in site.done("install")
        assert site.everywhere(LOOK) == before
        new = "case $(systemctl show -p MainPID --value kafka) in 0 | $was) ;; *) break ;; esac"
        site.on(TROUBLE[0], f"was={first}; kill -9 $was; while :; do {new}; sleep 0.2; done")
        site.done("start", timeout=SLOW)
        rows = [line.split() for line in site.done("version").splitlines()[1:-1]]
        assert {tuple(row[2:]) for row in rows} == {("3.9.1", "2.8.2", "2.8.2")}
        rows = [line.split() for line in site.done("upgrade", "--status").splitlines() if line.startswith(TROUBLE)]
        assert {tuple(row[-4:]) for row in rows} == {("2.8.2", "2.8.2", "-", "-")}
    assert "prepared" not in site.done("plan")


@pytest.mark.slow
def test_kafka_2_8_lives_with_its_zookeeper(make_site: Callable[..., Site]) -> None:
    ensure("2.8.2", CACHE)
    site = make_site(TROUBLE)
    site.settings((ROOT / "conf/cluster.yaml").read_text().replace("version: 3.9.1", "version: 2.8.2"))
    try:
        lives(site, TROUBLE[0], then=stays_at_its_version)
    finally:
        site.wipe()


@pytest.fixture
def trixie(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    hosts = tuple(f"{NAME}t{number}" for number in (1, 2, 3))
    with lab_of(LabSpec(f"{NAME}t", hosts, suite="trixie", folder=tmp_path_factory.mktemp("trixie")), "4.3.1") as made:
        yield made


@pytest.mark.slow
def test_debian_13_runs_kafka_4(trixie: Lab, tmp_path: Path) -> None:
    nodes = [f"{host} id={at}" for at, host in enumerate(trixie.hosts, 1)]
    settings = (ROOT / "conf/cluster.yaml").read_text().replace("version: 3.9.1", "version: 4.3.1")
    write_folder(trixie, tmp_path, {"kafka": nodes, "controller": nodes}, settings)
    site = Site(tmp_path, tuple(trixie.hosts), trixie)
    assert 'PRETTY_NAME="Debian GNU/Linux 13' in site.on(site.hosts[0], "cat /etc/os-release")
    lives(site)
