"""Quorum rules: may these services stop, given the KRaft voters and the ZooKeeper servers?"""

from collections.abc import Iterator

from kafka_fab.gate.id_lists import listed, several, verb
from kafka_fab.gate.state import Blocker, Ensemble, Leaving, State, VoterState, Waivers
from kafka_fab.runbook.codes import RollCode
from kafka_fab.typed_command import FAB

WAIVER = "--accept-quorum-outage"
VOTERS, SERVERS = "voters", "ZooKeeper"


def blockers(state: State, leaving: Leaving, allowed: Waivers) -> Iterator[Blocker]:
    """Yield the blockers of the KRaft quorum, of the ZooKeeper ensemble, or of both."""
    yield from _unread(state, leaving)
    if state.quorum:
        # A broker that is a voter is a combined node: its vote is gone with it.
        voters = leaving.voters | (leaving.brokers & state.quorum.voters)
        yield from _voters(state.quorum, voters, allowed)
    if state.ensemble and leaving.servers:
        yield from _servers(state.ensemble, leaving, allowed)
    elif state.ensemble:
        yield from _serves(state.ensemble)


def voters_behind(state: State, before: State) -> Iterator[Blocker]:
    """Yield the voters that kept up when the roll began and do not now; a server that is down blocks already."""
    if not (state.quorum and before.quorum):
        return
    lost = (before.quorum.caught_up & state.quorum.voters) - state.quorum.caught_up
    if lost:
        does = verb(lost, "does", "do")
        text = (
            f"{several('voter', lost)} kept up with the leader when the roll began and {does} not now: with one more "
            "voter stopped the quorum could lose its majority. Start or repair what is down, or wait"
        )
        yield Blocker(RollCode.VOTER_NOT_BACK, VOTERS, text, missing=tuple(sorted(lost)))


def _unread(state: State, leaving: Leaving) -> Iterator[Blocker]:
    if not (state.quorum or state.ensemble):
        yield _unknown("cluster", "neither a KRaft quorum nor a ZooKeeper ensemble answers")
    elif leaving.voters and not state.quorum:
        yield _unknown(VOTERS, "the KRaft quorum does not answer")
    elif leaving.servers and not state.ensemble:
        yield _unknown(SERVERS, "the ZooKeeper ensemble does not answer")


def _unknown(where: str, failure: str) -> Blocker:
    text = f"{failure}: it is unknown whether a majority would be left. Find out why, and start what is down"
    return Blocker(RollCode.METADATA_UNREADABLE, where, text)


def _voters(quorum: VoterState, leaving: frozenset[int], allowed: Waivers) -> Iterator[Blocker]:
    if quorum.leader < 0:
        text = (
            "the KRaft quorum has no leader: no partition leader can be elected, no broker can register. Wait for one"
        )
        yield Blocker(RollCode.NO_QUORUM_LEADER, VOTERS, text)
    if len(leaving) > 1:
        text = (
            f"{several('voter', leaving)} must not stop together: stop one, and the next when the first keeps up again"
        )
        yield Blocker(RollCode.VOTERS_TOGETHER, VOTERS, text)
    if leaving and not (allowed.quorum_outage and len(quorum.voters) < 3):
        yield from _minority(quorum, leaving)
    elif quorum.leader >= 0 and not quorum.has_majority:
        yield _uncommitted(quorum)
    if quorum.leader >= 0 and quorum.idle and quorum.leader not in leaving:
        # The restart of that controller alone is the remedy.
        yield _stalled(quorum)


def _stalled(quorum: VoterState) -> Blocker:
    text = (
        f"the KRaft quorum's high watermark has not advanced for {quorum.idle:.0f} s, although controller "
        f"{quorum.leader} leads: no metadata is committed, and the brokers' metadata is frozen. See the log of "
        f"controller {quorum.leader}, and restart it alone if it does not recover"
    )
    return Blocker(RollCode.QUORUM_STALLED, VOTERS, text, missing=(quorum.leader,))


def _uncommitted(quorum: VoterState) -> Blocker:
    behind = quorum.voters - quorum.caught_up
    text = (
        f"only {len(quorum.caught_up & quorum.voters)} of {len(quorum.voters)} KRaft voters keep up with the leader: "
        f"no metadata is committed, and a stopped broker could not register again. Start or repair "
        f"{several('voter', behind)}"
    )
    return Blocker(RollCode.NO_VOTER_MAJORITY, VOTERS, text, missing=tuple(sorted(behind)))


def _minority(quorum: VoterState, leaving: frozenset[int]) -> Iterator[Blocker]:
    behind = quorum.voters - quorum.caught_up - leaving
    left = (quorum.caught_up & quorum.voters) - leaving
    need = len(quorum.voters) // 2 + 1
    if len(left) >= need:
        return
    small = f"Accept this with {WAIVER}, or run three voters"
    wait = f"Wait for {several('voter', behind)} to catch up ({FAB} quorum.show)" if behind else "Stop fewer at once"
    kept = f"only {several('voter', left)}" if left else "none"
    text = (
        f"of {len(quorum.voters)} KRaft voters {need} must keep up; without {several('voter', leaving)} {kept} would: "
        f"the quorum would lose its majority. {small if len(quorum.voters) < 3 else wait}"
    )
    lasting = len(quorum.voters) < 3 and not behind
    yield Blocker(RollCode.WOULD_LOSE_QUORUM, VOTERS, text, missing=tuple(sorted(behind)), lasting=lasting)


def _serves(ensemble: Ensemble) -> Iterator[Blocker]:
    yield from _leaderless(ensemble)
    if not ensemble.servers <= ensemble.serving:
        yield _not_serving(ensemble, "if one more fails, the ensemble could lose its majority")


def _servers(ensemble: Ensemble, leaving: Leaving, allowed: Waivers) -> Iterator[Blocker]:
    yield from _without_kafka(leaving)
    if allowed.ensemble_outage:
        return
    yield from _leaderless(ensemble)
    yield from _alone(leaving)
    if not ensemble.servers <= ensemble.serving:
        yield _not_serving(ensemble, f"without {several('server', leaving.servers)} the majority could be lost")
    if len(ensemble.servers) < 3 and not allowed.quorum_outage:
        yield _small(ensemble, leaving)
    yield from _behind(ensemble)


def _alone(leaving: Leaving) -> Iterator[Blocker]:
    if len(leaving.servers) > 1:
        text = (
            f"ZooKeeper servers {listed(leaving.servers)} must not stop together: stop one, then wait until it serves"
        )
        yield Blocker(RollCode.SERVERS_TOGETHER, SERVERS, text)


def _without_kafka(leaving: Leaving) -> Iterator[Blocker]:
    if leaving.brokers or leaving.voters:
        kafka = listed(leaving.brokers | leaving.voters)
        servers = several("ZooKeeper server", leaving.servers)
        text = f"Kafka {kafka} and {servers} must not stop in one step: stop ZooKeeper first"
        yield Blocker(RollCode.SERVERS_TOGETHER, SERVERS, text)


def _leaderless(ensemble: Ensemble) -> Iterator[Blocker]:
    # The only server of its ensemble is standalone: it serves and is called no leader.
    if len(ensemble.servers) > 1 and ensemble.leader not in ensemble.serving:
        text = (
            "the ZooKeeper ensemble has no leader: it serves no client, and the brokers' sessions expire. Wait for one"
        )
        yield Blocker(RollCode.NO_ENSEMBLE_LEADER, SERVERS, text)


def _not_serving(ensemble: Ensemble, then: str) -> Blocker:
    down = ensemble.servers - ensemble.serving
    does = verb(down, "does", "do")
    text = (
        f"{several('ZooKeeper server', down)} of {len(ensemble.servers)} {does} not serve: {then}. Start what is "
        "down; if srvr or mntr is refused, add them to 4lw.commands.whitelist"
    )
    return Blocker(RollCode.SERVER_DOWN, SERVERS, text, missing=tuple(sorted(down)))


def _small(ensemble: Ensemble, leaving: Leaving) -> Blocker:
    text = (
        f"an ensemble of {len(ensemble.servers)} does not serve without {several('server', leaving.servers)}: the "
        f"brokers have no ZooKeeper until it is back. Accept this with {WAIVER}, or run three servers"
    )
    return Blocker(RollCode.SMALL_ENSEMBLE, SERVERS, text, lasting=True)


def _behind(ensemble: Ensemble) -> Iterator[Blocker]:
    followers = len(ensemble.servers) - 1
    if ensemble.unknown:
        text = (
            f"it is unknown whether ZooKeeper followers are in sync: {ensemble.unknown}. If mntr is refused, add it "
            "to 4lw.commands.whitelist, install, and stop (--force) and start the servers one by one"
        )
        yield Blocker(RollCode.FOLLOWERS_BEHIND, SERVERS, text)
    if ensemble.synced not in {None, followers}:
        text = (
            f"the ZooKeeper leader has {ensemble.synced} of {followers} followers in sync: a server that is behind "
            "does not count for a majority. Wait until all are in sync"
        )
        yield Blocker(RollCode.FOLLOWERS_BEHIND, SERVERS, text)
    if ensemble.pending not in {None, 0}:
        text = f"ZooKeeper's zk_pending_syncs is {ensemble.pending}: followers are still syncing. Wait until it is 0"
        yield Blocker(RollCode.FOLLOWERS_BEHIND, SERVERS, text)
