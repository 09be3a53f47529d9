"""A secured cluster's folder, with its own CA or without one."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kafka_fab.cluster.model import Cluster
from kafka_fab.operate.certificates import init_certificates, node_certificate
from tests.unit.folders import COMBINED, written

SECURED = "version: 4.3.1\nname: orders\nsecurity: {internal: mtls, listeners: {clients: {port: 9094, login: scram}}}\n"
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """Return a cluster without pki/."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    # No name server is asked for hosts that do not exist.
    monkeypatch.setattr(node_certificate, "_resolved", lambda name: (name,) if name[0].isdigit() else ())
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders/folder.id").write_text("abc\n")
    return written(tmp_path / "orders", COMBINED, SECURED)


@pytest.fixture
def cluster(bare: Cluster) -> Cluster:
    """Return a cluster with its own CA."""
    list(init_certificates._made(bare, NOW))
    return bare
