"""The id of a cluster's folder: one, however many first installs begin at once."""

from __future__ import annotations

import multiprocessing
from contextlib import suppress
from pathlib import Path
from threading import BrokenBarrierError
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from kafka_fab.cluster.roles import owner
from kafka_fab.operate.hosts import ownership

if TYPE_CHECKING:
    from kafka_fab.remote.fleet import Fleet

# Processes as two operators in one folder are: what one has loaded the other does not see.
PROCESSES = multiprocessing.get_context("fork")


def first_install(folder: Path, asked: Any, seen: Any) -> None:
    """Ensure the id where no host has recorded one; hosts answer both processes at once, if both get to ask."""

    def recorded_ids(_hosts: object) -> dict[str, str]:
        # Broken where the other one is kept out until this one has ended.
        with suppress(BrokenBarrierError):
            asked.wait(1)
        return {}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ownership, "recorded_ids", recorded_ids)
        ownership.ensure_id(cast("Fleet", SimpleNamespace(cluster=SimpleNamespace(folder=folder))))
    seen.put(owner.written_id(folder))


def test_two_first_installs_in_one_folder_make_one_id(tmp_path: Path) -> None:
    asked, seen = PROCESSES.Barrier(2), PROCESSES.Queue()
    both = [PROCESSES.Process(target=first_install, args=(tmp_path, asked, seen)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(20)
    assert [one.exitcode for one in both] == [0, 0]
    assert {seen.get(timeout=5) for _ in both} == {owner.written_id(tmp_path)}
