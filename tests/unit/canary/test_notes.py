"""What the canary notes on the disk: all that was acknowledged outlives the tool, and is judged by whoever goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_fab.canary.canary_log import CanaryLog, ReadBack
from kafka_fab.canary.canary_verdict import CanaryVerdict, judge
from kafka_fab.canary.ledger import Ledger
from kafka_fab.canary.notes import InterruptedRun, Notes, read

RUN = bytes(range(8))
WRITES = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["ack", "error", "waits"])), max_size=60)


def written(file: Path, writes: list[tuple[int, str]]) -> CanaryLog:
    """Write as a canary does, and return its own log."""
    notes = Notes(file)
    starts = {0: 7, 1: 0, 2: 3}
    ledger = Ledger(starts, notes)
    notes.begin(RUN, starts, ledger.now())
    for partition, start in starts.items():
        sequence, sent = ledger.send(partition)
        ledger.acknowledge(partition, sequence, sent, start)
    assert ledger.begin(1)
    for partition, what in writes:
        sequence, sent = ledger.send(partition)
        if what == "ack":
            ledger.acknowledge(partition, sequence, sent, starts[partition] + sequence)
        elif what == "error":
            ledger.fail(partition, "TimedOut")
    return ledger.close()


@given(WRITES)
def test_what_was_acknowledged_is_read_again_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[int, str]]
) -> None:
    file = tmp_path_factory.mktemp("notes") / "run.canary"
    log = written(file, writes)
    [piece] = read(file)
    assert (piece.run, piece.starts, piece.begun) == (RUN, {0: 7, 1: 0, 2: 3}, True)
    for partition, found in piece.log.written.items():
        own = log.written[partition]
        assert list(found.acknowledged) == list(own.acknowledged)
        assert found.end == own.end
        assert found.errors == {why: number for why, number in own.errors.items() if why == "TimedOut"}
    assert piece.log.histogram.count == log.histogram.count


def test_a_line_that_was_cut_off_is_no_line(tmp_path: Path) -> None:
    file = tmp_path / "run.canary"
    written(file, [(0, "ack")] * 3)
    file.write_text(file.read_text()[:-5])
    [piece] = read(file)
    assert len(piece.log.written[0].acknowledged) == 3


def test_each_time_that_it_was_gone_on_with_is_a_piece(tmp_path: Path) -> None:
    file = tmp_path / "run.canary"
    written(file, [])
    written(file, [(1, "ack")])
    assert [len(piece.log.written[1].acknowledged) for piece in read(file)] == [1, 2]
    assert len(Notes(file).earlier) == 2
    Notes(file).remove()
    assert Notes(file).earlier == ()


def verdict(piece: InterruptedRun, seen: list[int]) -> CanaryVerdict:
    """Judge a piece of which partition 0 holds only some messages, with a canary of now that lost nothing."""
    now = written(Path("/dev/null"), [])
    for log in (piece.log, now):
        for partition, found in log.written.items():
            back = ReadBack()
            for first, end in found.acknowledged:
                for sequence in range(first, end):
                    if log is now or partition or sequence in seen:
                        back.add(sequence)
            log.read[partition] = back
    return judge(now, "run", "topic", True, 9e9, [piece.log])


def test_messages_of_before_the_kill_are_judged(tmp_path: Path) -> None:
    file = tmp_path / "run.canary"
    written(file, [(0, "ack")] * 9)
    [piece] = read(file)
    well = verdict(piece, list(range(10)))
    assert (well.acknowledged, well.lost, well.runs, well.ok) == (12 + 3, 0, 2, True)
    [piece] = read(file)
    lost = verdict(piece, list(range(8)))
    assert (lost.lost, lost.ok) == (2, False)
