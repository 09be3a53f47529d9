"""Addresses of /proc/net/tcp: compared with those of real sockets of this machine."""

import socket
from pathlib import Path

import pytest

from kafka_fab.cluster.values import socket_table


@pytest.mark.parametrize(
    ("digits", "address"),
    [
        ("0100007F", "127.0.0.1"),
        ("0B00570A", "10.87.0.11"),
        ("0000000000000000FFFF00000B00570A", "10.87.0.11"),
        ("00000000000000000000000001000000", "::1"),
        ("000080FE00000000FF5A0002563412FE", "fe80::200:5aff:fe12:3456"),
    ],
)
def test_addresses_as_the_kernel_prints_them(digits: str, address: str) -> None:
    assert socket_table.address(digits) == address


def test_a_connection_of_this_machine_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        accepted, peer = server.accept()
        with accepted, Path("/proc/net/tcp").open(encoding="ascii") as table:
            rows = [line.split() for line in table]
        port = f"{server.getsockname()[1]:04X}"
        mine = [row[2].split(":") for row in rows if row[1].endswith(f":{port}") and row[3] == "01"]
        assert [(socket_table.address(digits), int(number, 16)) for digits, number in mine] == [peer]
        assert client.getsockname() == peer


@pytest.mark.parametrize("digits", ["", "0100007", "xyz", "0100007F00"])
def test_what_is_no_address_is_refused(digits: str) -> None:
    with pytest.raises(ValueError):
        socket_table.address(digits)
