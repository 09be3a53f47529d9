"""Run the benches on labs of their own, print their tables, and write docs/benchmarks.md: bench/run [SECTION...]."""

import argparse
import os
import signal
import sys
from contextlib import nullcontext
from types import ModuleType

from bench import install, many, page, place, results, roll, secure, startup, topics, upgrade
from bench.timing import Job, Target
from lab import LabError

SECTIONS: dict[str, ModuleType] = {
    "install": install, "many": many, "roll": roll, "topics": topics, "startup": startup,
    "secure": secure, "upgrade": upgrade,
}  # fmt: skip
RUNS = 3


def main(words: list[str]) -> int:
    """Measure the given sections; return 1 where a ratio misses its target."""
    typed = _typed(words)
    with nullcontext() if typed.page else place.alone():
        missed = _measure([] if typed.page else typed.sections or list(SECTIONS), typed.runs, typed.alone)
    if not typed.alone:
        page.write(results.load())
    if not typed.page:
        print("\n".join(missed) or "every target is met")
    return int(bool(missed))


def _typed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("bench/run", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; all when not given")
    parser.add_argument("--runs", type=int, help=f"of each side, in turn ({RUNS}; upgrade: {upgrade.RUNS})")
    parser.add_argument("--alone", action="store_true", help="kafka-fab and the floor only; writes no page")
    parser.add_argument("--page", action="store_true", help="measure nothing: write the page anew")
    typed = parser.parse_args(words)
    unknown = [name for name in typed.sections if name not in SECTIONS]
    if unknown:
        parser.error(f"there is no section {unknown[0]}: {', '.join(SECTIONS)}")
    return typed


def _measure(names: list[str], runs: int | None, alone: bool) -> list[str]:
    missed = []
    for name in names:
        module, load = SECTIONS[name], os.getloadavg()[0]
        jobs = module.measured(runs or getattr(module, "RUNS", RUNS), alone)
        section = results.of_now(jobs, getattr(module, "KAFKA", place.VERSION), load)
        print(f"\n{name}: {section.machine}\n{section.versions}")
        print(section.table(), flush=True)
        missed += [f"missed: {name}, {words}" for words in _missed(name, section.jobs)]
        if not alone:
            results.keep(name, section)
    return missed


def _missed(name: str, jobs: tuple[Job, ...]) -> list[str]:
    targets: tuple[Target, ...] = SECTIONS[name].TARGETS
    return [words for job in jobs for target in targets if (words := target.missed(job))]


def ended(words: list[str]) -> int:
    """Run the benchmarks; remove their labs also where a signal ends them."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        return main(words)
    except LabError as refused:
        print(f"bench/run: {refused}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nbench/run: interrupted; its lab is removed", file=sys.stderr)
        return 130


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(ended(sys.argv[1:]))
