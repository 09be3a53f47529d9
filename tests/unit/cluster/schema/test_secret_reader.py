"""Secrets: each source gives its secret, each refusal is a sentence, and none of them shows the secret."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from kafka_fab.cluster.schema import dataclass_loader, secret_reader
from kafka_fab.cluster.schema.problem import Problem
from kafka_fab.cluster.schema.secret_reader import SecretUnavailable, secret
from kafka_fab.cluster.settings import checked
from kafka_fab.cluster.values.secret_source import SecretSource
from kafka_fab.cluster.values.secret_value import Secret
from kafka_fab.frozen_value import dataclass

MARKER = "marker-5f1d"


@dataclass(frozen=True)
class Block:
    """A block of settings with a secret."""

    password_from: SecretSource = checked(SecretSource(), None)


@pytest.fixture(autouse=True)
def _read_again() -> Iterator[None]:
    yield
    secret.cache_clear()


def refusal(source: SecretSource, folder: Path) -> str:
    with pytest.raises(SecretUnavailable) as error:
        secret(source, folder)
    shown = f"{error.value}{error.value!r}{error.value.__cause__!r}"
    assert MARKER not in shown
    assert str(error.value).endswith("[C6]")
    return str(error.value)


def program(folder: Path, text: str) -> SecretSource:
    return SecretSource(command=("sh", "-c", text))


def a_file(folder: Path, content: bytes, mode: int = 0o600) -> SecretSource:
    file = folder / "word"
    file.write_bytes(content)
    file.chmod(mode)
    return SecretSource("file:word")


def test_a_secret_is_shown_by_nothing_but_reveal() -> None:
    found = Secret(MARKER)
    assert found.reveal() == MARKER
    assert f"{found} {found!r} {[found]} {found!s:>9} {SimpleNamespace(a=found)}".count("(hidden)") == 5
    assert (found, bool(found), bool(Secret(""))) == (Secret(MARKER), True, False)


def test_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WORD", f"{MARKER} ü")
    assert secret(SecretSource("env:WORD"), tmp_path).reveal() == f"{MARKER} ü"
    monkeypatch.delenv("WORD")
    secret.cache_clear()
    assert refusal(SecretSource("env:WORD"), tmp_path) == (
        "env:WORD: the environment variable is not set: export WORD [C6]"
    )
    monkeypatch.setenv("WORD", "")
    assert "the secret is empty" in refusal(SecretSource("env:WORD"), tmp_path)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_file_loses_its_last_line_end_alone(tmp_path: Path, end: bytes) -> None:
    assert secret(a_file(tmp_path, f" {MARKER} ".encode() + end), tmp_path).reveal() == f" {MARKER} "


def test_a_file_in_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    a_file(tmp_path, MARKER.encode())
    assert secret(SecretSource("file:~/word"), Path("/")).reveal() == MARKER


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610, 0o601])
def test_a_file_that_others_can_use_is_refused(tmp_path: Path, mode: int) -> None:
    text = refusal(a_file(tmp_path, MARKER.encode(), mode), tmp_path)
    assert f"has mode {mode:03o}, so that its group or others can use it: run `chmod 600 {tmp_path}/word`" in text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the secret is empty"),
        (b"\n", "the secret is empty"),
        (b"a\nmarker-5f1d\n", "must be one line of text"),
        (b"marker-5f1d\x00", "must be one line of text"),
        (b"marker-5f1d\xff", "is not UTF-8 text"),
        (b"marker-5f1d" * 9999, "more than 64 KiB"),
    ],
)
def test_what_is_no_password_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    assert reason in refusal(a_file(tmp_path, content), tmp_path)


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "there is no such file" in refusal(SecretSource("file:none"), tmp_path)
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "is not a regular file" in refusal(SecretSource("file:pipe"), tmp_path)
    (tmp_path / "folder").mkdir(mode=0o700)
    assert "is a directory" in refusal(SecretSource("file:folder"), tmp_path)
    source = a_file(tmp_path, MARKER.encode())
    somebody = os.stat_result((stat.S_IFREG | 0o600, 0, 0, 0, os.geteuid() + 1, *[0] * 5))
    monkeypatch.setattr(os, "fstat", lambda _: somebody)
    assert "belongs to another user" in refusal(source, tmp_path)


def test_a_command(tmp_path: Path) -> None:
    a_file(tmp_path, MARKER.encode())
    assert secret(program(tmp_path, "cat word; echo warned >&2"), tmp_path).reveal() == MARKER


def test_a_command_runs_once_a_run(tmp_path: Path) -> None:
    source = program(tmp_path, "echo x >>runs; wc -l <runs")
    assert secret(source, tmp_path).reveal() == secret(SecretSource("", source.command), tmp_path).reveal()


def test_a_command_has_no_input_and_no_shell(tmp_path: Path) -> None:
    assert secret(program(tmp_path, "cat; echo end"), tmp_path).reveal() == "end"
    assert secret(SecretSource(command=("echo", "$HOME;")), tmp_path).reveal() == "$HOME;"


def test_a_command_that_fails(tmp_path: Path) -> None:
    text = refusal(program(tmp_path, f"echo {MARKER[:6]}5f1d; echo 'not logged in' >&2; exit 3"), tmp_path)
    assert text == "command: sh: ended with exit code 3: not logged in [C6]"
    assert "and no message" in refusal(program(tmp_path, "exit 3"), tmp_path)
    assert "cannot be started: No such file" in refusal(SecretSource(command=("no-such-program",)), tmp_path)
    assert "cannot be started" in refusal(SecretSource(command=("a\0b",)), tmp_path)
    assert "the secret is empty" in refusal(program(tmp_path, "true"), tmp_path)


def test_a_command_that_hangs_ends_even_if_what_it_started_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secret_reader, "SECONDS", 0.3)
    began = time.monotonic()
    assert "timed out" in refusal(program(tmp_path, "sleep 7 & sleep 7"), tmp_path)
    assert time.monotonic() - began < 5


class FakeKeyring(ModuleType):
    """The package, with one entry."""

    class KeyringError(Exception):
        """As the package's own."""

    def __init__(self) -> None:
        super().__init__("keyring")
        self.is_locked = False

    def get_password(self, service: str, user: str) -> str | None:
        if self.is_locked:
            raise self.KeyringError("it is locked")
        return MARKER if (service, user) == ("https://vault/x", "fab") else None


def test_the_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeKeyring()
    monkeypatch.setitem(sys.modules, "keyring", fake)
    monkeypatch.setitem(sys.modules, "keyring.errors", fake)
    source = SecretSource("keyring:https://vault/x/fab")
    assert secret(source, tmp_path).reveal() == MARKER
    assert "run `keyring set a b`" in refusal(SecretSource("keyring:a/b"), tmp_path)
    fake.is_locked = True
    secret.cache_clear()
    assert "cannot be read: it is locked" in refusal(source, tmp_path)


def test_without_the_keyring_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert "pip install keyring" in refusal(SecretSource("keyring:a/b"), tmp_path)


def loaded(text: str) -> tuple[SecretSource, list[Problem]]:
    tree, problems = dataclass_loader.read(text, "conf/cluster.yaml")
    return dataclass_loader.fill(Block, tree, problems, "tool.").password_from, problems


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("password_from: env:WORD", SecretSource("env:WORD")),
        ("password_from: 'file:~/a b'", SecretSource("file:~/a b")),
        ("password_from: keyring:kafka/fab", SecretSource("keyring:kafka/fab")),
        ("password_from: {command: [vault, -n, 7, yes]}", SecretSource(command=("vault", "-n", "7", "yes"))),
    ],
)
def test_the_forms_of_a_setting(text: str, source: SecretSource) -> None:
    assert loaded(text) == (source, [])


@pytest.mark.parametrize(
    "text",
    [
        f"password_from: {MARKER}",
        "password_from: 12345678",
        "password_from: true",
        "password_from:",
        f"password_from: env:{MARKER}",
        "password_from: 'env:'",
        "password_from: 'file:'",
        "password_from: keyring:fab",
        f"password_from: vault:{MARKER}",
        f"password_from: [{MARKER}]",
        f"password_from: {{command: {MARKER}}}",
        "password_from: {command: []}",
        "password_from: {command: ['']}",
        "password_from: {command: [[a]]}",
        "password_from: {command: [a, [b]]}",
        f"password_from: {{command: [a], text: {MARKER}}}",
        f"password_from: {{text: env:{MARKER}}}",
    ],
)
def test_what_is_no_source_is_refused_and_not_shown(text: str) -> None:
    source, [problem] = loaded(text)
    assert not source
    assert str(problem) == (
        "conf/cluster.yaml:1: tool.password_from: must be env:NAME, file:PATH, keyring:SERVICE/USER or {command: "
        "[PROGRAM, ARGUMENT, ...]}; the secret itself must not be in this file [C2]"
    )
