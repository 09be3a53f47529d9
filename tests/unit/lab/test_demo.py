"""./demo: the versions that it offers, each with a cluster of its own."""

from __future__ import annotations

import re
import subprocess

import pytest

from kafka_fab.cluster import load
from lab.machine import CHECKOUT

DEMO = (CHECKOUT / "demo").read_text()
CLUSTERS = dict(re.findall(r"^    ([\d.]+)\) folder=(\S+) ", DEMO, re.MULTILINE))


def test_the_blog_post_s_version_a_zookeeper_one_and_a_kraft_one_are_offered() -> None:
    assert list(CLUSTERS) == ["3.9.1", "4.3.1", "0.8.0"]


@pytest.mark.parametrize("version", CLUSTERS)
def test_the_folder_of_a_version_is_a_cluster_of_that_version(version: str) -> None:
    cluster = load.cluster(CHECKOUT / CLUSTERS[version])
    assert cluster.settings.version == version
    assert sorted(cluster.nodes) == ["kafka1", "kafka2", "kafka3"]


def test_the_secured_cluster_is_one_that_loads() -> None:
    cluster = load.cluster(CHECKOUT / "examples/secure")
    assert cluster.warnings == ()
    assert cluster.settings.security.mtls
    assert re.search(r"^    secure\) version=(\S+) folder=examples/secure ", DEMO, re.MULTILINE)
    assert sorted(cluster.nodes) == ["kafka1", "kafka2", "kafka3"]


@pytest.mark.parametrize("words", [("--version", "3.8.0"), ("--version",), ("--version=",)])
def test_another_version_is_refused_with_those_that_there_are(words: tuple[str, ...]) -> None:
    ended = subprocess.run(["./demo", *words], cwd=CHECKOUT, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 1
    assert "use 3.9.1, 4.3.1 or 0.8.0" in ended.stderr
