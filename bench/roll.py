"""Run the roll's bench on a lab of its own, kafka-fab and the floor in turn under one load: bench/run roll [RUNS]."""

import json
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from bench.run import FAB, HOSTS, PYTHON, ROOT, VERSION, bench_lab
from bench.timing import Action, command, timed
from lab import Lab
from tasks.cluster import load
from tasks.live import broker, topic
from tasks.live.wait import until
from tasks.remote.report import table

TOPIC, PARTITIONS, RATE = "bench", 6, 400
LONGER, STALL = 1.25, 1.5


@dataclass(frozen=True)
class Took:
    """One roll: its seconds, and what the load saw of it."""

    seconds: float
    stall: float
    acknowledged: int
    errors: int
    lost: int


def under_load(action: Action) -> Took:
    """Return what an action took while messages are written, and how they fared."""
    servers = ",".join(f"{host}:9092" for host in HOSTS)
    words = [PYTHON, "-m", "bench.load", servers, TOPIC, str(PARTITIONS), str(RATE)]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writing:
        assert writing.stdout
        assert writing.stdin
        writing.stdout.readline()
        # The floor has no gate: it, too, begins with all brokers in sync and messages under way.
        seconds = timed(action)
        writing.stdin.close()
        told = json.loads(writing.stdout.readline())
    return Took(seconds, told["stall"], told["acknowledged"], told["errors"], told["lost"])


def prepare(lab: Lab) -> None:
    """Bring up a cluster and the topic."""
    here = {"KAFKA_FAB_CLUSTER": str(lab.folder)}
    for words in ("install", "start"):
        command([FAB, words], str(ROOT), **here)()
    cluster = load.cluster(lab.folder)
    ids = {node.broker.id: node for node in cluster.brokers if node.broker}
    controller = ids[broker.view(cluster, cluster.brokers[0]).controller or 1]
    numbers = sorted(ids)
    topic.create(cluster, controller, TOPIC, {at: numbers[at % 3 :] + numbers[: at % 3] for at in range(PARTITIONS)})
    if not until(lambda: len(broker.view(cluster, controller, [TOPIC]).leaders) == PARTITIONS, 30):
        sys.exit(f"topic {TOPIC} has no leaders")


def main(runs: int = 3) -> int:
    """Print the table; return 1 where a ratio misses its target or a message is lost."""
    with bench_lab() as lab:
        prepare(lab)
        here = {"KAFKA_FAB_CLUSTER": str(lab.folder)}
        sides: dict[str, Action] = {
            "kafka-fab": command([FAB, "rolling-restart"], str(ROOT), **here),
            "kafka-fab, no canary": command([FAB, "rolling-restart", "--no-canary"], str(ROOT), **here),
            "floor": command([PYTHON, "-m", "bench.roll_floor", str(lab.folder)], str(ROOT), **here),
        }
        took: dict[str, list[Took]] = {name: [] for name in sides}
        for run in range(runs + 1):
            for name, action in sides.items():
                one = under_load(action)
                if run:
                    took[name].append(one)
    print(
        f"\nrolling restart of three brokers, Kafka {VERSION} with ZooKeeper, {RATE} messages a second with acks=all,"
    )
    print(f"{runs} runs of each, in turn, on {platform.system()} {platform.machine()}")
    print(table([*_rows(took)]))
    return _judge(took)


def _median(took: list[Took], value: Callable[[Took], float]) -> float:
    return statistics.median(map(value, took))


def _rows(took: dict[str, list[Took]]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [
        ("side", "min s", "median s", "max s", "ratio", "stall s", "ratio", "errors", "lost")
    ]
    for name, runs in took.items():
        seconds = [one.seconds for one in runs]
        longer, stall = _ratios(took, name)
        rows.append((
            name, min(seconds), statistics.median(seconds), max(seconds), f"{longer:.2f}",
            _median(runs, lambda one: one.stall), f"{stall:.2f}",
            sum(one.errors for one in runs), sum(one.lost for one in runs),
        ))  # fmt: skip
    return rows


def _ratios(took: dict[str, list[Took]], name: str) -> tuple[float, float]:
    def ratio(value: Callable[[Took], float]) -> float:
        return _median(took[name], value) / _median(took["floor"], value)

    return ratio(lambda one: one.seconds), ratio(lambda one: one.stall)


def _judge(took: dict[str, list[Took]]) -> int:
    longer, stall = _ratios(took, "kafka-fab")
    spoiled = sum(one.errors + one.lost for one in took["kafka-fab"])
    print(f"wanted: below {LONGER} x the floor's time, below {STALL} x its stall, no error, nothing lost")
    met = longer < LONGER and stall < STALL and not spoiled
    print("every target is met" if met else "a target is missed")
    return int(not met)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
