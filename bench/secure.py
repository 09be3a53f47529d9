"""Secure: what TLS inside and a login cost, beside the same cluster in plaintext, on hosts of one lab in turn."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.place import ROOT, hosts
from bench.rivals.sides import FAB
from bench.timing import OURS, Action, Job, Target, command, interleave
from lab import Lab
from lab.archive import ensure
from lab.machine import CACHE

VERSION = "4.3.1"
PLAINTEXT = "plaintext"
STATUS, NO_OP, VALIDATE, ROLL = "fab status", "fab install, nothing to do", "fab validate", "fab rolling-restart"
TARGETS = (
    Target(STATUS, 1.3, PLAINTEXT),
    Target(NO_OP, 1.3, PLAINTEXT),
    Target(ROLL, 1.05, PLAINTEXT),
)
SETTINGS = f"""version: {VERSION}
name: NAME
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
    ensure(VERSION, CACHE)
    with (
        hosts(6) as lab,
        _config_home(),
        _folder(lab, PLAINTEXT, 0, "") as plain,
        _folder(lab, OURS, 3, SECURED) as own,
    ):
        command([FAB, "install", "start"], str(ROOT), KAFKA_FAB_CLUSTER=str(plain))()
        command([FAB, "certificates.init", "install", "start"], str(ROOT), KAFKA_FAB_CLUSTER=str(own))()

        def sides(*words: str) -> dict[str, Action]:
            at = {PLAINTEXT: plain, OURS: own}
            return {
                side: command([FAB, *words], str(ROOT), KAFKA_FAB_CLUSTER=str(folder)) for side, folder in at.items()
            }

        return [
            interleave(STATUS, sides("status"), runs),
            interleave(NO_OP, sides("install"), runs),
            interleave(VALIDATE, sides("validate"), runs),
            interleave(ROLL, sides("rolling-restart"), runs, before=lambda: None),
        ]


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


@contextmanager
def _folder(lab: Lab, name: str, first: int, security: str) -> Iterator[Path]:
    """Make a cluster's folder for three of the lab's hosts, each a broker and a controller."""
    names = list(lab.hosts)[first : first + 3]
    lines = [f"{host} id={at}" for at, host in enumerate(names, 1)]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "conf").mkdir()
        (folder / "hosts.ini").write_text("\n".join(["[kafka]", *lines, "", "[controller]", *lines, ""]))
        (folder / "conf/cluster.yaml").write_text(SETTINGS.replace("NAME", name) + security)
        for file in ("conf/local.yaml", "ssh_config"):
            shutil.copy(lab.folder / file, folder / file)
        yield folder
