"""Engine: wait for the safety check, restart, wait for recovery, and so on until all are done."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from kafka_fab.cluster.settings import Hook
from kafka_fab.cluster.values.role import Role
from kafka_fab.gate.id_lists import summarized
from kafka_fab.gate.state import Blocker, State
from kafka_fab.locking.lock_refusal import continuation
from kafka_fab.locking.operation_error import DONE, GATE, INTERRUPTED, NOT_BACK, OperationError
from kafka_fab.operate.hosts import overrides
from kafka_fab.operate.roll import recovery, restart
from kafka_fab.operate.roll.admission import APART, Admission
from kafka_fab.operate.roll.candidates import Group, lasting
from kafka_fab.operate.roll.recovery import Baseline
from kafka_fab.operate.roll.restart import Restart
from kafka_fab.operate.roll.return_leaders import Leaders
from kafka_fab.operate.roll.roll_context import RollContext
from kafka_fab.operate.roll.roll_record import Record, RestartStep
from kafka_fab.operate.roll.service_ref import ServiceRef, leaving
from kafka_fab.operate.roll.step_hooks import StepHooks
from kafka_fab.remote.ssh.connection import Connection
from kafka_fab.runbook.codes import RollCode
from kafka_fab.typed_command import FAB


class Engine:
    """One roll: what is still to be restarted, what is done, and what it waits for."""

    def __init__(
        self,
        context: RollContext,
        leaders: Leaders,
        before_step: Callable[[], float] = float,
        holds: Callable[[], str] = str,
        hooks: Mapping[str, Hook] | None = None,
    ) -> None:
        self.context, self._leaders, self._before_step, self._holds = context, leaders, before_step, holds
        self._hooks = StepHooks(context, hooks or {})
        self._admission: Admission | None = None
        self._steps: list[RestartStep] = []
        self._doing: dict[ServiceRef, Restart] = {}
        self._touched = self._resumed = False
        self._baseline: Baseline | None = None
        self._unproven: list[RestartStep] = []

    def go(self, todo: Iterable[ServiceRef], begun: Iterable[ServiceRef] = (), done: Iterable[ServiceRef] = ()) -> None:
        """Take every step, first those in progress; raise OperationError where the roll cannot continue.

        With `done`, of a resumed roll, those of them that are down are started first, too.
        """
        admission = self._admission = Admission(self.context, tuple(todo), tuple(done), self._before_step, self._holds)
        baseline, in_progress = recovery.baseline(self.context), tuple(begun)
        if in_progress or admission.before:
            # Which replicas were in sync at the beginning is unknown: expect all, as the safety check does anyway.
            baseline = baseline.full()
            admission.add_down(baseline.state)
        self._baseline = baseline
        if in_progress:
            self._take(admission, baseline, in_progress, triggered=True)
        self._refuse_lasting()
        with self._hooks.released():
            while admission.todo:
                self._next(admission, baseline)
        self._await_recovery(baseline)
        self._leaders.at_the_end()

    def _next(self, admission: Admission, baseline: Baseline) -> None:
        """Take the next step as soon as the safety check passes for it."""
        if self.context.stop.asked:
            text = f"interrupted after a complete step; continue with `{continuation(self.context.run.task)}`"
            raise OperationError(INTERRUPTED, text, RollCode.INTERRUPTED)
        group = admission.next(self._touched)
        # Hooks take time, in which the cluster may have changed: the safety check is made again.
        waited = self._hooks.after(self._not_proven()) or (group and self._hooks.before(group, self._is_resumable))
        if group and not waited:
            self._take(admission, baseline, group)

    def _not_proven(self) -> Group:
        return tuple(dict.fromkeys(step.target for step in self._unproven))

    @property
    def _is_resumable(self) -> bool:
        return self._touched or self._resumed

    @property
    def todo(self) -> Group:
        """Return what is still to be done."""
        return self._admission.todo if self._admission else ()

    @property
    def steps(self) -> tuple[RestartStep, ...]:
        """Return the steps that are done, also in an earlier part of the roll."""
        return tuple(self._steps)

    @property
    def doing(self) -> Mapping[ServiceRef, Restart]:
        """Return the current restarts, or the last ones."""
        return self._doing

    @property
    def waiting(self) -> tuple[Blocker, ...]:
        """Return why no service is restarted, or why the cluster has not recovered from the current restarts."""
        asked = self._admission.waiting if self._admission else ()
        return asked or next((one.waiting for one in self._doing.values() if one.waiting), ())

    @property
    def has_begun(self) -> bool:
        """Return whether the baseline has been read, so that recovery can be decided."""
        return self._baseline is not None

    @property
    def touched(self) -> bool:
        """Return whether anything was restarted here."""
        return self._touched

    @property
    def resumed(self) -> bool:
        """Return whether the roll was resumed."""
        return self._resumed

    def not_recovered(self, state: State) -> tuple[Blocker, ...]:
        """Return why the cluster has not recovered to the baseline."""
        assert self._baseline
        return self._baseline.not_recovered(state)

    def resume(self, in_sync: Sequence[RestartStep], started: Sequence[RestartStep]) -> None:
        """Add the steps of an earlier part of the roll; those only started must still be seen in sync."""
        self._resumed = True
        self._steps, self._unproven = list(in_sync), list(started)

    def record(self, began: float, failure: OperationError | None, canary: dict[str, Any] | None) -> Record:
        """Return the record of the roll so far, and of its failure, if it has failed."""
        outages, led, mine = dict(self.context.watch.outages), self._leaders.led(), self.todo
        todo = (*mine, *(step.target for step in self._unproven if step.target not in mine))
        run, now = self.context.run, time.time()
        if failure is None:
            return Record(run, began, now, DONE, "", self.steps, todo, outages, canary, led)
        code, reason = failure.exit_code, failure.text
        return Record(run, began, now, code, reason, self.steps, todo, outages, canary, led, failure.code)

    def close(self) -> None:
        """Stop watching."""
        self.context.watch.close()
        for going in self._doing.values():
            going.close()

    def _refuse_lasting(self) -> None:
        """Raise OperationError where the safety check of one of them fails until the operator changes something."""
        context = self.context
        found = lasting(context.cluster, self.todo, context.watch.state(), context.options)
        if found:
            reasons = "\n".join(f"    {line}" for line in summarized(found))
            hint = f"\ncontinue with `{continuation(self.context.run.task)}`" if self._touched else ""
            text = f"nothing was stopped: the safety check cannot pass by itself:\n{reasons}{hint}"
            raise OperationError(GATE, text, RollCode.CHECK_FAILED)

    def _take(self, admission: Admission, baseline: Baseline, group: Group, triggered: bool = False) -> None:
        """Take a group's step, or follow one that was triggered, and wait until the group is in sync."""
        watch = self.context.watch
        watch.expect_down(leaving(group).brokers)
        doing = self._doing = {one: Restart(self.context, baseline, one) for one in group}
        self._touched = True
        if not triggered:
            restart.trigger_all(self.context, doing)
            self._hooks.stopping(doing)
        for going in doing.values():
            going.follow()
        try:
            self._await_in_sync(admission, doing)
        finally:
            watch.expect_down()
            for going in doing.values():
                going.close()
        self._leaders.between(group)

    def _await_in_sync(self, admission: Admission, doing: Mapping[ServiceRef, Restart]) -> None:
        for going in doing.values():
            going.await_ready()
        self._forget_overrides([one for one in doing if one.role == Role.BROKER])
        self.context.watch.expect_down()
        for going in doing.values():
            going.await_in_sync()
        steps = [going.step() for going in doing.values()]
        admission.done(doing)
        if self._hooks:
            # Where one fails they are to be done, as they are on their hosts: a resumed roll runs it again.
            self._unproven += steps
            self._hooks.after(self._not_proven())
        # Recorded on its host first: whoever reads the event finds the record there.
        self._prove(steps)
        for step in steps:
            one, outages = step.target, dict(self.context.watch.outages)
            words = f"{one.label} is in sync, {step.total:.1f} s"
            self.context.events.emit(one.host, "done", words, total=step.total, outages=outages)

    def _prove(self, new: Sequence[RestartStep]) -> None:
        """Count services that are in sync, with those of an earlier part, and record that on their hosts."""
        context, seen = self.context, {step.target: step for step in (*self._unproven, *new)}
        self._unproven = []
        self._steps = [step for step in self._steps if step.target not in seen] + list(seen.values())
        by_host = {step.target.host: step for step in seen.values()}

        def prove(c: Connection) -> None:
            restart.prove(c, context.run.id, by_host[c.original_host])

        for progress in context.fleet.run(prove, context.run.task, by_host):
            if progress.error:
                text = f"cannot record on the host that it is in sync: {progress.error}"
                context.events.warn(progress.host, text, RollCode.NOT_RECORDED)

    def _forget_overrides(self, group: Sequence[ServiceRef]) -> None:
        """Remove what `fab reconfigure` has set on brokers that have now started with their files."""
        context = self.context
        nodes = {one.host: context.cluster.nodes[one.host] for one in group}

        def forget(c: Connection) -> object:
            return overrides.forget_overrides(context.cluster, nodes[c.original_host], c)

        for progress in context.fleet.run(forget, context.run.task, nodes):
            if progress.error:
                text = f"dynamic overrides are not removed, run `{FAB} reconfigure`: {progress.error}"
                context.events.warn(progress.host, text, RollCode.OVERRIDES_LEFT)

    def _await_recovery(self, baseline: Baseline) -> None:
        board, watch, patience = self.context.board, self.context.watch, self.context.options.wait
        if not board.until(lambda: baseline.recovered_for(APART, 0.0, voter=False), patience):
            reasons = "\n".join(f"    {one}" for one in baseline.not_recovered(watch.state())[:20])
            text = f"all are restarted, but the cluster has not recovered:\n{reasons}"
            raise OperationError(NOT_BACK, text, RollCode.NOT_RECOVERED)
        self._hooks.after(self._not_proven())
        if self._unproven:
            self._prove(())
