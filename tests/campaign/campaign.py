"""Campaign: operations of the plan on a live cluster, with faults, under load; after each all must be as it should."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from lab import LabError
from tests.campaign import plan
from tests.campaign.plan import Command, Step
from tests.campaign.report import Report, Row
from tests.campaign.site import Call, CampaignSite, site
from tests.campaign.troubles import Troubles
from tests.campaign.world import KINDS, LOADED, World
from tests.integration.outside_load import Load, client

# After the last fault of a step: the tool is called until it succeeds, for so long, with a pause between.
PATIENCE = 300.0
PAUSE = 2.0
# What the interrupted task of each kind is continued with.
RESUMED = {"rolling-restart": "rolling-restart", "upgrade": "upgrade", "upgrade.rollback": "upgrade"}
# For what is outstanding at the end, and to read an hour's messages back.
READ_BACK = 900.0
Say = Callable[[str], None]


class Stuck(Exception):
    """A command that does not succeed, although nothing is broken any more."""


@dataclass(frozen=True)
class Orders:
    """What is asked of a campaign: kind of cluster, seed, and for how long new operations begin."""

    kind: str
    seed: int
    minutes: float
    # No more operations than these, where that is not 0.
    most: int = 0


def run(orders: Orders, name: str, folder: Path, say: Say = print) -> Report:
    """Build a cluster, carry a campaign out on it, and return its report."""
    kind = KINDS[orders.kind]
    with site(kind, name, folder) as made:
        made.build(World(kind))
        report = Report(orders.seed, orders.kind, [])
        with client(made.servers, topic=",".join(LOADED), patience=READ_BACK) as load:
            campaign = Campaign(made, load, say)
            campaign.carry_out(orders)
        return replace(report, rows=campaign.rows, load=load)


class Campaign:
    """A campaign under way."""

    def __init__(self, made: CampaignSite, load: Load, say: Say) -> None:
        self._site, self._load, self._say = made, load, say
        self.rows: list[Row] = []

    def carry_out(self, orders: Orders) -> None:
        """Do one step after the other until the time is over or one has failed; end an upgrade that is open then."""
        until = time.monotonic() + orders.minutes * 60
        world = World(KINDS[orders.kind])
        for number, step in enumerate(plan.steps(orders.seed, world.kind), 1):
            world = step.operation.after
            if not self._is_done(number, step) or time.monotonic() > until or number == orders.most:
                break
        last = plan.finale(world)
        if last and not self.rows[-1].problems:
            self._is_done(len(self.rows) + 1, Step(last, ()))

    def _is_done(self, number: int, step: Step) -> bool:
        """Do a step, and return whether all is as it should be."""
        faults = ", ".join(fault.text(self._site.hosts) for fault in step.faults)
        row, began = Row(number, step.operation.name, faults), time.monotonic()
        self._say(f"{number}: {step.operation.name}; {faults or 'no fault'}")
        calls: list[Call] = []
        problems = self._problems(step, calls)
        came = self._load.mark()
        row = replace(row, tries=len(calls), seconds=round(time.monotonic() - began, 1), problems=problems)
        row = replace(row, acknowledged=came["acknowledged"], stall=came["longest_stall"])
        self.rows.append(row)
        self._say(f"    {row.cells()[-1]}, {row.seconds:.1f} s" + "".join(f"\n    {one}" for one in problems))
        return not problems

    def _problems(self, step: Step, calls: list[Call]) -> tuple[str, ...]:
        troubles = Troubles(step.faults, self._site.machines)
        stuck: list[str] = []
        try:
            for command in step.operation.commands:
                self._succeed(command, troubles, calls)
        except Stuck as reason:
            stuck.append(str(reason))
        try:
            troubles.end()
        except LabError as reason:
            stuck.append(f"a fault could not be brought or taken back: {reason}")
        return tuple(stuck) or self._site.problems(step.operation.after)

    def _succeed(self, command: Command, troubles: Troubles, calls: list[Call]) -> None:
        """Call the tool until it succeeds, as an operator would; raise Stuck where that does not help."""
        self._site.write(command.world)
        words = command.typed(self._site.hosts)
        while True:
            calls.append(self._site.call(words, troubles))
            if calls[-1].code == 0:
                return
            if time.monotonic() - troubles.healed > PATIENCE:
                raise Stuck(calls[-1].text)
            time.sleep(PAUSE)
            words = self._next(command, troubles)

    def _next(self, command: Command, troubles: Troubles) -> tuple[str, ...]:
        """Return what is typed after a failure: the way to continue, where an operation was interrupted."""
        task = self._site.interrupted()
        if task in RESUMED and command.resume and RESUMED[task] == command.resume[0]:
            return command.typed(self._site.hosts, resumed=True)
        return command.typed(self._site.hosts)
