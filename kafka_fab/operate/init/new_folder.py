"""New folder: samples of the files in which an operator says what a cluster should be."""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from invoke.exceptions import Exit

from kafka_fab.cluster.folder import HOME
from kafka_fab.cluster.release import release
from kafka_fab.cluster.release.release import RELEASES, Release
from kafka_fab.cluster.settings import Settings
from kafka_fab.cluster.settings.setting import cluster_name, kafka_version
from kafka_fab.typed_command import FAB, PACKAGED

SAMPLES = Path(__file__).with_name("samples")
# A cluster is there where one of these is.
HOSTS, SETTINGS = CLUSTER = ("hosts.ini", "conf/cluster.yaml")
README, GITIGNORE = "README.md", ".gitignore"
# What a folder's name gives the cluster where it is no cluster's name.
UNNAMED = Settings().name
# The sample's lines about it, and the empty one after them.
SECURITY = re.compile(r"# TLS between.*\n# security:.*\n\n")

OF_SECURITY = re.compile(r"\| (?:pki/|passwords/|conf/users\.yaml).*\n")


@dataclass(frozen=True)
class NewCluster:
    """What the samples of a new folder say of its cluster."""

    name: str
    version: str
    rules: Release
    zookeeper: bool

    def hosts(self) -> str:
        """Return hosts.ini."""
        return _sample("hosts-zookeeper.ini" if self.zookeeper else "hosts-kraft.ini")

    def settings(self) -> str:
        """Return conf/cluster.yaml, with those of the sample's properties that the version has."""
        text = _sample("cluster.yaml").replace("NAME", self.name).replace("VERSION", self.version)
        text = text.replace("FAB ", f"{FAB} ") if self.rules.secures else SECURITY.sub("", text)
        general, _, properties = text.partition("  properties:\n")
        lines = properties.splitlines(keepends=True)
        known = [line for line in lines if line.split(":")[0].strip() in self.rules.property_names]
        chroot = (
            ""
            if self.rules.creates_chroot
            else "  chroot: ''                     # brokers of this version create none\n"
        )
        return f"{general}{chroot}  properties:\n{''.join(known)}"

    def readme(self) -> str:
        """Return README.md."""
        text = _sample("README.md").replace("NAME", self.name).replace("FAB ", f"{FAB} ")
        return text if self.rules.secures else OF_SECURITY.sub("", text)


def make(folder: str, version: str = "", zookeeper: bool = False) -> None:
    """Write a cluster's folder and say what to do next; raise Exit where it holds a cluster already."""
    if not folder:
        # An unset variable in a script would otherwise mean another folder.
        raise Exit("the folder's name is empty: name one, or leave it out for the working directory", code=1)
    place = Path(folder)
    cluster = _cluster(place.resolve().name, version, zookeeper)
    for name in CLUSTER:
        if os.path.lexists(place / name):
            words = "is there already, nothing was written: name another folder, or edit what this one holds"
            raise Exit(f"{place / name} {words}", code=1)
    (place / "conf").mkdir(parents=True, exist_ok=True)
    _write(place / HOSTS, cluster.hosts())
    _write(place / SETTINGS, cluster.settings())
    if not os.path.lexists(place / README):
        _write(place / README, cluster.readme())
    _ignore(place / GITIGNORE)
    if untested := release.untested(cluster.version):
        print(f"warning: --version: {untested}; {release.known()} are", file=sys.stderr)
    print(f"next: {_entry(place)}write your hosts into hosts.ini, the disks into conf/cluster.yaml; then {FAB} plan")


def _entry(place: Path) -> str:
    """Return how the next tasks find the folder: `fab` finds itself only in the checkout, and below it."""
    there = place.resolve()
    if FAB != PACKAGED and HOME not in (there, *there.parents):
        return f"export KAFKA_FAB_CLUSTER={there}, "
    return "" if there == Path.cwd() else f"cd {place}, "


def _cluster(folder: str, version: str, zookeeper: bool) -> NewCluster:
    """Return the cluster that the switches ask for; raise Exit where there is none such."""
    version = version or _newest(zookeeper)
    rules = _rules(version)
    if zookeeper and not rules.zookeeper:
        raise Exit(f"--version {version}: Kafka 4.0 and newer have no ZooKeeper: leave --zookeeper out", code=1)
    name = UNNAMED if cluster_name(folder) else folder
    return NewCluster(name, version, rules, zookeeper or not rules.kraft)


def _newest(zookeeper: bool) -> str:
    return next(line.tested for line in reversed(RELEASES) if line.zookeeper or not zookeeper)


def _rules(version: str) -> Release:
    wrong = kafka_version(version)
    found = None if wrong else release.of(version)
    if found is None:
        raise Exit(f"--version: {wrong or f'{version} is not supported; {release.known()} are'}", code=1)
    return found


def _ignore(file: Path) -> None:
    if not os.path.lexists(file):
        _write(file, _sample("gitignore"))
        return
    lines = _sample("gitignore").splitlines()
    wanted = " ".join(line for line in lines if line and not line.startswith("#"))
    print(f"kept {file}; it should name: {wanted}")


def _sample(name: str) -> str:
    return (SAMPLES / name).read_text(encoding="utf-8")


def _write(file: Path, text: str) -> None:
    with file.open("x", encoding="utf-8") as made:
        made.write(text)
    print(f"made {file}")
