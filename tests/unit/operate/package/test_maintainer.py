"""What dpkg and rpm run before a tree goes: refused while something starts from it, or would go back to it."""

import subprocess
from pathlib import Path

import pytest

from kafka_fab.operate.package import maintainer
from tests.unit.remote.scripts.shells import SHELLS

TREE = "/opt/kafka_2.13-3.9.1"


def run(shell: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    text = maintainer.of_tree("kafka-3.9.1", TREE)
    for path in ("/etc/systemd/system", "/var/lib/kafka-fab", "/proc"):
        text = text.replace(path, f"{folder}{path}")
    (folder / "prerm").write_text(text)
    return subprocess.run([shell, folder / "prerm", *words], capture_output=True, text=True, check=False, timeout=20)


@pytest.fixture
def host(tmp_path: Path) -> Path:
    for name in ("etc/systemd/system", "var/lib/kafka-fab/clusters/id/before/kafka", "proc/7"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize("shell", SHELLS)
def test_a_tree_that_nothing_needs(shell: str, host: Path) -> None:
    # Another version's, and an editor in the folder.
    (host / "etc/systemd/system/kafka.service").write_text(f"ExecStart=/bin/sh -c 'exec {TREE}0/bin/kafka x'\n")
    (host / "proc/7/exe").symlink_to("/usr/bin/vim")
    (host / "proc/7/cmdline").write_text(f"vim\0{TREE}/config/x\0")
    for words in (["remove"], ["0"]):
        assert run(shell, host, *words).returncode == 0


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        (
            "etc/systemd/system/kafka.service",
            f"ExecStart=/bin/sh -c 'exec {TREE}/bin/k x'\n",
            "kafka.service starts from",
        ),
        ("var/lib/kafka-fab/clusters/id/before/kafka/tree", f"{TREE}\n", "the way back of kafka leads to"),
        ("proc/7/cmdline", f"java\0-cp\0{TREE}/libs/a.jar\0", "process 7 runs from"),
    ],
)
def test_a_tree_in_use(shell: str, host: Path, file: str, content: str, words: str) -> None:
    (host / file).write_text(content)
    (host / "proc/7/exe").symlink_to("/usr/lib/jvm/bin/java")
    ended = run(shell, host, "remove")
    assert ended.returncode == 1
    assert f"kafka-3.9.1: not removed: {words} {TREE}" in ended.stderr.replace(f"{host}/", "/")
    assert "dpkg --set-selections" in ended.stderr
    assert "dpkg" not in run(shell, host, "0").stderr
    # An upgrade of the package puts the same files there.
    assert run(shell, host, "upgrade", "3.9.1-2").returncode == 0
    assert run(shell, host, "1").returncode == 0
