"""The floor of a roll: systemctl stop, start, wait for the full ISR, host after host; no look before, none beyond.

python -m bench.roll_floor FOLDER [canary]: with the roll's canary beside it, which is no part of the loop.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fabric import Config, Connection

from kafka_fab.canary import canary
from kafka_fab.cluster import load
from kafka_fab.cluster.model import Cluster
from kafka_fab.live.client.wait import until
from kafka_fab.live.zookeeper import four_letter_words, partition_znodes

SECONDS = 120


def main(folder: str, beside: str = "") -> None:
    """Restart one broker after the other."""
    cluster = load.cluster(Path(folder))
    config = Config(runtime_ssh_path=str(Path(folder) / "ssh_config"))
    with _canary(cluster, bool(beside)), four_letter_words.client(cluster) as kazoo:
        for node in cluster.brokers:
            with Connection(node.host, config=config) as c:
                c.run("systemctl stop kafka && systemctl start kafka", hide=True, in_stream=False)
            if not until(lambda: _full(kazoo), SECONDS):
                sys.exit(f"{node.host} is not in every ISR after {SECONDS} s")


@contextmanager
def _canary(cluster: Cluster, wanted: bool) -> Iterator[None]:
    if not wanted:
        yield
        return
    bird = canary.start(cluster)
    yield
    bird.finish()


def _full(kazoo: object) -> bool:
    return all(set(p.replicas) == p.isr and p.leader >= 0 for p in partition_znodes.read(kazoo).partitions)


if __name__ == "__main__":
    main(*sys.argv[1:])
