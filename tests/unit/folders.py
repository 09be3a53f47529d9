"""Folders as an operator writes them: hosts.ini and conf/cluster.yaml, loaded."""

from collections.abc import Callable
from pathlib import Path

from kafka_fab.cluster import load
from kafka_fab.cluster.model import Cluster

Load = Callable[..., Cluster]
# Three hosts that are all of a cluster.
ZOOKEEPER = "[kafka]\na id=1\nb id=2\nc id=3\n[zookeeper]\na id=1\nb id=2\nc id=3\n"
COMBINED = ZOOKEEPER.replace("zookeeper", "controller")


def written(folder: Path, hosts: str, settings: str = "version: 3.9.1\n") -> Cluster:
    """Write a cluster's two files and load it, whatever was there before."""
    (folder / "conf").mkdir(exist_ok=True)
    (folder / "hosts.ini").write_text(hosts)
    (folder / "conf/cluster.yaml").write_text(settings)
    load.cluster.cache_clear()
    return load.cluster(folder)


def loader(folder: Path, usual: str = ZOOKEEPER) -> Load:
    """Return a function that loads a cluster of this folder from its settings, with the usual hosts or others."""

    def load_it(settings: str = "version: 3.9.1\n", hosts: str = usual) -> Cluster:
        return written(folder, hosts, settings)

    return load_it
