"""Check: what is wrong with the pages, as far as it can be seen without hosts."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from lab.machine import CHECKOUT
from tools.pages import commands, links, markdown, page, runbook_page, settings_page, templates_page

SETTINGS, RUNBOOK, TEMPLATES = Path("docs/settings.md"), Path("docs/runbook.md"), Path("docs/templates.md")
# A prompt, or a line that begins as our tables and messages do: with a host.
OUTPUT = re.compile(r"\s*(\$ |kafka\d+(:|  )|host  )")


def pages() -> list[Path]:
    """Return all pages, the README first."""
    return [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]


def problems() -> Iterator[str]:
    """Yield what is wrong, each with its file and, where it has one, its line."""
    if (CHECKOUT / SETTINGS).read_text() != settings_page.text():
        yield f"{SETTINGS} is not what kafka_fab/cluster/settings says: docs/refresh --settings"
    if (CHECKOUT / RUNBOOK).read_text() != runbook_page.text():
        yield f"{RUNBOOK} is not what kafka_fab/runbook says: docs/refresh --runbook"
    if (page_text := (CHECKOUT / TEMPLATES).read_text()) != templates_page.text(page_text):
        yield f"{TEMPLATES} is not what conf/ says: docs/refresh --templates"
    yield from _in("README.md", commands.in_table(CHECKOUT / "README.md"))
    for file in pages():
        text, name = file.read_text(), str(file.relative_to(CHECKOUT))
        yield from _in(name, (*links.problems(file), *commands.problems(text)))
        yield from _in(name, unmarked(text))


def _in(name: str, found: Iterable[str]) -> Iterator[str]:
    return (f"{name}:{what}" if what[0].isdigit() else f"{name}: {what}" for what in found)


def unmarked(text: str) -> Iterator[str]:
    """Yield the blocks that look like a command's output and were not printed by one."""
    rest = page.without_outputs(text)
    for number, line in enumerate(rest.splitlines(), 1):
        if line.startswith("<!-- run"):
            yield f"{number}: no ```console block follows this marker"
    for block in markdown.code(rest):
        if any(OUTPUT.match(line) for _, line in block):
            yield f"{block[0][0]}: looks like a command's output, and has no marker: <!-- run: COMMAND -->"
