"""Lay out a Kafka archive's files and pack them, always to the same bytes."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from lab.dist.release import HERE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.dist.release import Release

# Apache's archives carry the numbers of whoever made the release: whoever extracts must not take them over.
OWNER = 1000
MTIME = 1_577_836_800  # 2020-01-01; tar warns about files from 1970
# The jars are compressed already: a higher level costs seconds and saves next to nothing.
LEVEL = 1
LAUNCHER = '#!/bin/sh\nexec "$(dirname -- "$0")/kafka-run-class.sh" {} "$@"\n'


def members(release: Release, jars: Path, dist: Path = HERE) -> dict[str, Path | bytes]:
    """Return what an archive holds, by name below its top folder: launchers, configuration, jars, licence."""
    found: dict[str, Path | bytes] = {}
    for layer, place in release.layers.items():
        for file in (dist / layer).rglob("*"):
            if file.is_file():
                found[str(PurePosixPath(place) / file.relative_to(dist / layer).as_posix())] = file
    for name, words in release.tools.items():
        found[f"bin/{name}.sh"] = LAUNCHER.format(words).encode()
    for jar in jars.glob("*.jar"):
        found[jar.name if fnmatch(jar.name, release.top_jars) else f"libs/{jar.name}"] = jar
    return found | _legal(jars)


def _legal(jars: Path) -> dict[str, bytes]:
    """Return Apache's licence and notice as the broker's jar carries them."""
    with zipfile.ZipFile(next(jars.glob("kafka_*.jar"))) as broker:
        return {name: broker.read(name) for name in ("LICENSE", "NOTICE")}


def pack(top: str, content: Mapping[str, Path | bytes], target: Path) -> None:
    """Write a gzipped tar whose bytes depend on names and content alone."""
    folders = {str(folder) for name in content for folder in PurePosixPath(name).parents}
    with (
        target.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", compresslevel=LEVEL, fileobj=file, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.GNU_FORMAT) as tar,
    ):
        for name in sorted(folders | set(content)):
            _add(tar, str(PurePosixPath(top) / name), content.get(name))


def _add(tar: tarfile.TarFile, name: str, source: Path | bytes | None) -> None:
    """Add a folder (no source), a file or some bytes."""
    info = tarfile.TarInfo(name)
    info.mtime, info.uid, info.gid = MTIME, OWNER, OWNER
    info.mode = 0o755 if source is None or name.endswith(".sh") else 0o644
    if source is None:
        info.type = tarfile.DIRTYPE
        tar.addfile(info)
        return
    data = source.read_bytes() if isinstance(source, Path) else source
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))
