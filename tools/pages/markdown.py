"""Markdown: a page's prose and its blocks of code, told apart. Pure."""

import re
from collections.abc import Iterator
from itertools import groupby

SPAN = re.compile(r"`([^`]+)`")


def _told_apart(text: str) -> Iterator[tuple[int, str, bool]]:
    """Yield each line with its number and whether it is code; fences and comments are left out."""
    fenced = commented = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
            continue
        commented = commented or line.startswith("<!--")
        if not commented:
            yield number, line, fenced or line.startswith("    ")
        commented = commented and "-->" not in line


def prose(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that are no code."""
    return ((number, line) for number, line, code in _told_apart(text) if not code)


def code(text: str) -> Iterator[list[tuple[int, str]]]:
    """Yield the blocks of code, fenced or indented."""
    for is_code, lines in groupby(_told_apart(text), key=lambda told: told[2]):
        if is_code:
            yield [(number, line) for number, line, _ in lines]


def commands(text: str) -> Iterator[tuple[int, str]]:
    """Yield what a reader may type: lines of code blocks without a comment behind, and code within prose."""
    for block in code(text):
        yield from ((number, re.split(r"\s{2,}", line.strip().removeprefix("$ "))[0]) for number, line in block)
    for number, line in prose(text):
        yield from ((number, span) for span in SPAN.findall(line))
