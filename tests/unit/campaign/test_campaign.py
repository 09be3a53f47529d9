"""Campaigns: the tool is called until it succeeds, and continued where it was interrupted; a failed step ends all."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from lab import Host, LabError
from tests.campaign import campaign as engine
from tests.campaign import plan
from tests.campaign.campaign import Campaign, Orders
from tests.campaign.plan import Fault, Trouble
from tests.campaign.site import Call
from tests.campaign.troubles import MAKERS, Troubles
from tests.campaign.world import KINDS, World


@dataclass
class Site:
    """A site whose tool ends with the codes of a list, one by one, and then always with 0."""

    codes: list[int] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    wrong: list[tuple[str, ...]] = field(default_factory=list)
    typed: list[tuple[str, ...]] = field(default_factory=list)
    written: list[World] = field(default_factory=list)
    hosts: tuple[str, ...] = ("one", "two", "three")
    machines: tuple[Host, ...] = tuple(Host(name, "", "lab") for name in ("one", "two", "three"))

    def write(self, wanted: World) -> None:
        self.written.append(wanted)

    def call(self, words: tuple[str, ...], troubles: Troubles | None = None) -> Call:
        self.typed.append(words)
        return Call(words, self.codes.pop(0) if self.codes else 0, "said", "")

    def interrupted(self) -> str:
        return self.tasks.pop(0) if self.tasks else ""

    def problems(self, wanted: World) -> tuple[str, ...]:
        return self.wrong.pop(0) if self.wrong else ()


class Load:
    def mark(self) -> dict[str, Any]:
        return {"acknowledged": 5, "longest_stall": 0.25, "errors": 0}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PAUSE", 0.0)
    monkeypatch.setattr(engine, "PATIENCE", 0.5)
    monkeypatch.setattr("tests.campaign.plan.TROUBLES", ((1, None),))


def carried_out(site: Site, seed: int, most: int) -> Campaign:
    made = Campaign(cast("Any", site), cast("Any", Load()), lambda _: None)
    made.carry_out(Orders("kraft", seed, 1, most))
    return made


def seed_of(first: str) -> int:
    """Return a seed whose first operation is this one."""
    return next(seed for seed in range(1, 999) if next(plan.steps(seed, KINDS["kraft"])).operation.name == first)


def test_what_was_interrupted_is_continued_by_its_own_way() -> None:
    site = Site(codes=[-9], tasks=["rolling-restart"])
    carried_out(site, seed_of("roll of one"), 1)
    assert [words[-4:] for words in site.typed][1] == ("rolling-restart", "--resume", "--wait", "300")


@pytest.mark.parametrize("task", ["", "topics.apply", "upgrade"])
def test_what_has_left_no_record_of_its_own_is_typed_again(task: str) -> None:
    site = Site(codes=[-9], tasks=[task])
    carried_out(site, seed_of("roll of one"), 1)
    assert site.typed[0] == site.typed[1]


def test_each_command_finds_its_files() -> None:
    site = Site()
    made = carried_out(site, seed_of("upgrade"), 1)
    assert [words[0] for words in site.typed] == ["install", "upgrade", "finalize"]
    assert [world.is_later_wanted for world in site.written] == [True, True, True]
    assert [row.operation for row in made.rows] == ["upgrade", "finalize"]


def test_a_row_has_the_tries_and_what_came_meanwhile() -> None:
    [row] = carried_out(Site(codes=[1, 1]), seed_of("elect leaders"), 1).rows
    assert (row.number, row.operation, row.tries, row.acknowledged, row.stall) == (1, "elect leaders", 3, 5, 0.25)


def test_a_tool_that_never_succeeds_ends_the_campaign() -> None:
    site = Site(codes=[3] * 1000_000)
    [row] = carried_out(site, seed_of("elect leaders"), 5).rows
    assert row.problems == ("`fab elect-leaders` ended with 3:\n    said",)


def test_what_is_wrong_after_a_step_ends_the_campaign() -> None:
    made = carried_out(Site(wrong=[(), ("a lock is held",)]), 3, 5)
    assert [row.problems for row in made.rows] == [(), ("a lock is held",)]


def ended(faults: Sequence[Fault], *hosts: Host) -> Troubles:
    troubles = Troubles(faults, hosts)
    troubles.end()
    return troubles


def test_the_tool_is_killed_with_all_that_it_has_started() -> None:
    with subprocess.Popen(["sh", "-c", "sleep 60 & wait"], start_new_session=True, text=True) as tool:
        troubles = Troubles([Fault(Trouble.TOOL_KILLED, 0.0)], [])
        troubles.watch(tool)
        assert tool.wait(10) == -9
        troubles.end()


def test_a_fault_that_has_not_come_when_the_operation_is_over_comes_then() -> None:
    began = time.monotonic()
    ended([Fault(Trouble.TOOL_KILLED, 60.0)])
    assert time.monotonic() - began < 10


def test_trouble_lasts_until_the_last_fault_has_gone() -> None:
    troubles = Troubles([Fault(Trouble.TOOL_KILLED, 60.0)], [])
    assert time.monotonic() - troubles.healed < 1
    troubles.end()
    healed = troubles.healed
    assert troubles.healed == healed


def test_what_a_fault_cannot_do_is_said() -> None:
    with pytest.raises(LabError, match="host one of lab lab is off"):
        ended([Fault(Trouble.FROZEN, 0.0, unit="kafka")], Host("one", "", "lab"))


def test_every_fault_can_be_brought() -> None:
    assert {*MAKERS, Trouble.TOOL_KILLED} == set(Trouble)
