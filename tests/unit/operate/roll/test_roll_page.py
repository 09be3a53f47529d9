"""A roll's page: everything stands in the picture, nothing is taken for markup, and the file is whole or not there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kafka_fab.cluster.values.role import Role
from kafka_fab.locking.operation_error import CANARY, DONE, GATE, INTERRUPTED, NOT_BACK, PREFLIGHT, OperationError
from kafka_fab.locking.run_record import Run
from kafka_fab.operate.roll import axes, roll_command, roll_operation, roll_page, roll_picture
from kafka_fab.operate.roll.axes import Time
from kafka_fab.operate.roll.roll_record import Record, RestartStep
from kafka_fab.operate.roll.service_ref import ServiceRef

BEGAN = 1_700_000_000.0
RUN = Run("20260101-120000-ab12", "ana", "desk", "2026-01-01T12:00:00+0000", "rolling-restart", ())
EVIL = "<script>alert('1')</script>&\"x"

NO_CANARY = "canary did not run (--no-canary); message loss is not checked"


def target(number: int, role: Role = Role.BROKER) -> ServiceRef:
    return ServiceRef(f"k{number}", role, role, number)


def step(number: int, began: float, ended: float, role: Role = Role.BROKER, clean: bool = True) -> RestartStep:
    third = (ended - began) / 4
    return RestartStep(target(number, role), BEGAN + began, BEGAN + ended, third, third, third, clean)


def verdict(**more: Any) -> dict[str, Any]:
    stall = {"partition": 1, "began": BEGAN + 12, "ended": BEGAN + 13.5, "seconds": 1.5}
    found = {
        "ok": True,
        "topic": "__kafka_fab_canary",
        "idempotent": True,
        "acknowledged": 900,
        "read": 900,
        "lost": 0,
        "unread": 0,
        "duplicates": 0,
        "reordered": 0,
        "errors": {},
        "stall": stall,
        "during": "k2",
        "p50_ms": 7.0,
        "p99_ms": 90.0,
        "max_ms": 1500.0,
        "curve": [(BEGAN + at, 5.0 + at) for at in range(1, 29)],
        "read_errors": [],
        "reasons": [],
    }
    return found | more


STEPS = (step(1, 2, 10), step(2, 11, 20), step(3, 21, 28))
RECORD = Record(RUN, BEGAN, BEGAN + 30, DONE, "", STEPS, canary=verdict())


class Reader(HTMLParser):
    """Reads a page, and holds its tags with their attributes to account."""

    VOID = ("meta", "link", "br", "img", "input", "hr")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self._open = "", list[str]()
        self.feed(text)
        self.close()
        assert not self._open, "every tag is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += f"{data} "

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def svg(text: str) -> ET.Element:
    found = re.search(r"<svg.*</svg>", text, re.DOTALL)
    assert found
    return ET.fromstring(found[0])


# The page


def test_the_page_of_a_roll() -> None:
    read = Reader(roll_page.page("prod", RECORD))
    words = " ".join(read.text.split())
    assert "rolling-restart: done" in words
    assert "cluster prod, by ana@desk" in words
    assert "Restarted 3 of 3" in words
    assert "Duration 30 s" in words
    assert "Messages lost 0 of 900" in words
    assert "longest stall 1.50 s, while k2 restarted" in words
    assert "Every acknowledged message was read back once, in order." in words
    assert "Why it ended so" not in words
    assert "Not restarted" not in words
    assert [cell.get("scope") for cell in read.named("th")].count("row") == 3
    assert all(cell.get("scope") for cell in read.named("th"))
    assert len(read.named("caption")) == len(read.named("table")) == 2


def test_a_row_of_the_table() -> None:
    text = roll_page.page("prod", replace(RECORD, steps=(replace(STEPS[0], sync=None, clean=False),)))
    row = text.split("<tbody>")[1].split("</tr>")[0]
    cells = re.findall(r"<t[hd][^>]*>([^<]*)<", row)
    assert cells[:3] == ["k1", "kafka", "1"]
    assert cells[4:] == ["2.00", "2.00", "-", "8.00", "NO"]


def test_a_failed_roll_says_why_and_what_is_left() -> None:
    failed = replace(RECORD, code=NOT_BACK, reason="k3 is not back:\n  its last words", steps=STEPS[:2])
    failed = replace(
        failed, remaining=(target(3), target(4)), outages={"orders": 2.25}, canary=None, no_canary=NO_CANARY
    )
    words = " ".join(Reader(roll_page.page("prod", failed)).text.split())
    assert "Reason (exit code 4) k3 is not back: its last words" in words
    assert "Restarted 2 of 4" in words
    assert "Not restarted k3 kafka 3 k4 kafka 4" in words
    assert "orders: 2.2 s" in words
    assert NO_CANARY in words


@pytest.mark.parametrize("code", [DONE, INTERRUPTED, PREFLIGHT, GATE, NOT_BACK, CANARY])
def test_each_end_has_its_own_words(code: int) -> None:
    titles = {
        other: roll_page.page("prod", replace(RECORD, code=other)).split("<title>")[1].split("</title>")[0]
        for other in (DONE, INTERRUPTED, PREFLIGHT, GATE, NOT_BACK, CANARY)
    }
    assert titles[code].startswith("rolling-restart of cluster prod, 20260101-120000-ab12: ")
    assert list(titles.values()).count(titles[code]) == 1


def test_lost_messages_are_not_called_proven() -> None:
    lost = verdict(
        ok=False, lost=2, unread=1, errors={"KafkaTimeoutError": 4}, read_errors=["partition 2 was not read"]
    )
    lost["reasons"] = ["2 are lost", "1 could not be read"]
    words = " ".join(Reader(roll_page.page("prod", replace(RECORD, code=CANARY, canary=lost))).text.split())
    assert "Messages lost 3 of 900" in words
    assert "The check failed: 2 are lost; 1 could not be read" in words
    assert "4 failed: KafkaTimeoutError" in words
    assert "partition 2 was not read" in words


def test_a_page_needs_nothing_else() -> None:
    read = Reader(roll_page.page("prod", RECORD))
    assert not read.named("script")
    assert not read.named("link")
    assert not [one for _, attributes in read.tags for one in attributes if one in ("src", "href", "xlink:href")]
    assert "@import" not in read.text
    assert "url(" not in read.text


def test_no_text_is_taken_for_markup() -> None:
    evil = ServiceRef(EVIL, Role.BROKER, EVIL, 1)
    run = Run(EVIL, EVIL, EVIL, EVIL, EVIL, (EVIL,), 2, (EVIL,))
    canary = verdict(topic=EVIL, during=EVIL, errors={EVIL: 1}, read_errors=[EVIL])
    steps = (replace(STEPS[0], target=evil), replace(STEPS[1], clean=False))
    read = Reader(roll_page.page("prod", Record(run, BEGAN, BEGAN + 30, 4, EVIL, steps, (evil,), {EVIL: 1.0}, canary)))
    plain = Reader(roll_page.page("prod", Record(run, BEGAN, BEGAN + 30, 4, "x", steps, (evil,), {EVIL: 1.0}, canary)))
    assert not read.named("script")
    assert len(read.tags) == len(plain.tags)
    assert read.text.count(EVIL) >= 14


@given(st.text(max_size=40), st.text(max_size=40))
@settings(deadline=None, max_examples=30)
def test_any_text_gives_a_page(host: str, reason: str) -> None:
    steps = (replace(STEPS[0], target=ServiceRef(host, Role.BROKER, "kafka", 1)),)
    assert Reader(roll_page.page("prod", replace(RECORD, steps=steps, reason=reason, code=4))).tags


def test_the_picture_says_in_words_what_it_shows() -> None:
    drawn = svg(roll_page.page("prod", RECORD))
    named = {child.get("id"): child.text for child in drawn if child.get("id")}
    assert drawn.get("role") == "img"
    assert set((drawn.get("aria-labelledby") or "").split()) == set(named)
    assert "the canary's latency" in str(named["drawing"])
    assert "3 bars" in str(named["description"])
    assert "longest stall 1.50 s" in str(named["description"])


@pytest.mark.parametrize("services", [0, 1, 3, 12, 60])
@pytest.mark.parametrize("canary", [None, verdict(), verdict(stall=None), verdict(curve=[])])
def test_rolls_of_all_sizes(services: int, canary: Mapping[str, Any] | None) -> None:
    steps = tuple(step(number, number * 10, number * 10 + 9) for number in range(services))
    text = roll_page.page("prod", Record(RUN, BEGAN, BEGAN + services * 10 + 30, DONE, "", steps, canary=canary))
    Reader(text)
    if steps or (canary and canary["curve"]):
        bars = [shape for shape in svg(text).iter("rect") if shape.get("class") == "stop"]
        assert len(bars) == services
    else:
        assert "<svg" not in text, "nothing is drawn of nothing"


# The picture

moments = st.floats(BEGAN - 100, BEGAN + 10_000)
seconds = st.none() | st.floats(0, 5000)
STEP = st.builds(
    RestartStep,
    st.builds(
        ServiceRef,
        st.text("abc.-", min_size=1, max_size=60),
        st.sampled_from(["kafka", "zookeeper"]),
        st.just("unit"),
        st.integers(0, 999),
    ),
    moments,
    moments,
    seconds,
    seconds,
    seconds,
    st.booleans(),
)
STALL = st.tuples(moments, st.floats(0, 900)).map(
    lambda pair: {"partition": 0, "began": pair[0], "ended": pair[0] + pair[1], "seconds": pair[1]}
)
VERDICT = st.builds(
    lambda curve, stall: verdict(curve=curve, stall=stall),
    st.lists(st.tuples(moments, st.floats(0, 1e7)), max_size=20),
    st.none() | STALL,
)
RECORDS = st.builds(
    lambda steps, lasted, canary: Record(RUN, BEGAN, BEGAN + lasted, DONE, "", tuple(steps), canary=canary),
    st.lists(STEP, max_size=40),
    st.floats(0, 500_000),
    st.none() | VERDICT,
)


def places(drawn: roll_picture.RollPicture) -> Iterator[tuple[float, float]]:
    """Yield every point that is drawn at."""
    for bar in drawn.bars:
        yield drawn.left, bar.y
        for part in bar.parts:
            yield part.x, bar.y - drawn.pitch / 2
            yield part.x + part.width, bar.y + drawn.pitch / 2
        if bar.total:
            yield bar.total.x, bar.y
    for tick in drawn.ticks:
        yield tick.at, drawn.top
    if drawn.curve:
        yield from drawn.curve.points
        yield from ((drawn.left, level.at) for level in drawn.curve.levels)
        if drawn.curve.stall:
            yield drawn.curve.stall.x, drawn.curve.top
            yield drawn.curve.stall.x + drawn.curve.stall.width, drawn.curve.bottom


@given(RECORDS)
@settings(deadline=None)
def test_everything_stands_within_the_picture(record: Record) -> None:
    drawn = roll_picture.picture(record)
    assert all(drawn.left - 60 <= x <= drawn.right + 0.01 and 0 <= y <= drawn.height for x, y in places(drawn))
    assert all(part.x >= drawn.left for bar in drawn.bars for part in bar.parts)
    assert all(part.width >= roll_picture.LEAST for bar in drawn.bars for part in bar.parts)


@given(RECORDS)
@settings(deadline=None)
def test_the_grid_can_be_read(record: Record) -> None:
    drawn = roll_picture.picture(record)
    assert 1 <= len(drawn.ticks) <= axes.MOST_TICKS + 1
    assert [tick.at for tick in drawn.ticks] == sorted(tick.at for tick in drawn.ticks)
    if drawn.curve:
        heights = [level.at for level in drawn.curve.levels]
        assert heights == sorted(heights, reverse=True)
        assert 3 <= len(heights) <= 8 + 1


def test_phases_follow_one_another() -> None:
    bar = roll_picture.picture(RECORD).bars[0]
    assert [part.phase for part in bar.parts] == ["stop", "start", "sync", "watch"]
    assert bar.parts[0].words == "k1 (broker 1) stopped in 2.0 s"
    ends = [part.x + part.width for part in bar.parts]
    assert [part.x for part in bar.parts[1:]] == pytest.approx(ends[:-1])


def test_bars_and_curve_share_an_axis() -> None:
    drawn = roll_picture.picture(replace(RECORD, canary=verdict(curve=[(STEPS[1].began, 5.0), (STEPS[1].ended, 9.0)])))
    assert drawn.curve
    first, last = drawn.curve.points
    assert first[0] == drawn.bars[1].parts[0].x
    assert last[0] == pytest.approx(drawn.bars[1].parts[-1].x + drawn.bars[1].parts[-1].width)


def test_bars_are_called_by_the_host_and_by_the_service_where_that_differs() -> None:
    assert [bar.label for bar in roll_picture.picture(RECORD).bars] == ["k1", "k2", "k3"]
    mixed = replace(RECORD, steps=(step(1, 1, 2, Role.ZOOKEEPER), *STEPS))
    assert [bar.label for bar in roll_picture.picture(mixed).bars][:2] == ["k1 zookeeper", "k1 kafka"]
    long = replace(STEPS[0], target=ServiceRef("k" * 80, Role.BROKER, "kafka", 1))
    assert roll_picture.picture(replace(RECORD, steps=(long,))).bars[0].label == "k" * (roll_picture.LETTERS - 1) + "…"


def test_a_total_stands_where_there_is_room() -> None:
    first, last = (bar.total for bar in roll_picture.picture(replace(RECORD, steps=(STEPS[0], step(2, 11, 30)))).bars)
    assert first
    assert last
    assert (first.anchor, last.anchor) == ("start", "end")
    whole = roll_picture.picture(replace(RECORD, steps=(step(1, 0, 30),)))
    assert whole.bars[0].total is None


@pytest.mark.parametrize(
    ("began", "anchor"), [(1, "start"), (28, "end")], ids=["early: to the right", "late: to the left"]
)
def test_the_longest_stall_is_named_towards_the_middle(began: float, anchor: str) -> None:
    stall = {"partition": 0, "began": BEGAN + began, "ended": BEGAN + began + 1, "seconds": 1.0}
    curve = roll_picture.picture(replace(RECORD, canary=verdict(stall=stall, during=""))).curve
    assert curve
    assert curve.stall
    assert (curve.stall.name.anchor, curve.stall.name.text) == (anchor, "longest stall 1.00 s")


@given(st.floats(0, 1e6))
def test_a_higher_latency_stands_higher(ms: float) -> None:
    scale = axes.latency([0.5, 1e6], 100, 250)
    assert 100 <= scale.y(ms * 1.1) <= scale.y(ms) <= 250


@pytest.mark.parametrize(
    ("power", "name"), [(0, "1 ms"), (1, "10 ms"), (2, "100 ms"), (3, "1 s"), (4, "10 s"), (5, "100 s")]
)
def test_the_name_of_a_level(power: int, name: str) -> None:
    assert axes.level(power) == name


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (65, "1:05"), (3600, "1:00:00"), (90061, "25:01:01")])
def test_a_time_since_the_beginning(seconds: int, text: str) -> None:
    assert axes.elapsed(seconds) == text


@pytest.mark.parametrize(
    ("lasted", "names"),
    [(3, ["0:00", "0:01", "0:02", "0:03"]), (70, ["0:00", "0:10", "0:20", "0:30", "0:40", "0:50", "1:00", "1:10"])],
)
def test_ticks_are_at_round_times(lasted: float, names: list[str]) -> None:
    assert [mark.name for mark in Time(BEGAN, lasted, 0, 100).marks()] == names


# The file


def test_a_page_is_written_whole_and_alone(tmp_path: Path) -> None:
    file = tmp_path / "roll.html"
    file.write_text("before")
    with file.open() as reading:
        roll_page.write("prod", RECORD, file)
        assert reading.read() == "before", "who reads it meanwhile reads one page, not two"
    assert file.read_text(encoding="utf-8") == roll_page.page("prod", RECORD)
    assert [one.name for one in tmp_path.iterdir()] == ["roll.html"]


def test_a_page_that_cannot_be_written_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "roll.html"
    file.write_text("before")

    def full(self: Path, *_: object, **__: object) -> None:
        with self.open("w") as half:
            half.write("<!doctype")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        roll_page.write("prod", RECORD, file)
    assert file.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["roll.html"]


@pytest.mark.parametrize(("code", "exit_code"), [(DONE, 1), (GATE, GATE)])
def test_a_roll_whose_page_cannot_be_written_says_so(
    code: int, exit_code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "gone" / "roll.html"
    assert roll_command._report("prod", replace(RECORD, code=code), file) == exit_code
    assert capsys.readouterr().err == f"--report {file}: No such file or directory\n"


def test_a_file_that_cannot_be_is_refused_before_the_roll(tmp_path: Path) -> None:
    assert roll_operation.report_file("") is None
    assert roll_operation.report_file(str(tmp_path / "roll.html")) == tmp_path / "roll.html"
    for path in (tmp_path, tmp_path / "gone" / "roll.html"):
        with pytest.raises(OperationError) as refused:
            roll_operation.report_file(str(path))
        assert refused.value.exit_code == PREFLIGHT
        assert str(path) in refused.value.text
