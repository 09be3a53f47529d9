"""A roll that loses its operator or its way to a host: the broker comes back by itself, and a resume goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kafka_fab.canary.notes import InterruptedRun, read
from kafka_fab.operate.roll.return_leaders import WARM
from lab import faults as make
from lab.machine import wait_until
from tests.integration.rolls import CANARY, PATIENCE, Rolls

pytestmark = pytest.mark.lab

ALL = ("stopping", "stopped", "started", "serving", "done")
SAMPLE = ("stopped", "serving")


def is_up(site: Rolls, host: str) -> bool:
    return site.on(host, "systemctl is-active kafka; true") == "active\n"


def killed_in(site: Rolls, phase: str) -> None:
    """Kill the tool in a phase of the first of two steps; whatever is under way is finished, and nothing twice."""
    before, (first, second) = site.starts(), site.others
    roll = site.begin("--no-canary", on=[first, second])
    with site.held_in(phase, roll, first):
        roll.stopped()
    assert wait_until(lambda: is_up(site, first) and site.starts()[first] == before[first] + 1, PATIENCE)
    resumed = site.roll("--resume", "--no-canary")
    assert resumed.code == 0, resumed.said
    grown = {host: count - before[host] for host, count in site.starts().items()}
    assert grown == {host: int(host in (first, second)) for host in site.hosts}


@pytest.mark.parametrize("phase", SAMPLE)
def test_a_roll_killed_in_mid_step_goes_on_with_resume(rolled: Rolls, phase: str) -> None:
    killed_in(rolled, phase)


@pytest.mark.slow
@pytest.mark.parametrize("phase", ALL)
def test_a_roll_killed_in_any_phase_goes_on_with_resume(rolled: Rolls, phase: str) -> None:
    killed_in(rolled, phase)


def test_a_roll_that_was_killed_keeps_others_out_until_it_is_resumed_or_given_up(rolled: Rolls) -> None:
    host = rolled.others[0]
    roll = rolled.begin(on=[host])
    roll.until("done", host)
    roll.stopped()
    refused = rolled.roll("--no-canary", on=[host])
    assert refused.code == 2
    assert "an earlier operation was interrupted" in refused.said
    assert "fab rolling-restart --resume" in refused.said
    assert "interrupted; abandoned" in rolled.roll("--abandon").said
    assert canaries(rolled) == set()
    assert "1 service, abandoned, ended 20" in rolled.done("status")
    assert tuple(operations(rolled)[0][key] for key in ("result", "done", "planned")) == ("abandoned", 1, 1)


def test_a_roll_and_its_resume_are_one_operation(rolled: Rolls) -> None:
    gone_on_with(rolled, "done", 0, runs=2)


@pytest.mark.slow
def test_a_resume_that_finds_all_done_judges_what_was_written_before(rolled: Rolls) -> None:
    gone_on_with(rolled, "started", 1, runs=1)


def gone_on_with(rolled: Rolls, phase: str, at: int, runs: int) -> None:
    """Kill a roll of two brokers, and go on with it."""
    first, second = rolled.others
    # As a roll has left them that is over, whatever became of it.
    (rolled.folder / ".kafka-fab").mkdir(exist_ok=True)
    (rolled.folder / ".kafka-fab/20200101-000000-0000.canary").write_text("run 3132333435363738 0:0 1.0\n")
    roll = rolled.begin(on=[first, second])
    roll.until(phase, (first, second)[at])
    roll.stopped()
    before = sum(len(piece.log.written[at].acknowledged) for piece in noted(rolled) for at in piece.starts)
    assert before > 0
    assert "interrupted" in rolled.fab("status").stdout
    said = rolled.roll("--resume", "--json")
    record = json.loads(said.said)
    assert (said.code, record["remaining"]) == (0, [])
    assert [step["host"] for step in record["steps"]] == [first, second]
    assert all(step["clean"] and step["total"] > 0 for step in record["steps"])
    canary = record["canary"]
    assert (canary["runs"], canary["lost"], canary["reordered"], canary["unchecked"]) == (runs, 0, 0, "")
    assert canary["acknowledged"] >= before + runs - 1
    assert canaries(rolled) == set()
    assert not list(noted(rolled))
    newest = operations(rolled)[0]
    assert (newest["run"], newest["exit"], newest["done"], newest["planned"]) == (record["run"], 0, 2, 2)


def operations(site: Rolls) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(site.done("history", "--json"))["operations"]
    return found


def canaries(site: Rolls) -> set[str]:
    return {p.topic for p in site.state().partitions if p.topic == CANARY}


def noted(site: Rolls) -> list[InterruptedRun]:
    """Return what canaries have noted on this machine."""
    return [piece for file in (site.folder / ".kafka-fab").glob("*.canary") for piece in read(file)]


def test_a_lost_connection_between_stop_and_start_is_made_anew(rolled: Rolls) -> None:
    before, host = rolled.starts(), rolled.others[0]
    roll = rolled.begin("--no-canary", on=[host])
    with rolled.held_in("stopped", roll, host):
        rolled.on(host, "pkill -KILL -f '^sshd: root'")
    ended = roll.end()
    assert ended.code == 0, ended.said
    assert rolled.starts()[host] == before[host] + 1


@pytest.mark.slow
def test_a_host_off_the_network_while_its_broker_is_down_is_waited_for(rolled: Rolls) -> None:
    before, host = rolled.starts(), next(one for one in rolled.others if one != rolled.zookeeper_leader)
    roll = rolled.begin("--no-canary", on=[host])
    with rolled.held_in("stopped", roll, host), make.unplugged(rolled.lab.hosts[host]):
        assert wait_until(lambda: rolled.starts()[host] == before[host] + 1, PATIENCE)
    ended = roll.end()
    assert ended.code == 0, ended.said
    assert rolled.starts()[host] == before[host] + 1


@pytest.mark.slow
def test_a_resume_elects_leaders_as_its_roll_was_asked_to(rolled: Rolls) -> None:
    first, second = rolled.others
    rolled.topic("led", [rolled.id(first), rolled.id(second), rolled.id(rolled.controller)])
    roll = rolled.begin("--no-canary", "--leaders", "end", on=[first])
    roll.until("serving", first)
    roll.stopped()
    record = json.loads(rolled.roll("--resume", "--no-canary", "--json").said)
    assert (record["exit"], record["leaders"]) == (0, {"elected": 1, "off_preferred": []})
    assert record["seconds"] > WARM
