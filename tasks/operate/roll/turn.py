"""Turn: who goes next, when the gate lets them, and what is said while it does not."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tasks.gate import gate
from tasks.gate.state import Blocker, State
from tasks.operate import services
from tasks.operate.roll.choice import Group, helpless, is_up, next_group
from tasks.operate.roll.record import GATE, INTERRUPTED, Ended
from tasks.operate.roll.restart import PATIENCE
from tasks.operate.roll.target import Target, leaving

if TYPE_CHECKING:
    from tasks.operate.roll.engine import Engine

# Two readings at least this long apart must agree before anything is stopped (rolling.md 3.3).
APART = 1.0
# A host is asked again whether a process is there.
BETWEEN_LOOKS = 2.0
TOLD = 20


class Turn:
    """The wait for the next group of a roll; `before` holds what an earlier part of the roll has done."""

    def __init__(self, engine: Engine, before: Group) -> None:
        self.engine, self.before = engine, before
        self._options, self._watch = engine.options, engine.watch
        self._looked, self._told = 0.0, ""

    def next(self) -> Group:
        """Wait until a group may go, and return it; nobody where all have come up meanwhile."""
        began, told = time.monotonic(), self.engine.board.told
        while group := self._choose():
            # A lock that was lost with its connection is taken again before the gate is asked, as that may last.
            self.engine.locks.renew()
            down = tuple(one for one in group if not is_up(one, self._watch.state()))
            if (down and self._really_down(down)) or (not down and self._may_go(group)):
                self.engine.waiting, self._told = (), ""
                return down or group
            self.engine.waiting = self._blockers(group, down)
            self._wait_on(group, time.monotonic() - began, told)
            told = self.engine.board.told
        return ()

    def _choose(self) -> Group:
        engine, state = self.engine, self._watch.state()
        # One that was done before, and only on its way up, needs no second restart.
        engine.todo = [one for one in engine.todo if one not in self.before or not is_up(one, state)]
        return next_group(engine.todo, state, self._options.batch, self._options.allowed) if engine.todo else ()

    def _may_go(self, group: Group) -> bool:
        away, allowed = leaving(group), self._options.allowed

        def judge(state: State) -> Iterable[Blocker]:
            return gate.blockers(state, away, allowed)

        last, name = self._watch.last, ("gate", away)
        if not last or not last.passes(judge, name):
            return False
        # Before the first step with all brokers up a canary begins; the gate is asked about its topic, too.
        ready = self.engine.before_step() if self._all_up() else 0.0
        return last.began >= ready and self._watch.clean(judge, name, APART) and not self.engine.holds()

    def _all_up(self) -> bool:
        state = self._watch.state()
        return state.brokers <= state.up

    def _blockers(self, group: Group, down: Group) -> tuple[Blocker, ...]:
        state = self._watch.state()
        if down:
            names = ", ".join(one.name for one in down)
            text = f"{names}: its process runs, but the cluster does not have it yet; it is not restarted meanwhile"
            return (Blocker("C1", names, text), *(Blocker("unknown", "cluster", words) for words in state.unknown))
        found = (*self._watch.stale(), *gate.blockers(state, leaving(group), self._options.allowed))
        held = "" if found else self.engine.holds()
        return (Blocker("lag", "consumers", held),) if held else found

    def _really_down(self, down: Group) -> bool:
        """Return whether no process of these is there; one that recovers its logs must be left alone."""
        engine, state = self.engine, self._watch.state()
        early = time.monotonic() - self._looked < BETWEEN_LOOKS
        if early or (state.unknown and not helpless(engine.todo, state)):
            return False
        self._looked = time.monotonic()
        done = engine.hosts.run(
            lambda c: [services.unit_state(c, one.unit) for one in down if one.host == c.original_host],
            engine.run.task,
            dict.fromkeys(one.host for one in down),
        )
        return all(not progress.error and not any(map(_runs, progress.value)) for progress in done)

    def _wait_on(self, group: Group, waited: float, told: int) -> None:
        """Wait for more news than were told, and say what for; raise Ended where it has lasted too long."""
        if waited > PATIENCE:
            self._tell(group)
        # Nothing in the way, and not gone yet: the gate must be open for a moment, and a canary may be starting.
        late = waited > self._options.wait and self.engine.waiting
        if late or self.engine.stop_asked:
            raise self._shut(group)
        self.engine.board.until(lambda: self.engine.board.told != told, 5.0)

    def _tell(self, group: Group) -> None:
        if not self.engine.waiting:
            return
        first, more = self.engine.waiting[0], len(self.engine.waiting) - 1
        words = f"waits for the gate: {first.rule} {first.text}" + (f" ({more} more reasons)" if more else "")
        if words != self._told:
            self.engine.tale.tell(_names(group), "gate", words, blockers=more + 1)
        self._told = words

    def _shut(self, group: Group) -> Ended:
        engine, limit = self.engine, self._options.wait
        reasons = "\n".join(f"    {one.rule}  {one.text}" for one in engine.waiting[:TOLD])
        code, why = (INTERRUPTED, "interrupted") if engine.stop_asked else (GATE, f"after {limit:.0f} s")
        way_on = "\ngo on by `fab rolling-restart --resume`" if engine.touched else ""
        return Ended(code, f"the gate stayed shut for {_names(group)} ({why}); it was not stopped:\n{reasons}{way_on}")


def _runs(unit_state: str) -> bool:
    # Between two of systemd's own tries there is no process.
    return unit_state.startswith(("active", "activating", "deactivating")) and not unit_state.endswith("auto-restart")


def _names(group: Iterable[Target]) -> str:
    return ", ".join(one.host for one in group)
