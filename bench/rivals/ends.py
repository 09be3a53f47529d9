"""Ends: the proof that each tool leaves the same hosts: the infra specs, with Kafka running on what it installed."""

import subprocess
import sys

from bench.place import ROOT, wipe
from bench.rivals.sides import FAB, Sides
from bench.timing import OURS, command, report

# These look at what kafka-fab alone writes into a tree: its mark of a finished extraction, its manifest and its sums.
OF_OUR_RECORDS = (
    "test_the_tree_is_complete",
    "test_the_tree_is_as_it_was_extracted",
    "test_every_file_of_the_tree_has_the_contents_of_the_archive",
)


def compared(made: Sides) -> None:
    """Install with each tool from nothing, start Kafka on it, and run the infra specs; end where one fails."""
    here = {"KAFKA_FAB_CLUSTER": str(made.folders["a"])}
    for side, install in made.install("a").items():
        wipe(made.lab)
        install()
        command([FAB, "start"], str(ROOT), **here)()
        _specs(made, side, here)
        command([FAB, "stop"], str(ROOT), **here)()
    wipe(made.lab)


def _specs(made: Sides, side: str, here: dict[str, str]) -> None:
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/infra"]
    words += ["-k", " and ".join(f"not {name}" for name in OF_OUR_RECORDS)] if side != OURS else []
    words += [f"--hosts={','.join(made.lab.hosts)}", f"--ssh-config={made.ssh_config}"]
    run = subprocess.run(
        ["env", *(f"{name}={value}" for name, value in here.items()), *words], cwd=ROOT, check=False, text=True,
        capture_output=True, timeout=300,
    )  # fmt: skip
    if run.returncode:
        sys.exit(f"what {side} leaves is not what the infra specs say:\n{run.stdout[-4000:]}")
    report(f"{side} leaves what the infra specs say: {run.stdout.splitlines()[-1]}")
