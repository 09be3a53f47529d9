"""Partial stop: some of the services stopped by hand, past the same gate as a roll's."""

from collections.abc import Callable, Iterable

from invoke.exceptions import Exit

from kafka_fab.gate import gate
from kafka_fab.gate.state import Blocker, State
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.wait import until
from kafka_fab.live.cluster_state import answering, source
from kafka_fab.operate.roll.candidates import is_up
from kafka_fab.operate.roll.roll_service import Target, leaving, targets
from kafka_fab.operate.roll.runs import WITH_ZOOKEEPER
from kafka_fab.remote.fleet import Fleet

# The rule that nothing but the topic's own name overrides: its data would be lost.
LOSS = "R2"
# Nobody starts by itself what is down; a roll waits for it all the same.
DOWN = "C1"
ACCEPT = " Accept this with "
PASSES = 15.0
Judge = Callable[[tuple[Blocker, ...]], tuple[Blocker, ...]]


def refuse_unsafe(hosts: Fleet, force: bool = False, may_lose: frozenset[str] = frozenset()) -> None:
    """End the run where the others cannot do without the chosen services; nothing is asked if all go."""
    chosen = targets(hosts.cluster, hosts.hosts, WITH_ZOOKEEPER)
    if len(chosen) == len(targets(hosts.cluster, hosts.cluster.nodes, WITH_ZOOKEEPER)):
        return
    refused = _waited_for(hosts, chosen, lambda found: refusing(found, force, may_lose))
    if refused:
        # What a roll's switch lets pass, a stop takes --force for: said below, once.
        reasons = "\n".join(f"    {one.rule}  {one.text.partition(ACCEPT)[0]}" for one in refused[:20])
        more = f"\n    and {len(refused) - 20} more" if len(refused) > 20 else ""
        raise Exit(f"the others cannot do without {', '.join(hosts.hosts)}:\n{reasons}{more}\n{_remedy(force)}", code=3)


def refusing(found: Iterable[Blocker], force: bool, may_lose: frozenset[str]) -> tuple[Blocker, ...]:
    """Return those that refuse a stop: all of them, or by force only a loss that was not accepted."""
    return tuple(one for one in found if not force or (one.rule == LOSS and _topic(one) not in may_lose))


def decided(refused: Iterable[Blocker]) -> bool:
    """Return whether waiting changes nothing: there is no reason to refuse, or one that does not pass by itself."""
    refused = tuple(refused)
    return not refused or any(one.lasting or one.rule == DOWN for one in refused)


def _waited_for(hosts: Fleet, chosen: tuple[Target, ...], judge: Judge) -> tuple[Blocker, ...]:
    """Return what refuses, after a while if it may pass by itself, as after a start."""
    refused: list[tuple[Blocker, ...]] = [()]
    try:
        with source(hosts.cluster) as read:

            def is_decided() -> bool:
                refused[0] = judge(_blockers(answering(hosts.cluster, read(frozenset())), chosen))
                return decided(refused[0])

            until(is_decided, PASSES)
    except Unreachable:
        # Without its metadata nothing of it serves; the rules of stop itself take over.
        return ()
    return refused[0]


def _blockers(state: State, chosen: tuple[Target, ...]) -> tuple[Blocker, ...]:
    going = tuple(one for one in chosen if is_up(one, state))
    if not going or _last(state, going):
        return ()
    # One after the other: the brokers are down and proven so before their hosts' ZooKeeper servers follow.
    servers = tuple(one for one in going if one.role == "zookeeper")
    others = tuple(one for one in going if one not in servers)
    asked = (leaving(group) for group in (others, servers) if group)
    return tuple(dict.fromkeys(found for away in asked for found in gate.blockers(state, away)))


def _last(state: State, going: tuple[Target, ...]) -> bool:
    """Return whether no broker is left that could miss them."""
    return not state.up - leaving(going).brokers


def _topic(blocker: Blocker) -> str:
    return blocker.where.rpartition("-")[0]


def _remedy(force: bool) -> str:
    if force:
        return "name each topic that may lose messages: --accept-loss TOPIC"
    return (
        "nothing was stopped; `fab rolling-restart` restarts without an outage, `fab stop --force` stops all the same"
    )
