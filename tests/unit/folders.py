"""Folders as an operator writes them: hosts.ini and conf/cluster.yaml, loaded."""

from pathlib import Path

from kafka_fab.cluster import load
from kafka_fab.cluster.model import Cluster


def written(folder: Path, hosts: str, settings: str = "version: 3.9.1\n") -> Cluster:
    """Write a cluster's two files and load it, whatever was there before."""
    (folder / "conf").mkdir(exist_ok=True)
    (folder / "hosts.ini").write_text(hosts)
    (folder / "conf/cluster.yaml").write_text(settings)
    load.cluster.cache_clear()
    return load.cluster(folder)
