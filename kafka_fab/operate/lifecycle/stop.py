"""Stop: every broker with a controlled shutdown while there is a quorum, then ZooKeeper or the controllers."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from shlex import join

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.values.role import Role
from kafka_fab.gate import id_lists
from kafka_fab.live import kraft_quorum
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.zookeeper import four_letter_words
from kafka_fab.locking.guard import Guard
from kafka_fab.operate.hosts import running, services, storage
from kafka_fab.operate.lifecycle import partial_stop
from kafka_fab.operate.lifecycle.lifecycle_hooks import LifecycleHooks
from kafka_fab.operate.lifecycle.start import start_all
from kafka_fab.operate.roll import restart_blockers
from kafka_fab.operate.roll.runs import WITH_ZOOKEEPER
from kafka_fab.operate.roll.service_ref import targets
from kafka_fab.output import report
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote.fleet import Fleet, fleet, require_success
from kafka_fab.remote.node import node_of
from kafka_fab.remote.ssh.connection import Connection
from kafka_fab.runbook.codes import RollCode, coded
from kafka_fab.typed_command import FAB

MARK = ".kafka_cleanshutdown"
LOOK = 2.0


def stop(c: Context, force: bool = False, accept_loss: Sequence[str] = (), json: bool = False) -> None:
    """Stop the chosen hosts' services; those of some hosts only if that is safe."""
    began, hosts = time.monotonic(), fleet(c, quiet=json)
    with Guard(hosts, "stop", hosts.hosts, force) as guard:
        running.require_own(hosts)
        judge = partial(refuse_unsafe, hosts, force, accept_loss)
        judge()
        done = stop_all(hosts, guard, judge)
    print(report.as_json(done, "stop", hosts.cluster.name) if json else report.hosts(done, time.monotonic() - began))


def restart(c: Context, json: bool = False, abandoned: Sequence[str] = ()) -> None:
    """Stop all services of the chosen hosts and start them again; the cluster is down meanwhile."""
    began, hosts = time.monotonic(), fleet(c, quiet=json)
    with Guard(hosts, "restart", hosts.hosts) as guard:
        running.require_own(hosts)
        _refuse_losses(hosts, abandoned)
        refuse_unsafe(hosts)
        if hosts.cluster.kraft:
            # A running voter whose disk is gone could not be started again.
            storage.refuse_empty(hosts)
        done = [*stop_all(hosts, guard, partial(refuse_unsafe, hosts)), *start_all(hosts, guard)]
    print(report.as_json(done, "restart", hosts.cluster.name) if json else report.hosts(done, time.monotonic() - began))


def _refuse_losses(hosts: Fleet, abandoned: Sequence[str]) -> None:
    """End the run where a service would start without its data, or as another one."""
    found = restart_blockers.blockers(hosts.cluster, targets(hosts.cluster, hosts.hosts, WITH_ZOOKEEPER), abandoned)
    losses = id_lists.summarized(one for one in found if one.code is not restart_blockers.QUORUM)
    if losses:
        text = "\n".join(["nothing was stopped:", *(f"    {line}" for line in losses)])
        raise Exit(coded(text, RollCode.STOP_REFUSED), code=3)


def refuse_unsafe(hosts: Fleet, force: bool = False, accept_loss: Sequence[str] = ()) -> None:
    """End the run where it is not safe to stop the chosen hosts, or where they could not stop cleanly."""
    if not force:
        _refuse_without_quorum(hosts)
        _refuse_orphans(hosts)
    partial_stop.refuse_unsafe(hosts, force, frozenset(accept_loss))


def stop_all(hosts: Fleet, guard: Guard, judge: Callable[[], None]) -> list[HostProgress]:
    """Stop the brokers of the chosen hosts, then their ZooKeeper servers or controllers, with the user's hooks.

    `judge` ends the run where the stop is not safe; it has passed once.
    """
    LifecycleHooks(hosts, guard.run).before_stop(judge)
    return _stop_services(hosts, guard)


def _stop_services(hosts: Fleet, guard: Guard) -> list[HostProgress]:
    cluster, role = hosts.cluster, _quorum_role(hosts.cluster)
    brokers, members = services.having(hosts, Role.BROKER), services.having(hosts, role)
    done: list[HostProgress] = []
    for group in _groups(cluster, brokers):
        done += require_success(hosts.run(lambda c: _stop_broker(c, cluster), "stop", group))
        guard.report_progress(f"{len(done)} of {len(brokers)} brokers stopped")
    done += require_success(hosts.run(lambda c: _stop(c, cluster, role), "stop", members))
    return sorted(done, key=lambda progress: hosts.hosts.index(progress.host))


def _quorum_role(cluster: Cluster) -> Role:
    return Role.CONTROLLER if cluster.kraft else Role.ZOOKEEPER


def _groups(cluster: Cluster, brokers: Sequence[str]) -> list[list[str]]:
    """Return the groups of brokers that stop together, in order."""
    combined = [host for host in brokers if cluster.nodes[host].combined]
    plain = [host for host in brokers if host not in combined]
    last = [host for host in _active(cluster) if host in brokers]
    first = [host for host in plain if host not in last]
    if not cluster.release.stops_together:
        return [[host] for host in (*first, *last)]
    if cluster.kraft:
        return [group for group in (plain, *_combined_groups(cluster, combined, last)) if group]
    return [group for group in (first, last) if group]


def _combined_groups(cluster: Cluster, combined: Sequence[str], last: Sequence[str]) -> list[list[str]]:
    """Return the nodes that the quorum can spare, one by one, then the others together with the active controller.

    The broker of a node asks the controllers for its controlled shutdown; the last majority must therefore stop
    together, while all of its controllers still answer.
    """
    ordered = [*(host for host in combined if host not in last), *(host for host in last if host in combined)]
    spare = max(0, len(ordered) - (len(cluster.controllers) // 2 + 1))
    return [*([host] for host in ordered[:spare]), ordered[spare:]]


def _active(cluster: Cluster) -> list[str]:
    # The others ask it for their controlled shutdown: stopped first, each of them would wait for the next election.
    try:
        if cluster.kraft:
            leader = kraft_quorum.describe(cluster, LOOK).leader
            return [node.host for node in cluster.controllers if node.controller and node.controller.id == leader]
        with four_letter_words.client(cluster, seconds=3) as kazoo:
            controller = four_letter_words.registry(kazoo).controller
            return [node.host for node in cluster.brokers if node.broker and node.broker.id == controller]
    except Unreachable:
        return []


def _stop_broker(c: Connection, cluster: Cluster) -> None:
    # The directories that it ran with: one that is new in its file has no mark yet.
    marks = [f"{directory}/{MARK}" for directory in endpoint.log_dirs(cluster, node_of(c))]
    if not _stop(c, cluster, Role.BROKER):
        return
    services.run(c, [join(("marked", *marks))])


def _stop(c: Connection, cluster: Cluster, role: Role) -> bool:
    c.progress.doing = f"stopping {role}"
    unit = services.service_of(cluster, node_of(c), role).unit
    idle_timeout = cluster.kafka.stop_timeout + 60
    return any(change.status == "changed" for change in services.run(c, [join(("stop_unit", unit))], idle_timeout))


def _has_quorum(cluster: Cluster) -> bool:
    return kraft_quorum.has_leader(cluster, LOOK) if cluster.kraft else four_letter_words.has_quorum(cluster)


def _refuse_without_quorum(hosts: Fleet) -> None:
    # A broker retries its controlled shutdown without limit (ZooKeeper), or for five minutes (KRaft).
    if _has_quorum(hosts.cluster):
        return
    brokers = services.having(hosts, Role.BROKER)
    asked = hosts.run(lambda c: services.unit_state(c, hosts.cluster.kafka.service), "stop", brokers)
    running = [progress.host for progress in asked if str(progress.value).startswith("active")]
    who = "the controllers have" if hosts.cluster.kraft else "ZooKeeper has"
    if running:
        text = (
            f"{who} no quorum: the brokers on {', '.join(running)} would wait for it up to "
            f"{hosts.cluster.kafka.stop_timeout} s, and then be killed. Restore the quorum first ({FAB} start), or use "
            "--force"
        )
        raise Exit(coded(text, RollCode.NO_QUORUM_TO_STOP), code=3)


def _refuse_orphans(hosts: Fleet) -> None:
    """End the run where brokers would go on running without a quorum."""
    cluster, brokers = hosts.cluster, services.having(hosts, Role.BROKER)
    members = services.having(hosts, _quorum_role(cluster))
    quorum = cluster.controllers if cluster.kraft else cluster.ensemble
    stopping = [node.host for node in quorum if node.host in {*members, *brokers}]
    if not stopping:
        return
    enough, down = _without(cluster, stopping)
    if enough:
        return
    ids = {node.broker.id: node.host for node in cluster.brokers if node.broker and node.host not in brokers}
    orphans = [ids[number] for number in _live_brokers(cluster) if number in ids]
    if orphans:
        text = (
            f"without {', '.join(stopping)} there is no quorum{_since(down)}, but the brokers on "
            f"{', '.join(orphans)} are running: stop those too, or use --force"
        )
        raise Exit(coded(text, RollCode.BROKERS_WITHOUT_QUORUM), code=3)


def _since(down: Sequence[str]) -> str:
    return f", since {', '.join(down)} {'does' if len(down) == 1 else 'do'} not serve either" if down else ""


def _without(cluster: Cluster, stopping: Sequence[str]) -> tuple[bool, list[str]]:
    """Return whether a majority remains, of the ensemble or of the voters, and those that stay and do not serve."""
    staying = [node for node in cluster.controllers or cluster.ensemble if node.host not in stopping]
    if not cluster.kraft:
        down = [node.host for node in staying if not four_letter_words.serves(cluster, node, LOOK)]
        return 2 * (len(staying) - len(down)) > len(cluster.ensemble), down
    led, _ = kraft_quorum.described(cluster, LOOK)
    if led is None:
        return False, []
    # The leader notices only after some seconds that a voter is down.
    serving = {voter.id for voter in led.caught_up()}
    voters = {voter.id for voter in led.voters}
    mine = [(node, node.controller.id) for node in staying if node.controller and node.controller.id in voters]
    up = [number for node, number in mine if number in serving and kraft_quorum.answers(cluster, node, LOOK)]
    return 2 * len(up) > len(voters), [node.host for node, number in mine if number not in up]


def _live_brokers(cluster: Cluster) -> list[int]:
    from kafka_fab.live import broker_view

    if cluster.kraft:
        views = (broker_view.view(cluster, node, seconds=LOOK) for node in cluster.brokers)
        return sorted({number for view in views for number in view.brokers})
    try:
        with four_letter_words.client(cluster, seconds=3) as kazoo:
            return list(four_letter_words.registry(kazoo).brokers)
    except Unreachable:
        return []
