"""Hooks around stop and start: which services they are for, and what follows where one fails."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from invoke.exceptions import Exit

from kafka_fab.cluster.change import Change
from kafka_fab.operate.lifecycle.lifecycle_hooks import LifecycleHooks
from kafka_fab.output.progress import HostProgress
from tests.unit.folders import COMBINED, written

NOTE = 'echo "$KAFKA_FAB_OPERATION $KAFKA_FAB_PHASE $KAFKA_FAB_HOST" >>log'


class Hosts:
    """Hosts of which some services run."""

    def __init__(self, folder: Path, hook: str, up: str) -> None:
        self.cluster = written(folder, COMBINED, f"version: 4.3.1\nhooks: {{one: {hook}}}\n")
        self.hosts, self.quiet, self._up = ("a", "b"), False, up

    def run(self, work: Any, _title: str, hosts: Any = None) -> list[HostProgress]:
        found = []
        for host in hosts or self.hosts:
            found.append(HostProgress(host))
            found[-1].value = work(SimpleNamespace(original_host=host, up=host in self._up))
        return found


@pytest.fixture(autouse=True)
def states(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "kafka_fab.operate.hosts.services.unit_state", lambda c, _: "active running" if c.up else "inactive dead"
    )


def hooks_of(folder: Path, hook: str, up: str = "ab") -> LifecycleHooks:
    hosts: Any = Hosts(folder, hook, up)
    run: Any = SimpleNamespace(task="restart", id="r1")
    return LifecycleHooks(hosts, run)


def log(folder: Path) -> list[str]:
    file = folder / "log"
    return file.read_text().splitlines() if file.exists() else []


def test_a_stop_is_prepared_for_services_that_run_and_judged_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judged: list[int] = []
    hooks_of(tmp_path, f"{{before: '{NOTE}'}}", up="b").before_stop(lambda: judged.append(1))
    assert (log(tmp_path), judged) == (["restart before b"], [1])
    assert capsys.readouterr().out.startswith("b: hook one (before): done, ")


def test_without_hooks_nothing_is_asked(tmp_path: Path) -> None:
    hosts: Any = Hosts(tmp_path, "{after: x}", "ab")
    hosts.cluster = written(tmp_path, COMBINED, "version: 4.3.1\n")
    hosts.run = None
    LifecycleHooks(hosts, SimpleNamespace(task="stop", id="r1")).before_stop(lambda: pytest.fail("judged twice"))  # type: ignore[arg-type]


def test_one_that_fails_ends_the_stop_before_it_and_takes_the_others_back(tmp_path: Path) -> None:
    hook = f"{{before: '{NOTE}; test $KAFKA_FAB_HOST = a', after: '{NOTE}'}}"
    with pytest.raises(Exit) as ended:
        hooks_of(tmp_path, hook).before_stop(lambda: pytest.fail("judged"))
    first, second = str(ended.value).splitlines()
    assert first == "b: hook one (before) failed: exit status 1: no output [R60]"
    assert second == "nothing was stopped; fix the hook, then run it again"
    assert log(tmp_path) == ["restart before a", "restart before b", "restart after a"]


def test_a_stop_that_is_no_longer_safe_takes_them_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def unsafe() -> None:
        raise Exit("not safe", code=3)

    with pytest.raises(Exit, match="not safe"):
        hooks_of(tmp_path, f"{{before: '{NOTE}', after: '{NOTE}; exit 2'}}", up="a").before_stop(unsafe)
    assert log(tmp_path) == ["restart before a", "restart after a"]
    assert "a: hook one (after) failed: exit status 2: no output; run it by hand [R60]" in capsys.readouterr().err


def test_after_a_start_they_run_for_what_was_started(tmp_path: Path) -> None:
    done = [HostProgress("a"), HostProgress("b")]
    done[0].changes.append(Change("ok", "start", "kafka", "is already running"))
    done[1].changes.append(Change("changed", "start", "kafka"))
    hooks_of(tmp_path, f"{{after: '{NOTE}'}}").after_start(done)
    assert log(tmp_path) == ["restart after b"]
    with pytest.raises(Exit, match=r"b: hook one \(after\) failed: exit status 1") as ended:
        hooks_of(tmp_path, "{after: 'exit 1'}").after_start(done)
    assert "the services are started; fix the hook, then run its command by hand" in str(ended.value)
