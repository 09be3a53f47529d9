"""Many: how time, work and memory grow with the number of hosts; a small archive, all on one machine."""

import tarfile
import tempfile
import time
from hashlib import sha512
from pathlib import Path

from bench.memory import peak
from bench.place import VERSION, hosts, wipe
from bench.processor import spent
from bench.rivals import sides
from bench.timing import FLOOR, OURS, Action, Job, Target, interleave, report
from lab import Lab
from lab.machine import CACHE

NUMBERS = (3, 10, 25, 50)
NAME = f"kafka_2.13-{VERSION}"
SMALL = CACHE / f"mirror/kafka-small/{VERSION}/{NAME}.tgz"
TARGETS = tuple(Target(f"{number} hosts, no-op", 1.5, FLOOR) for number in NUMBERS)
# With fifty hosts a run of some sides takes minutes: these are run once, and installs from nothing left out.
PATIENCE, COLD = 20.0, 10


def measured(runs: int, alone: bool = False) -> list[Job]:
    """Return, for each number of hosts, seconds from nothing and with nothing to do, and the memory of the latter."""
    _archive()
    return [job for number in NUMBERS for job in _with(number, runs, alone)]


def _with(number: int, runs: int, alone: bool) -> list[Job]:
    with hosts(number) as lab:
        _use_small(lab)
        made = sides.made(lab, SMALL, alone)
        every = made.install("a")
        cold = every if number <= COLD else {OURS: every[OURS]}
        before = interleave(
            f"{number} hosts, cold install", cold | {FLOOR: made.floor_of_install()}, runs, lambda: wipe(lab), PATIENCE
        )
        # Where the others have not been timed from nothing, one of them brings what they all look for.
        every[OURS]()
        return [before, *_quiet(number, every | {FLOOR: made.floor("true")}, runs)]


def _quiet(number: int, actions: dict[str, Action], runs: int) -> list[Job]:
    """Return the seconds of a run with nothing to do, its processor time and its memory, each in runs of its own."""
    memory, first = {}, {}
    for side, action in actions.items():
        began = time.perf_counter()
        memory[side] = (peak(action),)
        first[side] = time.perf_counter() - began
        report(f"{number} hosts, memory, {side}: {memory[side][0]:.0f} MiB in {first[side]:.1f} s")
    slow = {side: (took,) for side, took in first.items() if took > PATIENCE}
    fast = {side: action for side, action in actions.items() if side not in slow}
    timed = interleave(f"{number} hosts, no-op", fast, runs, lambda: None)
    work = {side: spent(action) for side, action in fast.items()}
    return [
        Job(timed.name, {side: slow.get(side) or timed.sides[side] for side in actions}),
        Job(f"{number} hosts, its CPU", {side: (one.own,) for side, one in work.items()}),
        Job(f"{number} hosts, all CPU", {side: (one.every,) for side, one in work.items()}),
        Job(f"{number} hosts, MiB", memory),
    ]


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
