"""Secret reader: the secret that a source names, read once a run; an error never shows it."""

import os
import stat
import subprocess
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from kafka_fab.cluster.encode import controls
from kafka_fab.cluster.schema import text_file
from kafka_fab.cluster.schema.problem import ConfigError, Problem
from kafka_fab.cluster.values.secret_source import ENVIRONMENT, FILE, KEYRING, SecretSource
from kafka_fab.cluster.values.secret_value import Secret
from kafka_fab.frozen_value import dataclass
from kafka_fab.runbook.codes import ConfigCode

SECONDS = 30.0
MOST_BYTES = 64 << 10
SHOWN_ERROR = 500
READABLE_BY_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True)
class SecretProblem(Problem):
    """Why a secret cannot be read; the place is its source."""

    @property
    def code(self) -> ConfigCode:
        """Return the code of all such problems."""
        return ConfigCode.SECRET


class SecretUnavailable(ConfigError):
    """A secret that its source does not give."""


@cache
def secret(source: SecretSource, folder: Path) -> Secret:
    """Return the secret of a source; a relative path, and a command, start at the cluster's folder.

    Raise SecretUnavailable. A command runs once a run, however many ask.
    """
    data = _of_command(source, folder) if source.command else READERS[source.scheme](source, folder)
    return Secret(_text(source, data))


def _of_environment(source: SecretSource, _: Path) -> bytes:
    value = os.environ.get(source.place)
    if value is None:
        _refuse(source, f"the environment variable is not set: export {source.place}")
    return os.fsencode(value)


def _of_file(source: SecretSource, folder: Path) -> bytes:
    file = folder / Path(source.place).expanduser()
    try:
        with open(file, "rb", opener=_without_waiting) as content:
            _refuse_open_to_others(source, file, os.fstat(content.fileno()))
            return content.read(MOST_BYTES + 1)
    except FileNotFoundError:
        _refuse(source, "there is no such file: write the secret into it, with mode 600")
    except (OSError, ValueError) as error:
        _refuse(source, text_file.unreadable(file, error if isinstance(error, OSError) else OSError(str(error))))


def _without_waiting(file: str, flags: int) -> int:
    # Nobody may ever write into a pipe.
    return os.open(file, flags | os.O_NONBLOCK)


def _refuse_open_to_others(source: SecretSource, file: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        _refuse(source, "is not a regular file: name a file that has the secret")
    if status.st_mode & READABLE_BY_OTHERS:
        mode = f"{stat.S_IMODE(status.st_mode):03o}"
        _refuse(source, f"has mode {mode}, so that its group or others can use it: run `chmod 600 {file}`")
    if status.st_uid not in (0, os.geteuid()):
        _refuse(source, "belongs to another user: it must be yours or root's")


def _of_keyring(source: SecretSource, _: Path) -> bytes:
    service, _slash, user = source.place.rpartition("/")
    try:
        keyring: Any = import_module("keyring")
        errors: Any = import_module("keyring.errors")
    except ImportError:
        _refuse(source, "the Python package keyring is not installed beside kafka-fab: run `pip install keyring`")
    try:
        found = keyring.get_password(service, user)
    except errors.KeyringError as error:
        _refuse(source, f"the keyring cannot be read: {error}; unlock it, or use a file or a command")
    if found is None:
        _refuse(source, f"the keyring has no such entry: run `keyring set {service} {user}`")
    return str(found).encode()


def _of_command(source: SecretSource, folder: Path) -> bytes:
    try:
        process = subprocess.Popen(
            source.command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        _refuse(source, f"cannot be started: {reason}; the first word must be a program in PATH")
    try:
        output, errors = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        _refuse(source, f"timed out after {SECONDS:.0f} s: run it by hand to see what it waits for")
    finally:
        _end(process)
    if process.returncode:
        _refuse(source, f"ended with exit code {process.returncode}{_said(errors)}")
    return output


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a command; what it has started may hold its pipes longer, and is not waited for."""
    process.kill()
    for pipe in (process.stdout, process.stderr):
        if pipe:
            pipe.close()
    process.wait()


def _said(errors: bytes) -> str:
    words = " ".join(errors.decode(errors="replace").split())
    return f": {words[-SHOWN_ERROR:]}" if words else " and no message: run it by hand to see why"


def _text(source: SecretSource, data: bytes) -> str:
    """Return the text of what was read, without the line end after it."""
    if len(data) > MOST_BYTES:
        _refuse(source, f"gives more than {MOST_BYTES >> 10} KiB, which is no password")
    text = _decoded(data)
    if text is None:
        _refuse(source, "is not UTF-8 text: save it in that encoding")
    if not text:
        _refuse(source, "gives nothing: the secret is empty")
    if controls(text):
        _refuse(source, "gives several lines or control characters: the secret must be one line of text")
    return text


def _decoded(data: bytes) -> str | None:
    # The error has the bytes: it must not become the context of another one.
    try:
        return data.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        return None


def _refuse(source: SecretSource, text: str) -> NoReturn:
    raise SecretUnavailable([SecretProblem(str(source), 0, text)]) from None


READERS: Mapping[str, Callable[[SecretSource, Path], bytes]] = {
    ENVIRONMENT: _of_environment,
    FILE: _of_file,
    KEYRING: _of_keyring,
}
