"""A temporary folder as a host, on which the library is run by every shell that is here."""

import grp
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from shlex import join

from kafka_fab.cluster.change import Change, ChangeReader
from kafka_fab.cluster.resource import File, Resource
from kafka_fab.remote import script

USER = pwd.getpwuid(os.getuid()).pw_name
GROUP = grp.getgrgid(os.getgid()).gr_name
LIBRARY = script.library()
SHELLS = {"sh": ["sh"], "bash": ["bash", "--posix"], "busybox": ["busybox", "sh"]}
HERE = [name for name in SHELLS if shutil.which(name)]


@dataclass
class Said:
    """What a script said, and how it ended."""

    status: int
    changes: list[Change]
    output: str

    @property
    def words(self) -> list[tuple[str, str]]:
        return [(change.status, change.kind) for change in self.changes]

    @property
    def only(self) -> Change:
        [change] = self.changes
        return change


class Host:
    """A temporary folder as a host: stub commands come first on its PATH."""

    def __init__(self, folder: Path, shell: str) -> None:
        self.folder, self.shell = folder, SHELLS[shell]
        (folder / "bin").mkdir()
        (folder / "units").mkdir()
        self.stub("sync", ":")

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def stub(self, name: str, body: str) -> None:
        file = self.folder / "bin" / name
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(0o755)

    def run(self, body: str, apply: bool = True) -> Said:
        return self._said(f"APPLY={int(apply)}\n{LIBRARY}\nmain() {{\n{body}\n}}\nmain </dev/null\n")

    def bring(self, *items: Resource, apply: bool = True) -> Said:
        """Bring resources about by the script that a host gets, which asks at once and keeps the answers."""
        return self._said(script.converge(items, apply))

    def _said(self, text: str) -> Said:
        own = f"STATE={self / 'state'}\nlock_host() {{ :; }}\nwatch() {{ :; }}\nmain() {{\n"
        text = text.replace("/etc/systemd/system", str(self / "units"))
        done = subprocess.run(
            [*self.shell, "-s"], input=text.replace("main() {\n", own, 1),
            env={"PATH": f"{self / 'bin'}:{os.environ['PATH']}", "HOME": str(self.folder)},
            capture_output=True, text=True, check=False, timeout=20, start_new_session=True,
        )  # fmt: skip
        reader = ChangeReader()
        changes = list(filter(None, map(reader.feed, done.stdout.splitlines())))
        return Said(done.returncode, changes, done.stdout + done.stderr)

    def want(self, function: str, *words: object, apply: bool = True) -> Change:
        return self.run(join([f"want_{function}", *map(str, words)]), apply).only

    def file(self, path: Path, content: str, mode: str = "640", secret: bool = False, apply: bool = True) -> Change:
        return self.run(script.call(File(str(path), content, USER, GROUP, mode, secret)), apply).only

    def differ(self, old: str, new: str, secret: bool = False) -> str:
        """The diff that a plan shows."""
        (self / "f").write_text(old)
        return "\n".join(self.file(self / "f", new, secret=secret, apply=False).diff)

    def tree(self) -> dict[str, tuple[int, int, str]]:
        """Everything below the folder, as it is."""
        return {
            str(path): (path.lstat().st_mode, path.lstat().st_mtime_ns, content(path))
            for path in self.folder.rglob("*")
        }


def content(path: Path) -> str:
    if path.is_symlink():
        return str(path.readlink())
    return path.read_bytes().hex() if path.is_file() else ""


def mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):o}"
