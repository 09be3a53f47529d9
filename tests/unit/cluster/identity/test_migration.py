"""Migration: ZooKeepers by the files of services, and the offset in /migration."""

import pytest

from kafka_fab.cluster.identity.migration import offset_of, servers
from kafka_fab.cluster.running_config import Running


@pytest.mark.parametrize(
    ("content", "offset"),
    [
        (None, -1),
        (b"", -1),
        (b'{"version":0,"kraft_metadata_offset":-1,"kraft_controller_id":3001,"kraft_controller_epoch":1}', -1),
        (b'{"version":0,"kraft_metadata_offset":116,"kraft_controller_id":3001,"kraft_controller_epoch":6}', 116),
    ],
)
def test_the_offset(content: bytes | None, offset: int) -> None:
    assert offset_of(content) == offset


def test_each_zookeeper_that_is_in_a_file_once() -> None:
    old, new = {"zookeeper.connect": "z:2181/k"}, {"process.roles": "broker"}
    assert servers([Running(old, new), Running(new, old), Running(new, new), Running()]) == ("z:2181/k",)
    assert servers([Running(new, {"zookeeper.connect": ""})]) == ()
