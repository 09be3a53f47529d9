"""Return leaders: preferred leader election for the brokers that a roll has restarted; a failure is only reported."""

import time
from collections.abc import Iterable

from kafka_fab.canary.canary_topic import TOPIC
from kafka_fab.gate.preferred_leaders import ineligible_reason, off_preferred, preferred
from kafka_fab.gate.state import Partition
from kafka_fab.live import leader_election
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.locking.run_record import LeaderElection
from kafka_fab.operate.roll import runs
from kafka_fab.operate.roll.roll_context import RollContext
from kafka_fab.operate.roll.roll_record import Leadership
from kafka_fab.operate.roll.service_ref import ServiceRef, leaving
from kafka_fab.runbook.codes import RollCode

# A broker that leads sooner is slow: cold caches, code not compiled yet (rolling.md 10.3).
WARM = 10.0
SHOWN_WITHIN = 10.0


class Leaders:
    """Elects the restarted brokers as preferred leaders: between the steps, at the end, or never."""

    def __init__(self, context: RollContext) -> None:
        self._context, self._when = context, context.options.leaders
        self._began, self._in_sync = time.monotonic(), dict[int, float]()
        self._elected = 0

    def between(self, group: Iterable[ServiceRef]) -> None:
        """Note the brokers that are in sync, and elect those that have been for long enough, with --leaders each."""
        now = time.monotonic()
        self._in_sync |= dict.fromkeys(leaving(group).brokers, now)
        warm = {number for number, since in self._in_sync.items() if now - since >= WARM}
        if self._when is LeaderElection.EACH:
            self._elect(warm)

    def at_the_end(self) -> None:
        """Elect all restarted brokers ten seconds after the last one was in sync, unless --leaders is never."""
        if self._when is LeaderElection.NEVER or self._context.stop.asked or not self.led().off_preferred:
            return
        # For brokers of an earlier part of the roll it is unknown since when they are in sync.
        wait = max(self._in_sync.values(), default=self._began) + WARM - time.monotonic()
        if self._context.board.until(lambda: self._context.stop.asked, wait):
            return
        self._elect(self._mine())
        self._context.board.until(lambda: not self.led().off_preferred, SHOWN_WITHIN)

    def led(self) -> Leadership:
        """Return how many leaders were elected, and the partitions still led by other brokers."""
        return Leadership(self._elected, tuple(p.name for p in self._off_preferred(self._mine())))

    def _mine(self) -> set[int]:
        """Return the roll's brokers, including those of an earlier part."""
        context = self._context
        return set(leaving(runs.named(context.cluster, context.run.targets)).brokers)

    def _off_preferred(self, brokers: set[int]) -> tuple[Partition, ...]:
        # The canary's topic is deleted at the end of the roll.
        found = off_preferred(self._context.watch.state())
        return tuple(p for p in found if preferred(p) in brokers and p.topic != TOPIC)

    def _elect(self, brokers: set[int]) -> None:
        context, state = self._context, self._context.watch.state()
        due = [p for p in self._off_preferred(brokers) if not ineligible_reason(p, state)]
        if not due:
            return
        try:
            refused = leader_election.elect(context.cluster, [p.topic_partition for p in due])
        except (Unreachable, RequestRejected) as problem:
            context.events.warn("", f"preferred leaders were not elected: {problem}", RollCode.NOT_ELECTED)
            return
        self._elected += len(due) - len(refused)
        context.events.emit("", "leaders", f"preferred leader election: {len(due) - len(refused)} partitions")
        for name, why in sorted(refused.items()):
            context.events.warn("", f"{name}: its preferred leader was not elected: {why}", RollCode.NOT_ELECTED)
