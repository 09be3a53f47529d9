"""Restart: one service that is stopped and started, with its timestamps, until it is in sync or has failed."""

import time
from collections.abc import Mapping, Sequence
from shlex import join
from typing import Any

from kafka_fab.cluster.values.role import Role
from kafka_fab.gate.node_rules import reregistered
from kafka_fab.gate.state import Blocker
from kafka_fab.live import broker_view, kraft_quorum
from kafka_fab.live.zookeeper import four_letter_words
from kafka_fab.locking.lock_refusal import continuation
from kafka_fab.locking.operation_error import PREFLIGHT, OperationError
from kafka_fab.operate.hosts import running, services
from kafka_fab.operate.roll import stabilization, step
from kafka_fab.operate.roll.recovery import Baseline
from kafka_fab.operate.roll.roll_context import RollContext
from kafka_fab.operate.roll.roll_record import RestartStep, as_words
from kafka_fab.operate.roll.service_ref import ServiceRef
from kafka_fab.operate.roll.signal_board import POLL
from kafka_fab.operate.roll.stabilization import RestartTimes
from kafka_fab.operate.roll.watchdog import Watchdog
from kafka_fab.remote import script
from kafka_fab.remote.ssh.connection import Connection
from kafka_fab.runbook.codes import RollCode, coded

LOOK = 1.0
# A shorter wait is not reported.
PATIENCE = 3.0


def trigger_all(context: RollContext, doing: "Mapping[ServiceRef, Restart]") -> None:
    """Trigger the step on all hosts of a group; raise OperationError where none takes it."""
    by_host = {one.host: one for one in doing}

    def trigger(c: Connection) -> None:
        target = by_host[c.original_host]
        changes = context.options.while_down(target)
        step.trigger(c, context.cluster, target, context.run.id, changes)

    for restart in doing.values():
        restart.begin()
    done = context.fleet.run(trigger, context.run.task, by_host)
    failed = [f"{progress.host}: {progress.error}" for progress in done if progress.error]
    if failed and len(failed) == len(done):
        words = "; ".join(failed)
        text = f"no service was restarted: {words}\nfix that, then `{continuation(context.run.task)}`"
        raise OperationError(PREFLIGHT, text, RollCode.STEP_NOT_TAKEN)
    for progress in done:
        if progress.error:
            # The others are being restarted: wait for them first.
            context.events.warn(progress.host, f"was not restarted: {progress.error}", RollCode.STEP_NOT_TAKEN)


def prove(c: Connection, run: str, done: RestartStep) -> None:
    """Record on its host that a service was seen in sync; raise HostFailure."""
    services.run(c, [join(("confirm_step", run, done.target.unit, as_words(done)))], extra=script.ROLL)


class Restart:
    """One service between the trigger of its step and its being in sync again."""

    def __init__(self, context: RollContext, baseline: Baseline, target: ServiceRef) -> None:
        self.target, self._context, self._baseline = target, context, baseline
        self.triggered = time.time()
        self.ready = self.in_sync = 0.0
        # Why the cluster has not recovered yet.
        self.waiting: tuple[Blocker, ...] = ()
        self._before, self._ready_reading = context.watch.state(), 0.0
        self._following: step.Following | None = None
        self._reported: set[str] = set()
        self._refreshed = False
        self._watchdog = Watchdog(context, target)

    @property
    def following(self) -> step.Following:
        """Return what the host reports."""
        assert self._following
        return self._following

    @property
    def doing(self) -> str:
        """Return the step's phase, for the screen."""
        if self.in_sync:
            return "in sync"
        if self.ready:
            return "catching up"
        return self.following.phase if self._following else "triggered"

    @property
    def lost(self) -> str:
        """Return why the host cannot be reached now, an empty string if it can."""
        return self._following.lost if self._following else ""

    def begin(self) -> None:
        """Report that the restart begins: its seconds count from now on."""
        self._report("step", f"restarting {self.target.label}")
        self.triggered = time.time()

    def follow(self) -> None:
        """Begin to follow the step on the host."""
        c = self._connection()
        self._following = step.Following(lambda: c, self.target, self._context.run.id, self._context.board)

    def close(self) -> None:
        """Stop following."""
        if self._following:
            self._following.close()

    def await_ready(self) -> None:
        """Wait until the service answers as a member of its cluster; raise OperationError where it does not."""
        board, watch = self._context.board, self._context.watch
        while not self._is_ready():
            self._report_phases()
            self._watchdog.refuse_dead(self.following, serves=False)
            last = watch.last
            board.until(lambda last=last: watch.last is not last, POLL)  # type: ignore[misc]
        self._report_phases()
        self.ready, self._ready_reading = time.time(), time.monotonic()
        self._report("serving", f"{self.target.label} is ready")

    def await_in_sync(self) -> None:
        """Wait until the cluster has recovered and is stable; raise OperationError where it does not."""
        baseline, watch, first_clean = self._baseline, self._context.watch, [0.0]

        def stable() -> bool:
            if any(True for _ in baseline.not_recovered(watch.state())):
                first_clean[0] = 0.0
                return False
            first_clean[0] = first_clean[0] or time.time()
            return baseline.recovered_for(self._stabilization(first_clean[0]), self._counts_from, self.target.voter)

        while not self._context.board.until(stable, LOOK):
            self.waiting = baseline.not_recovered(watch.state())
            self._watchdog.refuse_dead(self.following, serves=True)
            self._watchdog.refuse_stalled(self.waiting)
            self._report_waiting(self.waiting)
        self.in_sync, self.waiting = first_clean[0], ()
        for broker_id in self._lost_sessions() if self.target.role == Role.ZOOKEEPER else ():
            text = f"broker {broker_id}: its ZooKeeper session expired; it registered again"
            self._context.events.warn(self.target.host, text, RollCode.SESSION_EXPIRED)

    def _stabilization(self, in_sync: float) -> float:
        """Return the seconds for which the cluster must stay recovered."""
        return stabilization.seconds(
            self._context, self.target, RestartTimes(self.triggered, self.ready, in_sync), self.maybe_unclean
        )

    @property
    def _counts_from(self) -> float:
        """Return since when readings count, by time.monotonic.

        After a controlled shutdown a broker is in no ISR until it is back; after an unclean one the cluster may not
        have noticed yet.
        """
        known = self.target.role == Role.BROKER and not self.maybe_unclean
        return self.following.starting_since if known else self._ready_reading

    @property
    def maybe_unclean(self) -> bool:
        """Return whether a broker may have stopped without a controlled shutdown."""
        if self.target.role == Role.ZOOKEEPER:
            return bool(self._lost_sessions())
        stopped_well = self.following.clean and self.following.controlled
        return self.target.role == Role.BROKER and (not stopped_well or self._watchdog.met_old_registration)

    def _lost_sessions(self) -> tuple[int, ...]:
        """Return the brokers whose session expired during this ZooKeeper server's restart (rolling.md 3.5)."""
        return reregistered(self._before, self._context.watch.state())

    def step(self) -> RestartStep:
        """Return the record of the step."""
        following, stop = self.following, self.following.seconds("stopping", "stopped")
        start = max(0.0, self.ready - self.triggered - (stop or 0.0)) if self.ready else None
        sync = max(0.0, self.in_sync - self.ready) if self.in_sync else None
        clean = following.clean or self.target.role != Role.BROKER
        return RestartStep(self.target, self.triggered, time.time(), stop, start, sync, clean, following.controlled)

    def _connection(self) -> Connection:
        host = self.target.host
        done = self._context.fleet.run(lambda c: c, self._context.run.task, [host])
        connection: Connection = done[0].value
        return connection

    def _is_ready(self) -> bool:
        """Return whether it was started and answers: an answer means that its logs are loaded."""
        if self.following.phase != "started":
            return False
        if not self._refreshed:
            # It has started with the file on disk: its listeners may have changed.
            running.read(self._context.fleet, [self.target.host])
            self._refreshed = True
        cluster, watch = self._context.cluster, self._context.watch
        node = cluster.nodes[self.target.host]
        if self.target.role == Role.ZOOKEEPER:
            return four_letter_words.serves(cluster, node, LOOK)
        if self.target.role == Role.CONTROLLER:
            return kraft_quorum.answers(cluster, node, LOOK)
        view = broker_view.view(cluster, node, seconds=LOOK)
        # With ZooKeeper a broker of 0.8.0 is not in its own metadata before it leads a partition.
        known = view.brokers if cluster.kraft else watch.state().up
        if not view.error and self.target.id not in known:
            # It answers, so it is registered: the next reading will see it.
            watch.read_now()
        return not view.error and self.target.id in known

    def _report_waiting(self, missing: Sequence[Blocker]) -> None:
        """Report why the cluster has not recovered, where that lasts: once for each code."""
        if not missing or time.time() - self.ready < PATIENCE or missing[0].code in self._reported:
            return
        self._reported.add(missing[0].code)
        more = f" ({len(missing) - 1} more reasons)" if len(missing) > 1 else ""
        words = coded(f"waiting for the cluster to recover: {missing[0].text}{more}", missing[0].code)
        self._report("gate", words, blockers=len(missing))

    def _report_phases(self) -> None:
        for phase in [phase for phase in self.following.phases if phase not in self._reported]:
            self._reported.add(phase)
            unclean = {"clean": False} if phase == "stopped" and not self.step().clean else {}
            self._report(phase, self._phase_text(phase), **unclean)
            if phase == "stopped" and not self.following.controlled:
                text = "controlled shutdown failed: the broker stopped before the controller had moved its leaders"
                self._context.events.warn(self.target.host, text, RollCode.UNCONTROLLED_STOP)

    def _report(self, kind: str, text: str, **details: Any) -> None:
        self._context.events.emit(self.target.host, kind, text, **details)

    def _phase_text(self, phase: str) -> str:
        words = self.following.phases[phase]
        if phase != "stopped" or self.target.role != Role.BROKER:
            return phase
        clean = (
            "stopped cleanly" if words.get("clean") == "1" else "unclean shutdown: it recovers its logs when it starts"
        )
        seconds = self.following.seconds("stopping", "stopped")
        return f"{clean}, {seconds:.1f} s" if seconds is not None else clean
