"""Check: what is wrong with the pages, as far as it can be seen without hosts."""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from lab.machine import CHECKOUT
from tools.pages import commands, links, markdown, page, runbook_page, settings_page, templates_page, wires_page

# The pages that are made from the code, and from what: each maker is given the page as it stands.
GENERATED: dict[Path, tuple[str, Callable[[str], str]]] = {
    Path("docs/settings.md"): ("kafka_fab/cluster/settings", lambda _: settings_page.text()),
    Path("docs/runbook.md"): ("kafka_fab/runbook", lambda _: runbook_page.text()),
    Path("docs/templates.md"): ("conf/", templates_page.text),
    Path("docs/security.md"): ("the settings", wires_page.text),
}
# A prompt, or a line that begins as our tables and messages do: with a host.
OUTPUT = re.compile(r"\s*(\$ |kafka\d+(:|  )|host  )")


def pages() -> list[Path]:
    """Return all pages, the README first."""
    return [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]


def problems() -> Iterator[str]:
    """Yield what is wrong, each with its file and, where it has one, its line."""
    for file, (source, made) in GENERATED.items():
        text = (CHECKOUT / file).read_text()
        if text != made(text):
            yield f"{file} is not what {source} says: docs/refresh --generated"
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
