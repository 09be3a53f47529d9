"""Reconfigure: each reason is printed once, and a restart that remains is an exit code."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from invoke.exceptions import Exit

from kafka_fab.cluster.dynamic import dynamic_keys
from kafka_fab.operate.hosts import overrides, services
from kafka_fab.operate.hosts.overrides import BrokerReport
from kafka_fab.operate.reconfigure import reconfigure as room
from kafka_fab.output.progress import HostProgress
from kafka_fab.output.screen import Screen

PENDING = "server.properties=log.roll.hours,num.io.threads"


class Hosts:
    """A fleet whose hosts are asked in turn, with its screen."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        kafka = SimpleNamespace(service="kafka")
        self.cluster = SimpleNamespace(name="prod", kafka=kafka, release=SimpleNamespace(), kraft=False)

    def run(self, work: Callable[[Any], Any], title: str, chosen: Sequence[str]) -> list[HostProgress]:
        done = [HostProgress(host) for host in chosen]
        with Screen(title, done, quiet=self.quiet):
            for progress in done:
                progress.value = work(SimpleNamespace(progress=progress, original_host=progress.host))
        return done


@pytest.fixture
def restart_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two brokers with a pending change that needs a restart."""
    report = BrokerReport(runs=True, due=PENDING, file={}, checksum="", ours=frozenset())
    monkeypatch.setattr(room, "live_fleet", lambda _, quiet: Hosts(quiet))
    monkeypatch.setattr(services, "having", lambda *_: ["k1", "k2"])
    monkeypatch.setattr(dynamic_keys, "keys", lambda _: frozenset({"num.io.threads"}))
    monkeypatch.setattr(room, "node_of", lambda c: c.original_host)
    monkeypatch.setattr(overrides, "look", lambda *_: report)
    monkeypatch.setattr(overrides, "described", lambda *_: {})


@pytest.mark.usefixtures("restart_needed")
@pytest.mark.parametrize("plan", [False, True])
def test_a_restart_that_is_needed_is_printed_once_and_an_exit_code(
    plan: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []
    monkeypatch.setattr(room, "Guard", lambda *_: Locked(ended))
    if plan:
        room.reconfigure(None, plan=True)  # type: ignore[arg-type]
    else:
        with pytest.raises(Exit) as refused:
            room.reconfigure(None)  # type: ignore[arg-type]
        assert (refused.value.code, ended) == (1, ["restart needed on k1, k2"])
    lines = [line for line in capsys.readouterr().out.splitlines() if "restart needed: " in line]
    assert [line.partition(":")[0] for line in lines] == ["k1", "k2"]


@pytest.mark.usefixtures("restart_needed")
def test_json_has_the_restart_that_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    room.reconfigure(None, plan=True, json=True)  # type: ignore[arg-type]
    hosts = json.loads(capsys.readouterr().out)["hosts"]
    assert [[change["status"] for change in host["changes"]] for host in hosts] == [["restart"], ["restart"]]


class Locked:
    """A guard that keeps the reason of a failure."""

    def __init__(self, ended: list[str]) -> None:
        self.failed = ended.append

    def __enter__(self) -> Locked:
        return self

    def __exit__(self, *_: object) -> None:
        return
