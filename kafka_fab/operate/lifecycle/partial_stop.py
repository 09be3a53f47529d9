"""Partial stop: the services of some hosts stopped, after the same safety check as in a rolling restart."""

from collections.abc import Callable, Iterable

from invoke.exceptions import Exit

from kafka_fab.cluster.values.role import Role
from kafka_fab.gate import gate
from kafka_fab.gate.state import Blocker, State
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.wait import until
from kafka_fab.live.cluster_state import answering, source
from kafka_fab.operate.roll.candidates import is_up
from kafka_fab.operate.roll.runs import WITH_ZOOKEEPER
from kafka_fab.operate.roll.service_ref import ServiceRef, leaving, targets
from kafka_fab.remote.fleet import Fleet
from kafka_fab.runbook.codes import RollCode, coded
from kafka_fab.typed_command import FAB

# Messages would be lost: --force is not enough, the topic must be named.
LOSS = RollCode.UNCLEAN_ELECTION
# Another broker is down. It does not come back by itself, so a stop does not wait for it.
DOWN = RollCode.BROKER_DOWN
ACCEPT = " Accept this with "
PASSES = 15.0
Judge = Callable[[tuple[Blocker, ...]], tuple[Blocker, ...]]


def refuse_unsafe(hosts: Fleet, force: bool = False, may_lose: frozenset[str] = frozenset()) -> None:
    """End the run where it is not safe to stop the chosen services; all services may always be stopped."""
    chosen = targets(hosts.cluster, hosts.hosts, WITH_ZOOKEEPER)
    if len(chosen) == len(targets(hosts.cluster, hosts.cluster.nodes, WITH_ZOOKEEPER)):
        return
    refused = _after_a_while(hosts, chosen, lambda found: refusing(found, force, may_lose))
    if refused:
        # The switch that a roll has for it is --force for a stop: said once, below.
        reasons = "\n".join(f"    {coded(one.text.partition(ACCEPT)[0], one.code)}" for one in refused[:20])
        more = f"\n    and {len(refused) - 20} more" if len(refused) > 20 else ""
        text = f"not safe to stop {', '.join(hosts.hosts)}:\n{reasons}{more}\n{_remedy(force)}"
        raise Exit(coded(text, RollCode.STOP_REFUSED), code=3)


def refusing(found: Iterable[Blocker], force: bool, may_lose: frozenset[str]) -> tuple[Blocker, ...]:
    """Return the blockers of a stop: all of them, or with --force only a loss that was not accepted."""
    return tuple(one for one in found if not force or (one.code is LOSS and _topic(one) not in may_lose))


def decided(refused: Iterable[Blocker]) -> bool:
    """Return whether waiting changes nothing: there is no blocker, or one that does not pass by itself."""
    refused = tuple(refused)
    return not refused or any(one.lasting or one.code is DOWN for one in refused)


def _after_a_while(hosts: Fleet, chosen: tuple[ServiceRef, ...], judge: Judge) -> tuple[Blocker, ...]:
    """Return the blockers; those that may pass by themselves, as after a start, are given some time."""
    refused: list[tuple[Blocker, ...]] = [()]
    try:
        with source(hosts.cluster) as read:

            def is_decided() -> bool:
                refused[0] = judge(_blockers(answering(hosts.cluster, read(frozenset())), chosen))
                return decided(refused[0])

            until(is_decided, PASSES)
    except Unreachable:
        # Without metadata no broker serves clients: only the rules of stop itself apply.
        return ()
    return refused[0]


def _blockers(state: State, chosen: tuple[ServiceRef, ...]) -> tuple[Blocker, ...]:
    going = tuple(one for one in chosen if is_up(one, state))
    if not going or _last(state, going):
        return ()
    # Two steps: the brokers are stopped before the ZooKeeper servers of their hosts.
    servers = tuple(one for one in going if one.role == Role.ZOOKEEPER)
    others = tuple(one for one in going if one not in servers)
    groups = (leaving(group) for group in (others, servers) if group)
    return tuple(dict.fromkeys(found for group in groups for found in gate.blockers(state, group)))


def _last(state: State, going: tuple[ServiceRef, ...]) -> bool:
    """Return whether no other broker is up."""
    return not state.up - leaving(going).brokers


def _topic(blocker: Blocker) -> str:
    return blocker.where.rpartition("-")[0]


def _remedy(force: bool) -> str:
    if force:
        return "nothing was stopped; name each topic that may lose messages: --accept-loss TOPIC"
    return f"nothing was stopped; `{FAB} rolling-restart` restarts without an outage, `{FAB} stop --force` stops anyway"
