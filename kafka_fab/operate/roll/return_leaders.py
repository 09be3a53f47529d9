"""Leaders: partitions given back to brokers that a roll has restarted; where that fails it is told, and no more."""

import time
from collections.abc import Iterable

from kafka_fab.canary.canary_topic import TOPIC
from kafka_fab.gate.preferred_leaders import astray, hindrance, preferred
from kafka_fab.gate.state import Partition
from kafka_fab.live import leader_election
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.topic import RequestRejected
from kafka_fab.locking.run_record import EACH, NEVER
from kafka_fab.operate.roll import runs
from kafka_fab.operate.roll.roll_context import RollContext
from kafka_fab.operate.roll.roll_record import Leadership
from kafka_fab.operate.roll.roll_service import Target, leaving

# One that leads sooner is slow still: its caches are cold and its code is not compiled yet (rolling.md 10.3).
WARM = 10.0
SHOWS = 10.0


class Leaders:
    """Elects the preferred leaders that a roll has restarted: after each is warm, at the end, or never."""

    def __init__(self, context: RollContext) -> None:
        self._context, self._when = context, context.options.leaders
        self._began, self._in_sync = time.monotonic(), dict[int, float]()
        self._elected = 0

    def between(self, group: Iterable[Target]) -> None:
        """Take note of who is back, and elect those that have been back long enough, if each is to be."""
        now = time.monotonic()
        self._in_sync |= dict.fromkeys(leaving(group).brokers, now)
        warm = {number for number, since in self._in_sync.items() if now - since >= WARM}
        if self._when == EACH:
            self._elect(warm)

    def at_the_end(self) -> None:
        """Elect all that the roll has restarted as soon as the last one is warm, unless never is wanted."""
        if self._when == NEVER or self._context.stop.asked or not self.led().astray:
            return
        # Of those that an earlier part of the roll has restarted nobody here knows since when they are back.
        wait = max(self._in_sync.values(), default=self._began) + WARM - time.monotonic()
        if self._context.board.until(lambda: self._context.stop.asked, wait):
            return
        self._elect(self._mine())
        self._context.board.until(lambda: not self.led().astray, SHOWS)

    def led(self) -> Leadership:
        """Return what has been elected, and what is still led by others."""
        return Leadership(self._elected, tuple(p.name for p in self._astray(self._mine())))

    def _mine(self) -> set[int]:
        """Return the roll's brokers, those of an earlier part among them."""
        context = self._context
        return set(leaving(runs.named(context.cluster, context.run.targets)).brokers)

    def _astray(self, brokers: set[int]) -> tuple[Partition, ...]:
        # The canary's topic goes with the roll.
        found = astray(self._context.watch.state())
        return tuple(p for p in found if preferred(p) in brokers and p.topic != TOPIC)

    def _elect(self, brokers: set[int]) -> None:
        context, state = self._context, self._context.watch.state()
        due = [p for p in self._astray(brokers) if not hindrance(p, state)]
        if not due:
            return
        try:
            refused = leader_election.elect(context.cluster, [p.topic_partition for p in due])
        except (Unreachable, RequestRejected) as problem:
            context.tale.tell("", "problem", f"preferred leaders are not elected: {problem}")
            return
        self._elected += len(due) - len(refused)
        context.tale.tell("", "leaders", f"{len(due) - len(refused)} partitions go back to their preferred leaders")
        for name, why in sorted(refused.items()):
            context.tale.tell("", "problem", f"{name}: its preferred leader is not elected: {why}")
