"""Node rules: may these services stop, given the state of the other nodes?"""

from collections.abc import Iterator

from kafka_fab.gate.id_lists import listed, several
from kafka_fab.gate.state import NOBODY, Blocker, Leaving, State, Waivers
from kafka_fab.runbook.codes import RollCode


def blockers(state: State, leaving: Leaving, allowed: Waivers) -> Iterator[Blocker]:
    """Yield the blockers that concern neither partitions nor quorums."""
    yield from _down(state, leaving)
    yield from _offline(state, leaving)
    if state.reassigning and not allowed.reassigning:
        yield _reassigning(state)
    yield from _false_metadata(state, leaving)
    yield from _controller(state, leaving)


def active_controllers(state: State) -> frozenset[int]:
    """Return the active controllers: the quorum's leader, the holder of /controller; both during a migration."""
    # In KRaft mode a broker names any broker as the controller: only the quorum has the active one.
    held = state.controller if state.ensemble else NOBODY
    active = state.quorum.leader if state.quorum else NOBODY
    return frozenset(number for number in (held, active) if number >= 0)


def reregistered(before: State, now: State) -> tuple[int, ...]:
    """Return the brokers whose ZooKeeper registration was made by another transaction: their session expired."""
    return tuple(sorted(n for n, made in now.registered.items() if before.registered.get(n, made) != made))


def _down(state: State, leaving: Leaving) -> Iterator[Blocker]:
    for broker in sorted(state.brokers - leaving.brokers - state.up):
        text = (
            f"broker {broker} is down: with one more broker stopped, partitions could lose their last in-sync replica. "
            f"Start broker {broker} first, and find out why it stopped"
        )
        yield Blocker(RollCode.BROKER_DOWN, f"broker {broker}", text, missing=(broker,))


def _offline(state: State, leaving: Leaving) -> Iterator[Blocker]:
    for broker, folder in sorted(state.offline_dirs):
        if broker not in leaving.brokers:
            text = (
                f"broker {broker}: log directory {folder} is offline, its replicas cannot take over. "
                f"Repair the disk and restart broker {broker} first"
            )
            yield Blocker(RollCode.LOG_DIR_OFFLINE, f"broker {broker}", text, missing=(broker,))


def _false_metadata(state: State, leaving: Leaving) -> Iterator[Blocker]:
    # The restart of the broker itself may mend it, and its replicas count by the others' metadata only.
    for one in state.false_metadata:
        if one.broker not in leaving.brokers:
            yield Blocker(one.code, f"broker {one.broker}", one.text, missing=(one.broker,))


def _reassigning(state: State) -> Blocker:
    moved = [str(one) for one in sorted(state.reassigning)]
    named = ", ".join(moved[:5]) + (f" and {len(moved) - 5} more" if len(moved) > 5 else "")
    text = (
        f"partitions are being reassigned ({named}): a restart slows the reassignment down and interrupts replicas "
        "that are being copied. Wait until it ends, or use --allow-reassign to restart brokers without such a partition"
    )
    return Blocker(RollCode.REASSIGNMENT, "cluster", text)


def _controller(state: State, leaving: Leaving) -> Iterator[Blocker]:
    yield from _no_controller(state)
    yield from _old_epoch(state)
    stopping = leaving.brokers | leaving.voters
    for active in sorted(active_controllers(state) & stopping):
        others = stopping - {active}
        if others:
            text = (
                f"{active} is the active controller and must stop alone and last: with {listed(others)} stopped too, "
                f"leaders are elected late. Stop {several('node', others)} first"
            )
            yield Blocker(RollCode.NOT_THE_CONTROLLER_ALONE, "controller", text, missing=(active,))


def _no_controller(state: State) -> Iterator[Blocker]:
    """Yield a blocker where ZooKeeper names no controller, or a node that is not there (a KRaft controller of before).

    Nobody then sends metadata to the brokers: they keep what they had, and it looks healthy.
    """
    if not state.ensemble or not state.brokers:
        return
    if state.controller < 0:
        text = "no active controller: partition leaders cannot be elected. Wait until a controller is elected"
        yield Blocker(RollCode.NO_CONTROLLER, "controller", text)
    elif state.quorum is None and state.up and state.controller not in state.up | state.brokers:
        text = (
            f"no active controller: /controller in ZooKeeper names {state.controller}, which is not a broker: "
            "no leader is elected, and the brokers' metadata is frozen. Start that node; if it was a KRaft controller "
            "that will not come back, delete /controller"
        )
        yield Blocker(RollCode.NO_CONTROLLER, "controller", text)


def _old_epoch(state: State) -> Iterator[Blocker]:
    epochs = state.controller_epochs
    if epochs and epochs.current < epochs.written:
        text = (
            f"/controller_epoch in ZooKeeper is {epochs.current}, but partitions were written by a controller of epoch "
            f"{epochs.written}: the controller's leader elections are aborted, and no reading shows it (KAFKA-20488). "
            f"Set /controller_epoch to {epochs.written + 1}, then delete /controller so that one is elected"
        )
        yield Blocker(RollCode.OLD_CONTROLLER_EPOCH, "controller", text)
