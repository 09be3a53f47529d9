"""Page: docs/benchmarks.md and its pictures, from what was measured last. Pure, but for `write`."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from bench import plot
from bench.place import ROOT
from bench.results import Section
from bench.timing import Job

FOLDER = ROOT / "docs"
WORDS = ROOT / "bench/templates/benchmarks.md"


def text(sections: Mapping[str, Section], words: str) -> str:
    """Return the page: the words, each `<!-- figures: SECTION -->` followed by what was measured."""
    for name, section in sections.items():
        words = words.replace(f"<!-- figures: {name} -->", "\n".join(_figures(name, section)))
    return words


def _figures(name: str, section: Section) -> Iterable[str]:
    yield f"<!-- by `bench/run {name}` -->"
    if name in PICTURES:
        yield f"![The medians as a picture](benchmarks-{name}.svg)\n"
    yield f"```text\n{section.table()}\n```\n"
    yield f"{section.date}; {section.machine}; {section.versions}; {_runs(section.jobs)}."


def _runs(jobs: Iterable[Job]) -> str:
    numbers = {len(took) for job in jobs for took in job.sides.values()}
    low, high = min(numbers), max(numbers)
    return f"{low} to {high} runs of each side" if low < high else f"{low} runs of each side"


def _installs(section: Section) -> str:
    return plot.bars("Three hosts: kafka-fab beside other tools (seconds, median)", section.jobs)


def _rolls(section: Section) -> str:
    jobs = [job for job in section.jobs if job.name in ("time", "longest stall")]
    return plot.bars("Rolling restart of three brokers under load (seconds, median)", jobs)


def _many(section: Section) -> str:
    quiet = [(int(job.name.split()[0]), job) for job in section.jobs if job.name.endswith(", no-op")]
    return plot.lines("A run with nothing to do, by the number of hosts (seconds, median)", quiet)


PICTURES = {"install": _installs, "roll": _rolls, "many": _many}


def write(sections: Mapping[str, Section], folder: Path = FOLDER) -> None:
    """Write the page and the pictures of the sections that have been measured."""
    (folder / "benchmarks.md").write_text(text(sections, WORDS.read_text()))
    for name, picture in PICTURES.items():
        if name in sections:
            (folder / f"benchmarks-{name}.svg").write_text(picture(sections[name]))
