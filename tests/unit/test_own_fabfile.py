"""examples/own-tasks: `fab` with a fabfile of the user's, which adds our namespace, by an installed wheel alone."""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from kafka_fab.cluster import load
from kafka_fab.cluster.folder import HOME
from tests.wheels import built, elsewhere

FAB = "import sys; sys.argv[0] = 'fab'; from fabric.main import program; program.run()"
EXAMPLE = HOME / "examples/own-tasks"
Ended = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def site_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site-packages")
    zipfile.ZipFile(built(tmp_path_factory.mktemp("wheel"))).extractall(folder)
    return folder


@pytest.fixture
def fab(site_packages: Path, tmp_path: Path) -> Callable[..., Ended]:
    """Run `fab` in a copy of the example."""
    shutil.copytree(EXAMPLE, tmp_path / "own")

    def run(*words: str) -> Ended:
        return subprocess.run(
            [sys.executable, "-P", "-c", FAB, *words], cwd=tmp_path / "own", timeout=300, text=True,
            capture_output=True, env=elsewhere(PYTHONPATH=str(site_packages)), stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip

    return run


def test_our_tasks_are_listed_beside_the_users(fab: Callable[..., Ended]) -> None:
    listed = fab("--list").stdout.split()
    assert {"uptime", "nightly", "kafka.plan", "kafka.rolling-restart", "kafka.topics.apply"} <= set(listed)


def test_they_run_on_the_hosts_of_the_folder(fab: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / "own/hosts.ini").write_text("[kafka]\nkafka1\n")
    ended = fab("kafka.plan")
    assert (ended.returncode, "hosts.ini:2: " in ended.stderr, "Traceback" in ended.stderr) == (1, True, False)


@pytest.mark.parametrize("task", ["kafka.plan", "kafka.status", "kafka.topics.list", "kafka.history"])
def test_by_fabrics_own_executor_they_say_which_line_is_missing(
    task: str, fab: Callable[..., Ended], tmp_path: Path
) -> None:
    (tmp_path / "own/fabric.yaml").unlink()
    ended = fab(task)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.splitlines()[-1] == "tasks: {executor_class: kafka_fab.remote.executor.Executor}"
    assert "Traceback" not in ended.stderr


def test_what_the_page_shows_is_the_example() -> None:
    page = (HOME / "docs/templates.md").read_text()
    assert (EXAMPLE / "fabfile.py").read_text().partition("\n\n")[2].strip() in page


def test_its_cluster_is_right() -> None:
    cluster = load.cluster(EXAMPLE)
    assert cluster.warnings == ()
    assert (list(cluster.settings.hooks), list(cluster.settings.kafka.files)) == (["notes"], ["/etc/kafka/rack.json"])
