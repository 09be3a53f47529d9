"""Links: whether those between pages lead somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

from tools.pages import markdown

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def problems(file: Path) -> Iterator[str]:
    """Yield the links of a page that lead nowhere."""
    for number, line in markdown.prose(file.read_text()):
        for target in LINK.findall(line):
            if not re.match(r"[a-z]+:", target) and not _leads(file, target):
                yield f"{number}: the link {target} leads nowhere"


def _leads(file: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    place = file.parent / name if name else file
    return place.exists() and (not anchor or anchor in anchors(place.read_text()))


def anchors(text: str) -> set[str]:
    """Return what the headings of a page may be linked by, as GitHub makes it."""
    headings = (line.lstrip("#").strip() for _, line in markdown.prose(text) if line.startswith("#"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
