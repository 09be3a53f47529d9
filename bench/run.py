"""Run the benches on labs of their own, print their tables, and write docs/benchmarks.md: bench/run [SECTION...]."""

import argparse
import sys
from types import ModuleType

from bench import install, many, page, results, roll, startup, topics
from bench.timing import HEADING, OURS, Job
from tasks.remote.report import table

SECTIONS: dict[str, ModuleType] = {
    "install": install, "many": many, "roll": roll, "topics": topics, "startup": startup,
}  # fmt: skip


def main(words: list[str]) -> int:
    """Measure what was asked for; return 1 where a ratio misses its target."""
    parser = argparse.ArgumentParser("bench/run", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; all when not given")
    parser.add_argument("--runs", type=int, default=3, help="of each side, in turn (3)")
    parser.add_argument("--alone", action="store_true", help="kafka-fab and the floor only; writes no page")
    parser.add_argument("--page", action="store_true", help="measure nothing: write the page anew")
    typed = parser.parse_args(words)
    unknown = [name for name in typed.sections if name not in SECTIONS]
    if unknown:
        parser.error(f"there is no section {unknown[0]}: {', '.join(SECTIONS)}")
    missed = []
    for name in [] if typed.page else typed.sections or SECTIONS:
        section = results.of_now(SECTIONS[name].measured(typed.runs, typed.alone))
        print(f"\n{name}: {section.machine}\n{section.versions}")
        print(table([HEADING, *(row for job in section.jobs for row in job.rows())]), flush=True)
        missed += _missed(name, section.jobs)
        if not typed.alone:
            results.keep(name, section)
    if not typed.alone:
        page.write(results.load())
    print("\n".join(missed) or "every target is met")
    return int(bool(missed))


def _missed(name: str, jobs: tuple[Job, ...]) -> list[str]:
    targets = SECTIONS[name].TARGETS
    return [
        f"missed: {name}, {job.name}: {job.ratio(OURS, other):.3f} x {other}, wanted at most {most:.3f}"
        for job in jobs
        for (what, other), most in targets.items()
        if what == job.name and other in job.sides and job.ratio(OURS, other) > most
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
