"""docs/kraft.md: its examples of hosts.ini are valid."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab.machine import CHECKOUT
from tests.unit.folders import written

EXAMPLES = re.findall(r"^```ini\n(.*?)^```$", (CHECKOUT / "docs/kraft.md").read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    ("text", "combined"), list(zip(EXAMPLES, (True, False), strict=True)), ids=("combined", "isolated")
)
def test_each_example_is_a_kraft_cluster(text: str, combined: bool, tmp_path: Path) -> None:
    cluster = written(tmp_path, text)
    assert cluster.kraft
    assert len(cluster.brokers) == len(cluster.controllers) == 3
    assert {node.combined for node in cluster.controllers} == {combined}
