"""Order: which service is restarted next? Read the state again before every choice: leader and controller move."""

from collections.abc import Iterable
from dataclasses import dataclass

from kafka_fab.cluster.values.role import Role
from kafka_fab.gate.node_rules import active_controllers
from kafka_fab.gate.state import State

# A broker that is a controller, too.
COMBINED = "combined"
# Controllers and combined nodes are voters of one quorum; its leader is the last of both.
RANK = {Role.ZOOKEEPER: 0, Role.CONTROLLER: 1, COMBINED: 1, Role.BROKER: 2}


@dataclass(frozen=True)
class Candidate:
    """A service still to be restarted: zookeeper, controller, combined or kafka; ready if it is up and serving."""

    role: str
    id: int
    host: str
    ready: bool = True


def order(todo: Iterable[Candidate], state: State, backwards: bool = False) -> tuple[Candidate, ...]:
    """Return all in restart order, for the current leaders.

    Those that are not ready come first, whatever their group: the safety check fails while one is down. Then
    ZooKeeper, voters, brokers, or backwards: in each group by id, with the leader at the end.
    """
    last, sign = _last(state), -1 if backwards else 1

    def place(one: Candidate) -> tuple[bool, int, bool, int, str]:
        return one.ready, sign * RANK[one.role], (one.role, one.id) in last, one.id, one.host

    return tuple(sorted(todo, key=place))


def next_up(todo: Iterable[Candidate], state: State) -> Candidate | None:
    """Return the next service, None if all are done."""
    return next(iter(order(todo, state)), None)


def together(todo: Iterable[Candidate], state: State) -> tuple[Candidate, ...]:
    """Return the stopped services that must be started together: without a majority none becomes ready alone."""
    for rank, standing, size in _groups(state):
        stopped = tuple(one for one in order(todo, state) if RANK[one.role] == rank and not one.ready)
        up = standing - {one.id for one in stopped}
        if stopped and len(up) * 2 <= size:
            return stopped
    return ()


def _last(state: State) -> frozenset[tuple[str, int]]:
    leaders = active_controllers(state)
    found = {(role, number) for role in (Role.CONTROLLER, COMBINED, Role.BROKER) for number in leaders}
    if state.ensemble:
        found.add((Role.ZOOKEEPER, state.ensemble.leader))
    return frozenset(found)


def _groups(state: State) -> tuple[tuple[int, frozenset[int], int], ...]:
    none: frozenset[int] = frozenset()
    servers = (state.ensemble.serving, len(state.ensemble.servers)) if state.ensemble else (none, 0)
    voters = (state.quorum.caught_up, len(state.quorum.voters)) if state.quorum else (none, 0)
    return (RANK[Role.ZOOKEEPER], *servers), (RANK[Role.CONTROLLER], *voters)
