"""Html page: a page from a template, and its file put in place as a whole."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def rendered(template: Path, filters: Mapping[str, Any], **values: Any) -> str:
    """Return a template filled in; all texts are escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(template.parent),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= dict(filters)
    return environment.get_template(template.name).render(**values)


def put(text: str, file: Path) -> None:
    """Write a page; who reads the file meanwhile sees the old one or the new one, whole."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
