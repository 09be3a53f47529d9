"""Tree listing: what an extraction on a host writes about a tree (library/tree.sh), made from the archive itself."""

import hashlib
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from kafka_fab.frozen_value import dataclass

MARK, MANIFEST, CONTENTS = ".kafka-fab", ".kafka-fab.manifest", ".kafka-fab.sums"


@dataclass(frozen=True)
class Item:
    """A thing in a tree: a directory (d), a file (f) or a link (l)."""

    name: str
    type: str
    mode: int
    mtime: int = 0
    content: bytes = b""
    target: str = ""

    @property
    def line(self) -> str:
        """Return its line in the manifest."""
        # A link has all rights, whatever an archive says.
        head = f"{self.name}|{self.type}|0:0 {0o777 if self.type == 'l' else self.mode:o}"
        if self.type == "d" or self.name.startswith("config/"):
            return head
        size = len(self.target) if self.type == "l" else len(self.content)
        return f"{head}|{size}|{self.mtime}|{self.target}"


def items(archive: Path) -> tuple[Item, ...]:
    """Return what an archive holds below its one folder, as tar extracts it for root with the umask 022.

    Raise ValueError where it is no archive of a tree.
    """
    found: dict[str, Item] = {}
    try:
        with tarfile.open(archive) as opened:
            for member in opened:
                _add(found, opened, member)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ValueError(str(error)) from error
    for above in [parent for name in found for parent in _parents(name)]:
        found.setdefault(above, Item(above, "d", 0o755))
    return tuple(found[name] for name in sorted(found))


def _add(found: dict[str, Item], opened: tarfile.TarFile, member: tarfile.TarInfo) -> None:
    parts = PurePosixPath(member.name).parts
    if ".." in parts or member.name.startswith("/"):
        raise ValueError(f"{member.name} is outside its folder")
    name, mode, mtime = "/".join(parts[1:]), member.mode & 0o755, int(member.mtime)
    if not name:
        return
    if member.isdir():
        found[name] = Item(name, "d", mode)
    elif member.issym():
        found[name] = Item(name, "l", 0o777, mtime, target=member.linkname)
    elif content := opened.extractfile(member):
        found[name] = Item(name, "f", mode, mtime, content.read())


def _parents(name: str) -> Iterator[str]:
    yield from (str(parent) for parent in PurePosixPath(name).parents if str(parent) != ".")


def listed(tree: Iterable[Item], checksum: str) -> tuple[Item, ...]:
    """Return a tree with what an extraction adds: its mark, its sums and its manifest."""
    whole = tuple(tree)
    made = newest(whole)
    sums = Item(CONTENTS, "f", 0o644, made, _sums(whole).encode())
    top = Item("", "d", 0o755)
    lines = [item.line for item in (top, *whole, sums) if item.name.partition("/")[0] != "logs"]
    manifest = Item(MANIFEST, "f", 0o644, made, "".join(f"{line}\n" for line in lines).encode())
    return (*whole, Item(MARK, "f", 0o644, made, f"{checksum}\nlisted\n".encode()), sums, manifest)


def _sums(tree: Iterable[Item]) -> str:
    kept = (item for item in tree if item.type == "f" and item.name.partition("/")[0] not in ("logs", "config"))
    return "".join(f"{hashlib.sha256(item.content).hexdigest()}  ./{item.name}\n" for item in kept)


def newest(tree: Iterable[Item]) -> int:
    """Return the time of the newest thing in a tree."""
    return max((item.mtime for item in tree), default=0)
