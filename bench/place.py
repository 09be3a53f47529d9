"""Place: hosts to measure on, with a cluster's folder, and back to where nothing is installed."""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from lab import Lab, LabError, LabSpec, down, registry, up
from lab.archive import ensure
from lab.host import STATE
from lab.machine import CACHE, CHECKOUT, say

ROOT = Path(__file__).resolve().parents[1]
VERSION = "3.9.1"
LAB = "bench"
PREFIX = "kafka-fab-bench-"
LOCK = STATE / "bench.lock"
UNITS = ("kafka", "zookeeper")


@contextmanager
def alone() -> Iterator[None]:
    """Be the one bench of this machine, and sweep what one that was killed has left; raise LabError beside another."""
    LOCK.parent.mkdir(parents=True, exist_ok=True)
    with LOCK.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LabError("another bench/run is under way on this machine: wait until it has ended") from error
        left = registry.known().get(LAB)
        if left and left.checkout == CHECKOUT:
            say(f"an earlier bench/run was killed: removing its lab {LAB}")
            _remove(left.folder)
        yield


def _remove(folder: Path) -> None:
    down(LAB)
    if folder.name.startswith(PREFIX):
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def hosts(number: int = 3, suite: str = "bookworm-python") -> Iterator[Lab]:
    """Boot hosts with a cluster's folder, and remove them afterwards; ZooKeeper runs on the first three.

    They have the Python that other tools need; kafka-fab itself needs none.
    """
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    names = tuple(f"bench{at}" for at in range(1, number + 1))
    ids = {name: at for at, name in enumerate(names, 1)}
    lines = [*_group("kafka", ids), *_group("zookeeper", {name: ids[name] for name in names[:3]})]
    (folder / "conf").mkdir()
    (folder / "hosts.ini").write_text("\n".join(lines))
    shutil.copy(ROOT / "conf/cluster.yaml", folder / "conf")
    try:
        ensure(VERSION, CACHE)
        yield up(LabSpec(LAB, names, suite=suite, folder=folder))
    finally:
        _remove(folder)


def _group(name: str, ids: Mapping[str, int]) -> Iterator[str]:
    """Yield the lines of a group of hosts.ini."""
    yield from (f"[{name}]", *(f"{host} id={at}" for host, at in ids.items()), "")


@contextmanager
def kraft_folder(lab: Lab, settings: str, brokers: Sequence[str], controllers: Sequence[str]) -> Iterator[Path]:
    """Make a folder of its own for a cluster of some of the lab's hosts; one that is in both groups is combined."""
    every = list(dict.fromkeys([*brokers, *controllers]))
    groups = (("kafka", brokers), ("controller", controllers))
    lines = [line for group, names in groups for line in _group(group, {name: every.index(name) + 1 for name in names})]
    with tempfile.TemporaryDirectory(prefix=PREFIX) as made:
        folder = Path(made)
        (folder / "conf").mkdir()
        (folder / "hosts.ini").write_text("\n".join(lines))
        (folder / "conf/cluster.yaml").write_text(settings)
        for file in ("conf/local.yaml", "ssh_config"):
            shutil.copy(lab.folder / file, folder / file)
        yield folder


def wipe(lab: Lab) -> None:
    """Bring every host back to the state before an install; Java stays."""
    units = [
        f"/etc/systemd/system/{place}{unit}.service" for place in ("", "multi-user.target.wants/") for unit in UNITS
    ]
    places = [
        f"{place}/{unit}" for place in ("/etc", "/var/lib", "/var/log", "/var/cache") for unit in (*UNITS, "kafka-fab")
    ]
    rest = "/opt/kafka* /opt/floor /etc/sysctl.d/90-kafka-fab.conf /root/.ansible"
    users = f"for user in {' '.join(UNITS)}; do userdel $user; done"
    gone = f"rm -rf {rest} {' '.join([*units, *places])}"
    script = f"systemctl kill --signal=KILL {' '.join(UNITS)}; {gone}; {users}; systemctl daemon-reload"
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(lambda host: host.run(script), lab.hosts.values()))
