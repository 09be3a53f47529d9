"""Engine: ask the gate, take a step, see the cluster whole again, and so on until all are done."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from tasks.gate import gate
from tasks.gate.state import NOBODY, Blocker, State
from tasks.gate.words import told
from tasks.operate import overrides
from tasks.operate.locking.ended import GATE, INTERRUPTED, NOT_BACK, Ended
from tasks.operate.locking.locks import Locks
from tasks.operate.locking.run import Run
from tasks.operate.roll import restart
from tasks.operate.roll.board import Board
from tasks.operate.roll.choice import is_up, lasting
from tasks.operate.roll.leaders import Leaders
from tasks.operate.roll.options import Options
from tasks.operate.roll.record import Record, Step
from tasks.operate.roll.restart import Restart
from tasks.operate.roll.tale import Tale
from tasks.operate.roll.target import Target, leaving
from tasks.operate.roll.turn import APART, Turn
from tasks.operate.roll.watch import Watch
from tasks.remote.connection import Connection
from tasks.remote.fleet import Fleet


class Engine:
    """One roll: what is still to be done, what is done, and what it waits for."""

    def __init__(self, hosts: Fleet, run: Run, options: Options, locks: Locks, tale: Tale) -> None:
        self.hosts, self.run, self.options, self.tale = hosts, run, options, tale
        self.board = Board()
        self.cluster = hosts.cluster
        self.watch = Watch(self.cluster, self.board)
        self.todo: list[Target] = []
        self.steps: list[Step] = []
        self.doing: dict[Target, Restart] = {}
        self.waiting: tuple[Blocker, ...] = ()
        self.stop_asked = self.touched = self.resumed = False
        self.holds: Callable[[], str] = str
        self.before_step: Callable[[], float] = float
        self.locks, self.leaders = locks, Leaders(self)
        self._baseline: State | None = None
        self._unproven: list[Step] = []

    def go(self, todo: Iterable[Target], begun: Iterable[Target] = (), done: Iterable[Target] = ()) -> None:
        """Take every step; first those that are under way already. Raise Ended where the roll goes no further.

        With `done`, of a roll that is gone on with, those of them that are down are started first, too.
        """
        self.todo = list(todo)
        self._baseline = self._first_state()
        under_way, turn = tuple(begun), Turn(self, tuple(done))
        if under_way or turn.before:
            # What was in sync at the very beginning is not known any more: everything, as the gate wants it anyway.
            self._baseline = _full(self._baseline)
            self.todo += [one for one in turn.before if not is_up(one, self._baseline)]
        if under_way:
            self._take(under_way, triggered=True)
            self.leaders.between(under_way)
        self._refuse_lasting()
        while self.todo:
            if self.stop_asked:
                raise Ended(INTERRUPTED, "interrupted after a whole step: go on by `fab rolling-restart --resume`")
            group = turn.next()
            if group:
                self._take(group)
                self.leaders.between(group)
        self._await_whole()
        self.leaders.at_the_end()

    @property
    def has_begun(self) -> bool:
        """Return whether it knows how the cluster was when it began, and so whether that is whole again."""
        return self._baseline is not None

    def goes_on(self, back: Sequence[Step], started: Sequence[Step]) -> None:
        """Count what an earlier part of the roll has done; what it has not seen to be back is to be seen now."""
        self.resumed = True
        self.steps, self._unproven = list(back), list(started)

    def record(self, began: float, code: int, reason: str, canary: dict[str, Any] | None) -> Record:
        """Return how the roll has gone so far."""
        outages, led = dict(self.watch.outages), self.leaders.led()
        todo = (*self.todo, *(step.target for step in self._unproven if step.target not in self.todo))
        return Record(self.run, began, time.time(), code, reason, tuple(self.steps), todo, outages, canary, led)

    def close(self) -> None:
        """Stop watching."""
        self.watch.close()
        for going in self.doing.values():
            going.close()

    def _refuse_lasting(self) -> None:
        """Raise Ended where the gate will stay shut for one of them until the operator does something."""
        found = lasting(self.cluster, self.todo, self.watch.state(), self.options)
        if found:
            reasons = "\n".join(f"    {line}" for line in told(found))
            way_on = "\ngo on by `fab rolling-restart --resume`" if self.touched else ""
            raise Ended(GATE, f"nothing was stopped, as the gate will not open by itself:\n{reasons}{way_on}")

    def _first_state(self) -> State:
        self.board.until(lambda: self.watch.last is not None, 30)
        self.board.until(lambda: not self.watch.state().unknown, 15)
        return self.watch.state()

    def _take(self, group: tuple[Target, ...], triggered: bool = False) -> None:
        self.watch.expect_away(leaving(group).brokers)
        self.doing = {one: Restart(self, one) for one in group}
        self.touched = True
        if not triggered:
            restart.trigger_all(self, group)
        for one in group:
            self.doing[one].follow()
        try:
            self._await_back(group)
        finally:
            self.watch.expect_away()
            for going in self.doing.values():
                going.close()

    def _await_back(self, group: Sequence[Target]) -> None:
        for one in group:
            self.doing[one].await_ready()
        self._forget_overrides([one for one in group if one.role == "kafka"])
        self.watch.expect_away()
        for one in group:
            self.doing[one].await_in_sync()
        steps = [self.doing[one].step() for one in group]
        self.todo = [one for one in self.todo if one not in group]
        # Written down on its host first: whoever is told that it is back finds that there.
        self._prove(steps)
        for step in steps:
            one, outages = step.target, dict(self.watch.outages)
            words = f"{one.role} {one.id} is back, {step.total:.1f} s"
            self.tale.tell(one.host, "done", words, total=step.total, outages=outages)

    def _prove(self, new: Sequence[Step]) -> None:
        """Count services that are back, with those of an earlier part, and write it down on their hosts."""
        seen = {step.target: step for step in (*self._unproven, *new)}
        self._unproven = []
        self.steps = [step for step in self.steps if step.target not in seen] + list(seen.values())
        by_host = {step.target.host: step for step in seen.values()}

        def prove(c: Connection) -> None:
            restart.prove(c, self.run.id, by_host[c.original_host])

        for progress in self.hosts.run(prove, self.run.task, by_host):
            if progress.error:
                self.tale.tell(progress.host, "problem", f"that it is back is not written down: {progress.error}")

    def _forget_overrides(self, group: Sequence[Target]) -> None:
        """End what `fab reconfigure` has set on brokers that have now started with their files."""
        nodes = {one.host: self.cluster.nodes[one.host] for one in group}

        def forget(c: Connection) -> object:
            return overrides.forget_overrides(self.cluster, nodes[c.original_host], c)

        for progress in self.hosts.run(forget, self.run.task, nodes):
            if progress.error:
                self.tale.tell(progress.host, "problem", f"overrides stay until `fab reconfigure`: {progress.error}")

    def whole(self, state: State) -> tuple[Blocker, ...]:
        """Return why the cluster is not what it was when the roll began."""
        assert self._baseline
        # A reassignment that someone has begun keeps the next gate shut; this service is back all the same.
        return gate.whole(state, self._baseline, replace(self.options.allowed, reassigning=True))

    def whole_for(self, seconds: float, since: float, voter: bool) -> bool:
        """Return whether the cluster has been whole for some seconds; after a voter also led by the same one."""
        quorum = self.watch.state().quorum
        leader = quorum.leader if quorum and voter else NOBODY

        def judge(state: State) -> tuple[Blocker, ...]:
            if voter and state.quorum and state.quorum.leader != leader:
                return (Blocker("C4", "voters", "the quorum has just elected another leader"),)
            return self.whole(state)

        return self.watch.clean(judge, ("whole", leader), seconds, since)

    def _await_whole(self) -> None:
        if not self.board.until(lambda: self.whole_for(APART, 0.0, voter=False), self.options.wait):
            reasons = "\n".join(f"    {one.rule}  {one.text}" for one in self.whole(self.watch.state())[:20])
            raise Ended(NOT_BACK, f"all are restarted, but the cluster is not whole:\n{reasons}")
        if self._unproven:
            self._prove(())


def _full(state: State) -> State:
    return replace(
        state, partitions=tuple(replace(p, isr=frozenset(p.replicas) & state.brokers) for p in state.partitions)
    )
