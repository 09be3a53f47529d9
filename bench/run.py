"""Run the benches on labs of their own, print their tables, and write docs/benchmarks.md: bench/run [SECTION...]."""

import argparse
import sys
from types import ModuleType

from bench import install, many, page, results, roll, startup, topics
from bench.timing import Job, Target

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
        print(section.table(), flush=True)
        missed += [f"missed: {name}, {words}" for words in _missed(name, section.jobs)]
        if not typed.alone:
            results.keep(name, section)
    if not typed.alone:
        page.write(results.load())
    if not typed.page:
        print("\n".join(missed) or "every target is met")
    return int(bool(missed))


def _missed(name: str, jobs: tuple[Job, ...]) -> list[str]:
    targets: tuple[Target, ...] = SECTIONS[name].TARGETS
    return [words for job in jobs for target in targets if (words := target.missed(job))]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
