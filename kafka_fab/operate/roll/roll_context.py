"""Roll context: what a roll is carried out with, made once and handed down; it knows nobody who has it."""

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
    """The operator's wish to end after the step that is under way."""

    def __init__(self) -> None:
        self._asked = False

    @property
    def asked(self) -> bool:
        """Return whether it has been asked for."""
        return self._asked

    def ask(self) -> None:
        """Ask for it; there is no way back."""
        self._asked = True


@dataclass(frozen=True)
class RollContext:
    """A roll's hosts, its run with the operator's options and locks, the cluster as it is read, and who is told."""

    fleet: Fleet
    run: Run
    options: Options
    locks: Locks
    tale: RollEvents
    board: Signal
    watch: Watch
    stop: Stop

    @property
    def cluster(self) -> Cluster:
        """Return the cluster that is restarted."""
        return self.fleet.cluster


def begin(fleet: Fleet, run: Run, options: Options, locks: Locks, tale: RollEvents) -> RollContext:
    """Return a new roll's context; the cluster is read from now on."""
    board = Signal()
    return RollContext(fleet, run, options, locks, tale, board, Watch(fleet.cluster, board), Stop())
