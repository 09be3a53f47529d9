"""Bundle archive: the parts of a bundle in one file, readable by its owner only."""

import io
import os
import tarfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from kafka_fab.operate.bundle.parts import Collected


def write(file: Path, folder: str, taken: Iterable[Collected]) -> None:
    """Write a bundle, completely or not at all."""
    with _draft(file) as stream:
        with tarfile.open(fileobj=stream, mode="w:gz") as archive:
            for one in taken:
                for part in one.parts:
                    _add(archive, "/".join(filter(None, (folder, one.where, part.name))), part.content)
        stream.flush()
        os.fsync(stream.fileno())


@contextmanager
def _draft(file: Path) -> Iterator[IO[bytes]]:
    """Yield a temporary file that is renamed at the end."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            yield stream
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(content), 0o600, int(time.time())
    archive.addfile(entry, io.BytesIO(content))
