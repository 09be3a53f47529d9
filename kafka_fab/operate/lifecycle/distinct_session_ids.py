"""Sessions: servers of an old ZooKeeper started again until no two of them give out the same session ids."""

from collections.abc import Callable, Iterable
from shlex import join

from invoke.exceptions import Exit

from kafka_fab.cluster.model import Cluster
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.zookeeper import four_letter_words, session_ids
from kafka_fab.operate.hosts import services
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote.fleet import Fleet, finished

# Of the ensembles of three that start at once, about one in four has such a pair.
TRIES = 8


def make_unlike(hosts: Fleet, started: Iterable[HostProgress], start: Callable[[list[str]], object]) -> None:
    """Stop and start those that were just started while one of them counts as another server does; raise Exit."""
    mine = [progress.host for progress in started if progress.count("changed")]
    if not mine or hosts.cluster.release.sessions_name_server:
        return
    stop = join(("stop_unit", hosts.cluster.zookeeper.service))
    for _ in range(TRIES):
        twins = _twins(hosts.cluster)
        if not twins.intersection(mine):
            return
        finished(hosts.run(lambda c: services.say(c, [stop]), "start", mine))
        start(mine)
    names = ", ".join(sorted(twins))
    raise Exit(f"{names} give out the same session ids (ZOOKEEPER-1622): fab stop, and fab start once more", code=1)


def _twins(cluster: Cluster) -> frozenset[str]:
    up = [node for node in cluster.ensemble if four_letter_words.serves(cluster, node)]
    try:
        return session_ids.twins({node.host: session_ids.joined(cluster, node) for node in up})
    except Unreachable as silent:
        raise Exit(f"{silent}: run `fab start` again", code=1) from silent
