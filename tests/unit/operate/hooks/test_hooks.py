"""Hooks: in which order they run, what a command is told, and how one that fails or hangs ends."""

import os
import signal
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.values.role import Role
from kafka_fab.live.client.wait import until
from kafka_fab.operate.hooks import host_command, local_command
from kafka_fab.operate.hooks.command_end import CommandEnd
from kafka_fab.operate.hooks.hooks import HookedOperation, HookFailed, Hooks
from kafka_fab.operate.roll.service_ref import ServiceRef
from tests.unit.folders import ZOOKEEPER, problems, written

A, B = (ServiceRef(host, Role.BROKER, "kafka", number) for host, number in (("a", 1), ("b", 2)))
NOTE = 'echo "$KAFKA_FAB_HOOK $KAFKA_FAB_PHASE $KAFKA_FAB_HOST" >>log'
TWO = f"""
hooks:
  first: {{before: '{NOTE}', after: '{NOTE}'}}
  second: {{before: '{NOTE}', after: '{NOTE}'}}
"""


class Site:
    """A cluster with hooks, and what they have written and reported."""

    def __init__(self, folder: Path, settings: str) -> None:
        self.folder = folder
        self.cluster: Cluster = written(folder, ZOOKEEPER, f"version: 3.9.1\n{settings}")
        self.said: list[str] = []

    def hooks(self, run: Any = None) -> Hooks:
        fleet: Any = SimpleNamespace(cluster=self.cluster, run=run)
        return Hooks(
            self.cluster.settings.hooks,
            fleet,
            HookedOperation("upgrade", "r1"),
            lambda host, text: self.said.append(text),
        )

    @property
    def log(self) -> list[str]:
        file = self.folder / "log"
        return file.read_text().splitlines() if file.exists() else []


def test_hooks_are_a_bracket_around_each_service(tmp_path: Path) -> None:
    site = Site(tmp_path, TWO)
    hooks = site.hooks()
    assert hooks.before([A, B])
    hooks.stopping([A, B])
    hooks.after([A])
    before = [f"{name} before {host}" for host in "ab" for name in ("first", "second")]
    assert site.log == [*before, "second after a", "first after a"]
    assert site.said[0].startswith("hook first (before): done, 0.")
    assert not list(hooks.release()), "both were stopped"


def test_a_service_is_prepared_once_and_taken_back_where_it_was_not_stopped(tmp_path: Path) -> None:
    site = Site(tmp_path, TWO)
    hooks = site.hooks()
    assert hooks.before([A])
    assert not hooks.before([A]), "the safety check may ask again and again"
    assert not list(hooks.release())
    assert site.log == ["first before a", "second before a", "second after a", "first after a"]
    assert hooks.before([A]), "it would be prepared anew"


def test_without_hooks_nothing_runs(tmp_path: Path) -> None:
    hooks = Site(tmp_path, "").hooks()
    assert not hooks
    assert not hooks.before([A])
    hooks.after([A])


def test_only_what_succeeded_is_taken_back_and_its_failure_is_reported(tmp_path: Path) -> None:
    site = Site(
        tmp_path,
        f"""
hooks:
  drain: {{before: '{NOTE}', after: 'echo nobody >&2; exit 4'}}
  check: {{before: 'echo not ready; exit 3', after: '{NOTE}'}}
""",
    )
    hooks = site.hooks()
    with pytest.raises(HookFailed, match=r"^a: hook check \(before\) failed: exit status 3: not ready$"):
        hooks.before([A, B])
    assert [str(failed) for failed in hooks.release()] == ["a: hook drain (after) failed: exit status 4: nobody"]
    assert site.log == ["drain before a"], "b was never prepared, and check had not succeeded"


def test_what_a_command_is_told(tmp_path: Path) -> None:
    site = Site(tmp_path, "hooks: {tell: {before: 'env | grep ^KAFKA_FAB_ | sort >log; pwd >>log'}}\n")
    site.hooks().before([B])
    assert site.log == [
        "KAFKA_FAB_ADDRESS=b",
        f"KAFKA_FAB_CLUSTER={tmp_path}",
        "KAFKA_FAB_HOOK=tell",
        "KAFKA_FAB_HOST=b",
        "KAFKA_FAB_ID=2",
        "KAFKA_FAB_NAME=kafka",
        "KAFKA_FAB_OPERATION=upgrade",
        "KAFKA_FAB_PHASE=before",
        "KAFKA_FAB_ROLE=broker",
        "KAFKA_FAB_RUN=r1",
        "KAFKA_FAB_SERVICE=kafka",
        str(tmp_path),
    ]


def test_the_page_names_every_variable(tmp_path: Path) -> None:
    from kafka_fab.cluster.folder import HOME

    told = Site(tmp_path, TWO).hooks()._environment(A, "first", "before")
    page = (HOME / "docs/hooks.md").read_text()
    assert not [name for name in (*told, "KAFKA_FAB_CLUSTER") if f"`{name}`" not in page]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (CommandEnd(0, "fine"), ""),
        (CommandEnd(3, "a\n  b\x1b[0m\n"), "exit status 3: a b [0m"),
        (CommandEnd(3, ""), "exit status 3: no output"),
        (CommandEnd(None, "x"), "timed out after 7 s and was killed: x"),
    ],
)
def test_a_failure_is_a_sentence(value: CommandEnd, said: str) -> None:
    assert value.failure(7) == said


def test_a_command_that_hangs_is_killed_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_command, "GRACE", 0.2)
    stubborn = "trap '' TERM; echo begun; sleep 60 & echo $! >child; wait; wait"
    ended = local_command.run(stubborn, tmp_path, {}, 2)
    assert (ended.status, ended.output) == (None, "begun\n")
    assert ends(int((tmp_path / "child").read_text()))


def test_what_a_command_leaves_running_is_not_waited_for(tmp_path: Path) -> None:
    ended = local_command.run("sleep 30 & echo $! >child; echo done", tmp_path, {}, 20)
    child = int((tmp_path / "child").read_text())
    try:
        assert ended == CommandEnd(0, "done\n")
        assert alive(child)
    finally:
        os.kill(child, signal.SIGKILL)


def test_ctrl_c_ends_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_command, "GRACE", 0.2)

    def interrupt() -> None:
        while not (tmp_path / "child").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Thread(target=interrupt, daemon=True).start()
        with pytest.raises(KeyboardInterrupt):
            local_command.run("echo $$ >new; mv new child; sleep 30", tmp_path, {}, 20)
    finally:
        signal.signal(signal.SIGINT, before)
    assert ends(int((tmp_path / "child").read_text()))


def ends(pid: int) -> bool:
    """Return whether a process that was killed is gone within a minute."""
    return until(lambda: not alive(pid), 60)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_folder_that_is_gone_is_a_failure(tmp_path: Path) -> None:
    ended = local_command.run("true", tmp_path / "gone", {}, 5)
    assert ended.failure(5).startswith("exit status 127: it cannot be started: ")


def test_a_host_that_does_not_answer_is_a_failure_of_its_hook(tmp_path: Path) -> None:
    site = Site(tmp_path, "hooks: {drain: {before: drain, where: host}}\n")
    gone = site.hooks(lambda work, task, hosts: [SimpleNamespace(error="connection lost", value=None)])
    with pytest.raises(HookFailed, match=r"^a: hook drain \(before\) failed: exit status 1: connection lost$"):
        gone.before([A])


@pytest.mark.parametrize(
    ("line", "ended"), [("3\tnot ready", CommandEnd(3, "not ready")), ("124\t", CommandEnd(None, ""))]
)
def test_how_a_host_says_the_end(line: str, ended: CommandEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def run(_c: object, text: str, idle_timeout: int) -> Any:
        seen.append((text, idle_timeout))
        return SimpleNamespace(output=f"ok\thook\t{line}\n", stderr="")

    monkeypatch.setattr("kafka_fab.remote.channel.channel.run", run)
    assert host_command.run(SimpleNamespace(), "d 'x'", {"KAFKA_FAB_HOST": "a b"}, 60) == ended  # type: ignore[arg-type]
    assert """run_hook 60 'd '"'"'x'"'"'' 'KAFKA_FAB_HOST=a b'""" in seen[0][0]
    assert seen[0][1] == 90


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("{Bad: {before: x}}", "hooks.Bad: a name of small letters, digits, - and _ is wanted, found `Bad`"),
        ("{a: {}}", "hooks.a: has no command: write `before`, `after` or both"),
        ("{a: {before: ' '}}", "hooks.a: has no command: write `before`, `after` or both"),
        ("{a: {before: x, where: remote}}", "hooks.a.where: one of local, host is wanted, found `remote`"),
        ("{a: {before: x, timeout: 0}}", "hooks.a.timeout: "),
        ("{a: {befor: x}}", "unknown key hooks.a.befor (did you mean before?)"),
        ("[x]", "hooks: a block of KEY: VALUE lines is wanted, found a list"),
    ],
)
def test_what_is_refused(settings: str, said: str, tmp_path: Path) -> None:
    found, *_ = problems(lambda text: written(tmp_path, ZOOKEEPER, text), f"version: 3.9.1\nhooks: {settings}\n")
    assert f"cluster.yaml:2: {said}" in found.replace("conf/", "")
