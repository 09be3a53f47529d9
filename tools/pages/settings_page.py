"""Settings page: docs/settings.md, made from the dataclasses that conf/cluster.yaml is read into. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints

from kafka_fab.cluster.schema.dataclass_loader import KIND, key_of
from kafka_fab.cluster.settings import Settings
from kafka_fab.cluster.values.secret_source import SecretSource
from kafka_fab.cluster.values.validator import Validator

HEAD = """\
<!-- Made from kafka_fab/cluster/settings by `docs/refresh --generated`: change the code, not this page. -->
# Settings

Every key of conf/cluster.yaml, what it accepts, and its default. conf/local.yaml overrides it on this machine, and is
not in version control. The hosts are in hosts.ini: [hosts.ini](hosts.md).

Unknown keys, values that are not accepted, and properties that the version does not know are reported all at once, with
file, line and the nearest known name, before any connection. A key with a dot is in a block: `kafka.port` is written

    kafka:
      port: 9092
"""
COLUMNS = "| key | accepts | default | what for |\n|---|---|---|---|"
BLOCK = "a block of `NAME: VALUE` lines"


def text() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *_sections(Settings, "")]).rstrip() + "\n"


def _sections(shape: type, name: str) -> Iterator[str]:
    hints = get_type_hints(shape)
    parts = {_part_name(item, hints[item.name]): _part(hints[item.name]) for item in fields(shape)}
    rows = [_row(item, hints[item.name], name) for item in fields(shape) if not _part(hints[item.name])]
    yield "\n".join([f"## {name.rstrip('.') or 'The cluster'}", "", _about(shape), "", COLUMNS, *rows, ""])
    for key, part in parts.items():
        if part:
            yield from _sections(part, f"{name}{key}.")


def _part(hint: Any) -> type | None:
    """Return the dataclass of a block, or of each block of several with names of the user's own."""
    each = get_args(hint)[1] if get_origin(hint) is Mapping else hint
    return each if is_dataclass(each) and isinstance(each, type) and each not in KIND else None


def _part_name(item: Field[Any], hint: Any) -> str:
    return f"{key_of(item)}.NAME" if get_origin(hint) is Mapping else key_of(item)


def _about(shape: type) -> str:
    return (shape.__doc__ or "").splitlines()[0]


def _row(item: Field[Any], hint: Any, prefix: str) -> str:
    cells = (f"`{prefix}{key_of(item)}`", _accepted(item, hint), _default(item), item.metadata.get("help", ""))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _accepted(item: Field[Any], hint: Any) -> str:
    check = item.metadata.get("check")
    words = next((one for one in (hint, *get_args(hint)) if isinstance(one, type) and issubclass(one, StrEnum)), None)
    if words:
        return ", ".join(f"`{word}`" for word in words)
    if get_origin(hint) is tuple and check is None:
        return "a list"
    return check.wanted.rstrip(",") if isinstance(check, Validator) else KIND.get(hint, BLOCK)


def _default(item: Field[Any]) -> str:
    value = item.default if item.default is not MISSING else None
    if value is None or value == "" or isinstance(value, Mapping | SecretSource) or _must_be_written(item):
        return ""
    if isinstance(value, tuple):
        return "" if not value else f"`[{', '.join(value)}]`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _must_be_written(item: Field[Any]) -> bool:
    """Return whether the default is none that a user could write."""
    check = item.metadata.get("check")
    return isinstance(check, Validator) and bool(check(item.default))
