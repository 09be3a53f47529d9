"""Many: how time and memory of the control machine grow with the number of hosts; a small archive, one machine."""

import tarfile
import tempfile
from hashlib import sha512
from pathlib import Path

from bench.memory import peak
from bench.place import VERSION, hosts, wipe
from bench.rivals import sides
from bench.timing import FLOOR, Action, Job, interleave, told
from lab import Lab
from lab.machine import CACHE

NUMBERS = (3, 10, 25, 50)
NAME = f"kafka_2.13-{VERSION}"
SMALL = CACHE / f"mirror/kafka-small/{VERSION}/{NAME}.tgz"
TARGETS = {(f"{number} hosts, no-op", FLOOR): 1.5 for number in NUMBERS}
# With fifty hosts a run of some sides takes minutes: these are run once.
PATIENCE = 60.0


def measured(runs: int, alone: bool = False) -> list[Job]:
    """Return, for each number of hosts, seconds from nothing and with nothing to do, and the memory of the latter."""
    _archive()
    return [job for number in NUMBERS for job in _with(number, runs, alone)]


def _with(number: int, runs: int, alone: bool) -> list[Job]:
    with hosts(number) as lab:
        _use_small(lab)
        made = sides.made(lab, SMALL, alone)
        fetch = f"mkdir -p /opt/floor && curl -fsS {made.url} | tar xz -C /opt/floor"
        cold = made.install("a") | {FLOOR: made.floor(fetch)}
        quiet = made.install("a") | {FLOOR: made.floor("true")}
        what = f"{number} hosts, "
        return [
            interleave(what + "cold install", cold, runs, lambda: wipe(lab), patience=PATIENCE),
            interleave(what + "no-op", quiet, runs, patience=PATIENCE),
            _memory(what + "memory of a no-op, MiB", quiet),
        ]


def _memory(what: str, actions: dict[str, Action]) -> Job:
    found = {side: (peak(action),) for side, action in actions.items()}
    told(f"{what}: {found}")
    return Job(what, found)


def _archive() -> None:
    """Make an archive of Apache's layout with next to nothing in it."""
    if SMALL.exists():
        return
    SMALL.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        tree = Path(place) / NAME
        for folder in ("bin", "config", "libs"):
            (tree / folder).mkdir(parents=True)
        for name in ("bin/kafka-server-start.sh", "bin/zookeeper-server-start.sh", f"libs/{NAME}.jar"):
            (tree / name).write_text("")
        with tarfile.open(SMALL, "w:gz") as archive:
            archive.add(tree, NAME)
    digest = sha512(SMALL.read_bytes()).hexdigest()
    SMALL.with_name(f"{SMALL.name}.sha512").write_text(f"{digest}  {SMALL.name}\n")


def _use_small(lab: Lab) -> None:
    local = lab.folder / "conf/local.yaml"
    local.write_text(local.read_text().replace(lab.mirror_url, f"{lab.mirror}/kafka-small"))
