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
[2026-01-01 10:00:02,000] INFO failed: org.apache.kafka.common.errors.NotControllerException (x.QuorumController)
org.apache.kafka.common.errors.NotControllerException: no controller
"""


@pytest.mark.parametrize(
    ("active", "sub", "restarts", "said"),
    [
        ("active", "running", "0", ""),
        ("inactive", "dead", "3", ""),
        ("deactivating", "stop-sigterm", "4", ""),
        ("activating", "start-pre", "0", ""),
        ("active", "running", "4", "restarts=4 status=1"),
        ("activating", "start", "2", "restarts=2 status=1"),
        ("activating", "auto-restart", "0", "restarts=0 status=1"),
        ("failed", "failed", "0", "restarts=0 status=1"),
    ],
)
@pytest.mark.parametrize("shell", HERE)
def test_what_a_host_says_of_a_crash(
    active: str, sub: str, restarts: str, said: str, shell: str, tmp_path: Path
) -> None:
    host = Host(tmp_path, shell)
    (host / "log").write_text(LOG)
    words = STATE.format(active, sub, restarts)
    found = host.run(f"{script.STATUS.read_text()}\nSTATES=$NL'kafka {words}'$NL\ncrash kafka {host / 'log'}").changes
    assert [(change.kind, change.detail) for change in found] == (
        [("crash", said), ("last-error", "java.lang.RuntimeException: No readable meta.properties files found.")]
        if said
        else []
    )


@pytest.mark.parametrize(
    ("phase", "runs", "crashed"),
    [("stopped", True, False), ("stopping", True, False), ("stopped", False, True), ("started", True, True)],
)
@pytest.mark.parametrize("shell", HERE)
def test_what_a_step_has_stopped_did_not_exit_by_itself(
    phase: str, runs: bool, crashed: bool, shell: str, tmp_path: Path
) -> None:
    host = Host(tmp_path, shell)
    (host / "roll").mkdir()
    (host / "roll" / "kafka.step").write_text(f"ok phase kafka run=r1 phase=triggered\nok phase kafka phase={phase}\n")
    host.stub("systemctl", f'[ "$*" = "is-active --quiet kafka-fab-step-kafka" ] && exit {int(not runs)}')
    words = STATE.format("failed", "failed", 0)
    states = f"ROLL={host / 'roll'}\nSTATES=$NL'kafka {words}'$NL"
    said = host.run(f"{script.STATUS.read_text()}\n{states}\ncrash kafka {host / 'log'}")
    assert bool(said.changes) == crashed


@pytest.mark.parametrize("log", ["", "[2026-01-01 10:00:00,000] INFO x: java.io.IOException: an Exception (x)\n"])
@pytest.mark.parametrize("shell", HERE)
def test_a_log_without_an_error_has_no_last_one(log: str, shell: str, tmp_path: Path) -> None:
    host = Host(tmp_path, shell)
    (host / "log").write_text(log)
    assert not host.run(f"{script.STATUS.read_text()}\nlast_error {host / 'log'}").output.strip()


@pytest.mark.parametrize("shell", HERE)
def test_what_a_status_looks_at_fails_at_nothing(shell: str, tmp_path: Path) -> None:
    host = Host(tmp_path, shell)
    wanted = f"want_link {host / 'units'} /x\nwant_directory {host / 'd'} a b 750"
    said = host.run(f"{script.STATUS.read_text()}\n(\nas_wanted\n{wanted}\n)\nsay ok x y")
    assert said.words == [("foreign", "link"), ("would", "directory"), ("ok", "x")]
    assert not (host / "d").exists()
