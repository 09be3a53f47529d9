"""A roll that loses its operator or its way to a host: the broker comes back by itself, and a resume goes on."""

from __future__ import annotations

import json

import pytest

from lab import trouble as make
from lab.machine import wait_until
from tasks.operate.roll.leaders import WARM
from tests.integration.rolls import PATIENCE, Rolls

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
    roll = rolled.begin("--no-canary", on=[host])
    roll.until("done", host)
    roll.stopped()
    refused = rolled.roll("--no-canary", on=[host])
    assert refused.code == 2
    assert "an earlier operation has not come to its end" in refused.said
    assert "fab rolling-restart --resume" in refused.said
    assert "is given up" in rolled.roll("--abandon").said


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
    assert (record["exit"], record["leaders"]) == (0, {"elected": 1, "astray": []})
    assert record["seconds"] > WARM
