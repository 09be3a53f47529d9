"""Know the Kafka releases that the lab can provide."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Release:
    """A Kafka release: its archive's name and what goes into it."""

    version: str
    file: str
    digest: str
    layers: dict[str, str]
    tools: dict[str, str]
    top_jars: str = ""

    @property
    def top(self) -> str:
        """Return the name of the one folder that the archive holds."""
        return self.file.removesuffix(".tgz").removesuffix(".tar.gz")

    @property
    def pom(self) -> Path:
        """Return the Maven project that names the archive's jars."""
        return HERE.parent / "maven" / self.version / "pom.xml"


def releases() -> dict[str, Release]:
    """Return the known releases by version."""
    tables = tomllib.loads((HERE / "releases.toml").read_text())
    return {version: Release(version=version, **table) for version, table in tables.items()}
