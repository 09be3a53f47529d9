"""A placement's page: nothing from elsewhere, nothing taken for markup, and what a browser makes of it."""

from __future__ import annotations

import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings

from kafka_fab.live.client.describe_log_dirs import ReplicaLog
from kafka_fab.operate.placement import cells, formats, matrix, placement_page, placement_picture
from kafka_fab.operate.placement.placement import Broker, Placement, placement
from tests.unit.operate.placement.placements import broker, partition, placements, state

EVIL = "<script>alert('1')</script>&\"x"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MOMENT = 1_700_000_000.0


class Seen(HTMLParser):
    """What stands in a page: its tags with their attributes, and each matrix's cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.matrices: dict[str, list[tuple[str, str]]] = {}
        self._topic = self._class = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if tag == "table":
            self._topic = found.get("data-topic") or ""
        self._class = (found.get("class") or "") if tag == "td" else ""

    def handle_data(self, data: str) -> None:
        if self._topic and self._class:
            self.matrices.setdefault(self._topic, []).append((self._class, data))
            self._class = ""


def example() -> Placement:
    """Two topics: leader, in sync, out of sync, offline and a move between log directories."""
    brokers = [
        broker(1, ReplicaLog("orders", 0, 3000), ReplicaLog("audit", 0, 10)),
        broker(2, ReplicaLog("orders", 0, 3000), ReplicaLog("orders", 0, 100, 5, future=True)),
        Broker(3, "k3", "r1", error="k3 did not answer"),
    ]
    partitions = partition(0, 1, 2, 3, isr=(1,)), partition(0, 1, 3, topic="audit")
    return placement(state(*partitions, up=(1, 2)), brokers)


def test_the_page_needs_nothing_from_elsewhere() -> None:
    text = placement_page.page("prod", example(), "", MOMENT, everything=False)
    seen = Seen(text)
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in seen.tags}
    assert "http" not in text.replace("http-equiv", "")
    assert "url(" not in text


def test_every_cell_says_in_words_what_its_letter_means() -> None:
    seen = Seen(placement_page.page("prod", example(), "", MOMENT, everything=False))
    # By rack: broker 2, then 1 and 3.
    assert seen.matrices == {
        "audit": [("none", "·"), ("mark leader", "L"), ("mark offline", "X")],
        "orders": [("mark out-of-sync", "O>"), ("mark leader", "L"), ("mark offline", "X")],
    }
    titles = [attributes.get("title") for tag, attributes in seen.tags if tag == "td" and attributes.get("title")]
    assert "orders-0 on k2: out of sync, moving to another log directory, 2.9 KiB in /d1" in titles
    assert "audit-0 has no replica on k2" in titles


def test_it_is_made_for_those_who_cannot_see_it() -> None:
    seen = Seen(placement_page.page("prod", example(), "", MOMENT, everything=False))
    assert ("html", {"lang": "en"}) in seen.tags
    assert all(attributes.get("scope") for tag, attributes in seen.tags if tag == "th")
    regions = [attributes for tag, attributes in seen.tags if attributes.get("class") == "wide"]
    assert regions
    assert all(one.get("tabindex") == "0" and one.get("aria-label") for one in regions)
    assert all(one.get("aria-hidden") for tag, one in seen.tags if one.get("class") == "track")


def test_nothing_is_taken_for_markup() -> None:
    one = partition(0, 1, topic=EVIL)
    found = placement(state(one), [Broker(1, EVIL, EVIL, error=EVIL)])
    text = placement_page.page("prod", found, EVIL, MOMENT, everything=True)
    assert "<script" not in text
    assert "&lt;script&gt;" in text


@settings(max_examples=30, deadline=None)
@given(placements(most=40))
def test_the_page_has_each_copy_once(found: Placement) -> None:
    seen = Seen(placement_page.page("prod", found, "t", MOMENT, everything=False))
    marks = sorted(mark for kind, mark in seen.matrices["t"] if kind != "none")
    assert marks == sorted(matrix.mark(replica) for one in found.partitions for replica in one.replicas)


def test_many_topics_do_not_all_get_a_matrix_unless_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "CELLS", 5)
    found = example()
    few, all_of_them = (placement_picture.picture(found, everything) for everything in (False, True))
    assert [one.topic for one in few.matrices] == ["audit"]
    assert (few.left_out, all_of_them.left_out) == (1, 0)
    assert "1 more topics are not drawn here" in placement_page.page("prod", found, "", MOMENT, everything=False)


def test_bars_are_shares_of_the_greatest() -> None:
    assert [(bar.text, bar.share) for bar in placement_picture.bars([4, None, 2], formats.size)] == [
        ("4 B", 100), ("-", 0), ("2 B", 50),
    ]  # fmt: skip
    assert placement_picture.bars([4, None, 2])[0].mean == 75
    assert placement_picture.bars([0, 0])[0] == placement_picture.LoadBar("0", 0, 0)
    assert placement_picture.bars([]) == []


def test_the_file_is_whole_or_not_there(tmp_path: Path) -> None:
    file = tmp_path / "p.html"
    placement_page.write("prod", example(), "", file)
    assert file.read_text().endswith("</html>")
    assert [one.name for one in tmp_path.iterdir()] == ["p.html"]


# In a browser


def browse(*words: str) -> str:
    usual = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
    assert BROWSER
    return subprocess.run([BROWSER, *usual, *words], capture_output=True, text=True, check=True, timeout=120).stdout


@pytest.mark.slow
@pytest.mark.skipif(not BROWSER, reason="no chromium is here: apt-get install chromium")
def test_a_browser_finds_every_cell(tmp_path: Path) -> None:
    file = tmp_path / "p.html"
    placement_page.write("prod", example(), "", file)
    dom = browse("--dump-dom", file.as_uri())
    assert Seen(dom).matrices == Seen(file.read_text()).matrices
    assert dom.count("<details open") == 2


@pytest.mark.slow
@pytest.mark.skipif(not BROWSER, reason="no chromium is here: apt-get install chromium")
def test_a_browser_paints_it_light_and_dark(tmp_path: Path) -> None:
    file = tmp_path / "p.html"
    placement_page.write("prod", example(), "", file)
    shots = {}
    for name, scheme in (("light", 1), ("dark", 0)):
        shots[name] = tmp_path / f"{name}.png"
        browse(f"--blink-settings=preferredColorScheme={scheme}", f"--screenshot={shots[name]}", file.as_uri())
    assert shots["light"].read_bytes()[:4] == shots["dark"].read_bytes()[:4] == b"\x89PNG"
    assert shots["light"].read_bytes() != shots["dark"].read_bytes()
