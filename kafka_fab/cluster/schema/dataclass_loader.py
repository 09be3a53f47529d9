"""A tree of entries read into frozen dataclasses: every problem at once, each with its file and line."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from kafka_fab.cluster.encode import controls
from kafka_fab.cluster.schema.problem import MOST, Problem, did_you_mean
from kafka_fab.cluster.schema.yaml_tree import Tree, YamlNode, plain, read
from kafka_fab.cluster.values import secret_source
from kafka_fab.cluster.values.secret_source import SecretSource

__all__ = ["Tree", "YamlNode", "fill", "merge", "place", "read"]

T = TypeVar("T")
KIND = {str: "a text", int: "a whole number", bool: "true or false", SecretSource: secret_source.FORMS}


def place(tree: Tree, name: str, file: str) -> tuple[str, int]:
    """Return the file and line of a dotted name's entry, or of the nearest one above it that is there."""
    found = (file, 0)
    for key in name.split("."):
        entry = tree.get(key)
        if entry is None:
            break
        found, tree = (entry.file, entry.line), entry.value if isinstance(entry.value, dict) else {}
    return found


def places(tree: Tree, name: str) -> Iterator[tuple[str, int]]:
    """Yield the file and line of an entry, and of each one within it."""
    left = [tree[name]] if name in tree else []
    while left:
        entry = left.pop()
        yield entry.file, entry.line
        within = entry.value.values() if isinstance(entry.value, dict) else entry.value
        left += within if isinstance(entry.value, dict | list) else ()


def merge(base: Tree, over: Tree) -> Tree:
    """Return the base with every entry of the other laid over it, mappings entry by entry."""
    merged = dict(base)
    for key, entry in over.items():
        below = merged.get(key)
        if below and isinstance(below.value, dict) and isinstance(entry.value, dict):
            merged[key] = YamlNode(merge(below.value, entry.value), entry.file, entry.line)
        else:
            merged[key] = entry
    return merged


def fill(shape: type[T], tree: Tree, problems: list[Problem], where: str = "") -> T:
    """Return an instance of a dataclass from a tree; wrong entries are reported and left at their default."""
    known = {key_of(item): item for item in fields(shape)}  # type: ignore[arg-type]
    hints = get_type_hints(shape)
    values: dict[str, Any] = {}
    for key, entry in tree.items():
        if len(problems) > MOST:
            break
        if key not in known:
            shown = key if key.strip() else "(a name without letters)"
            problems.append(entry.problem(f"unknown key {where}{shown}{did_you_mean(key, known)}"))
            continue
        item, name = known[key], f"{where}{key}"
        if item.metadata.get("check_name") and isinstance(entry.value, dict):
            _check_names(item, entry.value, problems, name)
        found = _value(hints[item.name], entry, problems, name)
        if found is not MISSING and _holds(item, found, entry, problems, name):
            values[item.name] = found
    return shape(**values)


def key_of(item: Field[Any]) -> str:
    """Return the key of a setting: its name, but where Python keeps that name for itself."""
    return str(item.metadata.get("key", item.name))


def _check_names(item: Field[Any], block: Tree, problems: list[Problem], where: str) -> None:
    check: Callable[[str], str] = item.metadata["check_name"]
    for name, entry in block.items():
        if len(problems) <= MOST and (complaint := check(name)):
            problems.append(entry.problem(f"{where}.{printable(name)}: {complaint}"))


def _holds(item: Field[Any], value: Any, entry: YamlNode, problems: list[Problem], name: str) -> bool:
    check: Callable[[Any], str] | None = item.metadata.get("check")
    complaint = check(value) if check else ""
    if complaint:
        problems.append(entry.problem(f"{name}: {complaint}"))
    return not complaint


def _value(hint: Any, entry: YamlNode, problems: list[Problem], name: str) -> Any:
    hint = _required(hint)
    if get_origin(hint) is tuple:
        if isinstance(entry.value, list):
            items = [_value(get_args(hint)[0], item, problems, name) for item in entry.value]
            return MISSING if MISSING in items else tuple(items)
    elif get_origin(hint) is Mapping or (is_dataclass(hint) and hint not in KIND):
        if isinstance(entry.value, dict):
            return _block(hint, entry.value, problems, name)
    else:
        return _plain(hint, entry, problems, name)
    wanted = "a list" if get_origin(hint) is tuple else "a block of KEY: VALUE lines"
    problems.append(entry.problem(f"{name}: {wanted} is wanted, found {_shown(entry)}"))
    return MISSING


def _required(hint: Any) -> Any:
    """Return the type of a setting that has no default but must be written."""
    return next((one for one in get_args(hint) if one is not NoneType), hint) if NoneType in get_args(hint) else hint


def _block(hint: Any, tree: Tree, problems: list[Problem], name: str) -> Any:
    if get_origin(hint) is not Mapping:
        return fill(hint, tree, problems, f"{name}.")
    shape = get_args(hint)[1]
    if not is_dataclass(shape):
        return _scalars(tree, problems, name)
    found = {}
    for key, entry in tree.items():
        if len(problems) <= MOST:
            found[key] = _value(shape, entry, problems, f"{name}.{printable(key)}")
    return {key: value for key, value in found.items() if value is not MISSING}


def _secret_source(entry: YamlNode, problems: list[Problem], name: str) -> Any:
    """Return a source; what is none may be the secret itself, and is not shown."""
    source = SecretSource(entry.text)
    if isinstance(entry.value, dict) and entry.value.keys() == {"command"}:
        source = SecretSource(command=_words(entry.value["command"].value))
    if wrong := secret_source.refused(source):
        problems.append(entry.problem(f"{name}: {wrong}"))
        return MISSING
    return source


def _words(value: Any) -> tuple[str, ...]:
    words = value if isinstance(value, list) else []
    return () if any(isinstance(word.value, dict | list) for word in words) else tuple(word.text for word in words)


def _plain(hint: type, entry: YamlNode, problems: list[Problem], name: str) -> Any:
    if hint is SecretSource:
        return _secret_source(entry, problems, name)
    if issubclass(hint, StrEnum):
        return _word(hint, entry, problems, name)
    if type(entry.value) is hint or (hint is str and type(entry.value) is int):
        return _text(entry, problems, name) if hint is str else entry.value
    remedy = ": write it without quotes" if entry.quoted and type(plain(entry.text)) is hint else ""
    problems.append(entry.problem(f"{name}: {KIND[hint]} is wanted, found {_shown(entry)}{remedy}"))
    return MISSING


def _word(hint: type[StrEnum], entry: YamlNode, problems: list[Problem], name: str) -> Any:
    """Return the member of an enum whose value is written; true and false are words like the others."""
    text = str(entry.value).lower() if isinstance(entry.value, bool) else entry.text
    words = {str(member): member for member in hint}
    if not isinstance(entry.value, dict | list) and text in words:
        return words[text]
    wanted = f"one of {', '.join(words)}"
    problems.append(entry.problem(f"{name}: {wanted} is wanted, found {_shown(entry)}{did_you_mean(text, words)}"))
    return MISSING


def _text(entry: YamlNode, problems: list[Problem], name: str) -> Any:
    # A number as it is written: a checksum may have digits only, and begin with zeros.
    text = str(entry.value) if isinstance(entry.value, str) else entry.text or str(entry.value)
    # Options of several lines are one; what else ends a line, or is no letter, is nothing that a file could say.
    control = controls(text.replace("\n", " ").replace("\t", " "))
    problems += [entry.problem(f"{name}: a control character ({control}) is in it")] if control else []
    return MISSING if control else text


def _scalars(tree: Tree, problems: list[Problem], name: str) -> dict[str, str]:
    values = {}
    for key, entry in tree.items():
        if isinstance(entry.value, dict | list):
            problems.append(entry.problem(f"{name}.{key}: one value is wanted, found {_shown(entry)}"))
        elif wrong := wrong_name(key) or wrong_value(property_text(entry)):
            problems.append(entry.problem(f"{name}.{printable(key)}: {wrong}"))
        else:
            values[key] = property_text(entry)
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


def property_text(entry: YamlNode) -> str:
    """Return a property's value as the user has written it."""
    if isinstance(entry.value, bool):
        return str(entry.value).lower()
    # As it is written: to YAML 010 is the number 8. A text of several lines is one property.
    return entry.text.rstrip("\n").replace("\n", " ")


def _shown(entry: YamlNode) -> str:
    value = entry.value
    if isinstance(value, dict | list):
        return "a block" if isinstance(value, dict) else "a list"
    if value is None:
        return "nothing"
    text = str(value).lower() if isinstance(value, bool) else entry.text or str(value)
    return f'`"{text}"`' if entry.quoted else f"`{text}`"
