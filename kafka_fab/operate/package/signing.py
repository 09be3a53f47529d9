"""Signing: what gpg signs of a repository, with a key that is read from a file for this once."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from invoke.exceptions import Exit

from kafka_fab.frozen_value import dataclass

# The pass phrase of the key: in no file of the cluster's, and on no command line.
VARIABLE = "KAFKA_FAB_PACKAGE_PASSPHRASE"
MISSING = "gpg is not installed, which signs a repository: install gnupg, or leave --key out"
TIME_LIMIT = 60


@dataclass(frozen=True)
class SigningKey:
    """A key ring that holds the one key, and lasts as long as the task."""

    home: Path
    program: str

    def clear(self, file: Path, to: Path) -> None:
        """Write a file with its signature around it."""
        self._sign("--clearsign", file, to)

    def detached(self, file: Path, to: Path) -> None:
        """Write a file's signature."""
        self._sign("--detach-sign", file, to)

    def open(self, key: Path) -> None:
        """Read the key, and sign with it once: a wrong pass phrase is said before anything is built."""
        self._gpg("--import", str(key))
        first = self.home / "first"
        first.touch()
        self.detached(first, self.home / "first.asc")

    def public(self) -> bytes:
        """Return the public key, which hosts trust."""
        return self._gpg("--armor", "--export")

    def _sign(self, how: str, file: Path, to: Path) -> None:
        draft = to.with_name(f".{to.name}.new")
        self._gpg(
            "--pinentry-mode", "loopback", "--passphrase-fd", "0", "--armor", how, "--output", str(draft), str(file)
        )
        draft.replace(to)

    def _gpg(self, *words: str) -> bytes:
        argv = [self.program, "--homedir", str(self.home), "--batch", "--yes", "--quiet", *words]
        ended = subprocess.run(argv, input=passphrase().encode(), capture_output=True, check=False, timeout=TIME_LIMIT)
        if ended.returncode:
            said = " ".join(ended.stderr.decode(errors="replace").split())
            raise Exit(f"gpg could not sign: {said}; the key's pass phrase is read from {VARIABLE}", code=1)
        return ended.stdout


def passphrase() -> str:
    """Return the key's pass phrase."""
    return os.environ.get(VARIABLE, "")


@contextmanager
def signer(key: Path) -> Iterator[SigningKey]:
    """Yield what signs with a key's file; raise Exit where it cannot."""
    program = shutil.which("gpg")
    if not program:
        raise Exit(MISSING, code=1)
    with tempfile.TemporaryDirectory(prefix="kafka-fab-") as home:
        found = SigningKey(Path(home), program)
        try:
            found.open(key)
            yield found
        finally:
            subprocess.run(
                ["gpgconf", "--homedir", home, "--kill", "all"], capture_output=True, check=False, timeout=TIME_LIMIT
            )
