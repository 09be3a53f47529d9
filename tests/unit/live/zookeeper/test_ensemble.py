"""The ensemble as its servers report it: a standalone server beside others is no part of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.gate.state import NOBODY, Ensemble, State
from kafka_fab.live.ensemble_roles import service_roles
from kafka_fab.live.zookeeper import ensemble, four_letter_words
from tests.unit.folders import written

ONE = "[kafka]\na id=1\n[zookeeper]\na id=1\n"
THREE = "[kafka]\na id=1\n[zookeeper]\na id=1\nb id=2\nc id=3\n"


def read(cluster: Cluster, monkeypatch: pytest.MonkeyPatch, **modes: str) -> Ensemble:
    def mode(_cluster: Cluster, node: Node, _seconds: float) -> str:
        return modes[node.host]

    monkeypatch.setattr(four_letter_words, "mode", mode)
    monkeypatch.setattr(ensemble, "four_letters", lambda *_: "zk_synced_followers\t1\nzk_pending_syncs\t0\n")
    return ensemble.read(cluster, 1.0)


def test_a_standalone_server_beside_others_does_not_serve_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = written(tmp_path, THREE)
    found = read(cluster, monkeypatch, a="leader", b="standalone", c="follower")
    assert (found.serving, found.standalone, found.leader) == (frozenset({1, 3}), frozenset({2}), 1)
    roles = service_roles(cluster, State(frozenset(), frozenset(), ensemble=found))
    assert [roles[host, "zookeeper"] for host in "abc"] == ["leader", "standalone", "follower"]


def test_a_standalone_server_does_not_lead_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(written(tmp_path, THREE), monkeypatch, a="standalone", b="", c="")
    assert (found.serving, found.leader) == (frozenset(), NOBODY)


def test_the_only_server_is_standalone_and_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(written(tmp_path, ONE), monkeypatch, a="standalone")
    assert (found.serving, found.standalone, found.leader) == (frozenset({1}), frozenset(), 1)
