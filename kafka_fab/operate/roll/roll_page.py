"""Roll page: a roll as one self-contained HTML file, with its timeline."""

import time
from collections.abc import Iterable
from pathlib import Path

from kafka_fab.locking.operation_error import CANARY, DONE, GATE, INTERRUPTED, NOT_BACK
from kafka_fab.operate.roll import roll_picture
from kafka_fab.operate.roll.frame_text import clock
from kafka_fab.operate.roll.roll_record import Record
from kafka_fab.output import html_page
from kafka_fab.typed_command import FAB

TEMPLATE = Path(__file__).with_name("page.html.j2")
RESULTS = {
    DONE: "done",
    INTERRUPTED: "interrupted",
    GATE: "the safety check did not pass",
    NOT_BACK: "the cluster has not recovered",
    CANARY: "messages are lost, reordered or duplicated",
}


def write(cluster: str, record: Record, file: Path) -> None:
    """Write a roll's page; a reader sees either the old file or the complete new one."""
    text = page(cluster, record)
    html_page.put(text, file)


def page(cluster: str, record: Record) -> str:
    """Return a roll's page."""
    filters = {"clock": clock, "day": day, "hour": hour, "seconds": seconds, "coordinate": coordinate, "path": path}
    return html_page.rendered(
        TEMPLATE,
        filters,
        cluster=cluster,
        record=record,
        run=record.run,
        result=RESULTS.get(record.code, "ended early"),
        canary=record.canary,
        no_canary=record.no_canary,
        picture=roll_picture.picture(record),
        unclean=sum(not step.clean for step in record.steps),
        fab=FAB,
    )


def day(moment: float) -> str:
    """Return a moment with its date and zone."""
    return time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(moment))


def hour(moment: float) -> str:
    """Return a moment's time of day."""
    return time.strftime("%H:%M:%S", time.localtime(moment))


def seconds(value: float | None) -> str:
    """Return seconds for a table."""
    return "-" if value is None else f"{value:.2f}"


def coordinate(value: float) -> str:
    """Return a coordinate, to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")


def path(points: Iterable[tuple[float, float]]) -> str:
    """Return points as an SVG line."""
    return "M" + " ".join(f"{coordinate(x)},{coordinate(y)}" for x, y in points)
