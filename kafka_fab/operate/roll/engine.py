"""Engine: ask the gate, take a step, see the cluster whole again, and so on until all are done."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from kafka_fab.cluster.values.role import Role
from kafka_fab.gate.id_lists import told
from kafka_fab.gate.state import Blocker, State
from kafka_fab.locking.operation_error import GATE, INTERRUPTED, NOT_BACK, OperationError
from kafka_fab.operate.hosts import overrides
from kafka_fab.operate.roll import recovery, restart
from kafka_fab.operate.roll.admission import APART, Admission
from kafka_fab.operate.roll.candidates import Group, lasting
from kafka_fab.operate.roll.recovery import Baseline
from kafka_fab.operate.roll.restart import Restart
from kafka_fab.operate.roll.return_leaders import Leaders
from kafka_fab.operate.roll.roll_context import RollContext
from kafka_fab.operate.roll.roll_record import Record, RestartStep
from kafka_fab.operate.roll.roll_service import Target, leaving
from kafka_fab.remote.ssh.connection import Connection
from kafka_fab.runbook.codes import RollCode
from kafka_fab.typed_command import FAB


class Engine:
    """One roll: what is still to be done, what is done, and what it waits for."""

    def __init__(
        self,
        context: RollContext,
        leaders: Leaders,
        before_step: Callable[[], float] = float,
        holds: Callable[[], str] = str,
    ) -> None:
        self.context, self._leaders, self._before_step, self._holds = context, leaders, before_step, holds
        self._turn: Admission | None = None
        self._steps: list[RestartStep] = []
        self._doing: dict[Target, Restart] = {}
        self._touched = self._resumed = False
        self._baseline: Baseline | None = None
        self._unproven: list[RestartStep] = []

    def go(self, todo: Iterable[Target], begun: Iterable[Target] = (), done: Iterable[Target] = ()) -> None:
        """Take every step; first those that are under way already. Raise OperationError where the roll goes no further.

        With `done`, of a roll that is gone on with, those of them that are down are started first, too.
        """
        turn = self._turn = Admission(self.context, tuple(todo), tuple(done), self._before_step, self._holds)
        baseline, under_way = recovery.baseline(self.context), tuple(begun)
        if under_way or turn.before:
            # What was in sync at the very beginning is not known any more: everything, as the gate wants it anyway.
            baseline = baseline.full()
            turn.add_down(baseline.state)
        self._baseline = baseline
        if under_way:
            self._take(turn, baseline, under_way, triggered=True)
        self._refuse_lasting()
        while turn.todo:
            if self.context.stop.asked:
                text = f"interrupted after a whole step: go on by `{FAB} rolling-restart --resume`"
                raise OperationError(INTERRUPTED, text, RollCode.INTERRUPTED)
            group = turn.next(self._touched)
            if group:
                self._take(turn, baseline, group)
        self._await_whole(baseline)
        self._leaders.at_the_end()

    @property
    def todo(self) -> Group:
        """Return what is still to be done."""
        return self._turn.todo if self._turn else ()

    @property
    def steps(self) -> tuple[RestartStep, ...]:
        """Return what is done, also in an earlier part of the roll."""
        return tuple(self._steps)

    @property
    def doing(self) -> Mapping[Target, Restart]:
        """Return what is under way, or was last."""
        return self._doing

    @property
    def waiting(self) -> tuple[Blocker, ...]:
        """Return why nobody goes, or why the cluster is not whole with those under way."""
        asked = self._turn.waiting if self._turn else ()
        return asked or next((one.waiting for one in self._doing.values() if one.waiting), ())

    @property
    def has_begun(self) -> bool:
        """Return whether it knows how the cluster was when it began, and so whether that is whole again."""
        return self._baseline is not None

    @property
    def touched(self) -> bool:
        """Return whether anything was restarted here."""
        return self._touched

    @property
    def resumed(self) -> bool:
        """Return whether an earlier part of the roll is gone on with."""
        return self._resumed

    def whole(self, state: State) -> tuple[Blocker, ...]:
        """Return why the cluster is not what it was when the roll began."""
        assert self._baseline
        return self._baseline.whole(state)

    def goes_on(self, back: Sequence[RestartStep], started: Sequence[RestartStep]) -> None:
        """Count what an earlier part of the roll has done; what it has not seen to be back is to be seen now."""
        self._resumed = True
        self._steps, self._unproven = list(back), list(started)

    def record(self, began: float, code: int, reason: str, canary: dict[str, Any] | None) -> Record:
        """Return how the roll has gone so far."""
        outages, led, mine = dict(self.context.watch.outages), self._leaders.led(), self.todo
        todo = (*mine, *(step.target for step in self._unproven if step.target not in mine))
        return Record(self.context.run, began, time.time(), code, reason, self.steps, todo, outages, canary, led)

    def close(self) -> None:
        """Stop watching."""
        self.context.watch.close()
        for going in self._doing.values():
            going.close()

    def _refuse_lasting(self) -> None:
        """Raise OperationError where the gate will stay shut for one of them until the operator does something."""
        context = self.context
        found = lasting(context.cluster, self.todo, context.watch.state(), context.options)
        if found:
            reasons = "\n".join(f"    {line}" for line in told(found))
            way_on = f"\ngo on by `{FAB} rolling-restart --resume`" if self._touched else ""
            text = f"nothing was stopped, as the gate will not open by itself:\n{reasons}{way_on}"
            raise OperationError(GATE, text, RollCode.CHECK_FAILED)

    def _take(self, turn: Admission, baseline: Baseline, group: Group, triggered: bool = False) -> None:
        """Take a group's step, or go on with one that was triggered, and see the group back."""
        watch = self.context.watch
        watch.expect_away(leaving(group).brokers)
        doing = self._doing = {one: Restart(self.context, baseline, one) for one in group}
        self._touched = True
        if not triggered:
            restart.trigger_all(self.context, doing)
        for going in doing.values():
            going.follow()
        try:
            self._await_back(turn, doing)
        finally:
            watch.expect_away()
            for going in doing.values():
                going.close()
        self._leaders.between(group)

    def _await_back(self, turn: Admission, doing: Mapping[Target, Restart]) -> None:
        for going in doing.values():
            going.await_ready()
        self._forget_overrides([one for one in doing if one.role == Role.BROKER])
        self.context.watch.expect_away()
        for going in doing.values():
            going.await_in_sync()
        steps = [going.step() for going in doing.values()]
        turn.done(doing)
        # Written down on its host first: whoever is told that it is back finds that there.
        self._prove(steps)
        for step in steps:
            one, outages = step.target, dict(self.context.watch.outages)
            words = f"{one.role} {one.id} is back, {step.total:.1f} s"
            self.context.tale.tell(one.host, "done", words, total=step.total, outages=outages)

    def _prove(self, new: Sequence[RestartStep]) -> None:
        """Count services that are back, with those of an earlier part, and write it down on their hosts."""
        context, seen = self.context, {step.target: step for step in (*self._unproven, *new)}
        self._unproven = []
        self._steps = [step for step in self._steps if step.target not in seen] + list(seen.values())
        by_host = {step.target.host: step for step in seen.values()}

        def prove(c: Connection) -> None:
            restart.prove(c, context.run.id, by_host[c.original_host])

        for progress in context.fleet.run(prove, context.run.task, by_host):
            if progress.error:
                context.tale.tell(progress.host, "problem", f"that it is back is not written down: {progress.error}")

    def _forget_overrides(self, group: Sequence[Target]) -> None:
        """End what `fab reconfigure` has set on brokers that have now started with their files."""
        context = self.context
        nodes = {one.host: context.cluster.nodes[one.host] for one in group}

        def forget(c: Connection) -> object:
            return overrides.forget_overrides(context.cluster, nodes[c.original_host], c)

        for progress in context.fleet.run(forget, context.run.task, nodes):
            if progress.error:
                context.tale.tell(
                    progress.host, "problem", f"overrides stay until `{FAB} reconfigure`: {progress.error}"
                )

    def _await_whole(self, baseline: Baseline) -> None:
        board, watch, patience = self.context.board, self.context.watch, self.context.options.wait
        if not board.until(lambda: baseline.whole_for(APART, 0.0, voter=False), patience):
            reasons = "\n".join(f"    {one}" for one in baseline.whole(watch.state())[:20])
            text = f"all are restarted, but the cluster is not whole:\n{reasons}"
            raise OperationError(NOT_BACK, text, RollCode.NOT_RECOVERED)
        if self._unproven:
            self._prove(())
