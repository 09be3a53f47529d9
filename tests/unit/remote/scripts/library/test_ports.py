"""ports.sh: who listens where a unit will."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.remote.scripts.library.host import Host


@pytest.fixture
def listening() -> Iterator[int]:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield int(server.getsockname()[1])


@pytest.fixture(params=["ss", "proc"])
def ports(request: pytest.FixtureRequest, host: Host) -> None:
    """A host that has ss, and one that has not."""
    if request.param == "proc":
        host.stub("ss", "exit 127")


@pytest.mark.usefixtures("ports")
def test_a_port_of_a_stranger(listening: int, host: Host) -> None:
    host.stub("systemctl", "echo 0")
    change = host.want("port", listening, "kafka")
    assert change.status == "failed"
    assert f"(process {os.getpid()}) listens on port {listening}, which kafka needs" in change.detail
    assert Path(f"/proc/{os.getpid()}/cmdline").read_bytes().split(b"\0")[0].decode()[:40] in change.detail


@pytest.mark.usefixtures("ports")
def test_a_port_of_the_unit_itself(listening: int, host: Host) -> None:
    host.stub("systemctl", f"echo {os.getpid()}")
    assert host.want("port", listening, "kafka").status == "ok"


@pytest.mark.usefixtures("ports")
def test_a_free_port(host: Host) -> None:
    with closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))
        assert host.want("port", bound.getsockname()[1], "kafka").status == "ok", "bound is not listening"


def test_a_port_whose_end_is_another_s(listening: int, host: Host) -> None:
    host.stub("systemctl", "echo 0")
    assert host.want("port", listening % 10000, "kafka").status == "ok"
    assert host.want("port", f"1{listening}", "kafka").status == "ok"


@pytest.mark.usefixtures("ports")
def test_a_port_over_ipv6(host: Host) -> None:
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 here")
    host.stub("systemctl", "echo 0")
    with closing(server):
        assert host.want("port", server.getsockname()[1], "kafka").status == "failed"
