"""roll.sh run for real in temporary folders, with a systemctl that only takes notes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shlex import join, quote

import pytest

from kafka_fab.cluster.change import Change, key_values, read_changes
from kafka_fab.remote import script
from kafka_fab.remote.lease import LockMode
from lab.machine import wait_until
from tests.unit.remote.scripts.shells import SHELLS

NOTES = "NOTES"
SYSTEMCTL = """#!/bin/sh
echo "$*" >>{notes}
case "$*" in
"show -p MainPID --value kafka") echo 42 ;;
"show -p Result"*) echo Result=success ;;
"show -p NeedDaemonReload --value kafka") [ ! -e {notes}.unit ] || echo yes ;;
"show -p ActiveState"*) printf '{shown}' ;;
"stop kafka") {stop} ;;
esac
"""


class Host:
    """A folder that stands for a host's state, and shells that work on it."""

    def __init__(self, folder: Path, shell: str) -> None:
        self.folder, self.shell, self.roll = folder, shell, folder / "roll"
        self.mark, self.log = folder / "mark", folder / "server.log"
        self.roll.mkdir()
        (folder / "bin").mkdir()
        self.stops_by(f"touch {quote(str(self.mark))}")

    def stops_by(self, command: str, shown: str = "") -> None:
        tool = self.folder / "bin/systemctl"
        tool.write_text(SYSTEMCTL.format(notes=self.folder / "notes", stop=command, shown=shown))
        tool.chmod(0o755)

    def starts_by(self, command: str) -> None:
        """Let systemd-run do this; NOTES is the file in which systemctl takes notes."""
        tool = self.folder / "bin/systemd-run"
        tool.write_text(f"#!/bin/sh\n{command.replace(NOTES, str(self.folder / 'notes'))}\n")
        tool.chmod(0o755)

    def tells_of_disks(self, disks: dict[str, str]) -> None:
        """Let stat tell block size, blocks, free ones, inodes, free ones of some; all others have room."""
        tool = self.folder / "bin/stat"
        cases = "".join(f'*/{name}) echo "{words}" ;; ' for name, words in disks.items())
        tool.write_text(f'#!/bin/sh\ncase $5 in {cases}*) echo "4096 25600 25600 100 9" ;; esac\n')
        tool.chmod(0o755)

    def waits_briefly(self) -> None:
        """Let flock wait for a lock a fifth of a second, where it would wait for seconds."""
        tool = self.folder / "bin/flock"
        real = quote(str(shutil.which("flock")))
        tool.write_text(f'#!/bin/sh\n[ "$1" != -w ] || {{ shift 2; set -- -w 0.2 "$@"; }}\nexec {real} "$@"\n')
        tool.chmod(0o755)

    def owned_by(self, run: str) -> None:
        (self.roll / "owner").write_text(f"run={run}\nuser=ana\n")

    @property
    def notes(self) -> list[str]:
        notes = self.folder / "notes"
        return notes.read_text().splitlines() if notes.exists() else []

    @property
    def phases(self) -> list[str]:
        said = read_changes((self.roll / "kafka.step").read_text().splitlines())
        return [key_values(change.detail)["phase"] for change in said]

    def begin(self, text: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [self.shell, "-s"], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
            env=os.environ | {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"},
        )  # fmt: skip
        assert process.stdin
        process.stdin.write(text)
        process.stdin.flush()
        return process

    def run(self, body: str) -> list[Change]:
        output, _ = self.begin(script.detached(f"{self.where}\n{body}", script.ROLL)).communicate(timeout=20)
        return read_changes(output.splitlines())

    @property
    def where(self) -> str:
        places = {"STATE": self.folder, "ROLL": self.roll, "HISTORY": self.history, "INSTALL": self.folder / "install"}
        places |= {"OF_UNITS": Path("kafka=/data")}
        return " ".join(f"{name}={quote(str(path))}" for name, path in places.items())

    @property
    def history(self) -> Path:
        return self.folder / "history"

    def step(self, run: str, while_down: str = ":") -> None:
        words = join(("step", run, "kafka", "0", str(self.log), str(self.mark)))
        self.run(f"while_down() {{ {while_down}\n}}\n{words}")

    def hold(self, run: str, holder: str, mode: str) -> subprocess.Popen[str]:
        owner = f"run={run}\nuser=ana\nholder={holder}"
        entry = quote(f'{{"run": "{run}"}}')
        body = f"{self.where}\nhold_lock {run} {holder} {mode} {entry} <<'OWNER'\n{owner}\nOWNER"
        return self.begin(script.while_connected(body, script.ROLL))


def first(process: subprocess.Popen[str]) -> Change:
    assert process.stdout
    return read_changes([process.stdout.readline().rstrip("\n")])[0]


@pytest.fixture(params=SHELLS)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Host:
    return Host(tmp_path, request.param)


@pytest.fixture
def holder(host: Host) -> Iterator[subprocess.Popen[str]]:
    process = host.hold("r1", "here", LockMode.NEW)
    assert first(process).status == "ok"
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize("under", ["active", "inactive"])
def test_a_tick_tells_of_the_step_and_of_its_service(under: str, host: Host) -> None:
    own = f"MainPID=0\\nNRestarts=0\\nActiveState={under}\\nSubState=dead\\n"
    host.stops_by(
        ":", f"{own}\\nMainPID={os.getpid()}\\nNRestarts=3\\nActiveState=activating\\nSubState=auto-restart\\n"
    )
    lines = [f"ok\tphase\tkafka\trun=r1 phase={phase} clean=1 at=1.5" for phase in ("stopping", "stopped")]
    (host.roll / "kafka.step").write_text("".join(f"{line}\n" for line in lines))
    [tick] = host.run("tick kafka")
    words = key_values(tick.detail)
    assert (tick.kind, tick.name, words["under"], words["last"]) == ("tick", "kafka", under, "stopped")
    assert [words[key] for key in ("ActiveState", "SubState", "NRestarts")] == ["activating", "auto-restart", "3"]
    assert words["MainPID"] == str(os.getpid())
    assert int(words["work"]) > 0
    assert float(words["at"]) > 0


def test_a_tick_before_the_step_has_begun(host: Host) -> None:
    host.stops_by(":", "MainPID=0\\nActiveState=inactive\\n\\nMainPID=0\\nActiveState=active\\n")
    [tick] = host.run("tick kafka")
    words = key_values(tick.detail)
    assert (words["under"], words["last"], words["ActiveState"]) == ("inactive", "", "active")
    assert "work" not in words


@pytest.mark.parametrize(
    ("systemd_run", "said"),
    [
        ("exit 0", ("ok", "step", "kafka", "triggered")),
        (f"grep -q reset-failed {NOTES} || exit 1", ("ok", "step", "kafka", "triggered")),
        ("echo no such bus; exit 1", ("failed", "step", "kafka", "no such bus")),
    ],
)
def test_a_step_is_taken_also_after_one_that_has_failed(systemd_run: str, said: tuple[str, ...], host: Host) -> None:
    host.owned_by("r1")
    host.starts_by(systemd_run)
    change = host.run("take_step r1 kafka <<END\n:\nEND")[-1]
    assert (change.status, change.kind, change.name, change.detail) == said


def test_a_step_is_not_taken_where_a_disk_is_full_and_all_that_are_full_are_named(host: Host) -> None:
    host.owned_by("r1")
    host.tells_of_disks({"full": "4096 256 0 100 9", "bare": "4096 25600 25600 100 0", "btrfs": "4096 25600 25600 0 0"})
    [change] = host.run("disk_space_for kafka 32 /d/ok /d/full /d/bare /d/btrfs\ntake_step r1 kafka <<END\n:\nEND")
    assert (change.status, change.kind, change.name) == ("failed", "step", "kafka")
    assert "/d/full has 0 of 1 MiB free" in change.detail
    assert "/d/bare has no inodes free" in change.detail
    assert "/d/ok" not in change.detail
    assert "/d/btrfs" not in change.detail


def test_a_step_is_not_taken_where_a_metadata_directory_is_not_formatted_any_more(host: Host) -> None:
    host.owned_by("r1")
    words = f"formatted_for kafka {host.folder}\ntake_step r1 kafka <<END\n:\nEND"
    [change] = host.run(words)
    assert (change.status, change.kind, change.name) == ("failed", "step", "kafka")
    assert f"{host.folder} is not formatted; is its file system mounted?" in change.detail
    (host.folder / "meta.properties").touch()
    host.starts_by("exit 0")
    assert host.run(words)[-1].detail == "triggered"


def test_a_step_writes_each_phase_down_and_proves_the_clean_stop(host: Host) -> None:
    host.owned_by("r1")
    host.step("r1")
    assert host.phases == ["stopping", "stopped", "starting", "started"]
    assert "clean=1" in (host.roll / "kafka.step").read_text()
    assert [note for note in host.notes if note.endswith(("stop kafka", "start kafka"))] == [
        "stop kafka",
        "start kafka",
    ]


def test_a_step_tells_a_stop_without_its_mark(host: Host) -> None:
    host.owned_by("r1")
    host.stops_by(":")
    host.step("r1")
    assert "phase=stopped clean=0 controlled=1" in (host.roll / "kafka.step").read_text()
    assert host.phases[-1] == "started"


FAILED = "[2026-11-28] WARN [KafkaServer id=1] Proceeding to do an unclean shutdown as all the attempts failed"
KRAFT = "[2026-11-28] ERROR [BrokerServer id=1] Timed out waiting for the controller to approve controlled shutdown"


@pytest.mark.parametrize(
    ("written", "controlled"),
    [
        ("echo {said} >>{log}", "0"),
        ("echo {kraft} >>{log}", "0"),
        ("echo Controlled shutdown request returned successfully >>{log}", "1"),
        (":", "1"),
        ("mv {log} {log}.1; echo {said} >>{log}.1; echo new >{log}", "0"),
        ("mv {log} {log}.1; echo {said} >{log}", "0"),
        ("mv {log} {log}.1; echo new >{log}", "1"),
        ("rm {log}", "1"),
    ],
)
def test_a_step_tells_a_stop_whose_leaders_were_not_moved_by_what_is_new_in_the_log(
    written: str, controlled: str, host: Host
) -> None:
    host.owned_by("r1")
    host.log.write_text(f"{FAILED} before\n")
    words = written.format(said=quote(FAILED), kraft=quote(KRAFT), log=quote(str(host.log)))
    host.stops_by(f"touch {quote(str(host.mark))}; {words}")
    host.step("r1")
    assert f"phase=stopped clean=1 controlled={controlled}" in (host.roll / "kafka.step").read_text()
    assert host.phases[-1] == "started"


def test_a_service_without_a_log_of_such_stops_is_not_looked_at(host: Host) -> None:
    host.owned_by("r1")
    host.run(f"while_down() {{ :\n}}\nstep r1 kafka 0 '' {quote(str(host.mark))}")
    assert "clean=1 controlled=1" in (host.roll / "kafka.step").read_text()


def test_a_step_of_another_run_touches_nothing(host: Host) -> None:
    host.owned_by("r2")
    host.step("r1")
    assert host.phases == ["refused"]
    assert not [note for note in host.notes if "kafka" in note]


def test_what_changes_while_it_is_down_is_changed_between_stop_and_start(host: Host) -> None:
    host.owned_by("r1")
    host.step("r1", f"echo changed >>{quote(str(host.folder / 'notes'))}")
    events = [note for note in host.notes if note in ("stop kafka", "changed", "daemon-reload", "start kafka")]
    assert events == ["stop kafka", "changed", "start kafka"]


def test_a_unit_that_changes_while_it_is_down_is_loaded_before_the_start(host: Host) -> None:
    host.owned_by("r1")
    host.step("r1", f"touch {quote(str(host.folder / 'notes.unit'))}")
    events = [note for note in host.notes if note in ("stop kafka", "daemon-reload", "start kafka")]
    assert events == ["stop kafka", "daemon-reload", "start kafka"]


def test_a_change_that_fails_leaves_no_service_down(host: Host) -> None:
    host.owned_by("r1")
    host.step("r1", "fail file /etc/x 'no space'")
    assert host.phases[-1] == "stopped"
    assert host.notes[-1] == "start kafka"


def test_only_a_service_that_has_started_is_proven_to_be_back(host: Host) -> None:
    assert [x.status for x in host.run("confirm_step r1 kafka began=1.0")] == ["failed"]
    host.owned_by("r1")
    host.step("r1")
    assert [x.status for x in host.run("confirm_step r2 kafka began=1.0")] == ["failed"]
    assert [x.status for x in host.run("confirm_step r1 kafka began=1.0")] == ["ok"]
    assert host.phases == ["stopping", "stopped", "starting", "started", "in-sync"]
    told = [x for x in host.run("look_roll kafka") if x.kind == "phase"]
    assert key_values(told[-1].detail)["began"] == "1.0"


def test_a_lock_is_held_as_long_as_its_connection(host: Host, holder: subprocess.Popen[str]) -> None:
    assert [key_values(one.detail)["run"] for one in host.run("look_roll") if one.kind == "holder"] == ["r1"]
    second = first(host.hold("r2", "there", LockMode.NEW))
    assert (second.status, second.name) == ("failed", "held")
    assert key_values(second.detail)["user"] == "ana"
    assert holder.stdin
    holder.stdin.close()
    holder.wait(timeout=10)
    assert first(host.hold("r1", "elsewhere", LockMode.RESUME)).status == "ok"


def test_a_run_left_half_way_is_not_taken_over_by_a_new_one(host: Host) -> None:
    host.owned_by("r1")
    said = first(host.hold("r2", "here", LockMode.NEW))
    assert (said.status, said.name) == ("failed", "unfinished")
    assert "run=r1" in (host.roll / "owner").read_text()


def test_a_lock_held_by_a_run_that_is_gone_on_with_elsewhere_is_refused(
    host: Host, holder: subprocess.Popen[str]
) -> None:
    host.waits_briefly()
    assert first(host.hold("r1", "there", LockMode.RESUME)).name == "held"


def test_one_who_has_just_taken_the_lock_is_waited_for_until_it_has_a_name(host: Host) -> None:
    named = f"printf 'run=r1\nuser=ana\npid={os.getpid()}\n' >{quote(str(host.roll / 'holder'))}"
    tool = host.folder / "bin/flock"
    tool.write_text(f'#!/bin/sh\n[ "$1" != -w ] || {named}\nexit 1\n')
    tool.chmod(0o755)
    [said] = host.run("hold_lock r2 there new '' </dev/null")
    assert (said.name, key_values(said.detail)["user"]) == ("held", "ana")


def test_a_name_that_a_killed_one_has_left_is_not_taken_for_the_holders(host: Host) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    (host.roll / "holder").write_text(f"run=r1\nuser=bob\npid={gone.pid}\n")
    host.owned_by("r2")
    assert [x.detail for x in host.run('say ok owner x "$(owner_words)"')] == ["run=r2 user=ana "]


@pytest.mark.parametrize("mode", [LockMode.NEW, LockMode.PASS])
def test_nobody_takes_the_lock_while_another_holds_the_host(
    mode: str, host: Host, holder: subprocess.Popen[str]
) -> None:
    assert first(host.hold("r2", "there", mode)).name == "held"


def test_one_who_passes_by_takes_the_lock_and_leaves_what_was_cut_off(host: Host) -> None:
    host.owned_by("r1")
    said = first(host.hold("r2", "there", LockMode.PASS))
    assert said.status == "ok"
    assert (said.kind, key_values(said.detail)["run"]) == ("unfinished", "r1")
    assert "run=r1" in (host.roll / "owner").read_text()
    assert first(host.hold("r1", "elsewhere", LockMode.RESUME)).name == "held"


def test_steps_at_work_and_services_on_their_way_down_are_named(host: Host) -> None:
    tool = host.folder / "bin/systemctl"
    lines = (
        "kafka-fab-step-kafka.service loaded activating start a step of run r1",
        "kafka-fab-step-zookeeper.service loaded deactivating stop a step of run r1",
        "kafka.service loaded deactivating stop-sigterm Apache Kafka",
        "zookeeper.service loaded active running Apache ZooKeeper",
    )
    tool.write_text("#!/bin/sh\n" + "".join(f"echo {quote(line)}\n" for line in lines))
    assert first(host.hold("r1", "here", LockMode.NEW)).detail == "running_steps=kafka stopping=kafka"


def test_how_far_a_run_is_stands_beside_its_name(host: Host, holder: subprocess.Popen[str]) -> None:
    assert holder.stdin
    holder.stdin.write(".=1_of_3_brokers.stopped;\n.")
    holder.stdin.flush()
    assert wait_until(lambda: (host.roll / "progress").exists() and bool((host.roll / "progress").read_text()), 10)
    said = first(host.hold("r2", "there", LockMode.PASS))
    assert key_values(said.detail)["progress"] == "1_of_3_brokers.stopped"


def test_an_install_stays_away_from_a_host_that_is_held(host: Host, holder: subprocess.Popen[str]) -> None:
    assert [(x.status, x.name) for x in host.run("refuse_during_operation ''")] == [("failed", "held")]
    assert host.run("refuse_during_operation r1") == []


def test_a_part_of_an_operation_only_waits_for_its_turn(host: Host, holder: subprocess.Popen[str]) -> None:
    tool = host.folder / "bin/flock"
    tool.write_text("#!/bin/sh\nexit 0\n")
    tool.chmod(0o755)
    asked = "refuse_during_operation() { fail lock held; }\n"
    assert host.run(f"{asked}lock_host") == []
    assert [x.status for x in host.run(f"{asked}lock_host '' x")] == ["failed"]


def test_installs_go_beside_each_other_and_keep_operations_out(host: Host) -> None:
    host.waits_briefly()
    body = f"{host.where}\nrefuse_during_operation ''\necho there\nread -r more <&3"
    installing = host.begin(script.while_connected(body, script.ROLL))
    assert installing.stdout
    assert installing.stdout.readline() == "there\n"
    assert host.run("refuse_during_operation ''") == []
    (host.folder / "install").write_text(f"run=i1\nuser=eve\npid={installing.pid}\n")
    said = first(host.hold("r2", "there", LockMode.PASS))
    assert (said.name, key_values(said.detail).get("user")) == ("held", "eve"), said
    installing.communicate("\n")
    assert first(host.hold("r2", "there", LockMode.PASS)).status == "ok"


def test_a_run_becomes_one_to_go_on_with_and_is_that_no_more(host: Host, holder: subprocess.Popen[str]) -> None:
    host.run("end_resumable r1")
    assert [x.status for x in host.run("begin_resumable r1 <<'END'\nrun=r1\ntargets=a\nEND")] == ["ok"]
    assert "targets=a" in (host.roll / "owner").read_text()
    assert [x.status for x in host.run("end_resumable r2")] == ["ok"]
    assert (host.roll / "owner").exists()
    host.run("end_resumable r1")
    assert not (host.roll / "owner").exists()
    assert [x.status for x in host.run("begin_resumable r2 <<'END'\nrun=r2\nEND")] == ["failed"]


def test_the_journal_has_a_beginning_and_an_end_of_each(host: Host, holder: subprocess.Popen[str]) -> None:
    host.run("""end_task r1 '{"run": "r1", "exit": 0}'""")
    assert host.history.read_text().splitlines() == ['{"run": "r1"}', '{"run": "r1", "exit": 0}']
    assert not (host.roll / "holder").exists()
    assert [x.detail for x in host.run("look_history") if x.kind == "entry"] == host.history.read_text().splitlines()


def test_the_end_of_a_task_gives_its_lock_back_while_its_connection_lasts(
    host: Host, holder: subprocess.Popen[str]
) -> None:
    host.run("end_task r2 ''")
    assert holder.poll() is None, "another run's lock stays"
    host.run("end_task r1 ''")
    assert holder.wait(timeout=10)
    assert host.run("refuse_during_operation ''") == [], "free at once"


def test_a_task_that_has_removed_the_journal_ends_without_it(host: Host, tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / "roll").mkdir(parents=True)
    moved = f"STATE={state} ROLL={state}/roll HISTORY={state}/history\nrm -rf {state}\n"
    told = host.run(f"""{moved}end_task r1 '{{"run": "r1", "exit": 0}}'""")
    assert [(change.status, change.kind) for change in told] == [("ok", "end")]
    assert not state.exists()


def test_a_line_that_a_power_cut_has_cut_spoils_no_other(host: Host) -> None:
    host.history.write_text('{"run": "r1"}\n{"ru')
    host.run('note \'{"run": "r2"}\'')
    assert host.history.read_text().splitlines() == ['{"run": "r1"}', '{"ru', '{"run": "r2"}']


def test_a_journal_that_is_full_loses_its_older_half(host: Host) -> None:
    host.history.write_text("".join(f'{{"run": "r{at}"}}\n' for at in range(1000)))
    host.run('FULL=2000\nnote \'{"run": "new"}\'')
    lines = host.history.read_text().splitlines()
    assert len("\n".join(lines)) <= 1000
    assert (lines[-1], lines[-2]) == ('{"run": "new"}', '{"run": "r999"}')
    assert all(line.startswith('{"run": "') and line.endswith('"}') for line in lines)


def test_the_end_of_a_run_is_written_down_and_frees_the_host(host: Host) -> None:
    host.owned_by("r1")
    host.run("end_run r1 '' <<'END'\n{\"run\": \"r1\"}\nEND")
    assert not (host.roll / "owner").exists()
    assert (host.roll / "last").read_text() == '{"run": "r1"}\n'


def test_the_end_of_another_run_changes_nothing(host: Host) -> None:
    host.owned_by("r2")
    host.run("end_run r1 '' <<'END'\nx\nEND")
    assert (host.roll / "owner").exists()
    assert not (host.roll / "last").exists()


def test_a_run_that_did_nothing_leaves_what_the_last_one_did(host: Host) -> None:
    host.owned_by("r1")
    (host.roll / "last").write_text("before\n")
    host.run("end_run r1 '' </dev/null")
    assert (host.roll / "last").read_text() == "before\n"
    assert not (host.roll / "owner").exists()


# Clusters side by side

ORDERS = ("orders", "id1", "h1", "h1,h2", "me@here", "kafka", "/data")
PAYMENTS = ("payments", "id2", "h1", "h1,h2", "you@there", "kafka-two", "/two")
CLONE = ("orders", "", *ORDERS[2:])
# One without an id whose directories do not fit any more, and one that was given another name.
MOVED, RENAMED = (*CLONE[:-1], "/elsewhere"), ("trade", *ORDERS[1:])
MADE = "made\tunit:kafka\tid1\torders\t2026-01-01T00:00:00Z\tme@here\thosts=h1,h2 dirs=/data\n"


def held_by(host: Host, whose: tuple[str, ...], run: str) -> subprocess.Popen[str]:
    entry = quote(f'{{"run": "{run}"}}')
    call = f"hold_lock {run} {run} {LockMode.PASS} {entry} <<'OWNER'\nrun={run}\nuser=ana\nOWNER"
    return host.begin(script.while_connected(f"{host.where}\n{join(('set_owner', *whose))}\n{call}", script.ROLL))


def journal_of(host: Host, whose: tuple[str, ...]) -> list[str]:
    said = host.run(f"{join(('set_owner', *whose))}\nlook_history")
    return [change.detail for change in said if change.kind == "entry"]


def test_two_clusters_on_a_host_have_a_lock_and_a_journal_each(host: Host) -> None:
    (host.folder / "made").write_text(MADE)
    assert first(held_by(host, ORDERS, "r1")).status == "ok"
    assert first(held_by(host, PAYMENTS, "r2")).status == "ok"
    assert journal_of(host, ORDERS) == ['{"run": "r1"}']
    assert journal_of(host, PAYMENTS) == ['{"run": "r2"}']
    words = [change.detail for change in host.run(f"{join(('set_owner', *PAYMENTS))}\nlook_history")]
    assert "run=r2" in words[-1]
    installs = f"{join(('set_owner', *PAYMENTS))}\nrefuse_during_operation ''"
    assert [key_values(change.detail)["run"] for change in host.run(installs)] == ["r2"]


def test_nothing_is_locked_where_the_services_are_of_another_cluster(host: Host) -> None:
    (host.folder / "made").write_text(MADE)
    other = ("other", "id9", "h1", "h1,h2", "me@here", "kafka", "/elsewhere")
    call = "hold_lock r1 r1 pass '' <<'OWNER'\nrun=r1\nOWNER"
    body = f"{host.where}\n{join(('want_owner', *other))}\n{call}"
    said = first(host.begin(script.while_connected(body, script.ROLL)))
    assert (said.status, said.kind) == ("failed", "owner")
    assert "kafka.service belongs to cluster orders" in said.detail


@pytest.mark.parametrize("clone", [ORDERS, CLONE, MOVED, RENAMED])
def test_a_clone_of_the_folder_is_kept_out(clone: tuple[str, ...], host: Host) -> None:
    (host.folder / "made").write_text(MADE)
    assert first(held_by(host, ORDERS, "r1")).status == "ok"
    assert first(held_by(host, clone, "r2")).name == "held"


def test_clones_meet_where_nothing_is_installed_yet(host: Host) -> None:
    assert first(held_by(host, CLONE, "r1")).status == "ok"
    assert first(held_by(host, CLONE, "r2")).name == "held"


def test_an_uninstall_takes_its_own_journal_alone(host: Host) -> None:
    (host.folder / "made").write_text(MADE + MADE.replace("id1\torders", "id2\tpayments"))
    for whose in (ORDERS, PAYMENTS):
        host.run(f"{join(('set_owner', *whose))}\nmkdir -p \"$ROLL\"\nnote '{{}}'")
    host.run(f"{join(('set_owner', *ORDERS))}\nwant_records_absent")
    assert (journal_of(host, ORDERS), journal_of(host, PAYMENTS)) == ([], ["{}"])
