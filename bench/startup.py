"""Startup: commands that an operator types all day, beside bare Python that asks the same."""

import sys
import tempfile
from pathlib import Path

from bench.place import ROOT, hosts
from bench.rivals.sides import FAB
from bench.timing import FLOOR, OURS, Job, Target, command, interleave

EMPTY = "from fabric import task\n\n\n@task\ndef nothing(c):\n    pass\n"
TARGETS = (Target("fab --list", 1.3, FLOOR), Target("fab status", 1.5, FLOOR), Target("fab status", 1.0))


def measured(runs: int, alone: bool = False) -> list[Job]:
    """Return what --list, status and validate take on a running cluster; no other tool is measured."""
    del alone
    with tempfile.TemporaryDirectory() as empty, hosts() as lab:
        (Path(empty) / "fabfile.py").write_text(EMPTY)
        here = {"KAFKA_FAB_CLUSTER": str(lab.folder)}
        command([FAB, "install", "start"], str(ROOT), **here)()
        listed = {OURS: command([FAB, "--list"], str(ROOT)), FLOOR: command([FAB, "--list"], empty)}
        jobs = [interleave("fab --list", listed, runs)]
        for what in ("status", "validate"):
            bare = command([sys.executable, "-m", "bench.bare", what, str(lab.folder)], str(ROOT))
            jobs.append(interleave(f"fab {what}", {OURS: command([FAB, what], str(ROOT), **here), FLOOR: bare}, runs))
        return jobs
