"""Roll: a rolling restart of three brokers under load: kafka-fab, a bare loop, and the common recipe as a playbook."""

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import partial

from bench.place import ROOT, hosts
from bench.rivals import sides
from bench.rivals.sides import ANSIBLE, FAB
from bench.timing import FLOOR, OURS, Action, Job, Target, command, rounds, timed
from kafka_fab.cluster import load
from kafka_fab.live import broker_view, topic
from kafka_fab.live.client.wait import until
from lab import Lab

TOPIC, PARTITIONS, RATE = "bench", 6, 400
TIME, STALL, ERRORS, LOST = "time", "longest stall", "errors", "acknowledged messages lost"
WITHOUT, BESIDE = "kafka-fab, no canary", "floor, canary beside"
# The playbook takes minutes, and most of them are its pause: it is run once.
PATIENCE = 60.0
TARGETS = (Target(TIME, 1.15, FLOOR), Target(STALL, 1.5, FLOOR), Target(ERRORS, 0), Target(LOST, 0))


@dataclass(frozen=True)
class Took:
    """One roll: its seconds, and what the load saw of it."""

    seconds: float
    stall: float
    acknowledged: int
    errors: int
    lost: int


def measured(runs: int, alone: bool = False) -> list[Job]:
    """Return seconds, stalls, errors and lost messages of each side's rolls, in turn, after one of each."""
    with hosts() as lab:
        _prepare(lab)
        names = list(lab.hosts)
        actions = {name: partial(under_load, action, names) for name, action in _sides(lab, alone).items()}
        took = rounds("roll", actions, runs, None, PATIENCE)
    values = {TIME: "seconds", STALL: "stall", ERRORS: "errors", LOST: "lost"}
    return [
        Job(what, {name: tuple(float(getattr(one, value)) for one in each) for name, each in took.items()})
        for what, value in values.items()
    ]


def _sides(lab: Lab, alone: bool) -> dict[str, Action]:
    here = {"KAFKA_FAB_CLUSTER": str(lab.folder)}
    floor = [sys.executable, "-m", "bench.roll_floor", str(lab.folder)]
    ours = {
        OURS: command([FAB, "rolling-restart"], str(ROOT), **here),
        WITHOUT: command([FAB, "rolling-restart", "--no-canary"], str(ROOT), **here),
        FLOOR: command(floor, str(ROOT), **here),
        BESIDE: command([*floor, "canary"], str(ROOT), **here),
    }
    if alone:
        return ours
    sides.ready()
    return ours | {ANSIBLE: sides.playbook(lab, "roll.yml")}


def under_load(action: Action, names: list[str]) -> Took:
    """Return what an action took while messages are written, and how they fared."""
    servers = ",".join(f"{host}:9092" for host in names)
    words = [sys.executable, "-m", "bench.load", servers, TOPIC, str(PARTITIONS), str(RATE)]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writing:
        assert writing.stdout
        assert writing.stdin
        writing.stdout.readline()
        # The floor has no gate: it, too, begins with all brokers in sync and messages under way.
        seconds = timed(action)
        writing.stdin.close()
        said = json.loads(writing.stdout.readline())
    return Took(seconds, said["stall"], said["acknowledged"], said["errors"], said["lost"])


def _prepare(lab: Lab) -> None:
    """Bring up a cluster and the topic."""
    command([FAB, "install", "start"], str(ROOT), KAFKA_FAB_CLUSTER=str(lab.folder))()
    cluster = load.cluster(lab.folder)
    ids = {node.broker.id: node for node in cluster.brokers if node.broker}
    controller = ids[broker_view.view(cluster, cluster.brokers[0]).controller or 1]
    numbers = sorted(ids)
    topic.create(cluster, controller, TOPIC, {at: numbers[at % 3 :] + numbers[: at % 3] for at in range(PARTITIONS)})
    if not until(lambda: len(broker_view.view(cluster, controller, [TOPIC]).leaders) == PARTITIONS, 30):
        sys.exit(f"topic {TOPIC} has no leaders")
