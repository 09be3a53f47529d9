"""Admission: who goes next, when the gate lets them, and what is said while it does not."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator

from kafka_fab.gate.id_lists import told
from kafka_fab.gate.state import Blocker, State
from kafka_fab.locking.operation_error import GATE, INTERRUPTED, OperationError
from kafka_fab.operate.hosts import running
from kafka_fab.operate.roll import presence
from kafka_fab.operate.roll.candidates import Group, blockers, helpless, is_up, next_group
from kafka_fab.operate.roll.presence import Presence
from kafka_fab.operate.roll.restart import PATIENCE
from kafka_fab.operate.roll.roll_context import RollContext
from kafka_fab.operate.roll.roll_service import Target, leaving
from kafka_fab.remote.lease import RESUME
from kafka_fab.runbook.codes import RollCode, coded
from kafka_fab.typed_command import FAB

# Two readings at least this long apart must agree before anything is stopped (rolling.md 3.3).
APART = 1.0
# A host is asked again whether a process is there.
BETWEEN_LOOKS = 2.0
# A host that has just been booted has not started its services yet.
LOST = 10.0
BETWEEN_LESSONS = 15.0
TOLD = 20


class Admission:
    """What is still to be done, and the wait for the next group; `before` is what an earlier part of the roll has done.

    Before a step is taken with all brokers up it is prepared, and must wait for what was then made; others may hold it.
    """

    def __init__(
        self,
        context: RollContext,
        todo: Group,
        before: Group,
        prepare: Callable[[], float] = float,
        holds: Callable[[], str] = str,
    ) -> None:
        self.todo, self.before = todo, before
        # Why nobody goes just now.
        self.waiting: tuple[Blocker, ...] = ()
        self._context, self._prepare, self._holds = context, prepare, holds
        self._options, self._watch, self._board = context.options, context.watch, context.board
        self._touched = False
        self._looked, self._told = 0.0, ""
        self._seen, self._lost_since = Presence({}, {}), 0.0
        self._learned = time.monotonic()

    def add_down(self, state: State) -> None:
        """Have those that were done before, and are down, started, too."""
        self.todo += tuple(one for one in self.before if not is_up(one, state))

    def done(self, group: Collection[Target]) -> None:
        """Count a group that is back."""
        self.todo = tuple(one for one in self.todo if one not in group)

    def next(self, touched: bool) -> Group:
        """Wait until a group may go, and return it; nobody where all have come up meanwhile.

        `touched`: something was restarted already, so that there is something to go on with.
        """
        self._touched = touched
        began, told = time.monotonic(), self._board.told
        while group := self._choose():
            # A lock that was lost with its connection is taken again before the gate is asked, as that may last.
            self._context.locks.renew(RESUME)
            down = tuple(one for one in group if not is_up(one, self._watch.state()))
            looked = self._look(down)
            ready = self._stopped(down) if looked and down else ()
            if ready or (not down and self._may_go(group)):
                self.waiting, self._told = (), ""
                return ready or group
            self.waiting = self._blockers(group, down)
            self._wait_on(group, time.monotonic() - began, told)
            told = self._board.told
        return ()

    def _choose(self) -> Group:
        state = self._watch.state()
        # One that was done before, and only on its way up, needs no second restart.
        self.todo = tuple(one for one in self.todo if one not in self.before or not is_up(one, state))
        return next_group(self.todo, state, self._options.batch, self._options.allowed) if self.todo else ()

    def _may_go(self, group: Group) -> bool:
        def judge(state: State) -> Iterable[Blocker]:
            return blockers(self._context.cluster, group, state, self._options)

        last, name = self._watch.last, ("gate", leaving(group))
        if not last or not last.passes(judge, name):
            return False
        # Before the first step with all brokers up a canary begins; the gate is asked about its topic, too.
        ready = self._prepare() if self._all_up() else 0.0
        return last.began >= ready and self._watch.clean(judge, name, APART) and not self._holds()

    def _all_up(self) -> bool:
        state = self._watch.state()
        return state.brokers <= state.up

    def _blockers(self, group: Group, down: Group) -> tuple[Blocker, ...]:
        state = self._watch.state()
        if down:
            return (*self._down(down), *(Blocker(RollCode.UNKNOWN, "cluster", words) for words in state.unknown))
        found = (*self._watch.stale(), *blockers(self._context.cluster, group, state, self._options))
        held = "" if found else self._holds()
        return (Blocker(RollCode.CONSUMER_LAG, "consumers", held),) if held else (*self._down(()), *found)

    def _down(self, down: Group) -> Iterator[Blocker]:
        """Yield why those that are down are not started: a process that recovers its logs must be left alone."""
        for one, state in self._seen.stopped.items():
            if one not in down:
                words = f"{one.unit} is {state}: start it ({FAB} -H {one.host} start)"
                yield Blocker(RollCode.SERVICE_STOPPED, one.name, f"{one.name}: {words}")
        for one in down:
            if one in self._seen.silent:
                words = f"its host cannot be asked: {self._seen.silent[one]}"
                yield Blocker(RollCode.NOT_REGISTERED_YET, one.name, f"{one.name}: {words}")
            elif one not in self._seen.stopped:
                words = "its process runs, but the cluster does not have it yet; it is not restarted meanwhile"
                yield Blocker(RollCode.NOT_REGISTERED_YET, one.name, f"{one.name}: {words}")

    def _look(self, down: Group) -> bool:
        """Ask, now and then, which of those that are down have a process, and of those that a majority misses."""
        context, missing = self._context, presence.missing_keepers(self._context.cluster, self._watch.state())
        if not (down or missing):
            self._seen = Presence({}, {})
        if not (down or missing) or time.monotonic() - self._looked < BETWEEN_LOOKS:
            return False
        self._looked = time.monotonic()
        self._seen = presence.look(context.fleet, dict.fromkeys((*down, *missing)), context.run.task)
        self._refuse_lost()
        return True

    def _stopped(self, down: Group) -> Group:
        """Return those of these that have no process: each goes first by itself, whatever the others are at."""
        if self._watch.state().unknown and not helpless(self.todo, self._watch.state()):
            return ()
        return tuple(one for one in down if one in self._seen.stopped)

    def _refuse_lost(self) -> None:
        """Raise OperationError where a majority is missing that this roll does not start: that does not pass by
        itself.
        """
        lost = presence.lost_for_good(self._context.cluster, self.todo, self._seen.stopped)
        if not lost:
            self._lost_since = 0.0
            return
        self._lost_since = self._lost_since or self._looked
        if self._looked - self._lost_since >= LOST:
            names = ", ".join(f"{one.name} is {self._seen.stopped[one]}" for one in lost)
            start = f"{FAB} -H {','.join(one.host for one in lost)} start"
            text = f"{names}: without a majority nothing can go. Start them ({start}){self._way_on()}"
            raise OperationError(GATE, text, RollCode.MAJORITY_STOPPED)

    def _wait_on(self, group: Group, waited: float, told: int) -> None:
        """Wait for more news than were told, and say what for; raise OperationError where it has lasted too long."""
        if waited > PATIENCE:
            self._tell(group)
            self._learn_again()
        # Nothing in the way, and not gone yet: the gate must be open for a moment, and a canary may be starting.
        late = waited > self._options.wait and self.waiting
        lasting = waited > APART and any(one.lasting for one in self.waiting)
        if late or lasting or self._context.stop.asked:
            raise self._shut(group)
        self._board.until(lambda: self._board.told != told, 5.0)

    def _learn_again(self) -> None:
        """Ask the hosts what runs there: who has started by itself meanwhile may be asked elsewhere by now."""
        if time.monotonic() - self._learned > BETWEEN_LESSONS:
            running.read(self._context.fleet)
            self._learned = time.monotonic()

    def _tell(self, group: Group) -> None:
        if not self.waiting:
            return
        first, more = self.waiting[0], len(self.waiting) - 1
        words = f"waits for the gate: {first.text}" + (f" ({more} more reasons)" if more else "")
        words = coded(words, first.code)
        if words != self._told:
            self._context.tale.tell(_names(group), "gate", words, blockers=more + 1)
        self._told = words

    def _shut(self, group: Group) -> OperationError:
        reasons = "\n".join(f"    {line}" for line in told(self.waiting)[:TOLD])
        lasting = any(one.lasting for one in self.waiting)
        why = "it will not open by itself" if lasting else f"after {self._options.wait:.0f} s"
        code, why = (INTERRUPTED, "interrupted") if self._context.stop.asked else (GATE, why)
        words = f"the gate stayed shut for {_names(group)} ({why}); it was not stopped:\n{reasons}{self._way_on()}"
        return OperationError(code, words, RollCode.CHECK_FAILED)

    def _way_on(self) -> str:
        return f"\ngo on by `{FAB} rolling-restart --resume`" if self._touched else ""


def _names(group: Iterable[Target]) -> str:
    return ", ".join(one.host for one in group)
