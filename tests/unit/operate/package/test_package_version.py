"""The version of a cluster's packages."""

import subprocess
from pathlib import Path

import pytest
from invoke.exceptions import Exit

from kafka_fab.operate.package import package_version
from kafka_fab.operate.package.package_version import Made

IDENTITY = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one commit, at a known time."""
    for name, value in IDENTITY.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(package_version.EPOCH, raising=False)
    (tmp_path / "hosts.ini").write_text("[kafka]\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "1700000000 +0000")
    git(tmp_path, "commit", "-qm", "a")
    return tmp_path


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)


def test_the_time_of_the_last_commit(folder: Path) -> None:
    assert package_version.of(folder, "", "1") == Made("20231114.221320", 1_700_000_000)


def test_a_typed_one(folder: Path) -> None:
    assert package_version.of(folder, "1.4", "2") == Made("1.4", 1_700_000_000)


def test_the_time_of_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(package_version.EPOCH, "1600000000")
    assert package_version.of(folder, "", "1") == Made("20231114.221320", 1_600_000_000)
    monkeypatch.setenv(package_version.EPOCH, "soon")
    with pytest.raises(Exit, match="seconds since 1970"):
        package_version.of(folder, "", "1")


def test_what_is_in_no_commit_is_named(folder: Path) -> None:
    (folder / "hosts.ini").write_text("[kafka]\na id=1\n")
    with pytest.raises(Exit, match=r"changes that are in no commit \(hosts.ini\): commit them, or give --version"):
        package_version.of(folder, "", "1")
    assert package_version.of(folder, "2", "1").version == "2"


def test_a_folder_without_a_commit(tmp_path: Path) -> None:
    with pytest.raises(Exit, match="has no commit to take the version from"):
        package_version.of(tmp_path, "", "1")
    assert package_version.of(tmp_path, "1", "1").version == "1"


@pytest.mark.parametrize(("version", "release"), [("v1", "1"), ("1-2", "1"), ("1", "0"), ("1", "x")])
def test_what_is_no_version(tmp_path: Path, version: str, release: str) -> None:
    with pytest.raises(Exit, match=r"--(version|release) \S+: "):
        package_version.of(tmp_path, version, release)
