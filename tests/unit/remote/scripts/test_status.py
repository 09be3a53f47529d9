"""status.sh run for real in temporary folders: a crash is told, and nothing fails."""

from pathlib import Path

import pytest

from kafka_fab.remote import script
from tests.unit.remote.scripts.library.host import HERE, Host

STATE = "ActiveState={} SubState={} MainPID=1 NRestarts={} ExecMainStatus=1 ActiveEnterTimestampMonotonic=1000000000"
LOG = """[2026-01-01 10:00:00,000] ERROR an old one (kafka.Kafka$)
[2026-01-01 10:00:01,000] ERROR Exiting Kafka due to fatal exception (kafka.Kafka$)
java.lang.RuntimeException: No readable meta.properties\tfiles found.
\tat kafka.server.KafkaServer.startup(KafkaServer.scala:1)
[2026-01-01 10:00:02,000] INFO shut down completed (kafka.server.KafkaServer)
"""


@pytest.mark.parametrize(
    ("active", "restarts", "said"),
    [
        ("active", "0", ""),
        ("inactive", "3", ""),
        ("active", "4", "restarts=4 status=1"),
        ("activating", "2", "restarts=2 status=1"),
        ("failed", "0", "restarts=0 status=1"),
    ],
)
@pytest.mark.parametrize("shell", HERE)
def test_what_a_host_says_of_a_crash(active: str, restarts: str, said: str, shell: str, tmp_path: Path) -> None:
    host = Host(tmp_path, shell)
    (host / "log").write_text(LOG)
    words = STATE.format(active, "running", restarts)
    found = host.run(f"{script.STATUS.read_text()}\nSTATES=$NL'kafka {words}'$NL\ncrash kafka {host / 'log'}").changes
    assert [(change.kind, change.detail) for change in found] == (
        [("crash", said), ("last-error", "java.lang.RuntimeException: No readable meta.properties files found.")]
        if said
        else []
    )


@pytest.mark.parametrize("shell", HERE)
def test_what_a_status_looks_at_fails_at_nothing(shell: str, tmp_path: Path) -> None:
    host = Host(tmp_path, shell)
    wanted = f"want_link {host / 'units'} /x\nwant_directory {host / 'd'} a b 750"
    said = host.run(f"{script.STATUS.read_text()}\n(\nas_wanted\n{wanted}\n)\nsay ok x y")
    assert said.words == [("foreign", "link"), ("would", "directory"), ("ok", "x")]
    assert not (host / "d").exists()
