"""Place: hosts to measure on, with a cluster's folder, and back to where nothing is installed."""

import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from lab import Lab, LabSpec, down, up
from lab.archive import ensure
from lab.machine import CACHE

ROOT = Path(__file__).resolve().parents[1]
VERSION = "3.9.1"
UNITS = ("kafka", "zookeeper")


@contextmanager
def hosts(number: int = 3, suite: str = "bookworm-python") -> Iterator[Lab]:
    """Boot hosts with a cluster's folder, and remove them afterwards; ZooKeeper runs on the first three.

    They have the Python that other tools need; kafka-fab itself needs none.
    """
    folder = Path(tempfile.mkdtemp(prefix="kafka-fab-bench-"))
    names = tuple(f"bench{at}" for at in range(1, number + 1))
    lines = [f"{name} id={at}" for at, name in enumerate(names, 1)]
    (folder / "conf").mkdir()
    (folder / "hosts.ini").write_text("\n".join(["[kafka]", *lines, "", "[zookeeper]", *lines[:3], ""]))
    shutil.copy(ROOT / "conf/cluster.yaml", folder / "conf")
    ensure(VERSION, CACHE)
    try:
        yield up(LabSpec("bench", names, suite=suite, folder=folder))
    finally:
        down("bench")
        shutil.rmtree(folder)


def wipe(lab: Lab) -> None:
    """Bring every host back to the state before an install; Java stays."""
    units = [
        f"/etc/systemd/system/{place}{unit}.service" for place in ("", "multi-user.target.wants/") for unit in UNITS
    ]
    places = [f"{place}/{unit}" for place in ("/etc", "/var/lib", "/var/log") for unit in (*UNITS, "kafka-fab")]
    rest = "/opt/kafka* /opt/floor /var/cache/kafka-fab /etc/sysctl.d/90-kafka-fab.conf /root/.ansible"
    users = f"for user in {' '.join(UNITS)}; do userdel $user; done"
    gone = f"rm -rf {rest} {' '.join([*units, *places])}"
    script = f"systemctl kill --signal=KILL {' '.join(UNITS)}; {gone}; {users}; systemctl daemon-reload"
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(lambda host: host.run(script), lab.hosts.values()))
