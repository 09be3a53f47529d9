"""The checks of listeners with TLS, and of the ports that are to be closed."""

from pathlib import Path

import pytest

from kafka_fab.live.client import listener_probe
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.operate.validate import tls_check
from tests.unit.folders import COMBINED, ZOOKEEPER, written

SECURED = """\
security:
  internal: mtls
  listeners:
    clients: {port: 9094, login: scram}
    external: {port: 9096, login: mtls}
"""
JMX = "kafka: {jmx: {port: 9999, password: a-word}}\n"


@pytest.mark.parametrize(
    ("hosts", "version", "names", "closed"),
    [
        (COMBINED, "4.3.1", ["CLIENTS", "CONTROLLER_TLS", "EXTERNAL", "REPLICATION"], (9092, 9093, 9999)),
        (ZOOKEEPER, "3.9.1", ["CLIENTS", "EXTERNAL", "REPLICATION", "ZOOKEEPER"], (9092, 2181, 9999)),
    ],
)
def test_what_is_looked_at(tmp_path: Path, hosts: str, version: str, names: list[str], closed: tuple[int, ...]) -> None:
    cluster = written(tmp_path, hosts, f"version: {version}\n{JMX}{SECURED}")
    node = cluster.nodes["a"]
    found = tls_check.listeners(cluster, node)
    assert sorted(one.name for one in found) == names
    assert [one.name for one in found if not one.asks_for_certificate] == ["CLIENTS"]
    assert tls_check.plaintext_ports(cluster, node) == closed


def test_a_port_that_clients_still_use_is_not_to_be_closed(tmp_path: Path) -> None:
    moving = f"version: 4.3.1\n{SECURED}  plaintext: {{port: 9092, until: moved}}\n"
    cluster = written(tmp_path, COMBINED, moving)
    assert tls_check.plaintext_ports(cluster, cluster.nodes["a"]) == (9093,)


def test_nothing_is_looked_at_in_plaintext(tmp_path: Path) -> None:
    assert tls_check.checks(written(tmp_path, COMBINED, "version: 4.3.1\n")) == ()


def test_each_fault_is_a_failed_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = written(tmp_path, "[kafka]\na id=1\n[controller]\na id=1\n", f"version: 4.3.1\n{SECURED}")

    def expired(*_: object) -> None:
        raise Unreachable("a:9091 shows a certificate that expired")

    monkeypatch.setattr(listener_probe, "verified", expired)
    monkeypatch.setattr(listener_probe, "answers_plaintext", lambda *_: True)
    monkeypatch.setattr(listener_probe, "answers_without_certificate", lambda *_: True)
    monkeypatch.setattr(listener_probe, "is_open", lambda *_: True)
    found = tls_check.checks(cluster)
    assert not any(one.ok for one in found)
    texts = [f"{one.check}: {one.where}: {one.found}" for one in found]
    assert "certificate: a REPLICATION (9091): a:9091 shows a certificate that expired" in texts
    assert "closed to plaintext: a CLIENTS (9094): answered" in texts
    assert "closed without certificate: a CONTROLLER_TLS (9095): answered" in texts
    assert "plaintext port: a:9092: open" in texts
    assert not any(text.startswith("closed without certificate: a CLIENTS") for text in texts)
