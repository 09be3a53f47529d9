"""The canary's verdict: what was lost, came twice or out of order is found, and nothing else; stalls are dated."""

import json
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kafka_fab.canary.canary_log import CanaryLog, Gaps, Ranges, ReadBack, Stall, Written
from kafka_fab.canary.canary_message import content, sequence_of
from kafka_fab.canary.canary_verdict import CanaryVerdict, judge
from kafka_fab.canary.latency import Histogram, SlowestOverTime
from kafka_fab.canary.ledger import Ledger

calm = settings(deadline=None)  # other work on the machine is no failure
SEQUENCES = st.sets(st.integers(0, 60))


def ranges(numbers: Iterable[int]) -> Ranges:
    made = Ranges()
    for number in numbers:
        made.add(number)
    return made


def read_of(log: Iterable[int], cut: str = "") -> ReadBack:
    read = ReadBack(error=cut)
    for sequence in log:
        read.add(sequence)
    return read


def verdict(acknowledged: Iterable[int], log: Iterable[int], idempotent: bool = True, cut: str = "") -> CanaryVerdict:
    """Judge one partition by the sequences that were acknowledged, and those in its log."""
    written = Written(Gaps(0), acknowledged=ranges(acknowledged))
    return judge(CanaryLog(0.0, {0: written}, {0: read_of(log, cut)}), "run", "topic", idempotent, 1.0)


def test_all_is_well() -> None:
    found = verdict(range(1000), range(1000))
    assert found.ok
    assert (found.acknowledged, found.read, found.lost, found.duplicates, found.reordered) == (1000, 1000, 0, 0, 0)


def test_nothing_proves_nothing() -> None:
    assert not verdict([], []).ok


@calm
@given(SEQUENCES, st.data())
def test_a_loss_is_found(acknowledged: set[int], data: st.DataObject) -> None:
    lost = data.draw(st.sets(st.sampled_from(sorted(acknowledged)))) if acknowledged else set()
    found = verdict(acknowledged, sorted(acknowledged - lost))
    assert found.lost == len(lost)
    assert found.ok == (bool(acknowledged) and not lost)


@calm
@given(st.integers(2, 50), st.data())
def test_a_swap_is_found(count: int, data: st.DataObject) -> None:
    first, second = sorted(data.draw(st.sets(st.integers(0, count - 1), min_size=2, max_size=2)))
    log = list(range(count))
    log[first], log[second] = log[second], log[first]
    found = verdict(range(count), log)
    assert found.reordered
    assert not found.ok
    assert found.lost == found.duplicates == 0


@calm
@given(st.lists(st.integers(0, 40)), SEQUENCES)
def test_it_says_of_any_log_what_a_look_at_all_of_it_says(log: list[int], acknowledged: set[int]) -> None:
    found = verdict(acknowledged, log)
    firsts = list(dict.fromkeys(log))
    assert found.read == len(firsts)
    assert found.duplicates == len(log) - len(firsts)
    assert found.reordered == sum(one < max(firsts[:at], default=-1) for at, one in enumerate(firsts))
    assert found.lost == len(acknowledged - set(log))


def test_a_repeated_message_is_no_disorder() -> None:
    found = verdict(range(5), [0, 1, 2, 1, 2, 3, 4], idempotent=False)
    assert (found.ok, found.duplicates, found.reordered) == (True, 2, 0)
    assert not verdict(range(5), [0, 1, 2, 1, 2, 3, 4], idempotent=True).ok


def test_one_that_nobody_acknowledged_may_be_there_or_not() -> None:
    assert verdict([0, 1, 3], [0, 1, 2, 3]).ok
    assert verdict([0, 1, 3], [0, 1, 3]).ok


@pytest.mark.parametrize(
    ("log", "lost", "unread"), [([0, 1, 2], 0, 7), ([0, 2, 3], 1, 6), ([], 0, 10), (range(10), 0, 0)]
)
def test_what_could_not_be_read_is_not_called_lost(log: Iterable[int], lost: int, unread: int) -> None:
    found = verdict(range(10), log, cut="partition 0: its leader does not answer")
    assert (found.lost, found.unread) == (lost, unread)
    assert found.ok == (not unread)
    assert found.read_errors == ("partition 0: its leader does not answer",)


def test_a_partition_that_was_not_read_is_all_lost() -> None:
    written = {p: Written(Gaps(p), acknowledged=ranges(range(5))) for p in (0, 1)}
    assert judge(CanaryLog(0.0, written, {0: read_of(range(5))}), "run", "topic", True, 1.0).lost == 5


@calm
@given(st.lists(st.integers(0, 30)), st.lists(st.integers(0, 30)))
def test_ranges_are_a_set(some: list[int], others: list[int]) -> None:
    made, other = Ranges(), ranges(others)
    assert [made.add(number) for number in some] == [number not in some[:at] for at, number in enumerate(some)]
    assert len(made) == len(set(some))
    assert {n for start, end in made.without(other) for n in range(start, end)} == set(some) - set(others)
    assert all(end < start for end, start in zip(made.ends, made.starts[1:], strict=False)), "two runs touch"


def test_ranges_of_hours_are_small() -> None:
    assert ranges([*range(500_000), *range(500_001, 1_000_000)]).starts == [0, 500_001]


def stalled(*times: float) -> Stall | None:
    gaps = Gaps(3)
    for time in times:
        gaps.tick(time)
    return gaps.longest


def test_a_stall_is_found_and_dated() -> None:
    longest = stalled(10.0, 10.05, 10.1, 12.6, 12.65, 13.9)
    assert longest
    assert (longest.partition, longest.began, longest.ended) == (3, 10.1, 12.6)
    assert longest.seconds == pytest.approx(2.5)


@calm
@given(st.lists(st.floats(0, 1e6), min_size=2))
def test_the_longest_stall_is_the_longest(times: list[float]) -> None:
    times.sort()
    longest = stalled(*times)
    gaps = [after - before for before, after in pairwise(times)]
    assert (longest.seconds if longest else 0.0) == max(gaps)


def test_the_longest_of_all_partitions_is_named() -> None:
    written = {p: Written(Gaps(p), acknowledged=ranges([0])) for p in (0, 1)}
    for partition, end in ((0, 1.0), (1, 4.0)):
        written[partition].gaps.tick(0.0)
        written[partition].gaps.tick(end)
    found = judge(CanaryLog(0.0, written, {p: read_of([0]) for p in (0, 1)}), "run", "topic", True, 5.0)
    assert found.stall
    assert (found.stall.partition, found.stall.seconds, len(found.stalls)) == (1, 4.0, 2)
    assert found.ok, "a stall is no loss"


@calm
@given(st.lists(st.floats(0.05, 100_000), min_size=1), st.integers(1, 100))
def test_percentiles_are_right_to_two_percent(latencies: list[float], percent: int) -> None:
    histogram = Histogram()
    for latency in latencies:
        histogram.add(latency)
    exact = sorted(latencies)[-(-len(latencies) * percent // 100) - 1]
    assert exact <= histogram.percentile(percent) * (1 + 1e-9)
    assert histogram.percentile(percent) <= exact * 1.021
    assert histogram.highest == max(latencies)


@calm
@given(st.lists(st.tuples(st.floats(0, 20_000), st.floats(0, 1000)), min_size=1, max_size=300))
def test_a_curve_is_bounded_and_keeps_its_peak(samples: list[tuple[float, float]]) -> None:
    curve = SlowestOverTime(0.0, limit=20)
    for sample in sorted(samples):
        curve.add(*sample)
    points = curve.points()
    assert len(points) <= 20
    assert max(ms for _, ms in points) == max(ms for _, ms in samples)
    assert list(points) == sorted(points)
    assert set(points) <= set(samples)


def test_a_ledger_measures_from_its_beginning() -> None:
    ledger = Ledger([0, 1])
    first, sent = ledger.send(0)
    ledger.acknowledge(0, first, sent, 7)
    assert not ledger.begin(0.01), "the other partition has acknowledged nothing"
    ledger.acknowledge(1, *ledger.send(1), 0)
    assert ledger.begin(0.01)
    ledger.acknowledge(0, *ledger.send(0), 8)
    log = ledger.close()
    assert log.histogram.count == 1
    assert [len(log.written[p].acknowledged) for p in (0, 1)] == [2, 1]
    assert log.written[0].end == 9


def test_what_is_never_acknowledged_is_an_error_and_a_stall() -> None:
    ledger = Ledger([0])
    ledger.acknowledge(0, *ledger.send(0), 0)
    ledger.begin(1)
    lost, sent = ledger.send(0)
    ledger.send(0)
    ledger.fail(0, "KafkaTimeoutError")
    log = ledger.close()
    ledger.acknowledge(0, lost, sent, 1)
    assert log.written[0].errors == {"KafkaTimeoutError": 1, "not acknowledged": 1}
    assert log.written[0].gaps.longest is not None
    assert len(log.written[0].acknowledged) == 1, "what comes after the end belongs to nobody"


def test_a_pulse_tells_the_gap_of_the_one_that_waits_longest() -> None:
    ledger = Ledger([0, 1])
    for partition in (0, 1):
        ledger.acknowledge(partition, *ledger.send(partition), 0)
    ledger.fail(1, "NotLeader")
    pulse = ledger.pulse()
    assert (pulse.acknowledged, pulse.errors) == (2, 1)
    assert 0 <= pulse.gap < 5
    assert pulse.ms >= 0


def test_why_is_said() -> None:
    assert verdict(range(4), range(4)).reasons == ()
    found = verdict(range(4), [1, 0, 0])
    assert found.reasons == (
        "2 of 4 acknowledged messages are lost",
        "1 messages were reordered",
        "1 messages are duplicates",
    )
    assert verdict([], []).reasons == ("no message was acknowledged",)
    cut = verdict(range(3), [0], cut="topic-0: nobody answers")
    assert cut.reasons == ("2 acknowledged messages could not be read back: topic-0: nobody answers",)


def test_json_holds_all_of_it() -> None:
    said = json.loads(json.dumps(verdict(range(3), range(2)).to_json()))
    assert (said["ok"], said["lost"], said["acknowledged"], said["curve"]) == (False, 1, 3, [])


@calm
@given(st.binary(min_size=8, max_size=8), st.integers(0, 2**40), st.binary(min_size=8, max_size=8))
def test_a_message_tells_its_number_to_its_own_run_only(run: bytes, sequence: int, other: bytes) -> None:
    assert sequence_of(run, content(run, sequence)) == sequence
    assert (sequence_of(other, content(run, sequence)) is None) == (other != run)
