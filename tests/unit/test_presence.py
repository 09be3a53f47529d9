"""Who is missing for a majority, and when that does not pass by itself: pure, but for the cluster's folder."""

from pathlib import Path

import pytest

from tasks.cluster.model import Cluster
from tasks.gate.state import Ensemble, Quorum, State
from tasks.operate.roll.presence import lost_for_good, missing_keepers
from tasks.operate.roll.target import Target, targets
from tests.unit.folders import written

ISOLATED = "[kafka]\na id=1\n[controller]\nd id=4\ne id=5\nf id=6\n"
WITH_ZOOKEEPER = "[kafka]\na id=1\n[zookeeper]\nd id=4\ne id=5\nf id=6\n"
COMBINED = "[kafka]\nd id=4\ne id=5\nf id=6\n[controller]\nd id=4\ne id=5\nf id=6\n"
ALL, NONE = frozenset({4, 5, 6}), frozenset[int]()


def loaded(folder: Path, hosts: str) -> Cluster:
    return written(folder, hosts, "version: 3.9.1\n")


def of(cluster: Cluster, *hosts: str) -> tuple[Target, ...]:
    return targets(cluster, hosts, ("zookeeper", "controller", "kafka"))


@pytest.mark.parametrize(
    ("quorum", "missing"),
    [
        (Quorum(ALL, ALL, 4), ""),
        (Quorum(ALL, frozenset({4, 5}), 4), ""),
        (Quorum(ALL, frozenset({4}), 4), "ef"),
        (None, "def"),
    ],
)
def test_the_voters_that_a_majority_misses(tmp_path: Path, quorum: Quorum | None, missing: str) -> None:
    cluster = loaded(tmp_path, ISOLATED)
    state = State(frozenset({1}), frozenset({1}), quorum=quorum)
    assert [one.host for one in missing_keepers(cluster, state)] == list(missing)


def test_the_servers_that_an_ensemble_misses(tmp_path: Path) -> None:
    cluster = loaded(tmp_path, WITH_ZOOKEEPER)
    state = State(frozenset({1}), NONE, ensemble=Ensemble(ALL, frozenset({4}), 4))
    assert [one.host for one in missing_keepers(cluster, state)] == ["e", "f"]


@pytest.mark.parametrize("hosts", [ISOLATED, COMBINED, WITH_ZOOKEEPER])
def test_a_majority_that_the_roll_does_not_start_does_not_come_by_itself(tmp_path: Path, hosts: str) -> None:
    cluster = loaded(tmp_path, hosts)
    stopped = of(cluster, "e", "f")
    assert lost_for_good(cluster, of(cluster, "d"), stopped) == stopped
    # One of them is the roll's own: it goes first by itself.
    assert lost_for_good(cluster, of(cluster, "d", "e"), stopped) == ()
    assert lost_for_good(cluster, of(cluster, "d"), stopped[:1]) == ()
