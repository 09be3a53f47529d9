"""Run the bench on a lab of its own and print minimum, median, maximum and the ratios: bench/run [RUNS]."""

import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.timing import Pair, command, interleave
from lab import Lab, LabSpec, down, up
from lab.archive import ensure
from lab.machine import CACHE
from tasks.remote.report import table

ROOT = Path(__file__).resolve().parents[1]
HOSTS = ("bench1", "bench2", "bench3")
UNITS = ("kafka", "zookeeper")
VERSION = "3.9.1"
TARGETS = {"no-op install": 2.0, "cold install": 1.5, "fab --list": 1.3}
PYTHON = sys.executable
FAB = str(Path(sys.executable).with_name("fab"))


@contextmanager
def bench_lab() -> Iterator[Lab]:
    """Boot three hosts with a cluster folder, and remove them afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="kafka-fab-bench-"))
    (folder / "conf").mkdir()
    lines = "\n".join(f"{host} id={at}" for at, host in enumerate(HOSTS, 1))
    (folder / "hosts.ini").write_text(f"[kafka]\n{lines}\n\n[zookeeper]\n{lines}\n")
    shutil.copy(ROOT / "conf/cluster.yaml", folder / "conf")
    ensure(VERSION, CACHE)
    try:
        yield up(LabSpec("bench", HOSTS, folder=folder))
    finally:
        down("bench")
        shutil.rmtree(folder)


def pairs(lab: Lab, runs: int) -> Iterator[Pair]:
    """Yield each comparison, as it is done."""
    here = {"KAFKA_FAB_CLUSTER": str(lab.folder)}
    fab = {words: command([FAB, *words.split()], str(ROOT), **here) for words in ("install", "--list")}

    def floor(script: str) -> list[str]:
        return [PYTHON, "-m", "bench.floor", str(lab.folder / "ssh_config"), ",".join(HOSTS), script]

    url = f"{lab.mirror_url}/{VERSION}/kafka_2.13-{VERSION}.tgz"
    fetch = command(floor(f"mkdir -p /opt/floor && curl -fsS {url} | tar xz -C /opt/floor"), str(ROOT))
    yield interleave("cold install", fab["install"], fetch, runs, before=lambda: wipe(lab))
    fab["install"]()
    yield interleave("no-op install", fab["install"], command(floor("true"), str(ROOT)), runs)
    with tempfile.TemporaryDirectory() as empty:
        (Path(empty) / "fabfile.py").write_text("from fabric import task\n\n\n@task\ndef nothing(c):\n    pass\n")
        yield interleave("fab --list", fab["--list"], command([FAB, "--list"], empty), runs)


def wipe(lab: Lab) -> None:
    """Bring every host back to the state before an install; Java stays."""
    units = [
        f"/etc/systemd/system/{place}{unit}.service" for place in ("", "multi-user.target.wants/") for unit in UNITS
    ]
    places = [f"{place}/{unit}" for place in ("/etc", "/var/lib", "/var/log") for unit in (*UNITS, "kafka-fab")]
    gone = " ".join(["/opt/kafka* /opt/floor /var/cache/kafka-fab", *units, *places])
    for host in lab.hosts.values():
        host.run(f"rm -rf {gone}; for user in {' '.join(UNITS)}; do userdel $user; done; systemctl daemon-reload")


def main(runs: int = 5) -> int:
    """Print the table; return 1 where a ratio misses its target."""
    rows: list[tuple[object, ...]] = [("what", "side", "min s", "median s", "max s", "ratio")]
    missed = []
    with bench_lab() as lab:
        for pair in pairs(lab, runs):
            rows += pair.rows()
            missed += [pair.name] if pair.ratio >= TARGETS[pair.name] else []
    print(
        f"\nthree lab hosts on {platform.system()} {platform.machine()}, Kafka {VERSION}, {runs} runs of each, in turn"
    )
    print(table(rows))
    print("\n".join(f"wanted: {name} below {target} x the floor" for name, target in TARGETS.items()))
    print(f"missed: {', '.join(missed)}" if missed else "every target is met")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
