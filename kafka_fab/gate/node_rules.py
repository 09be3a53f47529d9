"""Node rules: may these go away as far as the other nodes matter?"""

from collections.abc import Iterator

from kafka_fab.gate.id_lists import listed, several
from kafka_fab.gate.state import NOBODY, Blocker, Leaving, State, Waivers
from kafka_fab.runbook.codes import RollCode


def blockers(state: State, leaving: Leaving, allowed: Waivers) -> Iterator[Blocker]:
    """Yield what speaks against it outside of partitions and quorums."""
    yield from _down(state, leaving)
    yield from _offline(state, leaving)
    if state.reassigning and not allowed.reassigning:
        yield _reassigning(state)
    yield from _controller(state, leaving)


def leads(state: State) -> frozenset[int]:
    """Return who leads Kafka: the quorum's leader, the holder of /controller; both while a cluster migrates."""
    # Without ZooKeeper a broker names any broker as the controller: only the quorum knows.
    held = state.controller if state.ensemble else NOBODY
    active = state.quorum.leader if state.quorum else NOBODY
    return frozenset(number for number in (held, active) if number >= 0)


def registered_anew(before: State, now: State) -> tuple[int, ...]:
    """Return the brokers that are registered as before, but by another transaction: their session ended meanwhile."""
    return tuple(sorted(n for n, made in now.registered.items() if before.registered.get(n, made) != made))


def _down(state: State, leaving: Leaving) -> Iterator[Blocker]:
    for broker in sorted(state.brokers - leaving.brokers - state.up):
        text = (
            f"broker {broker} is not up: with one more away, partitions of both could be left without a copy. "
            f"Start broker {broker} first, and find out why it went"
        )
        yield Blocker(RollCode.BROKER_DOWN, f"broker {broker}", text, missing=(broker,))


def _offline(state: State, leaving: Leaving) -> Iterator[Blocker]:
    for broker, folder in sorted(state.offline_dirs):
        if broker not in leaving.brokers:
            text = (
                f"broker {broker} has lost its log directory {folder}: the replicas there are no copies to fall back "
                "on. Repair that disk and restart that broker first"
            )
            yield Blocker(RollCode.LOG_DIR_OFFLINE, f"broker {broker}", text, missing=(broker,))


def _reassigning(state: State) -> Blocker:
    moved = [str(one) for one in sorted(state.reassigning)]
    named = ", ".join(moved[:5]) + (f" and {len(moved) - 5} more" if len(moved) > 5 else "")
    text = (
        f"partitions are being moved ({named}): a restart would slow that down and break off copies. "
        "Wait until that is over, or go on with --allow-reassign; brokers with such a partition stay as they are"
    )
    return Blocker(RollCode.REASSIGNMENT, "cluster", text)


def _controller(state: State, leaving: Leaving) -> Iterator[Blocker]:
    if state.ensemble and state.brokers and state.controller < 0:
        text = "no broker is the controller: nobody would elect leaders. Wait until one is elected"
        yield Blocker(RollCode.NO_CONTROLLER, "controller", text)
    gone = leaving.brokers | leaving.voters
    for active in sorted(leads(state) & gone):
        others = gone - {active}
        if others:
            text = (
                f"{active} is the active controller and must go alone and last: with {listed(others)} away too, "
                f"leaders would be elected late. Take {several('node', others)} first"
            )
            yield Blocker(RollCode.NOT_THE_CONTROLLER_ALONE, "controller", text, missing=(active,))
