"""A short campaign of a fixed seed: operations and faults under load lose nothing, and leave nothing behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.campaign.campaign import Orders, run
from tests.integration.conftest import NAME

pytestmark = pytest.mark.lab

# No operation begins later than so many minutes after the cluster has started.
MINUTES = float(os.environ.get("KAFKA_FAB_TEST_CAMPAIGN", "0.7"))
SEED = int(os.environ.get("KAFKA_FAB_TEST_SEED", "0")) or 4


def test_a_campaign_loses_nothing_and_leaves_nothing_behind(tmp_path: Path) -> None:
    report = run(Orders("kraft", SEED, MINUTES), f"{NAME}p", tmp_path)
    print(report.text())
    assert report.failures == []
    assert report.rows
