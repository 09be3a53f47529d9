"""Distinct session ids: servers of an old ZooKeeper are restarted until no two of them use the same ids."""

from collections.abc import Callable, Iterable
from shlex import join

from invoke.exceptions import Exit

from kafka_fab.cluster.model import Cluster
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.zookeeper import four_letter_words, session_ids
from kafka_fab.operate.hosts import services
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote.fleet import Fleet, require_success
from kafka_fab.runbook.codes import RollCode, coded
from kafka_fab.typed_command import FAB

# About one in four ensembles of three that start together has such a pair.
TRIES = 8


def ensure_distinct_session_ids(
    hosts: Fleet, started: Iterable[HostProgress], start: Callable[[list[str]], object]
) -> None:
    """Restart the servers that were just started while two servers use the same session ids; raise Exit."""
    just_started = [progress.host for progress in started if progress.count("changed")]
    if not just_started or hosts.cluster.release.sessions_name_server:
        return
    stop = join(("stop_unit", hosts.cluster.zookeeper.service))
    for _ in range(TRIES):
        colliding = _colliding(hosts.cluster)
        if not colliding.intersection(just_started):
            return
        require_success(hosts.run(lambda c: services.run(c, [stop]), "start", just_started))
        start(just_started)
    names = ", ".join(sorted(colliding))
    text = f"{names} use the same session ids (ZOOKEEPER-1622): run `{FAB} stop`, then `{FAB} start` again"
    raise Exit(coded(text, RollCode.SAME_SESSION_IDS), code=1)


def _colliding(cluster: Cluster) -> frozenset[str]:
    up = [node for node in cluster.ensemble if four_letter_words.serves(cluster, node)]
    try:
        return session_ids.colliding({node.host: session_ids.join_moment(cluster, node) for node in up})
    except Unreachable as error:
        raise Exit(coded(f"{error}: run `{FAB} start` again", RollCode.DID_NOT_START), code=1) from error
