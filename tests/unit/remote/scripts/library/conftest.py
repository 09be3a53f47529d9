"""A host for each shell that is here, a mirror with an archive, and a service that runs."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.unit.remote.scripts.library.host import HERE, Host
from tests.unit.remote.scripts.library.mirror import Mirror, Quiet
from tests.unit.remote.scripts.library.services import Running


@pytest.fixture(params=HERE)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Host:
    made = Host(tmp_path, request.param)
    # No package owns anything, and systemd knows no unit.
    made.stub("dpkg-query", "exit 1")
    made.stub("rpm", "exit 1")
    made.stub("systemctl", "exit 0")
    return made


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mirror, Any]]:
    folder = tmp_path_factory.mktemp("mirror")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as serving:
        serving.cut = False  # type: ignore[attr-defined]
        threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield Mirror(folder, serving.server_port), serving
        serving.shutdown()


@pytest.fixture
def mirror(server: tuple[Mirror, Any]) -> Mirror:
    for old in server[0].folder.glob("k.tgz.*"):
        old.unlink()
    server[1].cut = False
    return server[0]


@pytest.fixture
def running(host: Host) -> Iterator[Running]:
    broker = Running(host)
    yield broker
    broker.process.kill()
    broker.process.wait()
