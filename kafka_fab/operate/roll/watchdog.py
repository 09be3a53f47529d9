"""Watchdog: when a service that was restarted is given up, and what is said then."""

import time
from collections.abc import Sequence

from kafka_fab.cluster.roles import zookeeper_session
from kafka_fab.cluster.values.role import Role
from kafka_fab.gate.state import Blocker
from kafka_fab.locking.operation_error import NOT_BACK, OperationError
from kafka_fab.operate.hosts import services
from kafka_fab.operate.roll.roll_context import RollContext
from kafka_fab.operate.roll.roll_service import Target
from kafka_fab.operate.roll.step import Following
from kafka_fab.runbook.codes import RollCode
from kafka_fab.typed_command import FAB

# A service that does no work at all for this long, and does not serve, is given up.
IDLE = 120.0
# A broker whose copies have not come nearer to their leaders for this long is given up (rolling.md 5.4).
STALLED = 300.0
# systemd starts a broker that has failed again after 20 s (conf/kafka.service.j2, RestartSec); and it has to begin.
AGAIN = 30.0
TOLD = 20


class Watchdog:
    """The patience with one service."""

    def __init__(self, context: RollContext, target: Target) -> None:
        self._context, self._target = context, target
        self._began = time.monotonic()
        self._registered, self._met = False, 0.0
        self._fewest, self._since = 1 << 62, self._began

    @property
    def met_itself(self) -> bool:
        """Return whether it ended while it was still registered from before."""
        return self._met > 0

    def refuse_dead(self, following: Following, serves: bool) -> None:
        """Raise OperationError where its process has ended, does nothing, or its host cannot be seen any more."""
        self._look_at_registration(following)
        if following.lost:
            return self._refuse_unseen(following, serves)
        if following.broke_off:
            raise self._not_back(f"its step broke off in the phase `{following.broke_off}`")
        state, sub = (following.since_start.get(key, "") for key in ("ActiveState", "SubState"))
        if sub == "auto-restart" and self._starts_again(serves):
            return None
        if state in ("failed", "inactive") or sub == "auto-restart":
            raise self._not_back(f"its process has ended ({state}, {sub})")
        idle = time.monotonic() - following.work_grew
        if following.phase == "started" and not serves and idle > IDLE:
            raise self._not_back(f"it does not serve, and has done nothing for {idle:.0f} s")
        return None

    def _look_at_registration(self, following: Following) -> None:
        """Remember one seen since it began to start: its session may end before its process is seen to have ended."""
        last = self._context.watch.last
        if last and last.began >= following.starting_since and following.phase == "started":
            self._registered = self._registered or self._target.id in last.state.up

    def _starts_again(self, serves: bool) -> bool:
        """Return whether it has met a registration of its own, which ends with its session (KAFKA-7165)."""
        context, target = self._context, self._target
        if target.role != Role.BROKER or context.cluster.kraft or serves:
            return False
        if self._registered and not self.met_itself:
            self._met = time.monotonic()
            words = "found itself still registered in ZooKeeper, and ended; systemd starts it again in 20 s"
            context.tale.tell(target.host, "problem", words)
        patience = zookeeper_session.longest(context.cluster) + AGAIN
        return self.met_itself and time.monotonic() - self._met < patience

    def refuse_stalled(self, missing: Sequence[Blocker]) -> None:
        """Raise OperationError where the cluster comes no nearer to being whole."""
        if len(missing) < self._fewest:
            self._fewest, self._since = len(missing), time.monotonic()
        if time.monotonic() - self._since > STALLED:
            reasons = "\n".join(f"    {one}" for one in missing[:TOLD])
            why = f"it serves, but for {STALLED:.0f} s the cluster has come no nearer to being whole:\n{reasons}"
            raise self._not_back(why, words=False)

    def _refuse_unseen(self, following: Following, serves: bool) -> None:
        # One that serves is seen by way of the cluster.
        if not serves and time.monotonic() - max(self._began, following.work_grew) > IDLE:
            raise self._not_back(f"its host has not been seen for {IDLE:.0f} s ({following.lost})", words=False)

    def _not_back(self, why: str, words: bool = True) -> OperationError:
        text = f"{self._target.name} is not back: {why}"
        if words:
            text += f". Its last words:\n{self._last_words()}"
        text += f"\nno other node is touched; mend it, then `{FAB} rolling-restart --resume`"
        return OperationError(NOT_BACK, text, RollCode.NOT_BACK)

    def _last_words(self) -> str:
        context, target = self._context, self._target
        service = services.service_of(context.cluster, context.cluster.nodes[target.host], target.role)
        done = context.fleet.run(lambda c: services.last_log_lines(c, service), context.run.task, [target.host])
        return str(done[0].value or done[0].error)
