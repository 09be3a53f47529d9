"""Watch: the cluster read periodically in the background, with the recent readings and the outages."""

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from kafka_fab.cluster.model import Cluster
from kafka_fab.gate.state import NOBODY, Blocker, Partition, State
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.cluster_state import Source, source
from kafka_fab.operate.roll.signal_board import Signal
from kafka_fab.runbook.codes import RollCode

# A reading begins this long after the last one began, or at its end if that is later.
PAUSE = 0.25
# While brokers are down nothing is decided by it, and a starting broker needs the CPU.
PAUSE_DOWN = 1.0
KEPT = 600
STALE = 8.0
# How long the end of a roll waits for the reading that is under way.
JOIN_SECONDS = 3.0
AVAILABLE, UNDER_MIN_ISR, OFFLINE = range(3)
Judge = Callable[[State], Iterable[Blocker]]


@dataclass(frozen=True)
class StateReading:
    """The cluster's state at a moment: when its reading began and ended, by time.monotonic."""

    began: float
    ended: float
    state: State
    passed: dict[Hashable, bool] = field(default_factory=dict, compare=False)

    def passes(self, judge: Judge, name: Hashable) -> bool:
        """Return whether a judge finds no blocker; its answer is cached by name."""
        if name not in self.passed:
            self.passed[name] = not any(True for _ in judge(self.state))
        return self.passed[name]


class Watch:
    """Reads the cluster in a thread."""

    def __init__(self, cluster: Cluster, board: Signal) -> None:
        self._down: frozenset[int] = frozenset()
        self.readings: deque[StateReading] = deque(maxlen=KEPT)
        self.outages: dict[str, float] = {}
        # Partitions that were unavailable before the roll, until they recover: not counted as outages.
        self._excused: dict[str, int] | None = None
        self.failure = ""
        self._cluster, self._board = cluster, board
        self._over, self._now = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="watch")
        self._thread.start()

    def begin_with(self, outages: Mapping[str, float], resumed: bool) -> None:
        """Continue with the outages of an earlier part; what is down at a resume may be caused by the roll."""
        self.outages = dict(outages)
        if resumed:
            self._excused = {}

    @property
    def last(self) -> StateReading | None:
        """Return the newest reading."""
        return self.readings[-1] if self.readings else None

    def expect_down(self, brokers: frozenset[int] = frozenset()) -> None:
        """Expect that some brokers do not answer, and read less often while there are any."""
        self._down = brokers
        self.read_now()

    def read_now(self) -> None:
        """Begin the next reading at once."""
        self._now.set()

    def state(self) -> State:
        """Return the newest state; before the first reading an unknown one."""
        last = self.last
        return last.state if last else State(frozenset(), frozenset(), unknown=("the cluster has not been read yet",))

    def clean(self, judge: Judge, name: Hashable, seconds: float, since: float = 0.0) -> bool:
        """Return whether all readings begun within the last `seconds`, and two at least, pass a judge.

        The oldest of them began that long before the newest, which is newer than a second and than `since`.
        """
        last = self.last
        if last is None or time.monotonic() - last.ended > 1.0 + (last.ended - last.began):
            return False
        # A copy: the next reading may arrive while a judge looks at this one.
        for count, reading in enumerate(reversed(tuple(self.readings)), 1):
            if reading.began < since or not reading.passes(judge, name):
                return False
            if count > 1 and last.began - reading.began >= seconds:
                return True
        return False

    def stale(self) -> tuple[Blocker, ...]:
        """Return a blocker where the newest reading is too old."""
        last = self.last
        age = time.monotonic() - last.ended if last else 0.0
        if age < STALE:
            return ()
        text = f"the cluster has not been read for {age:.0f} s: metadata request failed"
        return (Blocker(RollCode.UNKNOWN, "cluster", text),)

    def close(self) -> None:
        """Stop reading, and wait for the end of the reading that is under way: the process may end after this."""
        self._over.set()
        self._now.set()
        self._thread.join(JOIN_SECONDS)

    def _watch(self) -> None:
        while not self._over.is_set():
            try:
                with source(self._cluster) as read:
                    self._read(read)
            except Unreachable as failure:
                state = State(frozenset(), frozenset(), unknown=(str(failure),))
                self._note(StateReading(time.monotonic(), time.monotonic(), state))
            except RuntimeError:
                # A process that ends shuts down all pools, also under a reading that outlasts the wait of close.
                if not self._over.is_set():
                    raise
            self._rest(PAUSE)

    def _read(self, read: Source) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            state = _deduplicated(self.state(), read(self._down))
            self._note(StateReading(began, time.monotonic(), state))
            pause = PAUSE_DOWN if self._down else PAUSE
            self._rest(began + pause - time.monotonic())

    def _rest(self, seconds: float) -> None:
        self._now.wait(max(0.0, seconds))
        self._now.clear()

    def _note(self, reading: StateReading) -> None:
        before = self.last
        self.readings.append(reading)
        if before:
            self._count_outages(before, reading)
        self._board.notify()

    def _count_outages(self, before: StateReading, now: StateReading) -> None:
        """Add the time between two readings to each topic that was unavailable in the later one."""
        unavailable = {p.name: _availability(p) for p in now.state.partitions if _availability(p)}
        if not now.state.unknown:
            before_it = unavailable if self._excused is None else self._excused
            self._excused = {name: min(how, before_it[name]) for name, how in unavailable.items() if name in before_it}
        excused = self._excused or {}
        worse = {
            p.topic for p in now.state.partitions if unavailable.get(p.name, AVAILABLE) > excused.get(p.name, AVAILABLE)
        }
        for topic in worse:
            self.outages[topic] = self.outages.get(topic, 0.0) + now.ended - before.ended


def _availability(partition: Partition) -> int:
    """Return whether a partition is available, under min ISR, or offline."""
    if partition.leader == NOBODY:
        return OFFLINE
    return UNDER_MIN_ISR if len(partition.isr) < partition.min_isr else AVAILABLE


def _deduplicated(before: State, now: State) -> State:
    """Return a state that shares unchanged partitions with the one before: hundreds of states are kept."""
    known = {one.topic_partition: one for one in before.partitions}

    def same(one: Partition) -> Partition:
        old = known.get(one.topic_partition)
        return old if old is not None and old == one else one

    return replace(now, partitions=tuple(map(same, now.partitions)))
