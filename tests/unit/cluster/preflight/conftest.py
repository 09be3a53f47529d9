"""A cluster from its files, as a preflight has it."""

from pathlib import Path

import pytest

from tests.unit.folders import Load, loader


@pytest.fixture
def loaded(tmp_path: Path) -> Load:
    return loader(tmp_path)
