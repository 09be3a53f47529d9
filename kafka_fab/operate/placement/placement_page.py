"""Placement page: a placement as one HTML file without external resources."""

import time
from pathlib import Path

from kafka_fab.operate.placement import formats, matrix
from kafka_fab.operate.placement.placement import Placement
from kafka_fab.operate.placement.placement_picture import picture
from kafka_fab.operate.roll.roll_page import coordinate, day
from kafka_fab.output import html_page
from kafka_fab.typed_command import FAB

TEMPLATE = Path(__file__).with_name("page.html.j2")


def write(cluster: str, part: Placement, topic: str, file: Path, everything: bool = False) -> None:
    """Write a placement's page; who reads the file meanwhile sees the old one or the new one, whole."""
    text = page(cluster, part, topic, time.time(), everything)
    html_page.put(text, file)


def page(cluster: str, part: Placement, topic: str, moment: float, everything: bool) -> str:
    """Return the page of a cluster's placement, or of one topic's part of it."""
    filters = {"day": day, "place": coordinate}
    return html_page.rendered(
        TEMPLATE,
        filters,
        title=f"Placement of {topic}" if topic else "Placement",
        cluster=cluster,
        moment=moment,
        picture=picture(part, everything),
        letters={state.replace(" ", "-"): (letter, state) for state, letter in matrix.LETTERS.items()},
        signs={sign: matrix.MEANINGS[move] for move, sign in matrix.SIGNS.items()},
        reassignments=list(formats.reassignments(part)),
        unknown=part.unknown,
        fab=FAB,
    )
