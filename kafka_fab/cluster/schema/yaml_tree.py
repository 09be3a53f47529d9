"""YAML as a tree of entries, each with its place; read within limits, and without running anything that it says."""

import re
from collections.abc import Iterator
from dataclasses import field, replace
from typing import Any

import yaml

from kafka_fab.cluster.schema.problem import MOST, Problem
from kafka_fab.frozen_value import dataclass

Tree = dict[str, "YamlNode"]
MOST_NESTED = 20
MOST_VALUES = 200_000
LONGEST = 65_536

STANDARD = "tag:yaml.org,2002:"
TEXTS = ("!", *(f"{STANDARD}{name}" for name in ("str", "float", "timestamp")))
UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
MERGE = "merge keys (<<) are not read: write the keys themselves"
# YAML 1.1, but for 12:30, which would be the number 750; more digits than that are a text.
INTEGER = re.compile(r"[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)")
MOST_DIGITS = 20
WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}


@dataclass(frozen=True)
class YamlNode:
    """A value of a YAML file and the place where it stands."""

    value: Any
    file: str
    line: int
    text: str = ""
    quoted: bool = False

    def problem(self, text: str) -> Problem:
        """Return a problem at this place."""
        return Problem(self.file, self.line, text)


def read(text: str, file: str) -> tuple[Tree, list[Problem]]:
    """Return the mapping in a YAML text with the line of every entry, and what is wrong; nothing is raised."""
    reader = _TreeBuilder(file)
    try:
        _refuse_unprintable(text)
        root = reader.document(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except _Broken as broken:
        return {}, [Problem(file, broken.line, broken.text)]
    except yaml.YAMLError as error:
        mark, reason = getattr(error, "problem_mark", None), getattr(error, "problem", None) or error
        remedy = "; look at this line and the one above it"
        return {}, [Problem(file, mark.line + 1 if mark else 0, f"is not YAML: {reason}{remedy}")]
    if root is None or root.value is None:
        return {}, reader.problems
    if isinstance(root.value, dict):
        return root.value, reader.problems
    return {}, [*reader.problems, Problem(file, 1, "is not a list of KEY: VALUE lines")]


def _refuse_unprintable(text: str) -> None:
    if odd := UNPRINTABLE.search(text):
        raise _Broken(text.count("\n", 0, odd.start()) + 1, f"U+{ord(odd[0]):04X} cannot be printed: remove it")


def plain(text: str) -> Any:
    """Return what a text without quotes is: true or false, nothing, a whole number, or the text itself."""
    if text in WORDS:
        return WORDS[text]
    number = whole(text)
    return text if number is None else number


def whole(text: str) -> int | None:
    """Return the whole number that YAML reads in a text, if it is one of a size that makes sense."""
    if len(text) > MOST_DIGITS or not INTEGER.fullmatch(text):
        return None
    digits = text.replace("_", "")
    sign, digits = (-1 if digits[0] == "-" else 1), digits.lstrip("+-")
    try:
        return sign * int(digits, 8 if re.fullmatch("0[0-7]+", digits) else 0)
    except ValueError:  # as 0x_
        return None


class _Broken(Exception):
    """Why nothing of a text can be used."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line, self.text = line, text


@dataclass
class _Known:
    """A value with an anchor: how many values are in it, and how deep they are nested."""

    entry: YamlNode
    values: int
    height: int


@dataclass
class _Open:
    """A list or a block that has begun; in a block keys and values take turns."""

    line: int
    anchor: str | None
    values: int
    is_block: bool
    height: int = 1
    items: list[YamlNode] = field(default_factory=list)
    tree: Tree = field(default_factory=dict)
    key: YamlNode | None = None


class _TreeBuilder:
    """Makes entries of the parser's events, one after the other: a text cannot make it call itself."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._open: list[_Open] = []
        self._known: dict[str, _Known] = {}
        self._begun: set[str] = set()
        self._values = 0
        self._root: YamlNode | None = None

    def document(self, events: Iterator[yaml.Event]) -> YamlNode | None:
        """Return the one document's value, or None where there is none; raise _Broken."""
        for event in events:
            self._take(event)
        return self._root

    def _take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.ScalarEvent):
            self._count(line)
            self._put(self._scalar(event, line), event.anchor, self._values - 1, 0)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._begin(event, line)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(str(event.anchor), line)
        elif isinstance(event, yaml.DocumentStartEvent) and self._root is not None:
            raise _Broken(line, "a second document begins here (---): one file holds one")

    def _count(self, line: int, values: int = 1) -> None:
        self._values += values
        if self._values > MOST_VALUES:
            text = f"has more than {MOST_VALUES} values, those of an alias counted each time: the limit; shorten it"
            raise _Broken(line, text)

    def _nest(self, line: int, height: int) -> None:
        if len(self._open) + height > MOST_NESTED:
            raise _Broken(line, f"is nested more than {MOST_NESTED} deep: the limit; nothing here needs that many")
        for at, one in enumerate(reversed(self._open), 1):
            one.height = max(one.height, height + at)

    def _begin(self, event: yaml.CollectionStartEvent, line: int) -> None:
        is_block = isinstance(event, yaml.MappingStartEvent)
        if event.tag not in (None, "!", f"{STANDARD}{'map' if is_block else 'seq'}"):
            raise _Broken(line, _no_tag(event.tag))
        self._nest(line, 1)
        self._count(line)
        if event.anchor:
            self._begun.add(event.anchor)
            self._known.pop(event.anchor, None)
        self._open.append(_Open(line, event.anchor, self._values - 1, is_block))

    def _end(self) -> None:
        done = self._open.pop()
        value = done.tree if done.is_block else done.items
        self._put(YamlNode(value, self.file, done.line), done.anchor, done.values, done.height)

    def _alias(self, name: str, line: int) -> None:
        known = self._known.get(name)
        if known is None:
            reason = "stands inside of what it names" if name in self._begun else "names no anchor above it"
            raise _Broken(line, f"the alias *{name} {reason}: write the value itself")
        self._nest(line, known.height)
        self._count(line, known.values)
        self._put(replace(known.entry, line=line), None, 0, known.height)

    def _put(self, entry: YamlNode, anchor: str | None, before: int, height: int) -> None:
        if anchor:
            self._known[anchor] = _Known(entry, self._values - before, height)
        if not self._open:
            self._root = entry
        elif self._open[-1].is_block:
            self._turn(self._open[-1], entry)
        else:
            self._open[-1].items.append(entry)

    def _turn(self, block: _Open, entry: YamlNode) -> None:
        key, block.key = block.key, None
        if key is None:
            block.key = entry
        elif isinstance(key.value, dict | list):
            self._refuse(key.line, "a key is a word; quote it if it has braces or brackets")
        elif key.text == "<<" and not key.quoted:
            self._refuse(key.line, MERGE)
        else:
            if key.text in block.tree:
                self._refuse(key.line, f"{key.text} is given twice")
            block.tree[key.text] = replace(entry, line=key.line)

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> YamlNode:
        text, tag, quoted = str(event.value), event.tag, bool(event.style)
        if len(text) > LONGEST:
            raise _Broken(line, f"has a value of {len(text)} characters: {LONGEST} are the limit; shorten it")
        is_key = bool(self._open) and self._open[-1].is_block and self._open[-1].key is None
        # A key is the word as it stands there; `~` as a value is nothing.
        value = text if is_key or (quoted and tag is None) else _typed(tag, text, line)
        return YamlNode(value, self.file, line, "" if value is None else text, quoted)

    def _refuse(self, line: int, text: str) -> None:
        if len(self.problems) <= MOST:
            self.problems.append(Problem(self.file, line, text))


def _typed(tag: str | None, text: str, line: int) -> Any:
    """Return a value by its tag, or, without one, by its looks."""
    if tag in TEXTS:
        return text
    value = plain(text)
    if tag is None or tag == f"{STANDARD}null":
        return value if tag is None else None
    for kind, name, words in ((int, "int", "a whole number"), (bool, "bool", "true or false")):
        if tag == f"{STANDARD}{name}":
            if type(value) is not kind:
                raise _Broken(line, f"`{text}` is not {words}, as its tag !!{name} says: correct it")
            return value
    raise _Broken(line, _no_tag(tag))


def _no_tag(tag: str) -> str:
    return f"the tag {tag.replace(STANDARD, '!!')} is not read here: take it out"
