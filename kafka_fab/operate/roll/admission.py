"""Admission: which services are restarted next, and the wait until the safety check passes for them."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator

from kafka_fab.gate.id_lists import summarized
from kafka_fab.gate.state import Blocker, State
from kafka_fab.locking.lock_refusal import continuation
from kafka_fab.locking.operation_error import GATE, INTERRUPTED, OperationError
from kafka_fab.operate.hosts import running
from kafka_fab.operate.roll import presence
from kafka_fab.operate.roll.candidates import Group, blockers, is_up, leave_together, next_group, quorum_lost
from kafka_fab.operate.roll.presence import Presence
from kafka_fab.operate.roll.restart import PATIENCE
from kafka_fab.operate.roll.roll_context import RollContext
from kafka_fab.operate.roll.service_ref import ServiceRef, leaving
from kafka_fab.remote.lease import LockMode
from kafka_fab.runbook.codes import RollCode, coded
from kafka_fab.typed_command import FAB

# Two readings at least this long apart must agree before anything is stopped (rolling.md 3.3).
APART = 1.0
# A host is asked again whether a process runs.
BETWEEN_LOOKS = 2.0
# A host that has just been booted has not started its services yet.
LOST = 10.0
BETWEEN_REFRESHES = 15.0
SHOWN = 20


class Admission:
    """What is still to be restarted, and the wait for the next group; `before` was done by an earlier part of the roll.

    With all brokers up, `prepare` is called before a step and returns since when readings count; `holds` returns
    another reason to wait.
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
        # Why no service is restarted now.
        self.waiting: tuple[Blocker, ...] = ()
        self._context, self._prepare, self._holds = context, prepare, holds
        self._options, self._watch, self._board = context.options, context.watch, context.board
        self._touched = False
        self._checked_at, self._reported = 0.0, ""
        self._seen, self._lost_since = Presence({}, {}), 0.0
        self._refreshed = time.monotonic()

    def add_down(self, state: State) -> None:
        """Add those that were done before and are down now: they are started, too."""
        self.todo += tuple(one for one in self.before if not is_up(one, state))

    def done(self, group: Collection[ServiceRef]) -> None:
        """Remove a group that is in sync again."""
        self.todo = tuple(one for one in self.todo if one not in group)

    def next(self, touched: bool) -> Group:
        """Wait until the safety check passes for a group, and return it; empty where all have come up meanwhile.

        `touched`: something was restarted already, so that the roll can be resumed.
        """
        self._touched = touched
        began, seen_count = time.monotonic(), self._board.count
        while group := self._choose():
            # A lock that was lost with its connection is taken again before the safety check, which may take long.
            self._context.locks.renew(LockMode.RESUME)
            down = self._down_of(group)
            looked = self._look(down)
            ready = self._stopped(down) if looked and down else ()
            if ready or (not down and self._may_go(group)):
                self.waiting, self._reported = (), ""
                return ready or group
            self.waiting = self._blockers(group, down)
            self._wait_on(group, time.monotonic() - began, seen_count)
            seen_count = self._board.count
        return ()

    def _choose(self) -> Group:
        state = self._watch.state()
        # One that was done before and is still starting needs no second restart.
        self.todo = tuple(one for one in self.todo if one not in self.before or not is_up(one, state))
        return next_group(self.todo, state, self._options) if self.todo else ()

    def _down_of(self, group: Group) -> Group:
        """Return those that are down and are to be started; what leaves together is restarted, up or down."""
        if leave_together(group, self._options.allowed):
            return ()
        return tuple(one for one in group if not is_up(one, self._watch.state()))

    def _may_go(self, group: Group) -> bool:
        def judge(state: State) -> Iterable[Blocker]:
            return blockers(self._context.cluster, group, state, self._options)

        last, name = self._watch.last, ("gate", leaving(group))
        if not last or not last.passes(judge, name):
            return False
        # The canary starts before the first step with all brokers up; the safety check covers its topic, too.
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
        """Yield why those that are down are not started: a process that recovers its logs must not be interrupted."""
        for one, state in self._seen.stopped.items():
            if one not in down:
                words = f"{one.unit} is {state}: start it ({FAB} -H {one.host} start)"
                yield Blocker(RollCode.SERVICE_STOPPED, one.name, f"{one.name}: {words}")
        for one in down:
            if one in self._seen.unreachable:
                words = f"its host did not answer: {self._seen.unreachable[one]}"
                yield Blocker(RollCode.NOT_REGISTERED_YET, one.name, f"{one.name}: {words}")
            elif one not in self._seen.stopped:
                words = "its process runs, but it has not joined the cluster yet; it is not restarted meanwhile"
                yield Blocker(RollCode.NOT_REGISTERED_YET, one.name, f"{one.name}: {words}")

    def _look(self, down: Group) -> bool:
        """Ask the hosts, at most every two seconds, which of the down services and missing voters have a process."""
        context, missing = self._context, presence.missing_quorum_members(self._context.cluster, self._watch.state())
        if not (down or missing):
            self._seen = Presence({}, {})
        if not (down or missing) or time.monotonic() - self._checked_at < BETWEEN_LOOKS:
            return False
        self._checked_at = time.monotonic()
        self._seen = presence.look(context.fleet, dict.fromkeys((*down, *missing)), context.run.task)
        self._refuse_lost()
        return True

    def _stopped(self, down: Group) -> Group:
        """Return those that have no process: each is started first, whatever the state of the others."""
        if self._watch.state().unknown and not quorum_lost(self.todo, self._watch.state()):
            return ()
        return tuple(one for one in down if one in self._seen.stopped)

    def _refuse_lost(self) -> None:
        """Raise OperationError where a majority is stopped, and this roll starts none of it."""
        lost = presence.stopped_majority(self._context.cluster, self.todo, self._seen.stopped)
        if not lost:
            self._lost_since = 0.0
            return
        self._lost_since = self._lost_since or self._checked_at
        if self._checked_at - self._lost_since >= LOST:
            names = ", ".join(f"{one.name} is {self._seen.stopped[one]}" for one in lost)
            start = f"{FAB} -H {','.join(one.host for one in lost)} start"
            text = (
                f"{names}: the quorum has no majority, so nothing can be restarted. Start them ({start}){self._hint()}"
            )
            raise OperationError(GATE, text, RollCode.MAJORITY_STOPPED)

    def _wait_on(self, group: Group, waited: float, seen_count: int) -> None:
        """Wait for the next reading and report the reason; raise OperationError where the wait is too long."""
        if waited > PATIENCE:
            self._report(group)
            self._refresh_running()
        # Without a blocker it still waits: the check must pass for a moment, and the canary may be starting.
        late = waited > self._options.wait and self.waiting
        lasting = waited > APART and any(one.lasting for one in self.waiting)
        if late or lasting or self._context.stop.asked:
            raise self._timed_out(group)
        self._board.until(lambda: self._board.count != seen_count, 5.0)

    def _refresh_running(self) -> None:
        """Read the running configuration again: what has started meanwhile may use other listeners."""
        if time.monotonic() - self._refreshed > BETWEEN_REFRESHES:
            running.read(self._context.fleet)
            self._refreshed = time.monotonic()

    def _report(self, group: Group) -> None:
        if not self.waiting:
            return
        first, more = self.waiting[0], len(self.waiting) - 1
        words = f"waiting for the safety check: {first.text}" + (f" ({more} more reasons)" if more else "")
        words = coded(words, first.code)
        if words != self._reported:
            self._context.events.emit(_names(group), "gate", words, blockers=more + 1)
        self._reported = words

    def _timed_out(self, group: Group) -> OperationError:
        reasons = "\n".join(f"    {line}" for line in summarized(self.waiting)[:SHOWN])
        lasting = any(one.lasting for one in self.waiting)
        why = "cannot pass by itself" if lasting else f"did not pass within {self._options.wait:.0f} s"
        code, why = (INTERRUPTED, "was interrupted") if self._context.stop.asked else (GATE, why)
        words = f"safety check {why} for {_names(group)}; it was not stopped:\n{reasons}{self._hint()}"
        return OperationError(code, words, RollCode.CHECK_FAILED)

    def _hint(self) -> str:
        return f"\ncontinue with `{continuation(self._context.run.task)}`" if self._touched else ""


def _names(group: Iterable[ServiceRef]) -> str:
    return ", ".join(one.host for one in group)
