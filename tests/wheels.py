"""A wheel of this checkout, built as its users get it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from kafka_fab.cluster.folder import HOME

PARTS = ("kafka_fab", "tasks", "conf")
FILES = ("pyproject.toml", "fabric.yaml", "README.md", "LICENSE")
# A line of a machine of its own, which no wheel may take along.
LOCAL = "mirror: http://machine.example/kafka\n"


def built(folder: Path) -> Path:
    """Copy what the wheel is made of, with a conf/local.yaml as a lab writes it, and build it there."""
    source = folder / "source"
    for name in PARTS:
        shutil.copytree(HOME / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "local.yaml"))
    for name in FILES:
        shutil.copy(HOME / name, source)
    (source / "conf/local.yaml").write_text(LOCAL)
    words: list[str | Path] = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(words, cwd=source, check=True, capture_output=True, text=True, timeout=60)
    (wheel,) = folder.glob("*.whl")
    return wheel


def elsewhere(**more: str) -> dict[str, str]:
    """Return an environment that leads to no cluster and to no module of a checkout."""
    kept = {name: value for name, value in os.environ.items() if name not in ("KAFKA_FAB_CLUSTER", "PYTHONPATH")}
    return {**kept, **more}
