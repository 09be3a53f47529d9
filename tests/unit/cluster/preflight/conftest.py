"""A cluster from its files, as a preflight has it."""

from pathlib import Path

import pytest

from kafka_fab.cluster.model import Cluster
from tests.unit.cluster.preflight.facts_of_hosts import ZOOKEEPER, Load
from tests.unit.folders import written


@pytest.fixture
def loaded(tmp_path: Path) -> Load:
    def write(settings: str = "version: 3.9.1\n", hosts: str = ZOOKEEPER) -> Cluster:
        return written(tmp_path, hosts, settings)

    return write
