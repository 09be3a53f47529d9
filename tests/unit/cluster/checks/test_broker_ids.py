"""Ids that a broker with ZooKeeper refuses are refused here, before any connection."""

from pathlib import Path

import pytest

from kafka_fab.cluster.schema.problem import ConfigError
from tests.unit.folders import written

KEEPERS, CONTROLLERS = "[zookeeper]\na id=1\n", "[controller]\na id=1\n"


def read(folder: Path, number: int, settings: str, others: str = KEEPERS) -> str:
    try:
        written(folder, f"[kafka]\na id={number}\n{others}", settings)
    except ConfigError as refused:
        return str(refused)
    return ""


@pytest.mark.parametrize(
    ("number", "settings", "others", "refused"),
    [
        (1000, "version: 3.9.1", KEEPERS, False),
        (1001, "version: 3.9.1", KEEPERS, True),
        (1001, "version: 2.8.2", KEEPERS, True),
        (1001, "version: 4.3.1", CONTROLLERS.replace("id=1", "id=1001"), False),
        (1001, "version: 0.8.0\nkafka: {chroot: ''}", KEEPERS, False),
        (1001, "version: 3.9.1\nkafka: {properties: {reserved.broker.max.id: 2000}}", KEEPERS, False),
        (9, "version: 3.9.1\nkafka: {properties: {reserved.broker.max.id: 8}}", KEEPERS, True),
        (1001, "version: 3.9.1\nkafka: {properties: {broker.id.generation.enable: false}}", KEEPERS, False),
    ],
)
def test_an_id_above_those_that_are_reserved(
    number: int, settings: str, others: str, refused: bool, tmp_path: Path
) -> None:
    words = read(tmp_path, number, f"{settings}\n", others)
    assert bool(words) is refused
    if refused:
        assert f"hosts.ini:2: id={number}: a broker with ZooKeeper refuses an id above reserved.broker.max.id" in words
