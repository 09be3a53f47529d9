"""Alone: some of the services stopped by hand, past the same gate as a roll's, and not in the middle of one."""

from invoke.exceptions import Exit

from tasks.gate import gate
from tasks.gate.state import Blocker, State
from tasks.live.state import answering, source
from tasks.live.wait import until
from tasks.live.wire import Silent
from tasks.operate import services
from tasks.operate.roll.choice import is_up
from tasks.operate.roll.record import run_of
from tasks.operate.roll.runs import WITH_ZOOKEEPER
from tasks.operate.roll.target import Target, leaving, targets
from tasks.remote import channel, script
from tasks.remote.connection import Connection
from tasks.remote.fleet import Fleet, finished

# The rule that nothing but the topic's own name overrides: its data would be lost.
LOSS = "R2"
# The one that does not pass by itself: another broker is down.
DOWN = "C1"
ACCEPT = " Accept this with "
PASSES = 15.0


def refuse_rolls(hosts: Fleet) -> None:
    """End the run where another operation holds one of the chosen hosts."""

    def holder(c: Connection) -> str:
        said = services.read(channel.run(c, script.whole("refuse_held", extra=script.ROLL)).output.splitlines())
        return next((change.detail for change in said if change.status == "failed"), "")

    words = next((p.value for p in finished(hosts.run(holder, "stop")) if p.value), "")
    if words:
        run = run_of({"run": "?"} | services.words(words))
        raise Exit(
            f"{run.task} {run.id} of {run.user}@{run.machine} is under way, since {run.since}: wait for its end", code=2
        )


def refuse_unsafe(hosts: Fleet, force: bool = False, may_lose: frozenset[str] = frozenset()) -> None:
    """End the run where the others cannot do without the chosen services; nothing is asked if all go."""
    chosen = targets(hosts.cluster, hosts.hosts, WITH_ZOOKEEPER)
    if len(chosen) == len(targets(hosts.cluster, hosts.cluster.nodes, WITH_ZOOKEEPER)):
        return
    found = _waited_for(hosts, chosen)
    refused = [one for one in found if not force or (one.rule == LOSS and _topic(one) not in may_lose)]
    if refused:
        # What a roll's switch lets pass, a stop takes --force for: said below, once.
        reasons = "\n".join(f"    {one.rule}  {one.text.partition(ACCEPT)[0]}" for one in refused[:20])
        more = f"\n    and {len(refused) - 20} more" if len(refused) > 20 else ""
        raise Exit(f"the others cannot do without {', '.join(hosts.hosts)}:\n{reasons}{more}\n{_remedy(force)}", code=3)


def _waited_for(hosts: Fleet, chosen: tuple[Target, ...]) -> tuple[Blocker, ...]:
    """Return what blocks, after a while if it may pass by itself, as after a start."""
    found: list[tuple[Blocker, ...]] = [()]
    try:
        with source(hosts.cluster) as read:

            def decided() -> bool:
                found[0] = _blockers(answering(hosts.cluster, read(frozenset())), chosen)
                return not found[0] or any(one.rule == DOWN for one in found[0])

            until(decided, PASSES)
    except Silent:
        # Without its metadata nothing of it serves; the rules of stop itself take over.
        return ()
    return found[0]


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
