"""New folder: samples of the files in which an operator says what a cluster should be."""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from invoke.exceptions import Exit

from kafka_fab.cluster import inventory
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

# Where a folder has only these, beside hidden files, it counts as empty: a fresh clone of a repository.
HARMLESS = re.compile(r"\.|README|LICEN[CS]E", re.IGNORECASE)
# From this many hosts on the quorum has three members, and else one.
SAFE_QUORUM = 3
# The sample's hosts, which are the default.
SAMPLE_HOSTS = ("kafka1", "kafka2", "kafka3")
COPIES = re.compile(r"^( +)(\S+\.replication\.factor): 3$", re.MULTILINE)
MIN_ISR = re.compile(r"^( +)(\S*min\.(?:insync\.replicas|isr)): 2$", re.MULTILINE)

OF_SECURITY = re.compile(r"\| (?:pki/|passwords/|conf/users\.yaml).*\n")


@dataclass(frozen=True)
class Wishes:
    """What a new cluster should be, as options or answers say it; empty means the default."""

    hosts: str = ""
    version: str = ""
    zookeeper: bool = False


@dataclass(frozen=True)
class NewCluster:
    """What the samples of a new folder say of its cluster."""

    name: str
    version: str
    rules: Release
    zookeeper: bool
    names: tuple[str, ...]

    def hosts(self) -> str:
        """Return hosts.ini: of the given hosts, without racks, which are not known; else the sample."""
        text = _sample("hosts-zookeeper.ini" if self.zookeeper else "hosts-kraft.ini")
        if not self.names:
            return text
        lines = [f"{name} id={number}\n" for number, name in enumerate(self.names, 1)]
        quorum = lines[:SAFE_QUORUM] if len(lines) >= SAFE_QUORUM else lines[:1]
        brokers, members = ("".join(some) for some in (lines, quorum))
        head, _, rest = text.partition("[kafka]\n")
        between = rest[rest.index("\n;") :]
        title = between[: between.index("]\n") + 2]
        return f"{head}[kafka]\n{brokers}{title}{members}"

    def settings(self) -> str:
        """Return conf/cluster.yaml, with those of the sample's properties that the version has."""
        text = _sample("cluster.yaml").replace("NAME", self.name).replace("VERSION", self.version)
        text = text.replace("FAB ", f"{FAB} ") if self.rules.secures else SECURITY.sub("", text)
        general, _, properties = text.partition("  properties:\n")
        lines = self._for_so_many(properties).splitlines(keepends=True)
        known = [line for line in lines if line.split(":")[0].strip() in self.rules.property_names]
        chroot = (
            ""
            if self.rules.creates_chroot
            else "  chroot: ''                     # brokers of this version create none\n"
        )
        return f"{general}{chroot}  properties:\n{''.join(known)}"

    def _for_so_many(self, properties: str) -> str:
        """Return the properties with no more replicas than there are brokers."""
        brokers = len(self.names) or len(SAMPLE_HOSTS)
        copies, least = min(3, brokers), max(1, min(2, brokers - 1))
        return MIN_ISR.sub(rf"\1\2: {least}", COPIES.sub(rf"\1\2: {copies}", properties))

    def readme(self) -> str:
        """Return README.md."""
        text = _sample("README.md").replace("NAME", self.name).replace("FAB ", f"{FAB} ")
        return text if self.rules.secures else OF_SECURITY.sub("", text)


def make(folder: str, wishes: Wishes | None = None, keep: bool = False) -> None:
    """Write a cluster's folder and say what to do next; raise Exit where it is not empty, unless told to `keep` it."""
    if not folder:
        # An unset variable in a script would otherwise mean another folder.
        raise Exit("the folder's name is empty: name one, or leave it out for the working directory", code=1)
    place, wishes = Path(folder), wishes or Wishes()
    cluster = _cluster(place.resolve().name, wishes)
    hosts = cluster.hosts()
    _refuse_hosts(hosts)
    _refuse_full(place, keep)
    (place / "conf").mkdir(parents=True, exist_ok=True)
    _write(place / HOSTS, hosts)
    _write(place / SETTINGS, cluster.settings())
    if not os.path.lexists(place / README):
        _write(place / README, cluster.readme())
    _ignore(place / GITIGNORE)
    if untested := release.untested(cluster.version):
        print(f"warning: --version: {untested}; {release.known()} are", file=sys.stderr)
    todo = "write the disks" if cluster.names else "write your hosts into hosts.ini, the disks"
    print(f"next: {_entry(place)}{todo} into conf/cluster.yaml; then {FAB} plan")


def _refuse_full(place: Path, keep: bool) -> None:
    """Raise Exit where a folder has a cluster, or is not empty."""
    for name in CLUSTER:
        if os.path.lexists(place / name):
            words = "is there already, nothing was written: name another folder, or edit what this one holds"
            raise Exit(f"{place / name} {words}", code=1)
    there = sorted(one.name for one in place.iterdir() if not HARMLESS.match(one.name)) if place.is_dir() else []
    if there and not keep:
        more = f" and {len(there) - 3} more" if len(there) > 3 else ""
        words = "nothing was written: name a new folder, or use --keep, which overwrites none of them"
        raise Exit(f"{place.resolve()} is not empty ({', '.join(there[:3])}{more}), {words}", code=1)


def _refuse_hosts(text: str) -> None:
    """Raise Exit where hosts.ini would be refused: a name that is none, or one twice."""
    wrong = [problem.text for problem in inventory.parse(text).problems if not problem.warning]
    if wrong:
        raise Exit("\n".join(f"--hosts: {words}" for words in dict.fromkeys(wrong)), code=1)


def _entry(place: Path) -> str:
    """Return how the next tasks find the folder: `fab` finds itself only in the checkout, and below it."""
    there = place.resolve()
    if FAB != PACKAGED and HOME not in (there, *there.parents):
        return f"export KAFKA_FAB_CLUSTER={there}, "
    return "" if there == Path.cwd() else f"cd {place}, "


def _cluster(folder: str, wishes: Wishes) -> NewCluster:
    """Return the cluster that is wished for; raise Exit where there is none such."""
    version = wishes.version or newest(wishes.zookeeper)
    rules = rules_of(version)
    if wishes.zookeeper and not rules.zookeeper:
        raise Exit(f"--version {version}: Kafka 4.0 and newer have no ZooKeeper: leave --zookeeper out", code=1)
    name = UNNAMED if cluster_name(folder) else folder
    names = tuple(wishes.hosts.replace(",", " ").split())
    return NewCluster(name, version, rules, wishes.zookeeper or not rules.kraft, names)


def newest(zookeeper: bool) -> str:
    """Return the newest version that is tested, with ZooKeeper or with KRaft."""
    return next(line.tested for line in reversed(RELEASES) if line.zookeeper or not zookeeper)


def rules_of(version: str) -> Release:
    """Return the rules of a version; raise Exit where there are none."""
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
