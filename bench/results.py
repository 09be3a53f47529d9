"""Results: what was measured last, section by section, with date, versions and machine; kept beside the code."""

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.place import ROOT, VERSION
from bench.timing import Job, table

FILE = ROOT / "bench/results.json"
ASKED = ROOT / "bench/requirements.txt"


@dataclass(frozen=True)
class Section:
    """What one section has measured, when, with what, on what."""

    date: str
    machine: str
    versions: str
    jobs: tuple[Job, ...]

    def table(self) -> str:
        """Return the sides of all jobs as a table."""
        return table(self.jobs)


def of_now(jobs: Iterable[Job], kafka: str = VERSION, load: float = 0.0) -> Section:
    """Return a section measured on this machine, now; `load` is the load average of a minute that it found before."""
    machine = f"{_machine()}, load average {load:.1f} before and {os.getloadavg()[0]:.1f} after"
    return Section(datetime.now(UTC).strftime("%Y-%m-%d"), machine, _versions(kafka), tuple(jobs))


def load(file: Path = FILE) -> dict[str, Section]:
    """Return the sections that have been measured."""
    if not file.exists():
        return {}
    return {name: _section(data) for name, data in json.loads(file.read_text()).items()}


def keep(name: str, section: Section, file: Path = FILE) -> None:
    """Write a section down in place of what was measured before."""
    kept = {**load(file), name: section}
    file.write_text(json.dumps({name: _data(one) for name, one in sorted(kept.items())}, indent=1) + "\n")


def _data(section: Section) -> dict[str, Any]:
    jobs = [
        {"name": job.name, "sides": {side: [round(one, 3) for one in took] for side, took in job.sides.items()}}
        for job in section.jobs
    ]
    return {"date": section.date, "machine": section.machine, "versions": section.versions, "jobs": jobs}


def _section(data: dict[str, Any]) -> Section:
    jobs = (Job(one["name"], {side: tuple(took) for side, took in one["sides"].items()}) for one in data["jobs"])
    return Section(data["date"], data["machine"], data["versions"], tuple(jobs))


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, hosts and control on it"
    )


def _versions(kafka: str) -> str:
    ours = [f"Kafka {kafka}", f"Python {platform.python_version()}", f"Fabric {version('fabric')}"]
    theirs = [line.replace("==", " ") for line in ASKED.read_text().splitlines() if "==" in line]
    return ", ".join([*ours, *theirs])
