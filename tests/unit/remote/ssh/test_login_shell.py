"""The login: whatever its shell is and prints, a script has its own environment, and its answer a frame."""

import os
import shutil
import subprocess
from pathlib import Path
from shlex import quote
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_fab.remote.channel.frame import FrameReader
from kafka_fab.remote.channel.login_shell import PATH, as_root, by_sudo
from tests.infra.framed import framed

MARK = "0123456789abcdef0123456789abcdef"
SHELLS = ("bash", "dash", "zsh", "fish", "tcsh", "ksh", "mksh", "busybox sh", "rbash")
HERE = [shell for shell in SHELLS if shutil.which(shell.split()[0])]
HARMFUL = {
    "TMOUT": "1", "TMPDIR": "/nowhere", "ENV": "/nowhere", "BASH_ENV": "/nowhere", "CDPATH": "/tmp", "LC_ALL": "xx_YY",
    "GREP_OPTIONS": "-v", "POSIXLY_CORRECT": "1", "JAVA_TOOL_OPTIONS": "-Xmx1m", "KAFKA_HEAP_OPTS": "-Xmx1m",
    "PATH": "/usr/bin:/bin", "IFS": "x", "SHELLOPTS": "noclobber", "BASH_FUNC_printf%%": "() { false; }",
}  # fmt: skip
READ = "umask; env; echo said >&2; exit 7"


def told(words: list[str], text: str, **more: str) -> tuple[FrameReader, list[str], list[str]]:
    """Return what a login shell lets through of a script: its frame, its output, its complaints."""
    ended = subprocess.run(
        ["sh", "-c", 'umask 077; exec "$@"', "sh", *words], input=text.encode(), capture_output=True, check=False,
        timeout=20, env={**HARMFUL, **more},
    )  # fmt: skip
    out, err = FrameReader(MARK), FrameReader(MARK)
    return out, list(out.feed(ended.stdout)), list(err.feed(ended.stderr))


@pytest.mark.parametrize("shell", HERE)
@pytest.mark.parametrize("way", ["root", "sudo"])
def test_the_environment_is_our_own(shell: str, way: str, tmp_path: Path) -> None:
    (tmp_path / "sudo").write_text('#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done; shift; exec "$@"\n')
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    for stub in ("sudo", "id"):
        (tmp_path / stub).chmod(0o755)
    words = as_root(MARK, "sh -s") if way == "root" else by_sudo(MARK, "sh -s", with_password=False)
    words = words.replace(f"PATH={PATH}:$PATH", f"PATH={tmp_path}:$PATH")
    head = "" if way == "root" else f"{MARK}\n"
    frame, lines, complaints = told([*shell.split(), "-c", words], head + READ, HOME=str(tmp_path), http_proxy="a b")
    found = dict(line.split("=", 1) for line in lines[1:])
    assert (frame.status, lines[0], complaints) == (7, "0022", ["said"])
    for shells_own in ("SHLVL", "_", "OLDPWD"):
        found.pop(shells_own, None)
    assert found == {
        "PATH": PATH, "LC_ALL": "C", "HOME": str(tmp_path), "SHELL": "/bin/sh", "PWD": "/", "http_proxy": "a b",
    }  # fmt: skip


@pytest.mark.parametrize("streams", [">&1", ">&2"])
@pytest.mark.parametrize("ending", ["\\n", ""])
def test_what_a_bashrc_prints_is_not_the_scripts(streams: str, ending: str, tmp_path: Path) -> None:
    """Before, after at its exit, and with an exit status of its own."""
    (tmp_path / "rc").write_text(
        f"printf 'ok\\tstate\\tWelcome{ending}' {streams}; trap 'printf bye {streams}; exit 3' EXIT\n"
    )
    words = f". {tmp_path}/rc; {as_root(MARK, 'sh -s')}"
    frame, lines, complaints = told(["bash", "-c", words], "echo one; printf two; echo x >&2; exit 5")
    assert (frame.status, lines, complaints) == (5, ["one", "two"], ["x"])


def test_a_terminal_is_given_without_its_streams(tmp_path: Path) -> None:
    """Sudo finds a controlling terminal, and what it is told and says goes on through pipes."""
    look = "ps -o tty= -p $$ | grep -q pts || exit 9; [ ! -t 0 ] && [ ! -t 1 ] && [ ! -t 2 ] || exit 8"
    (tmp_path / "sudo").write_text(f'#!/bin/sh\n{look}\nwhile [ "$1" != -- ]; do shift; done; shift; exec "$@"\n')
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    for stub in ("sudo", "id"):
        (tmp_path / stub).chmod(0o755)
    words = by_sudo(MARK, "sh -s", with_password=False, with_terminal=True)
    words = words.replace(f"PATH={PATH}:$PATH", f"PATH={tmp_path}:$PATH")
    frame, lines, complaints = told(["sh", "-c", words], f"{MARK}\necho one; echo x >&2; exit 5\n")
    assert (frame.status, lines, complaints) == (5, ["one"], ["x"])


@given(st.text(st.characters(exclude_categories=["Cs"])), st.binary(), st.integers(1, 50))
def test_a_frame_gives_back_what_was_said(text: str, before: bytes, size: int) -> None:
    sent = before + f"\n{MARK}\n{text}\n{MARK} 0\nafter\n".encode()
    frame, lines = FrameReader(MARK), list[str]()
    for at in range(0, len(sent), size):
        lines += frame.feed(sent[at : at + size])
    assert "\n".join([*lines, *frame.end]) == text
    assert (frame.status, frame.foreign) == (0, before)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_frame_that_is_cut_off_gives_back_what_came(text: str) -> None:
    frame = FrameReader(MARK)
    lines = list(frame.feed(f"\n{MARK}\n{text}".encode()))
    assert "\n".join([*lines, *frame.end]) == text
    assert frame.status is None


def test_the_marks_of_standard_error_in_its_place_are_nobodys_words() -> None:
    """A login's `exec 2>&1`."""
    frame = FrameReader(MARK)
    said = f"hello\n\n{MARK}\n\n{MARK}\none\ntwo\n\n{MARK} 3\n\n{MARK} 3\n"
    assert [*frame.feed(said.encode()), *frame.end] == ["one", "two", ""]
    assert (frame.status, frame.foreign) == (3, b"hello\n")


def test_without_a_mark_all_is_foreign() -> None:
    frame = FrameReader(MARK)
    assert list(frame.feed(b"Welcome\nto the host")) == []
    assert (frame.begun, frame.foreign, frame.end) == (False, b"Welcome\nto the host", [""])


def test_the_shells_are_tried_where_they_are() -> None:
    assert {"bash", "dash"} <= set(HERE), os.environ["PATH"]


class Backend:
    """As testinfra's of a login that is loud: it prints around what it is asked, and ends with a status of its own."""

    def __init__(self, runs: bool = True) -> None:
        self.runs = runs

    def quote(self, command: str, *args: str) -> str:
        return command % tuple(map(quote, args)) if args else command

    def run(self, command: str) -> Any:
        text = f"echo Welcome; echo mind >&2; trap 'printf bye; exit 9' EXIT; {command if self.runs else 'exit'}"
        ended = subprocess.run(["bash", "-c", text], capture_output=True, check=False, timeout=20)
        return SimpleNamespace(rc=ended.returncode, stdout_bytes=ended.stdout, stderr_bytes=ended.stderr)

    def result(self, status: int, _command: bytes, stdout: bytes, stderr: bytes) -> Any:
        return SimpleNamespace(rc=status, stdout_bytes=stdout, stderr_bytes=stderr)


def test_a_spec_s_command_is_framed() -> None:
    host: Any = framed(cast("Any", SimpleNamespace(backend=Backend())))
    said = host.backend.run("echo %s; echo no >&2; exit 3", "a 'b'")
    assert (said.rc, said.stdout_bytes, said.stderr_bytes) == (3, b"a 'b'\n", b"no\n")


def test_a_spec_that_cannot_be_asked_shows_why() -> None:
    host: Any = framed(cast("Any", SimpleNamespace(backend=Backend(runs=False))))
    assert host.backend.run("id").stdout_bytes == b"Welcome\nbye"
