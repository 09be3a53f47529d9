import os
import re
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab import archive
from lab.dist import checksum
from lab.dist.release import HERE, releases
from lab.dist.tree import members, pack

NAMES = st.from_regex(r"[a-z][a-z0-9_.-]{0,60}", fullmatch=True)
DIGITS = st.sampled_from([32, 40, 64, 128]).flatmap(
    lambda length: st.text("0123456789abcdef", min_size=length, max_size=length)
)
APACHE_391 = """\
kafka_2.13-3.9.1.tgz: DD06E2A3 BD1FD7B5 84E6E492 14EC1C18 DA218445 14ED53A0
                      AF463B1A D7DD2E0A C99F9333 58609119 50A66A33 28053A47
                      4937378E A58D5ADC E7F80368 3845EA8D
"""


@given(NAMES, DIGITS)
def test_a_checksum_file_reads_back(name: str, digits: str) -> None:
    assert checksum.read(checksum.written(name, digits), name) == digits


@given(NAMES, DIGITS, st.booleans())
def test_the_other_forms_of_checksum_files_read_too(name: str, digits: str, upper: bool) -> None:
    shown = digits.upper() if upper else digits
    for text in (f"{shown}  {name}\n", f"{shown} *{name}\n", f"SHA ({name}) = {shown}\n"):
        assert checksum.read(text, name) == digits


@pytest.mark.parametrize("text", ["", "<html>404</html>", "f.tgz: ABC", "f.tgz: " + "xy" * 64, "a" * 128 + " g.tgz"])
def test_a_text_without_the_checksum_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no checksum"):
        checksum.read(text, "f.tgz")


def test_the_form_is_apaches() -> None:
    digits = re.sub(r"\s", "", APACHE_391.partition(":")[2]).lower()
    assert checksum.written("kafka_2.13-3.9.1.tgz", digits) == APACHE_391


@pytest.mark.skipif(shutil.which("gpg") is None, reason="compares with gpg")
@pytest.mark.parametrize("kind", ["md5", "sha1", "sha512"])
@pytest.mark.parametrize("name", ["a", "kafka_2.8.0-0.8.0.tar.gz", "a-name-that-is-longer-than-forty-columns.tar.gz"])
def test_the_form_is_gpgs(tmp_path: Path, kind: str, name: str) -> None:
    (tmp_path / name).write_text(name)
    command = ["gpg", "--homedir", str(tmp_path), "--print-md", kind.upper(), name]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=20).stdout
    assert checksum.written(name, checksum.digest(tmp_path / name, kind)) == said


def test_names_are_apaches() -> None:
    known = releases()
    assert known["3.9.1"].file == "kafka_2.13-3.9.1.tgz"
    assert known["3.9.1"].top == "kafka_2.13-3.9.1"
    assert known["0.8.0"].file == "kafka_2.8.0-0.8.0.tar.gz"
    assert known["0.8.0"].top == "kafka_2.8.0-0.8.0"
    assert all(release.pom.is_file() for release in known.values())


def jars_in(folder: Path, names: list[str]) -> Path:
    folder.mkdir()
    for name in names:
        with zipfile.ZipFile(folder / name, "w") as jar:
            for entry in ("LICENSE", "NOTICE"):
                jar.writestr(zipfile.ZipInfo(entry), f"{entry} of {name}")
    return folder


def packed(version: str, jars: Path, target: Path) -> Path:
    release = releases()[version]
    pack(release.top, members(release, jars), target)
    return target


@pytest.mark.parametrize(
    ("version", "jar", "place"),
    [
        ("3.9.1", "kafka_2.13-3.9.1.jar", "libs/kafka_2.13-3.9.1.jar"),
        ("0.8.0", "kafka_2.9.2-0.8.0.jar", "kafka_2.9.2-0.8.0.jar"),
    ],
)
def test_the_layout_is_apaches(tmp_path: Path, version: str, jar: str, place: str) -> None:
    made = packed(version, jars_in(tmp_path / "jars", [jar, "zookeeper-3.jar"]), tmp_path / "a.tgz")
    with tarfile.open(made) as tar:
        found = {member.name: member for member in tar}
    top = releases()[version].top
    assert {name.split("/")[0] for name in found} == {top}
    assert {f"{top}/{name}" for name in (place, "libs/zookeeper-3.jar", "LICENSE", "NOTICE")} <= set(found)
    assert all(found[name].mode == 0o755 for name in found if name.endswith(".sh"))
    assert all(member.uid != 0 and member.mtime for member in found.values())


def test_the_same_jars_give_the_same_bytes(tmp_path: Path) -> None:
    names = ["b.jar", "kafka_2.13-3.9.1.jar", "a.jar"]
    one = packed("3.9.1", jars_in(tmp_path / "one", names), tmp_path / "one.tgz")
    other = jars_in(tmp_path / "other", names[::-1])
    os.utime(other / "a.jar", (1, 1))
    (other / "a.jar").chmod(0o600)
    assert packed("3.9.1", other, tmp_path / "two.tgz").read_bytes() == one.read_bytes()


def test_every_line_of_releases_has_its_own_launchers(tmp_path: Path) -> None:
    jars = jars_in(tmp_path / "jars", ["kafka_2.13-3.9.1.jar"])
    old, new = (members(releases()[version], jars) for version in ("0.8.0", "4.3.1"))
    assert "bin/kafka-create-topic.sh" in old
    assert "bin/kafka-topics.sh" not in old
    assert old["bin/kafka-run-class.sh"] != new["bin/kafka-run-class.sh"]
    assert "bin/zookeeper-server-start.sh" not in new
    assert {"config/server.properties", "config/log4j2.yaml"} <= set(new)


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="needs shellcheck")
def test_the_launchers_pass_shellcheck(tmp_path: Path) -> None:
    jars = jars_in(tmp_path / "jars", ["kafka_2.13-3.9.1.jar"])
    scripts = [str(path) for path in HERE.rglob("*.sh")]
    for name, source in members(releases()["3.9.1"], jars).items():
        if isinstance(source, bytes) and name.endswith(".sh"):
            (tmp_path / Path(name).name).write_bytes(source)
            scripts.append(str(tmp_path / Path(name).name))
    done = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == ""


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """A machine without Apache and without mvn; what it says is gathered."""

    def unreachable(*_args: object) -> None:
        raise OSError("no route")

    monkeypatch.setattr(archive, "from_apache", unreachable)
    monkeypatch.setenv("PATH", str(tmp_path))
    return []


def fake_mvn(folder: Path, script: str) -> None:
    (folder / "mvn").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "mvn").chmod(0o755)


def test_an_unknown_version_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(archive.ArchiveError, match=r"no Kafka 1\.2\.3\. It knows 0\.8\.0, .*3\.9\.1"):
        archive.ensure("1.2.3", tmp_path)


def test_a_missing_mvn_is_told_with_its_package(bare: list[str], tmp_path: Path) -> None:
    with pytest.raises(archive.ArchiveError, match="package is maven"):
        archive.ensure("3.9.1", tmp_path / "cache", bare.append)


def test_a_failing_mvn_is_quoted(bare: list[str], tmp_path: Path) -> None:
    fake_mvn(tmp_path, "echo '[INFO] fine'; echo '[ERROR] no such jar'; exit 3")
    with pytest.raises(archive.ArchiveError, match=r"exit code 3.*\n  \[ERROR\] no such jar$"):
        archive.ensure("3.9.1", tmp_path / "cache", bare.append)
    assert not list((tmp_path / "cache").rglob("*.tgz"))


def test_an_unwritable_cache_is_told(bare: list[str], tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(archive.ArchiveError, match="cannot be written"):
        archive.ensure("3.9.1", tmp_path / "cache", bare.append)


def test_what_a_killed_build_left_is_swept_and_a_damaged_archive_built_anew(bare: list[str], tmp_path: Path) -> None:
    jar = jars_in(tmp_path / "jars", ["kafka_2.13-3.9.1.jar"]) / "kafka_2.13-3.9.1.jar"
    # PATH is empty but for this folder: the shell's own words must do.
    copy = f'exec {shutil.which("install", path="/usr/bin:/bin")} -D {jar} "${{4#*=}}/{jar.name}"'
    fake_mvn(tmp_path, copy)
    cache = tmp_path / "cache"
    left = cache / "build" / "kafka-3.9.1" / "jars" / "left.jar"
    left.parent.mkdir(parents=True)
    left.write_text("half a jar")
    made = archive.ensure("3.9.1", cache, bare.append)
    whole = made.read_bytes()
    assert not left.exists()
    assert bare[-1].endswith("(assembled from Maven Central's jars, 0 MB)")
    assert archive.ensure("3.9.1", cache, bare.append) == made
    assert bare[-1].endswith("is there")
    made.write_bytes(whole[:-1])
    archive.ensure("3.9.1", cache, bare.append)
    assert made.read_bytes() == whole
