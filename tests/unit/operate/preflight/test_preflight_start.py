"""Before a start: where every service runs nothing is asked, and one of several is not every one."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from kafka_fab.operate.preflight import preflight
from kafka_fab.remote.channel import channel
from tests.unit.folders import written


@pytest.mark.parametrize(
    ("active", "up"), [("", False), ("zookeeper", False), ("kafka", False), ("kafka zookeeper", True)]
)
def test_a_host_is_up_where_each_of_its_services_is(
    active: str, up: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = written(tmp_path, "[kafka]\na id=1\n[zookeeper]\na id=1\n", "version: 3.9.1\n")
    # As systemd has it: of several units it is enough that one is active.
    body = f'shift 2; for unit; do case " {active} " in *" $unit "*) exit 0 ;; esac; done; exit 3'
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/systemctl").write_text(f"#!/bin/sh\n{body}\n")
    (tmp_path / "bin/systemctl").chmod(0o755)

    def run(_: object, text: str, **__: object) -> SimpleNamespace:
        path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
        # Its input stays open, as a connection does: where that ends, the script ends all of its session.
        with subprocess.Popen(
            ["sh", "-s"], stdin=subprocess.PIPE, text=True, env={"PATH": path}, start_new_session=True
        ) as ended:
            assert ended.stdin
            ended.stdin.write(text)
            ended.stdin.flush()
            return SimpleNamespace(status=ended.wait(timeout=20))

    monkeypatch.setattr(channel, "run", run)
    assert preflight._is_up(SimpleNamespace(original_host="a", fleet=SimpleNamespace(cluster=cluster))) is up  # type: ignore[arg-type]


def test_a_start_is_not_held_up_by_what_an_install_refuses(tmp_path: Path) -> None:
    """In the middle of a move a stopped host starts with the files of its pass, whatever the settings want."""
    secured = "version: 4.3.1\nsecurity:\n  internal: mtls\n  listeners: {clients: {port: 9094, login: tls}}\n"
    cluster = written(tmp_path, "[kafka]\na id=1\n[controller]\na id=1\n", secured)
    asked = " ".join(preflight._about_all(cluster, cluster.nodes["a"]))
    assert "want_identity" in asked
    assert "want_connects_by" not in asked
    assert "want_shared_ca" not in asked
