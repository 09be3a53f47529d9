"""Page: a placement as one HTML file that needs nothing else."""

import os
import time
from pathlib import Path

from tasks.operate.placement import matrix, words
from tasks.operate.placement.model import Placement
from tasks.operate.placement.picture import picture
from tasks.operate.roll.page import day, place

TEMPLATE = "page.html.j2"


def write(part: Placement, topic: str, file: Path, everything: bool = False) -> None:
    """Write a placement's page; who reads the file meanwhile sees the old one or the new one, whole."""
    text = page(part, topic, time.time(), everything)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def page(part: Placement, topic: str, moment: float, everything: bool) -> str:
    """Return the page of a placement, or of one topic's part of it."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"day": day, "place": place}
    return environment.get_template(TEMPLATE).render(
        title=f"Placement of {topic}" if topic else "Placement",
        moment=moment,
        picture=picture(part, everything),
        letters={state.replace(" ", "-"): (letter, state) for state, letter in matrix.LETTERS.items()},
        signs={sign: matrix.MEANINGS[move] for move, sign in matrix.SIGNS.items()},
        moves=list(words.moves(part)),
        unknown=part.unknown,
    )
