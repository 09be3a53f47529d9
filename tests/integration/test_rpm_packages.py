"""RPMs in a root of their own: installed from a signed repository by dnf, upgraded, removed; and what linters say."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kafka_fab.operate.package import nfpm
from kafka_fab.operate.package.package import Format, Package
from lab.machine import CACHE
from tests.integration.conftest import FAB, ROOT

pytestmark = [pytest.mark.lab, pytest.mark.slow]

# What every system of RPMs has, and this root does not say that it has.
BASE = Package(
    name="base", version="1", release="1", summary="Base", details="Base.", epoch=0, entries=(), scripts={},
    provides=("/bin/sh", "/usr/sbin/useradd"),
)  # fmt: skip
CONFIG = """[main]
reposdir=/nowhere
cachedir={place}/cache
install_weak_deps=0
plugins=0
[fab]
name=fab
baseurl=file://{place}/packages/rpm
gpgcheck=1
repo_gpgcheck=1
gpgkey=file://{place}/packages/packages.asc
"""
# Names of tags, with the reason why each may be there.
KNOWN = {
    "lintian": {
        "dir-or-file-in-opt",  # the tree's place, as Kafka's own pages have it
        "read-in-maintainer-script",  # of files and of its own output: nobody is asked
    },
    "rpmlint": {
        "dir-or-file-in-opt",  # as above
        "no-changelogname-tag",  # the version control of the cluster's folder has it
        "no-group-tag",
        "unknown-key",  # the test's own, which no system knows
    },
}


@dataclass(frozen=True)
class Root:
    """A root of its own below a folder, with rpm's database in it."""

    place: Path

    @property
    def path(self) -> Path:
        return self.place / "root"

    def run(self, *words: str | Path, code: int = 0) -> str:
        ended = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False, timeout=300)
        assert ended.returncode == code, ended.stdout + ended.stderr
        return ended.stdout + ended.stderr

    def dnf(self, *words: str, code: int = 0) -> str:
        options = ("-q", "-y", "-c", self.place / "dnf.conf", f"--installroot={self.path}", "--releasever=1")
        return self.run("dnf", *options, *words, code=code)

    def fab(self, *words: str) -> None:
        where = {"KAFKA_FAB_CLUSTER": str(self.place / "cluster"), "KAFKA_FAB_PACKAGE_PASSPHRASE": "abc"}
        given = ("--folder", str(self.place / "packages"), "--key", str(self.place / "key.asc"), "--repository")
        subprocess.run([FAB, "package", *words, *given], cwd=ROOT, env=os.environ | where, check=True, timeout=600)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Root]:
    """A root on Debian's, with a repository of the packages of one cluster."""
    for tool in ("rpm", "dnf", "createrepo_c"):
        assert shutil.which(tool), f"{tool} is not installed: ./check --slow installs it"
    made = Root(tmp_path_factory.mktemp("rpm"))
    place = made.place
    for name in ("root", "up", "work", "cluster/conf", "keys"):
        (place / name).mkdir(parents=True)
    (place / "cluster/hosts.ini").write_text("[kafka]\none id=1\ntwo id=2\n[controller]\none id=1\n")
    archive = next((CACHE / "mirror/kafka/4.3.1").glob("*.tgz"))
    factors = "".join(f"    {name}: 1\n" for name in ("default.replication.factor", "offsets.topic.replication.factor"))
    settings = f"version: 4.3.1\nname: orders\narchive: {archive}\nkafka:\n  properties:\n{factors}"
    (place / "cluster/conf/cluster.yaml").write_text(settings)
    gpg = ("gpg", "--homedir", place / "keys", "--batch", "--pinentry-mode", "loopback", "--passphrase", "abc")
    made.run(*gpg, "--quick-gen-key", "packages@example.org", "rsa2048")
    (place / "key.asc").write_text(made.run(*gpg, "--armor", "--export-secret-keys"))
    made.run("gpgconf", "--homedir", place / "keys", "--kill", "all")
    (place / "dnf.conf").write_text(CONFIG.format(place=place))
    layers = f"lowerdir={CACHE / 'rootfs/bookworm'},upperdir={place / 'up'},workdir={place / 'work'}"
    made.run("mount", "-t", "overlay", "overlay", "-o", layers, made.path)
    try:
        (made.path / "etc/kafka-fab").mkdir()
        (made.path / "etc/kafka-fab/host").write_text("one\n")
        made.run("rpm", "--root", made.path, "-i", nfpm.build(BASE, Format.RPM, place))
        yield made
    finally:
        made.run("umount", made.path)


def test_rpms_of_a_kraft_cluster(root: Root) -> None:
    root.fab("--version", "1")
    root.dnf("install", "kafka-cluster-orders")
    etc, config = root.path / "etc", root.path / "etc/kafka/server.properties"
    assert "process.roles=broker,controller\n" in config.read_text()
    assert "/opt/kafka_2.13-4.3.1/bin/" in (etc / "systemd/system/kafka.service").read_text()
    assert not (etc / "systemd/system/multi-user.target.wants/kafka.service").is_symlink()
    assert (root.path / "opt/kafka").readlink() == Path("/opt/kafka_2.13-4.3.1")
    root.run("rpm", "--root", root.path, "-V", "kafka-4.3.1", "kafka-cluster-orders")

    # Edited: kept; untouched: replaced.
    config.write_text(config.read_text() + "# mine\n")
    settings = root.place / "cluster/conf/cluster.yaml"
    settings.write_text(settings.read_text() + "tuning: {swappiness: 5}\n")
    root.fab("--version", "2", "--only", "cluster", "--format", "rpm")
    root.dnf("upgrade", "--refresh")
    assert config.read_text().endswith("# mine\n")
    assert config.with_name("server.properties.rpmnew").exists()
    [tuning] = etc.glob("sysctl.d/90-kafka-fab*")
    assert "vm.swappiness = 5" in tuning.read_text()

    # A tree that a unit starts from stays; the cluster's package goes, data and what was edited stay.
    said = root.run("rpm", "--root", root.path, "-e", "--nodeps", "kafka-4.3.1", code=1)
    assert "kafka-4.3.1: not removed: kafka.service starts from /opt/kafka_2.13-4.3.1" in said
    (root.path / "opt/kafka-logs/data").touch()
    root.dnf("remove", "kafka-cluster-orders")
    left = sorted(path.name for path in (etc / "kafka").iterdir())
    assert left == ["server.properties.rpmsave"]
    assert not (etc / "systemd/system/kafka.service").exists()
    assert (root.path / "opt/kafka-logs/data").exists()
    # dnf takes the tree along, which nothing needs by now.
    assert not (root.path / "opt/kafka_2.13-4.3.1").exists()


def tags(words: tuple[Any, ...], kind: str) -> set[str]:
    """Return the tags of a linter's errors."""
    said = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False, timeout=900).stdout
    # `E: package: tag`, and `package.noarch: E: tag`.
    errors = (line.split() for line in said.splitlines() if f"{kind}:" in line.split()[:2])
    return {line[2] for line in errors if len(line) > 2}


def test_the_linters_have_nothing_but_what_is_known(root: Root) -> None:
    for tool in ("lintian", "rpmlint"):
        assert shutil.which(tool), f"{tool} is not installed: ./check --slow installs it"
    root.fab("--version", "3")
    debs, rpms = ((root.place / "packages" / kind).glob("kafka-*3*") for kind in Format)
    found = {"lintian": set(), "rpmlint": set()}  # type: dict[str, set[str]]
    for file in debs:
        found["lintian"] |= tags(("lintian", "--allow-root", file), "E")
    for file in rpms:
        found["rpmlint"] |= tags(("rpmlint", file), "E")
    assert {tool: names - KNOWN[tool] for tool, names in found.items()} == {"lintian": set(), "rpmlint": set()}
