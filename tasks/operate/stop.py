"""Stop: every broker while ZooKeeper is up, each cleanly, then ZooKeeper."""

import time
from collections.abc import Sequence
from shlex import join

from invoke.context import Context
from invoke.exceptions import Exit

from tasks.cluster.model import Cluster
from tasks.live import zookeeper
from tasks.live.wire import Silent
from tasks.operate import services
from tasks.remote import report
from tasks.remote.connection import Connection
from tasks.remote.fleet import Fleet, finished, fleet
from tasks.remote.progress import Progress

MARK = ".kafka_cleanshutdown"


def stop(c: Context, force: bool = False, json: bool = False) -> None:
    """Stop all brokers cleanly while ZooKeeper is up, then ZooKeeper."""
    began, hosts = time.monotonic(), fleet(c, quiet=json)
    done = stop_all(hosts, force)
    print(report.as_json(done, task="stop") if json else report.hosts(done, time.monotonic() - began))


def stop_all(hosts: Fleet, force: bool = False) -> list[Progress]:
    """Stop the chosen hosts' brokers, then their ZooKeeper servers."""
    cluster = hosts.cluster
    brokers = [node.host for node in cluster.brokers if node.host in hosts.hosts]
    ensemble = [node.host for node in cluster.ensemble if node.host in hosts.hosts]
    if not force:
        _refuse_without_quorum(hosts, brokers)
        _refuse_orphans(cluster, brokers, ensemble)
    done: list[Progress] = []
    for group in _groups(cluster, brokers):
        done += finished(hosts.run(lambda c: _stop_broker(c, cluster), "stop", group))
    done += finished(hosts.run(lambda c: _stop(c, "zookeeper", 60), "stop", ensemble))
    return sorted(done, key=lambda progress: hosts.hosts.index(progress.host))


def _groups(cluster: Cluster, brokers: Sequence[str]) -> list[list[str]]:
    """Return the brokers that stop together, group by group, the controller last."""
    last = _controller_of(cluster, brokers)
    first = [host for host in brokers if host not in last]
    groups = [first, last] if cluster.release.stops_together else [[host] for host in (*first, *last)]
    return [group for group in groups if group]


def _controller_of(cluster: Cluster, brokers: Sequence[str]) -> list[str]:
    # The others ask it for their leave: gone first, it would leave each of them waiting for the next election.
    try:
        with zookeeper.client(cluster, seconds=3) as kazoo:
            controller = zookeeper.registry(kazoo).controller
    except Silent:
        return []
    ids = {node.broker.id: node.host for node in cluster.brokers if node.broker}
    return [ids[controller]] if controller in ids and ids[controller] in brokers else []


def _stop_broker(c: Connection, cluster: Cluster) -> None:
    if not _stop(c, "kafka", cluster.kafka.stop_timeout + 60):
        return
    services.say(c, [join(("marked", *(f"{directory}/{MARK}" for directory in cluster.kafka.log_dirs)))])


def _stop(c: Connection, role: str, silence: int) -> bool:
    c.progress.doing = f"stopping {role}"
    return any(change.status == "changed" for change in services.say(c, [join(("stop_unit", role))], silence))


def _refuse_without_quorum(hosts: Fleet, brokers: Sequence[str]) -> None:
    # A broker retries without limit to tell ZooKeeper of its end, until systemd's time-out.
    if zookeeper.has_quorum(hosts.cluster):
        return
    asked = hosts.run(lambda c: services.unit_state(c, "kafka"), "stop", brokers)
    running = [progress.host for progress in asked if str(progress.value).startswith("active")]
    if running:
        raise Exit(
            f"ZooKeeper has no quorum, so the brokers of {', '.join(running)} would wait for it for up to "
            f"{hosts.cluster.kafka.stop_timeout} s instead of stopping cleanly: start ZooKeeper first "
            "(fab start), or use --force",
            code=1,
        )


def _refuse_orphans(cluster: Cluster, brokers: Sequence[str], ensemble: Sequence[str]) -> None:
    left = sum(zookeeper.serves(cluster, node, 2) for node in cluster.ensemble if node.host not in ensemble)
    if not ensemble or 2 * left > len(cluster.ensemble):
        return
    ids = {node.broker.id: node.host for node in cluster.brokers if node.broker and node.host not in brokers}
    try:
        with zookeeper.client(cluster, seconds=3) as kazoo:
            orphans = [ids[number] for number in zookeeper.registry(kazoo).brokers if number in ids]
    except Silent:
        return
    if orphans:
        raise Exit(
            f"without {', '.join(ensemble)} ZooKeeper has no quorum, and the brokers of {', '.join(orphans)} run on: "
            "stop those too, or use --force",
            code=1,
        )


def restart(c: Context, json: bool = False) -> None:
    """Stop the whole cluster and start it again: clients wait meanwhile."""
    from tasks.operate.start import start_brokers, start_zookeeper

    began, hosts = time.monotonic(), fleet(c, quiet=json)
    done = [*stop_all(hosts), *start_zookeeper(hosts), *start_brokers(hosts)]
    print(report.as_json(done, task="restart") if json else report.hosts(done, time.monotonic() - began))
