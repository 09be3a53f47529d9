"""Roll context: what all parts of a roll share: hosts, run, options, locks, events, readings of the cluster."""

from dataclasses import dataclass

from kafka_fab.cluster.model import Cluster
from kafka_fab.locking.host_locks import Locks
from kafka_fab.locking.run_record import Run
from kafka_fab.operate.roll.options import Options
from kafka_fab.operate.roll.roll_events import RollEvents
from kafka_fab.operate.roll.signal_board import Signal
from kafka_fab.operate.roll.watch import Watch
from kafka_fab.remote.fleet import Fleet


class Stop:
    """Stop request: the operator has asked for the roll to end after the current step."""

    def __init__(self) -> None:
        self._asked = False

    @property
    def asked(self) -> bool:
        """Return whether it was requested."""
        return self._asked

    def ask(self) -> None:
        """Request it; it cannot be withdrawn."""
        self._asked = True


@dataclass(frozen=True)
class RollContext:
    """A roll's hosts, run, options and locks, the readings of the cluster, and the listeners of its events."""

    fleet: Fleet
    run: Run
    options: Options
    locks: Locks
    events: RollEvents
    board: Signal
    watch: Watch
    stop: Stop

    @property
    def cluster(self) -> Cluster:
        """Return the cluster of the roll."""
        return self.fleet.cluster


def begin(fleet: Fleet, run: Run, options: Options, locks: Locks, events: RollEvents) -> RollContext:
    """Return a new roll's context, and begin to read the cluster."""
    board = Signal()
    return RollContext(fleet, run, options, locks, events, board, Watch(fleet.cluster, board), Stop())
