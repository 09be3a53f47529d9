"""Secure: what TLS inside and a login cost, beside the same cluster in plaintext, on hosts of one lab in turn."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.place import ROOT, hosts, kraft_folder
from bench.rivals.sides import FAB
from bench.timing import OURS, Action, Job, Target, command, interleave, paired
from lab.archive import ensure
from lab.machine import CACHE

KAFKA = "4.3.1"
PLAINTEXT = "plaintext"
STATUS, NO_OP, VALIDATE, ROLL = "fab status", "no-op", "fab validate", "fab rolling-restart"
# The parts of a roll: from a stopped process to a broker that serves, which is Kafka's own work, and all else.
STARTS, REST = "its starts of brokers", "its rest"
# What takes a second is run so many times as often.
SHORT = 5
TARGETS = (
    Target(STATUS, 1.3, PLAINTEXT),
    Target(NO_OP, 1.3, PLAINTEXT),
    Target(ROLL, 1.05, PLAINTEXT),
)
SETTINGS = """version: {version}
name: {name}
kafka:
  heap: 256m
  properties:
    default.replication.factor: 3
    min.insync.replicas: 2
    offsets.topic.replication.factor: 3
"""
SECURED = """security:
  internal: mtls
  listeners: {clients: {port: 9094, login: scram}}
  authorize: true
"""


def measured(runs: int, alone: bool = False) -> list[Job]:
    """Return what everyday tasks take on a secured cluster and on one in plaintext; no other tool is measured."""
    del alone
    ensure(KAFKA, CACHE)
    with (
        hosts(6) as lab,
        _config_home(),
        kraft_folder(lab, settings("plaintext"), *[tuple(lab.hosts)[:3]] * 2) as plain,
        kraft_folder(lab, settings("secured") + SECURED, *[tuple(lab.hosts)[3:]] * 2) as own,
    ):
        command([FAB, "certificates.init"], str(ROOT), KAFKA_FAB_CLUSTER=str(own))()
        for folder in (plain, own):
            command([FAB, "install", "start"], str(ROOT), KAFKA_FAB_CLUSTER=str(folder))()

        folders = {PLAINTEXT: plain, OURS: own}

        def sides(*words: str) -> dict[str, Action]:
            return {
                side: command([FAB, *words], str(ROOT), KAFKA_FAB_CLUSTER=str(folder))
                for side, folder in folders.items()
            }

        rolls = paired(ROLL, {side: partial(_rolled, folder) for side, folder in folders.items()}, runs)
        return [
            interleave(STATUS, sides("status"), runs * SHORT),
            interleave(NO_OP, sides("install"), runs * SHORT),
            interleave(VALIDATE, sides("validate"), runs * SHORT),
            *(
                Job(name, {side: tuple(getattr(one, part) for one in each) for side, each in rolls.items()})
                for name, part in ((ROLL, "seconds"), (STARTS, "starts"), (REST, "rest"))
            ),
        ]


@dataclass(frozen=True)
class Roll:
    """The seconds of a roll, and those in which its brokers started."""

    seconds: float
    starts: float

    @property
    def rest(self) -> float:
        """Return the seconds in which no broker started."""
        return self.seconds - self.starts


def _rolled(folder: Path) -> Roll:
    began = time.perf_counter()
    typed, environment = [FAB, "rolling-restart", "--json"], os.environ | {"KAFKA_FAB_CLUSTER": str(folder)}
    done = subprocess.run(typed, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    took = time.perf_counter() - began
    if done.returncode:
        sys.exit(f"{' '.join(typed)} ended with {done.returncode}:\n{done.stderr}")
    return Roll(took, sum(step["start"] for step in json.loads(done.stdout)["steps"]))


@contextmanager
def _config_home() -> Iterator[None]:
    """Keep the passphrase of the CA in a folder that is gone afterwards."""
    before = os.environ.get("XDG_CONFIG_HOME")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CONFIG_HOME"] = folder
        try:
            yield
        finally:
            os.environ.pop("XDG_CONFIG_HOME") if before is None else os.environ.update(XDG_CONFIG_HOME=before)


def settings(name: str) -> str:
    """Return the settings of a cluster in plaintext."""
    return SETTINGS.format(version=KAFKA, name=name)
