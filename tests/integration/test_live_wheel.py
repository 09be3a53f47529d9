"""The wheel, installed by itself: a cluster of a folder outside any checkout.

The environment is new and holds nothing but the wheel; what it depends on is read from the environment of the tests,
so that no network is needed. docs/install.md tells how pip and pipx bring it.
"""

import json
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from kafka_fab import __version__
from tests.integration.conftest import Site
from tests.wheels import built, elsewhere

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the command kafka-fab of an environment in which only the wheel is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    wheel, environment = built(folder), folder / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True, timeout=60)
    (packages,) = environment.glob("lib/python3*/site-packages")
    (packages / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", environment / "bin/python"]
    subprocess.run(
        [*pip, "install", "-q", "--no-deps", "--no-index", wheel], check=True, timeout=60, cwd=folder, env=elsewhere()
    )
    return environment / "bin/kafka-fab"


@pytest.fixture
def done(command: Path, tmp_path: Path) -> Callable[..., str]:
    """Run kafka-fab in an empty folder, which must succeed, and return what it printed."""

    def run(*words: str) -> str:
        ended = subprocess.run(
            [command, *words], cwd=tmp_path, env=elsewhere(), timeout=120,
            text=True, capture_output=True, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, f"kafka-fab {' '.join(words)}:\n{ended.stdout}\n{ended.stderr}"
        return ended.stdout

    return run


def test_from_an_empty_folder_to_hosts_that_are_as_they_should_be(
    done: Callable[..., str], trouble: Site, tmp_path: Path
) -> None:
    assert "rolling-restart" in done("--list")
    done("init")
    shutil.copy(trouble.folder / "hosts.ini", tmp_path)
    shutil.copy(trouble.folder / "ssh_config", tmp_path)
    shutil.copy(trouble.folder / "conf/local.yaml", tmp_path / "conf")
    settings = tmp_path / "conf/cluster.yaml"
    settings.write_text(settings.read_text().replace("version: 4.3.1", "version: 3.9.1"))
    told = json.loads(done("install", "--json"))
    assert {host["host"]: host["result"] for host in told["hosts"]} == dict.fromkeys(trouble.hosts, "changed")
    assert "nothing would change" in done("plan", "--check")
    assert done("version").splitlines()[-1] == f"kafka-fab {__version__}"
    # Its name is the folder's: nobody else would remove what is named after it.
    done("uninstall", "--yes", "--data")
