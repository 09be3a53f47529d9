"""The tasks of ACLs: what is judged before any host is asked."""

from pathlib import Path

import pytest
from fabric import Config
from invoke.context import Context

from kafka_fab.cluster import load
from kafka_fab.cluster.schema.problem import ConfigError
from kafka_fab.operate.acls import acls
from kafka_fab.remote.fleet import Fleet


def test_a_wrong_file_is_said_before_any_host_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "hosts.ini").write_text("[kafka]\nkafka1 id=1\n[controller]\nkafka1 id=1\n")
    (tmp_path / "conf/cluster.yaml").write_text("version: 4.3.1\n")
    (tmp_path / "conf/acls.yaml").write_text("acls: [1]\n")
    monkeypatch.setenv("KAFKA_FAB_CLUSTER", str(tmp_path))
    load.cluster.cache_clear()
    monkeypatch.setattr(acls, "live_fleet", lambda _: Fleet(Config(), quiet=True))
    monkeypatch.setattr(acls, "authorizer_of", lambda _: pytest.fail("a host was asked"))
    with pytest.raises(ConfigError, match=r"acls\.yaml"):
        acls.plan(Context(), check=False, delete=False, seen="", json=False)
