"""YAML read into frozen dataclasses: every problem at once, each with its file and line."""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import yaml

from tasks.cluster.encode import controls
from tasks.cluster.problem import Problem, did_you_mean

T = TypeVar("T")
Tree = dict[str, "Entry"]
NOTHING = "tag:yaml.org,2002:null"
DECIMAL = re.compile("[1-9][0-9]*|0")
KIND = {str: "a text", int: "a whole number", bool: "true or false"}


@dataclass(frozen=True)
class Entry:
    """A value of a YAML file and the place where it stands."""

    value: Any
    file: str
    line: int
    text: str = ""

    def problem(self, text: str) -> Problem:
        """Return a problem at this place."""
        return Problem(self.file, self.line, text)


def read(text: str, file: str) -> tuple[Tree, list[Problem]]:
    """Return the mapping in a YAML text with the line of every entry."""
    problems: list[Problem] = []
    try:
        node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        if node is None or node.tag == NOTHING:
            return {}, []
        entry = _entry(node, file, problems)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or error
        return {}, [Problem(file, mark.line + 1 if mark else 0, f"is not YAML: {reason}")]
    if isinstance(entry.value, dict):
        return entry.value, problems
    return {}, [*problems, Problem(file, 1, "is not a list of KEY: VALUE lines")]


def _entry(node: yaml.Node, file: str, problems: list[Problem]) -> Entry:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return Entry(_mapping(node, file, problems), file, line)
    if isinstance(node, yaml.SequenceNode):
        return Entry([_entry(item, file, problems) for item in node.value], file, line)
    return Entry(_scalar(node), file, line, "" if node.tag == NOTHING else str(node.value))


def _mapping(node: yaml.MappingNode, file: str, problems: list[Problem]) -> Tree:
    tree: Tree = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            problems.append(Problem(file, line, "a key is a word; quote it if it has braces or brackets"))
            continue
        if key.value in tree:
            problems.append(Problem(file, line, f"{key.value} is given twice"))
        tree[str(key.value)] = _at_key(_entry(value, file, problems), key)
    return tree


def _at_key(entry: Entry, key: yaml.Node) -> Entry:
    return replace(entry, line=key.start_mark.line + 1)


def _scalar(node: yaml.Node) -> Any:
    plain = yaml.safe_load
    if node.tag == "tag:yaml.org,2002:int" and DECIMAL.fullmatch(node.value):
        # Most of them, and a large file has thousands; the others are octal, or have signs and underscores.
        return int(node.value)
    if node.tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:bool"):
        return plain(node.value)
    return None if node.tag == NOTHING else node.value


def place(tree: Tree, name: str, file: str) -> tuple[str, int]:
    """Return the file and line of a dotted name's entry, or of the nearest one above it that is there."""
    found = (file, 0)
    for key in name.split("."):
        entry = tree.get(key)
        if entry is None:
            break
        found, tree = (entry.file, entry.line), entry.value if isinstance(entry.value, dict) else {}
    return found


def merge(base: Tree, over: Tree) -> Tree:
    """Return the base with every entry of the other laid over it, mappings entry by entry."""
    merged = dict(base)
    for key, entry in over.items():
        below = merged.get(key)
        if below and isinstance(below.value, dict) and isinstance(entry.value, dict):
            merged[key] = Entry(merge(below.value, entry.value), entry.file, entry.line)
        else:
            merged[key] = entry
    return merged


def fill(shape: type[T], tree: Tree, problems: list[Problem], where: str = "") -> T:
    """Return an instance of a dataclass from a tree; wrong entries are reported and left at their default."""
    known = {item.name: item for item in fields(shape)}  # type: ignore[arg-type]
    hints = get_type_hints(shape)
    values: dict[str, Any] = {}
    for key, entry in tree.items():
        if key not in known:
            problems.append(entry.problem(f"unknown key {where}{key}{did_you_mean(key, known)}"))
            continue
        found = _value(hints[key], entry, problems, f"{where}{key}")
        if found is not MISSING and _holds(known[key], found, entry, problems, f"{where}{key}"):
            values[key] = found
    return shape(**values)


def _holds(item: Field[Any], value: Any, entry: Entry, problems: list[Problem], name: str) -> bool:
    check: Callable[[Any], str] | None = item.metadata.get("check")
    complaint = check(value) if check else ""
    if complaint:
        problems.append(entry.problem(f"{name}: {complaint}"))
    return not complaint


def _value(hint: Any, entry: Entry, problems: list[Problem], name: str) -> Any:
    if is_dataclass(hint) and isinstance(hint, type):
        if isinstance(entry.value, dict):
            return fill(hint, entry.value, problems, f"{name}.")
    elif get_origin(hint) is tuple:
        if isinstance(entry.value, list):
            items = [_value(get_args(hint)[0], item, problems, name) for item in entry.value]
            return MISSING if MISSING in items else tuple(items)
    elif get_origin(hint) is Mapping:
        if isinstance(entry.value, dict):
            return _scalars(entry.value, problems, name)
    else:
        return _plain(hint, entry, problems, name)
    wanted = "a list" if get_origin(hint) is tuple else "a block of KEY: VALUE lines"
    problems.append(entry.problem(f"{name}: {wanted} is wanted, found {_shown(entry.value)}"))
    return MISSING


def _plain(hint: type, entry: Entry, problems: list[Problem], name: str) -> Any:
    value = entry.value
    if hint is str and type(value) is int:
        value = str(value)
    if type(value) is hint:
        # Options of several lines are one; what else ends a line, or is no letter, is nothing that a file could say.
        control = controls(entry.text.replace("\n", " ").replace("\t", " ")) if hint is str else ""
        problems += [entry.problem(f"{name}: a control character ({control}) is in it")] if control else []
        return MISSING if control else value
    problems.append(entry.problem(f"{name}: {KIND[hint]} is wanted, found {_shown(value)}"))
    return MISSING


def _scalars(tree: Tree, problems: list[Problem], name: str) -> dict[str, str]:
    values = {}
    for key, entry in tree.items():
        if isinstance(entry.value, dict | list):
            problems.append(entry.problem(f"{name}.{key}: one value is wanted, found {_shown(entry.value)}"))
        elif wrong := wrong_name(key) or wrong_value(_property(entry)):
            problems.append(entry.problem(f"{name}.{printable(key)}: {wrong}"))
        else:
            values[key] = _property(entry)
    return values


def wrong_name(name: str) -> str:
    """Return why a text is no name of a property, or nothing: what a reader would part or drop is in none."""
    bad = next((letter for letter in name if not letter.isprintable() or letter in " =:#!\\\"'`;,"), "")
    return f"{bad!r} is in the name: write the name alone, without blanks" if bad or not name else ""


def wrong_value(value: str) -> str:
    """Return why a text is no value of a property, or nothing."""
    control = controls(value.replace("\t", " "))
    return f"a control character ({control}) is in the value" if control else ""


def printable(text: str) -> str:
    """Return a text on one line, for a message."""
    return "".join(letter if letter.isprintable() else repr(letter).strip("'") for letter in text)


def _property(entry: Entry) -> str:
    if isinstance(entry.value, bool):
        return _text(entry.value)
    # As it is written: to YAML 12:30 is the number 750. A text of several lines is one property.
    return entry.text.rstrip("\n").replace("\n", " ")


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a block"
    return "a list" if isinstance(value, list) else "nothing" if value is None else f"`{_text(value)}`"
