"""Folders as an operator writes them: hosts.ini and conf/cluster.yaml, loaded."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import TypeVar

import pytest

from kafka_fab.cluster import load
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.schema.problem import ConfigError

T = TypeVar("T")
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


def file_reader(folder: Path, name: str, wanted: Callable[[Cluster], tuple[T, object]]) -> Callable[..., T]:
    """Return a function that reads a file of desired state of this folder's cluster, and expects no warning."""

    def read(text: str, version: str = "3.9.1") -> T:
        chroot = "kafka: {chroot: ''}\n" if version == "0.8.0" else ""
        cluster = written(folder, ZOOKEEPER, f"version: {version}\n{chroot}")
        (folder / name).write_text(dedent(text))
        found, warnings = wanted(cluster)
        assert warnings == ()
        return found

    return read


def problems(read: Callable[..., object], text: str | None, **more: str) -> list[str]:
    """Return why a file is refused."""
    with pytest.raises(ConfigError) as refused:
        read(text, **more)
    return [str(problem) for problem in refused.value.problems]
