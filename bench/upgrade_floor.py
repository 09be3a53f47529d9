"""The floor of an upgrade: stop, the other version's files and link, start, wait for full ISRs, host after host.

python -m bench.upgrade_floor FOLDER VERSION: files that were saved on each host; with the roll's canary beside it.
"""

import sys
from functools import partial
from pathlib import Path

from fabric import Config, Connection

from kafka_fab.canary import canary
from kafka_fab.cluster import load
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.live.asking import asking
from kafka_fab.live.client import metadata
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.wait import until

# What names a version: the configuration, the unit and the link.
FILES = ("/etc/kafka", "/etc/systemd/system/kafka.service", "/opt/kafka")
OTHER_VERSION = """
systemctl stop kafka &&
rm -rf {files} &&
cp -a {saved}/. / &&
systemctl daemon-reload &&
systemctl start kafka
"""
SECONDS = 120


def saved(version: str) -> str:
    """Return the folder on each host where a version's files are."""
    return f"/root/bench/{version}"


def main(folder: str, version: str) -> None:
    """Bring one broker after the other to a version."""
    cluster = load.cluster(Path(folder))
    config = Config(runtime_ssh_path=str(Path(folder) / "ssh_config"))
    script = OTHER_VERSION.format(files=" ".join(FILES), saved=saved(version))
    bird = canary.start(cluster)
    for node, other in zip(cluster.brokers, (*cluster.brokers[1:], cluster.brokers[0]), strict=True):
        with Connection(node.host, config=config) as c:
            c.run(script, hide=True, in_stream=False)
        if not until(partial(_full, cluster, other), SECONDS):
            sys.exit(f"{node.host} is not in every ISR after {SECONDS} s")
    verdict = bird.finish()
    if not verdict.ok:
        sys.exit("; ".join(verdict.reasons))


def _full(cluster: Cluster, node: Node) -> bool:
    """Return whether a broker sees all replicas in sync."""
    try:
        found = metadata.read(asking(cluster, node))
    except Unreachable:
        return False
    return all(part.leader >= 0 and part.isr == frozenset(part.replicas) for part in found.partitions())


if __name__ == "__main__":
    main(*sys.argv[1:])
