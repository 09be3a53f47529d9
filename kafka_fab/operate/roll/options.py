"""Options: what the operator has chosen for a roll."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kafka_fab.cluster.resource import Resource
from kafka_fab.gate.state import Waivers
from kafka_fab.locking.run_record import LeaderElection
from kafka_fab.operate.roll.service_ref import ServiceRef

Changes = Callable[[ServiceRef], Sequence[Resource]]


def nothing(_: ServiceRef) -> Sequence[Resource]:
    """Return what a plain restart changes while a service is down."""
    return ()


@dataclass(frozen=True)
class Options:
    """The options of a roll: limits in seconds, accepted risks, and changes made while a service is down."""

    task: str = "rolling-restart"
    batch: int = 1
    allowed: Waivers = field(default_factory=Waivers)
    wait: float = 1800.0
    strict: bool = False
    leaders: LeaderElection = LeaderElection.NEVER
    canary: bool = True
    # Data directories, by name, that services may start without.
    abandoned: tuple[str, ...] = ()
    lags: tuple[tuple[str, int], ...] = ()
    while_down: Changes = nothing
    # Brokers first, then voters, then ZooKeeper: as a way back from an upgrade goes.
    backwards: bool = False
