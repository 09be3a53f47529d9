"""Watchdog: when the restart of a service has failed, and the message."""

import time
from collections.abc import Sequence

from kafka_fab.cluster.roles import zookeeper_session
from kafka_fab.cluster.values.role import Role
from kafka_fab.gate.state import Blocker
from kafka_fab.locking.lock_refusal import UPGRADING, continuation
from kafka_fab.locking.operation_error import NOT_BACK, OperationError
from kafka_fab.operate.hosts import services
from kafka_fab.operate.roll.roll_context import RollContext
from kafka_fab.operate.roll.service_ref import ServiceRef
from kafka_fab.operate.roll.step import Following
from kafka_fab.runbook.codes import RollCode
from kafka_fab.typed_command import FAB

# A service without any I/O for this long that is not ready has failed.
IDLE = 120.0
# A broker whose replicas have not caught up any further for this long has failed (rolling.md 5.4).
STALLED = 300.0
# systemd restarts a failed broker after 20 s (conf/kafka.service.j2, RestartSec); some seconds to begin.
AGAIN = 30.0
SHOWN = 20


class Watchdog:
    """Decides when the restart of one service has failed."""

    def __init__(self, context: RollContext, target: ServiceRef) -> None:
        self._context, self._target = context, target
        self._began = time.monotonic()
        self._registered, self._met_at = False, 0.0
        self._fewest, self._since = 1 << 62, self._began

    @property
    def met_old_registration(self) -> bool:
        """Return whether it exited because its old registration was still in ZooKeeper."""
        return self._met_at > 0

    def refuse_dead(self, following: Following, serves: bool) -> None:
        """Raise OperationError where its process exited or makes no progress, or its host does not answer."""
        self._look_at_registration(following)
        if following.lost:
            return self._refuse_unreachable(following, serves)
        if following.ended_early:
            raise self._not_back(f"its step ended early in phase `{following.ended_early}`")
        state, sub = (following.since_start.get(key, "") for key in ("ActiveState", "SubState"))
        if sub == "auto-restart" and self._starts_again(serves):
            return None
        if state in ("failed", "inactive") or sub == "auto-restart":
            raise self._not_back(f"its process exited ({state}, {sub})")
        if following.phase == "started" and not serves:
            self._refuse_idle(following)
        return None

    def _refuse_idle(self, following: Following) -> None:
        now = time.monotonic()
        idle, started = now - following.progressed_at, now - following.starting_since
        if idle > IDLE:
            raise self._not_back(f"it is not ready and has made no progress for {idle:.0f} s")
        # The I/O of a ZooKeeper server that looks for a leader is no progress: it answers, and logs, each question.
        if self._target.role == Role.ZOOKEEPER and started > STALLED:
            raise self._not_back(f"it runs, but has not joined its ensemble for {started:.0f} s")

    def _look_at_registration(self, following: Following) -> None:
        """Note a registration seen since its start: the session may expire before the exit is seen."""
        last = self._context.watch.last
        if last and last.began >= following.starting_since and following.phase == "started":
            self._registered = self._registered or self._target.id in last.state.up

    def _starts_again(self, serves: bool) -> bool:
        """Return whether it met its old registration, which is removed with its session (KAFKA-7165)."""
        context, target = self._context, self._target
        if target.role != Role.BROKER or context.cluster.kraft or serves:
            return False
        if self._registered and not self.met_old_registration:
            self._met_at = time.monotonic()
            text = "exited: its old registration was still in ZooKeeper (KAFKA-7165); systemd restarts it in 20 s"
            context.events.warn(target.host, text, RollCode.OLD_REGISTRATION)
        patience = zookeeper_session.longest(context.cluster) + AGAIN
        return self.met_old_registration and time.monotonic() - self._met_at < patience

    def refuse_stalled(self, missing: Sequence[Blocker]) -> None:
        """Raise OperationError where the cluster does not recover any further."""
        if len(missing) < self._fewest:
            self._fewest, self._since = len(missing), time.monotonic()
        if time.monotonic() - self._since > STALLED:
            reasons = "\n".join(f"    {one}" for one in missing[:SHOWN])
            why = f"it is ready, but the cluster has not recovered any further for {STALLED:.0f} s:\n{reasons}"
            raise self._not_back(why, log=False)

    def _refuse_unreachable(self, following: Following, serves: bool) -> None:
        # Of one that is ready the cluster itself shows the state.
        if not serves and time.monotonic() - max(self._began, following.progressed_at) > IDLE:
            raise self._not_back(f"its host has not answered for {IDLE:.0f} s ({following.lost})", log=False)

    def _not_back(self, why: str, log: bool = True) -> OperationError:
        text = f"{self._target.name} is not back: {why}"
        if log:
            text += f". The last lines of its log:\n{self._log_tail()}"
        text += f"\nno other service was restarted; fix it, then `{continuation(self._context.run.task)}`"
        if self._context.run.task == UPGRADING:
            text += f", or bring it back with `{FAB} upgrade --rollback --limit {self._target.host}`"
        return OperationError(NOT_BACK, text, RollCode.NOT_BACK)

    def _log_tail(self) -> str:
        context, target = self._context, self._target
        service = services.service_of(context.cluster, context.cluster.nodes[target.host], target.role)
        done = context.fleet.run(lambda c: services.last_log_lines(c, service), context.run.task, [target.host])
        return str(done[0].value or done[0].error)
