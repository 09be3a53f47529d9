"""Partition znodes: what the safety check reads of ZooKeeper, from a tree in memory."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from kazoo.exceptions import NoNodeError

from kafka_fab.gate.state import NO_EPOCH, ControllerEpochs, Partition
from kafka_fab.live.zookeeper import partition_znodes


class Kazoo:
    """A ZooKeeper's tree; keeps in which order it was asked."""

    def __init__(self, tree: dict[str, Any]) -> None:
        self.tree, self.asked = tree, list[str]()

    def sync_async(self, path: str) -> Any:
        return self._later("sync", lambda: path)

    def get_async(self, path: str) -> Any:
        return self._later(path, lambda: self._get(path))

    def get_children_async(self, path: str) -> Any:
        return self._later(f"{path}/*", lambda: self._children(path))

    def _later(self, what: str, answer: Any) -> Any:
        self.asked.append(what)
        return SimpleNamespace(get=lambda timeout: answer())

    def _get(self, path: str) -> tuple[bytes, Any]:
        if path not in self.tree:
            raise NoNodeError
        return json.dumps(self.tree[path]).encode(), SimpleNamespace(czxid=7)

    def _children(self, path: str) -> list[str]:
        below = {one.removeprefix(f"{path}/").partition("/")[0] for one in self.tree if one.startswith(f"{path}/")}
        if not below:
            raise NoNodeError
        return list(below)


def state(epoch: int, controller_epoch: int) -> dict[str, Any]:
    return {"leader": 2, "isr": [2, 1], "leader_epoch": epoch, "controller_epoch": controller_epoch, "version": 1}


TREE = {
    "/brokers/ids/1": {"rack": "r1"},
    "/brokers/ids/2": {"port": 9092},
    "/controller": {"version": 2, "brokerid": 2, "kraftControllerEpoch": -1},
    "/controller_epoch": 7,
    "/brokers/topics/orders": {"partitions": {"0": [1, 2], "1": [2, 1], "2": [2, 1]}},
    "/brokers/topics/orders/partitions/0/state": state(4, 6),
    "/brokers/topics/orders/partitions/1/state": state(9, 10),
    "/admin/delete_topics/old": {},
}


def test_partitions_have_their_leader_epoch_and_one_without_a_leader_has_none() -> None:
    found = partition_znodes.read(Kazoo(TREE))
    assert [(one.number, one.leader, one.epoch) for one in found.partitions] == [(0, 2, 4), (1, 2, 9), (2, -1, -1)]
    assert found.partitions[0] == Partition("orders", 0, 2, (1, 2), frozenset({1, 2}), epoch=4)
    assert found.partitions[2].epoch == NO_EPOCH
    assert (found.brokers, found.controller, found.deleting) == ({1: "r1", 2: ""}, 2, frozenset({"old"}))


def test_the_controllers_epoch_is_asked_for_after_all_that_was_written_with_it() -> None:
    kazoo = Kazoo(TREE)
    assert partition_znodes.read(kazoo).epochs == ControllerEpochs(7, 10)
    assert kazoo.asked[-1] == "/controller_epoch"


@pytest.mark.parametrize(
    ("changed", "epochs"),
    [
        ({"/controller": {"version": 2, "brokerid": 3001, "kraftControllerEpoch": 11}}, None),
        ({"/controller": {"version": 1, "brokerid": 2}}, ControllerEpochs(7, 10)),
        ({"/controller": None}, ControllerEpochs(7, 10)),
        ({"/controller_epoch": None}, ControllerEpochs(0, 10)),
    ],
)
def test_a_kraft_controller_counts_its_own_epochs(changed: dict[str, Any], epochs: ControllerEpochs | None) -> None:
    tree = {path: content for path, content in (TREE | changed).items() if content is not None}
    found = partition_znodes.read(Kazoo(tree))
    assert (found.epochs, found.kraft) == (epochs, epochs is None)


def test_a_zookeeper_in_which_nobody_has_registered() -> None:
    found = partition_znodes.read(Kazoo({}))
    assert (found.brokers, found.controller, found.partitions) == ({}, -1, ())
    assert found.epochs == ControllerEpochs(0, NO_EPOCH)
