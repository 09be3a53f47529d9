"""Engine: ask the gate, take a step, see the cluster whole again, and so on until all are done."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from tasks.cluster.problem import did_you_mean
from tasks.gate import gate
from tasks.gate.state import NOBODY, Allowed, Blocker, State
from tasks.operate import overrides, services
from tasks.operate.roll import restart
from tasks.operate.roll.board import Board
from tasks.operate.roll.choice import helpless, is_up, next_group
from tasks.operate.roll.locks import Locks
from tasks.operate.roll.options import Options
from tasks.operate.roll.record import GATE, INTERRUPTED, NOT_BACK, PREFLIGHT, Ended, Run, Step
from tasks.operate.roll.restart import PATIENCE, Restart
from tasks.operate.roll.tale import Tale
from tasks.operate.roll.target import Target, leaving
from tasks.operate.roll.watch import Watch
from tasks.remote.connection import Connection
from tasks.remote.fleet import Fleet

# Two readings at least this long apart must agree before anything is stopped (rolling.md 3.3).
APART = 1.0
# A host is asked again whether a process is there.
BETWEEN_LOOKS = 2.0


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
        self.stop_asked = self.touched = False
        self.holds: Callable[[], str] = str
        self.before_step: Callable[[], bool] = bool
        self.locks = locks
        self._baseline: State | None = None
        self._before: tuple[Target, ...] = ()
        self._looked = 0.0

    def go(self, todo: Iterable[Target], begun: Iterable[Target] = (), done: Iterable[Target] = ()) -> None:
        """Take every step; first those that are under way already. Raise Ended where the roll goes no further.

        With `done`, of a roll that is gone on with, those of them that are down are started first, too.
        """
        self.todo = list(todo)
        self._baseline = self._first_state()
        under_way, self._before = tuple(begun), tuple(done)
        if under_way or self._before:
            # What was in sync at the very beginning is not known any more: everything, as the gate wants it anyway.
            self._baseline = _full(self._baseline)
            self.todo += [one for one in self._before if not is_up(one, self._baseline)]
        if under_way:
            self._take(under_way, triggered=True)
        while self.todo:
            if self.stop_asked:
                raise Ended(INTERRUPTED, "interrupted after a whole step: go on by `fab rolling-restart --resume`")
            group = self._next()
            if group:
                self._take(group)
        self._await_whole()

    def close(self) -> None:
        """Stop watching."""
        self.watch.close()
        for going in self.doing.values():
            going.close()

    def _first_state(self) -> State:
        self.board.until(lambda: self.watch.last is not None, 30)
        self.board.until(lambda: not self.watch.state().unknown, 15)
        return self.watch.state()

    # ---- who is next

    def _all_up(self) -> bool:
        state = self.watch.state()
        return state.brokers == state.up & state.brokers

    def _choose(self) -> tuple[Target, ...]:
        state = self.watch.state()
        # One that was done before, and only on its way up, needs no second restart.
        self.todo = [one for one in self.todo if one not in self._before or not is_up(one, state)]
        return next_group(self.todo, state, self.options.batch, self.options.allowed) if self.todo else ()

    def _next(self) -> tuple[Target, ...]:
        """Wait until a group may go, and return it; nobody where all have come up meanwhile."""
        began, told = time.monotonic(), ""
        while group := self._choose():
            down = [one for one in group if not is_up(one, self.watch.state())]
            if down and self._really_down(down):
                return tuple(down)
            if not down and self._may_go(group):
                self.waiting = ()
                # Before the first step with all brokers up, a canary may have to begin: the gate is asked anew.
                if not (self._all_up() and self.before_step()):
                    return group
            self.waiting = self._blockers(group, down)
            waited = time.monotonic() - began
            told = self._tell_waiting(group, told) if waited > PATIENCE else told
            if waited > self.options.wait or self.stop_asked:
                raise self._shut(group)
            self._await_reading()
        return ()

    def _may_go(self, group: Sequence[Target]) -> bool:
        away, allowed = leaving(group), self.options.allowed
        if not self.watch.clean(lambda state: gate.blockers(state, away, allowed), ("gate", away), APART):
            return False
        return not self.holds()

    def _blockers(self, group: Sequence[Target], down: Sequence[Target]) -> tuple[Blocker, ...]:
        if down:
            names = ", ".join(one.name for one in down)
            text = f"{names}: its process runs, but the cluster does not have it yet; it is not restarted meanwhile"
            return (Blocker("C1", names, text), *(Blocker("unknown", "cluster", u) for u in self.watch.state().unknown))
        found = (*self.watch.stale(), *gate.blockers(self.watch.state(), leaving(group), self.options.allowed))
        held = self.holds()
        return (*found, Blocker("lag", "consumers", held)) if held and not found else found

    def _really_down(self, down: Sequence[Target]) -> bool:
        """Return whether no process of these is there; one that recovers its logs must be left alone."""
        state = self.watch.state()
        early = time.monotonic() - self._looked < BETWEEN_LOOKS
        if early or (state.unknown and not helpless(self.todo, state)):
            return False
        self._looked = time.monotonic()
        done = self.hosts.run(
            lambda c: [services.unit_state(c, one.unit) for one in down if one.host == c.original_host],
            self.run.task,
            {one.host: None for one in down},
        )
        return all(not p.error and not any(map(_runs, p.value)) for p in done)

    def _tell_waiting(self, group: Sequence[Target], told: str) -> str:
        if not self.waiting:
            return told
        first, more = self.waiting[0], len(self.waiting) - 1
        words = f"waits for the gate: {first.rule} {first.text}" + (f" ({more} more reasons)" if more else "")
        if words != told:
            self.tale.tell(_names(group), "gate", words, blockers=len(self.waiting))
        return words

    def _shut(self, group: Sequence[Target]) -> Ended:
        reasons = "\n".join(f"    {one.rule}  {one.text}" for one in self.waiting[:20])
        code, why = (INTERRUPTED, "interrupted") if self.stop_asked else (GATE, f"after {self.options.wait:.0f} s")
        return Ended(
            code,
            f"the gate stayed shut for {_names(group)} ({why}); it was not stopped:\n{reasons}{self._way_on()}",
        )

    def _way_on(self) -> str:
        return "\ngo on by `fab rolling-restart --resume`" if self.touched else ""

    def _await_reading(self) -> None:
        last = self.watch.last
        self.board.until(lambda: self.watch.last is not last, 5.0)

    # ---- one step

    def _take(self, group: tuple[Target, ...], triggered: bool = False) -> None:
        self.locks.renew()
        self.watch.away = leaving(group).brokers
        self.doing = {one: Restart(self, one) for one in group}
        self.touched = True
        if not triggered:
            restart.trigger_all(self, group)
        for one in group:
            self.doing[one].follow()
        try:
            self._await_back(group)
        finally:
            self.watch.away = frozenset()
            for going in self.doing.values():
                going.close()

    def _await_back(self, group: Sequence[Target]) -> None:
        for one in group:
            self.doing[one].await_ready()
        self._forget_overrides([one for one in group if one.role == "kafka"])
        self.watch.away = frozenset()
        for one in group:
            self.doing[one].await_in_sync()
        for one in group:
            step = self.doing[one].step()
            self.steps.append(step)
            if one in self.todo:
                self.todo.remove(one)
            self.tale.tell(one.host, "done", f"{one.role} {one.id} is back, {step.total:.1f} s", total=step.total)

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


def refuse_unknown_topics(state: State, allowed: Allowed) -> None:
    """Raise Ended where a topic that may be down is none: its name is most likely mistyped."""
    topics = {one.topic for one in state.partitions}
    wrong = sorted(allowed.downtime - topics)
    if wrong and not state.unknown:
        told = ", ".join(f"{name}{did_you_mean(name, topics)}" for name in wrong)
        raise Ended(PREFLIGHT, f"--accept-downtime: there is no topic {told}")


def _runs(unit_state: str) -> bool:
    # Between two of systemd's own tries there is no process.
    return unit_state.startswith(("active", "activating", "deactivating")) and not unit_state.endswith("auto-restart")


def _full(state: State) -> State:
    return replace(
        state, partitions=tuple(replace(p, isr=frozenset(p.replicas) & state.brokers) for p in state.partitions)
    )


def _names(group: Iterable[Target]) -> str:
    return ", ".join(one.host for one in group)
