"""Page: a Markdown text with marked blocks, each to hold what its commands print. Pure.

<!-- run: fab status -->              one command; a fenced `console` block follows
<!-- run exit=2: fab plan --check --> that ends with 2
<!-- run:                             or several, a line each, as one session:
before: sed -i s/3/6/ conf/cluster.yaml    `before` and `after` are not shown and must end with 0
fab plan
fab install
-->
<!-- lab: hosts=4 bare -->            once on a page: more hosts than three, or nothing installed on them
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

RUN = re.compile(
    r"^<!-- run(?P<head>[^:\n]*):(?P<body>.*?)-->\n```console\n(?P<output>.*?)^```$", re.MULTILINE | re.DOTALL
)
LAB = re.compile(r"^<!-- lab: (?P<words>.*?) -->$", re.MULTILINE)
HIDDEN = ("before", "after")


@dataclass(frozen=True)
class Block:
    """Commands whose output a page shows; the last one shown ends with `code`, all others with 0.

    Of the last one's output only so many lines are shown, from its beginning or its end, unless that is 0.
    """

    line: int
    shown: tuple[str, ...]
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    code: int = 0
    first: int = 0
    last: int = 0

    def cut(self, output: str) -> str:
        """Return the lines of an output that are shown, with dots for those that are not."""
        lines = output.splitlines()
        if self.first and len(lines) > self.first:
            lines = [*lines[: self.first], "..."]
        if self.last and len(lines) > self.last:
            lines = ["...", *lines[-self.last :]]
        return "\n".join(lines)


@dataclass(frozen=True)
class Lab:
    """The hosts that a page begins with; `bare` ones have no Kafka yet."""

    hosts: int = 3
    bare: bool = False


def lab(text: str) -> Lab:
    """Return the hosts that a page asks for."""
    found = LAB.search(text)
    words = found["words"].split() if found else []
    number = next((int(word.removeprefix("hosts=")) for word in words if word.startswith("hosts=")), Lab.hosts)
    return Lab(number, "bare" in words)


def blocks(text: str) -> list[Block]:
    """Return a page's marked blocks in their order."""
    return [_block(text, found) for found in RUN.finditer(text)]


def _block(text: str, found: re.Match[str]) -> Block:
    lines = [line.strip() for line in found["body"].splitlines() if line.strip()]
    parts: dict[str, list[str]] = {"": [], **{word: [] for word in HIDDEN}}
    for line in lines:
        word, _, rest = line.partition(": ")
        parts[word if word in HIDDEN else ""].append(rest if word in HIDDEN else line)
    shown, before, after = (tuple(parts[word]) for word in ("", *HIDDEN))
    code, first, last = (_number(found["head"], name) for name in ("exit", "first", "last"))
    return Block(text.count("\n", 0, found.start()) + 1, shown, before, after, code, first, last)


def _number(head: str, name: str) -> int:
    found = re.search(rf"\b{name}=(\d+)", head)
    return int(found[1]) if found else 0


def filled(text: str, answer: Callable[[Block], str]) -> str:
    """Return the page with every marked block's content replaced by its answer."""

    def fill(found: re.Match[str]) -> str:
        head = text[found.start() : found.start("output")]
        return f"{head}{answer(_block(text, found)).rstrip()}\n```"

    return RUN.sub(fill, text)


def without_outputs(text: str) -> str:
    """Return the page without its marked blocks, its lines where they were."""
    return RUN.sub(lambda found: "\n" * found[0].count("\n"), text)
