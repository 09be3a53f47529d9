"""Secured clusters of each line: every task works as in plaintext, and nothing is open that has no TLS."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kafka_fab.cluster import load
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.values.connection_security import Login
from kafka_fab.cluster.values.secret_value import Secret
from kafka_fab.live.client import api_versions, trust_probe
from kafka_fab.live.client.broker_connection import BrokerConnection
from lab import Lab, LabSpec
from lab.archive import ensure
from lab.machine import CACHE
from tests.integration.conftest import NAME, Site, lab_of, rolls_well, write_folder
from tests.integration.test_infra_specs import HEALTHY, by_name, last_line, run_specs

pytestmark = pytest.mark.lab

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
  authorize: true
"""
# The login of a user of one's own, passed through; everything else is kafka-fab's.
PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_app="marker-plain";'
# Nothing of these may be in an argument of a process, which every user of a host sees; nor are they in this one's own.
SECRETS = r"marker-plai[n]\|BEGI[N].*PRIVATE\|keystore.passwor[d]="
SEEN = f"grep -la '{SECRETS}' /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null || true"


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

    @property
    def text(self) -> str:
        return SETTINGS.format(
            version=self.version, brokers=len(self.groups["kafka"]), controller=self.settings, plain=PLAIN
        )


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


@pytest.fixture
def secured(secured_lab: Lab, tmp_path: Path) -> Iterator[Callable[[Line], Site]]:
    """Build and start a secured cluster; nothing is left of it afterwards."""
    site = Site(tmp_path, HOSTS, secured_lab)

    def make(line: Line) -> Site:
        ensure(line.version, CACHE)
        write_folder(secured_lab, tmp_path, line.groups, line.text)
        site.done("certificates.init")
        site.done("install", timeout=300)
        site.done("start", timeout=300)
        return site

    yield make
    site.fab("stop", "--force")
    site.fab("uninstall", "--yes", "--data")


def logs_in_by_plain(site: Site) -> None:
    """Log in to each broker as the user of the JAAS line, which kafka-fab does not manage."""
    cluster = load.cluster(site.folder)
    login = Login("PLAIN", "app", Secret("marker-plain"))
    for node in cluster.brokers:
        with BrokerConnection(endpoint.at_listener(cluster, node, "LEGACY", login)) as connection:
            assert api_versions.finalized_features(connection.ask) is not None


def certificates(site: Site, where: str) -> dict[str, str]:
    """Return the serial of each certificate that is on disk, held or served, by host and service or listener."""
    found = json.loads(site.fab("certificates.list", "--json").stdout)
    assert (found["silent"], found["unreachable"]) == ({}, {})
    return {f"{one['host']} {name}": one["serial"] for one in found["certificates"] for name in one[where]}


def renew_all(site: Site) -> dict[str, str]:
    """Renew every certificate while all services run, and return the new ones on disk."""
    held, served = certificates(site, "held_by"), certificates(site, "served_by")
    site.done("certificates.renew", "--all", timeout=300)
    new, now_served = certificates(site, "on_disk"), certificates(site, "served_by")
    assert certificates(site, "held_by") == held
    assert new.keys() == held.keys()
    assert not set(new.values()) & set(held.values())
    for listener, serial in now_served.items():
        if listener.endswith("ZOOKEEPER"):
            assert serial == served[listener], "it reads its certificate at its start alone"
        else:
            assert serial in new.values(), listener
    assert "restart needed" in site.fab("status").stdout
    return new


def rolls(site: Site, line: Line) -> None:
    """Restart service by service; a controller that is the only one cannot be spared unless that is accepted."""
    if line.mode == "isolated":
        site.done("rolling-restart", "--accept-quorum-outage", timeout=600)
    else:
        rolls_well(site)


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.version}-{line.mode}")
def test_a_secured_cluster(secured: Callable[[Line], Site], line: Line) -> None:
    site = secured(line)
    checks = json.loads(site.done("validate", "--json"))["checks"]
    shown = [one["where"].partition(" ")[0] for one in checks if one["check"] == "certificate"]
    assert set(shown) == set(HOSTS)
    assert {"closed to plaintext", "closed without certificate", "plaintext port"} <= {one["check"] for one in checks}
    logs_in_by_plain(site)
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
    renewed = renew_all(site)
    rolls(site, line)
    assert certificates(site, "held_by") == certificates(site, "on_disk") == renewed, "a restart takes the new ones"
    specs = run_specs(site.folder, by_name(site))
    assert HEALTHY.search(last_line(specs)), specs.stdout
    assert set(site.everywhere(SEEN).values()) == {""}


def goes_on(site: Site) -> str:
    """Go on with the rotation of the CA: calls that are killed anywhere, and one that comes to its end."""
    for _ in range(4):
        running = site.start_fab("certificates.rotate-ca", "--clients-trust-new-ca")
        time.sleep(random.uniform(0.5, 6))
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
    return site.done("certificates.rotate-ca", "--clients-trust-new-ca", timeout=400)


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", [Line("4.3.1", "combined"), Line("3.9.1", "zookeeper")], ids=lambda line: f"{line.version}-{line.mode}"
)
def test_a_stolen_certificate_is_refused_once_the_ca_is_rotated(
    secured: Callable[[Line], Site], line: Line, tmp_path: Path
) -> None:
    site = secured(line)
    stolen = tmp_path / "stolen.pem"
    stolen.write_text((site.folder / "pki/fab.pem").read_text())
    before = certificates(site, "served_by")
    said = goes_on(site)
    rolls = 0
    while not said.rstrip().splitlines()[-1].startswith("done: the CA is"):
        site.done("rolling-restart", "--changed", timeout=600)
        rolls += 1
        said = goes_on(site)
    assert 2 <= rolls <= 3
    assert not set(before.values()) & set(certificates(site, "served_by").values())
    assert sorted(path.name for path in (site.folder / "pki").glob("*ca*")) == ["ca.key", "ca.pem"]
    cluster = load.cluster(site.folder)
    ca, own = site.folder / "pki/ca.pem", site.folder / "pki/fab.pem"
    inner = {cluster.wires.inter_broker, cluster.wires.controller.name, endpoint.ZOOKEEPER}
    for node in cluster.nodes.values():
        for name, where in endpoint.with_tls(cluster, node).items():
            if name in inner:
                assert trust_probe.answers(name, where, ca, own) == ""
                assert trust_probe.answers(name, where, ca, stolen) != ""
    site.done("validate")
    assert "nothing would change" in site.done("plan", "--check")
