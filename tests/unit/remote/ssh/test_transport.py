"""Transport: by which algorithms and ways we ask to be let in, as ssh_config has it; a ProxyCommand that ends."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import paramiko
import pytest
from paramiko.ssh_exception import AuthenticationException, BadAuthenticationType

from kafka_fab.remote.ssh.failure import HostFailure
from kafka_fab.remote.ssh.host_key import HostIdentity
from kafka_fab.remote.ssh.openssh import OpenSSH
from kafka_fab.remote.ssh.proxy_command import Proxy
from kafka_fab.remote.ssh.transport import HungUp, Transport

KEY = paramiko.ECDSAKey.generate()


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def transport(text: str) -> Any:
    Path("given").write_text(text)
    answer = OpenSSH(Path("nothing"), "given").ask("kafka1")
    return Transport(HostIdentity(answer, 22), SimpleNamespace(settimeout=lambda _: None, close=lambda: None))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("HostKeyAlgorithms ssh-rsa", "HostKeyAlgorithms"),
        ("Ciphers chacha20-poly1305@openssh.com", "Ciphers"),
        ("MACs umac-64@openssh.com", "MACs"),
        ("KexAlgorithms sntrup761x25519-sha512@openssh.com", "KexAlgorithms"),
    ],
)
def test_what_leaves_nothing_to_agree_on_is_refused(text: str, name: str) -> None:
    """It was passed over, and all that we have was offered."""
    value = text.split()[1]
    with pytest.raises(HostFailure, match=re.escape(f"{name} of the ssh_config of kafka1 allows nothing that")) as told:
        transport(text)
    assert f"({value})" in str(told.value)


class Said(list[str]):
    """What a host would be told, and that it lets in."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        for way in ("publickey", "password", "interactive"):
            monkeypatch.setattr(paramiko.Transport, f"auth_{way}", self._way(way))

    def _way(self, way: str) -> Any:
        def enter(*_: object) -> list[str]:
            self.append(way)
            return []

        return enter


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    return Said(monkeypatch)


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("", ["password"]),
        ("PasswordAuthentication no", ["interactive"]),
        ("PreferredAuthentications keyboard-interactive", ["interactive"]),
        ("PasswordAuthentication no\nKbdInteractiveAuthentication no", []),
        ("PreferredAuthentications publickey", []),
    ],
)
def test_ways_of_a_password(text: str, ways: list[str], said: Said) -> None:
    made = transport(text)
    if ways:
        made.auth_password("joe", "secret")
    else:
        with pytest.raises(AuthenticationException):
            made.auth_password("joe", "secret")
    assert said == ways


def test_a_password_that_is_not_enough_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paramiko.Transport, "auth_password", lambda *_: ["keyboard-interactive"])
    with pytest.raises(AuthenticationException, match="is not enough"):
        transport("").auth_password("joe", "secret")


def test_one_algorithm_by_two_names() -> None:
    made = transport("KexAlgorithms curve25519-sha256")
    assert made.get_security_options().kex == ("curve25519-sha256@libssh.org",)


def test_a_host_whose_key_is_not_proven_is_told_no_password(said: Said) -> None:
    made = transport("")
    made.proven = False
    with pytest.raises(AuthenticationException):
        made.auth_password("joe", "secret")
    assert said == []


def test_a_host_that_takes_no_keys_is_offered_one(monkeypatch: pytest.MonkeyPatch) -> None:
    offered = list[Any]()

    def refuse(*words: Any) -> list[str]:
        offered.append(words)
        raise BadAuthenticationType("x", ["password"])

    monkeypatch.setattr(paramiko.Transport, "auth_publickey", refuse)
    made = transport("")
    for _ in range(2):
        with pytest.raises(AuthenticationException):
            made.auth_publickey("joe", KEY)
    assert len(offered) == 1


def test_a_host_that_hangs_up_on_a_key_is_told_from_one_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang_up(*_: Any) -> list[str]:
        raise AuthenticationException("transport shut down or saw EOF")

    monkeypatch.setattr(paramiko.Transport, "auth_publickey", hang_up)
    with pytest.raises(HungUp):
        transport("").auth_publickey("joe", KEY)


@pytest.mark.parametrize(("more", "goes_on"), [(["password"], True), (["publickey"], False)])
def test_a_host_that_wants_more_than_a_key(more: list[str], goes_on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password may follow; where another key is wanted, the next one is offered."""
    monkeypatch.setattr(paramiko.Transport, "auth_publickey", lambda *_: more)
    if goes_on:
        assert transport("").auth_publickey("joe", KEY) == more
        return
    with pytest.raises(AuthenticationException):
        transport("").auth_publickey("joe", KEY)


def test_nobody_is_asked_at_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", pytest.fail)
    with pytest.raises(AuthenticationException):
        transport("").auth_interactive_dumb("joe")


# ProxyCommand


@pytest.fixture
def proxies() -> Iterator[Any]:
    made = list[Proxy]()

    def proxy(command: str) -> Proxy:
        made.append(Proxy(command))
        return made[-1]

    yield proxy
    for one in made:
        one.close()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("sh -c 'echo first; echo no way >&2; exit 1'", "has ended with status 1: no way"),
        ("sh -c 'exit 3'", "has ended with status 3, without output"),
        ("/nowhere/nc", "/nowhere/nc: "),
        ("sh -c 'kill -9 $$'", "has ended by signal 9, without output"),
    ],
)
def test_a_command_that_ends(command: str, said: str, proxies: Any) -> None:
    ending = proxies(command).ending()
    assert ending.startswith(f"its ProxyCommand `{command}` has ended ")
    assert said in ending


def test_a_command_that_goes_on(proxies: Any) -> None:
    proxy = proxies("sh -c 'echo odd >&2; exec cat'")
    proxy.socket.sendall(b"x")
    assert proxy.socket.recv(1) == b"x"
    assert proxy.ending() == ""
    assert proxy.silence().endswith("leads to nothing that speaks SSH: odd")


def test_a_command_ends_with_the_connection(proxies: Any) -> None:
    proxy = proxies("sh -c 'trap \"\" PIPE; sleep 100'")
    proxy.close()
    assert proxy._process.returncode is not None
    with pytest.raises(OSError):
        socket.fromfd(proxy.socket.fileno(), socket.AF_UNIX, socket.SOCK_STREAM)
