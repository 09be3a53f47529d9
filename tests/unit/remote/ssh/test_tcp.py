"""Dial: what AddressFamily and BindAddress leave no way for is told by name."""

import re
import socket
from collections.abc import Iterator

import pytest

from kafka_fab.remote.ssh import tcp
from kafka_fab.remote.ssh.failure import HostFailure
from kafka_fab.remote.ssh.openssh import SshConfig


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def answer(*lines: str) -> SshConfig:
    return SshConfig("kafka1", "\n".join(["hostname 127.0.0.1", "port 22", *lines]))


@pytest.mark.parametrize("lines", [["addressfamily inet"], ["bindaddress 127.0.0.2"]])
def test_a_way(lines: list[str], port: int) -> None:
    with tcp.dialled(answer(*lines), "127.0.0.1", port, 5) as made:
        assert made.getpeername() == ("127.0.0.1", port)


@pytest.mark.parametrize(
    ("line", "host", "words"),
    [
        (
            "addressfamily inet6",
            "127.0.0.1",
            "AddressFamily inet6 is set for kafka1, but 127.0.0.1 has no IPv6",
        ),
        ("addressfamily inet", "::1", "AddressFamily inet is set for kafka1, but ::1 has no IPv4 address"),
        (
            "bindaddress 192.0.2.1",
            "127.0.0.1",
            "BindAddress 192.0.2.1 is set for kafka1, from which this machine",
        ),
        ("bindaddress ::1", "127.0.0.1", "BindAddress ::1 is set for kafka1"),
        ("bindaddress odd.invalid", "127.0.0.1", "BindAddress odd.invalid is set for kafka1"),
    ],
)
def test_no_way(line: str, host: str, words: str, port: int) -> None:
    with pytest.raises(HostFailure, match=re.escape(words)) as told:
        tcp.dialled(answer(line), host, port, 5)
    assert "\n" not in str(told.value)


def test_a_name_without_any_address_is_told_as_such() -> None:
    with pytest.raises(socket.gaierror):
        tcp.dialled(answer("addressfamily inet6"), "odd.invalid", 22, 5)
