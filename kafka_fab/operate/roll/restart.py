"""Restart: one service on its way down and up again, with its moments, and when it is given up."""

import time
from collections.abc import Mapping, Sequence
from shlex import join
from typing import Any

from kafka_fab.cluster.values.role import Role
from kafka_fab.gate.node_rules import registered_anew
from kafka_fab.gate.state import Blocker
from kafka_fab.live import broker_view, kraft_quorum
from kafka_fab.live.zookeeper import four_letter_words
from kafka_fab.locking.operation_error import PREFLIGHT, OperationError
from kafka_fab.operate.hosts import running, services
from kafka_fab.operate.roll import stabilization, step
from kafka_fab.operate.roll.recovery import Baseline
from kafka_fab.operate.roll.roll_context import RollContext
from kafka_fab.operate.roll.roll_record import RestartStep, as_words
from kafka_fab.operate.roll.roll_service import Target
from kafka_fab.operate.roll.signal_board import GLANCE
from kafka_fab.operate.roll.stabilization import Times
from kafka_fab.operate.roll.watchdog import Watchdog
from kafka_fab.remote import script
from kafka_fab.remote.ssh.connection import Connection
from kafka_fab.runbook.codes import RollCode, coded
from kafka_fab.typed_command import FAB

LOOK = 1.0
# A wait that is shorter is not worth a line.
PATIENCE = 3.0


def trigger_all(context: RollContext, doing: "Mapping[Target, Restart]") -> None:
    """Have the hosts of a group take their step, all at once; raise OperationError where one does not."""
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
        text = f"no step was taken: {words}\nmend that, then `{FAB} rolling-restart --resume`"
        raise OperationError(PREFLIGHT, text, RollCode.STEP_NOT_TAKEN)
    for progress in done:
        if progress.error:
            # The others are on their way: they are seen back first.
            context.tale.tell(progress.host, "problem", f"took no step: {progress.error}")


def prove(c: Connection, run: str, done: RestartStep) -> None:
    """Write down on its host that a service was seen to be back; raise HostFailure."""
    services.run(c, [join(("prove_step", run, done.target.unit, as_words(done)))], extra=script.ROLL)


class Restart:
    """What is seen of one service between its trigger and its being in sync again."""

    def __init__(self, context: RollContext, baseline: Baseline, target: Target) -> None:
        self.target, self._context, self._baseline = target, context, baseline
        self.triggered = time.time()
        self.ready = self.in_sync = 0.0
        # Why the cluster is not whole with it yet.
        self.waiting: tuple[Blocker, ...] = ()
        self._before, self._ready_reading = context.watch.state(), 0.0
        self._following: step.Following | None = None
        self._told: set[str] = set()
        self._learned = False
        self._limits = Watchdog(context, target)

    @property
    def following(self) -> step.Following:
        """Return what the host itself tells."""
        assert self._following
        return self._following

    @property
    def doing(self) -> str:
        """Return the step's phase in a word or two, for the screen."""
        if self.in_sync:
            return "in sync"
        if self.ready:
            return "catching up"
        return self.following.phase if self._following else "triggered"

    @property
    def lost(self) -> str:
        """Return why the host cannot be seen just now, nothing if it can."""
        return self._following.lost if self._following else ""

    def begin(self) -> None:
        """Say that its host is told to take the step: its seconds count from now on."""
        self._tell("step", f"stops and starts {self.target.role} {self.target.id}")
        self.triggered = time.time()

    def follow(self) -> None:
        """Begin to listen to the host."""
        c = self._connection()
        self._following = step.Following(lambda: c, self.target, self._context.run.id, self._context.board)

    def close(self) -> None:
        """Look away."""
        if self._following:
            self._following.close()

    def await_ready(self) -> None:
        """Wait until the service answers as a member of its cluster; raise OperationError where it will not."""
        board, watch = self._context.board, self._context.watch
        while not self._is_ready():
            self._tell_phases()
            self._limits.refuse_dead(self.following, serves=False)
            last = watch.last
            board.until(lambda last=last: watch.last is not last, GLANCE)  # type: ignore[misc]
        self._tell_phases()
        self.ready, self._ready_reading = time.time(), time.monotonic()
        self._tell("serving", f"{self.target.role} {self.target.id} serves")

    def await_in_sync(self) -> None:
        """Wait until the cluster is whole with it, and stays so for a while; raise OperationError where it never is."""
        baseline, watch, first_clean = self._baseline, self._context.watch, [0.0]

        def settled() -> bool:
            if any(True for _ in baseline.whole(watch.state())):
                first_clean[0] = 0.0
                return False
            first_clean[0] = first_clean[0] or time.time()
            return baseline.whole_for(self._settles(first_clean[0]), self._counts_from, self.target.voter)

        while not self._context.board.until(settled, LOOK):
            self.waiting = baseline.whole(watch.state())
            self._limits.refuse_dead(self.following, serves=True)
            self._limits.refuse_stalled(self.waiting)
            self._tell_waiting(self.waiting)
        self.in_sync, self.waiting = first_clean[0], ()
        for broker_id in self._lost_sessions() if self.target.role == Role.ZOOKEEPER else ():
            self._tell(
                "problem", f"broker {broker_id} had to register anew: it found no other server within its session"
            )

    def _settles(self, in_sync: float) -> float:
        """Return the seconds for which the cluster must stay whole with it."""
        return stabilization.seconds(
            self._context, self.target, Times(self.triggered, self.ready, in_sync), self.unsure
        )

    @property
    def _counts_from(self) -> float:
        """Return since when readings count, by time.monotonic.

        One that said goodbye is in no ISR before it is back in truth; of another the cluster may not know yet.
        """
        known = self.target.role == Role.BROKER and not self.unsure
        return self.following.starting_since if known else self._ready_reading

    @property
    def unsure(self) -> bool:
        """Return whether a broker may have gone without a goodbye to the cluster."""
        if self.target.role == Role.ZOOKEEPER:
            return bool(self._lost_sessions())
        return self.target.role == Role.BROKER and (not self.following.clean or self._limits.met_itself)

    def _lost_sessions(self) -> tuple[int, ...]:
        """Return the brokers whose session did not outlive this ZooKeeper server's restart (rolling.md 3.5)."""
        return registered_anew(self._before, self._context.watch.state())

    def step(self) -> RestartStep:
        """Return the step as it went."""
        following, stop = self.following, self.following.seconds("stopping", "stopped")
        start = max(0.0, self.ready - self.triggered - (stop or 0.0)) if self.ready else None
        sync = max(0.0, self.in_sync - self.ready) if self.in_sync else None
        clean = following.clean or self.target.role != Role.BROKER
        return RestartStep(self.target, self.triggered, time.time(), stop, start, sync, clean)

    def _connection(self) -> Connection:
        host = self.target.host
        done = self._context.fleet.run(lambda c: c, self._context.run.task, [host])
        connection: Connection = done[0].value
        return connection

    def _is_ready(self) -> bool:
        """Return whether it was started and answers: an answered request means that its logs are loaded."""
        if self.following.phase != "started":
            return False
        if not self._learned:
            # It has started with the file on disk, by which it may be asked elsewhere from now on.
            running.read(self._context.fleet, [self.target.host])
            self._learned = True
        cluster, watch = self._context.cluster, self._context.watch
        node = cluster.nodes[self.target.host]
        if self.target.role == Role.ZOOKEEPER:
            return four_letter_words.serves(cluster, node, LOOK)
        if self.target.role == Role.CONTROLLER:
            return kraft_quorum.answers(cluster, node, LOOK)
        view = broker_view.view(cluster, node, seconds=LOOK)
        # With ZooKeeper a broker of 0.8.0 does not name itself before it leads something.
        known = view.brokers if cluster.kraft else watch.state().up
        if not view.error and self.target.id not in known:
            # It answers, so it is registered: the next reading will see it.
            watch.read_now()
        return not view.error and self.target.id in known

    def _tell_waiting(self, missing: Sequence[Blocker]) -> None:
        """Say what the cluster is not whole for, where that lasts: a rule at a time, as partitions may be many."""
        if not missing or time.time() - self.ready < PATIENCE or missing[0].code in self._told:
            return
        self._told.add(missing[0].code)
        more = f" ({len(missing) - 1} more reasons)" if len(missing) > 1 else ""
        words = coded(f"waits until the cluster is whole: {missing[0].text}{more}", missing[0].code)
        self._tell("gate", words, blockers=len(missing))

    def _tell_phases(self) -> None:
        for phase in [phase for phase in self.following.phases if phase not in self._told]:
            self._told.add(phase)
            unclean = {"clean": False} if phase == "stopped" and not self.step().clean else {}
            self._tell(phase, self._phase_text(phase), **unclean)

    def _tell(self, kind: str, text: str, **details: Any) -> None:
        self._context.tale.tell(self.target.host, kind, text, **details)

    def _phase_text(self, phase: str) -> str:
        words = self.following.phases[phase]
        if phase != "stopped" or self.target.role != Role.BROKER:
            return phase
        clean = "cleanly" if words.get("clean") == "1" else "NOT cleanly: its logs are recovered at the start"
        seconds = self.following.seconds("stopping", "stopped")
        return f"stopped {clean}, {seconds:.1f} s" if seconds is not None else f"stopped {clean}"
