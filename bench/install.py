"""Install: kafka-fab beside Ansible, Mitogen, pyinfra and the wire's floor, on three hosts."""

from itertools import cycle

from bench.place import VERSION, hosts, wipe
from bench.rivals import ends, sides
from bench.rivals.sides import ANSIBLE, PYINFRA, Sides
from bench.timing import FLOOR, Action, Job, interleave
from lab.machine import CACHE

TARGETS = {("cold install", FLOOR): 1.3, ("no-op", FLOOR): 1.5, ("no-op", ANSIBLE): 1 / 40, ("no-op", PYINFRA): 1 / 10}


def measured(runs: int, alone: bool = False) -> list[Job]:
    """Return what each side takes from nothing, with nothing to do, with one property changed, and to plan."""
    with hosts() as lab:
        made = sides.made(lab, CACHE / f"mirror/kafka/{VERSION}/kafka_2.13-{VERSION}.tgz", alone)
        ends.compared(made)
        look = {FLOOR: made.floor("true")}
        return [
            interleave("cold install", made.install("a") | _fetch(made), runs, before=lambda: wipe(lab)),
            interleave("no-op", made.install("a") | look, runs),
            interleave("one property changed", _changed(made), runs),
            interleave("plan only", made.install("b", plan=True) | look, runs),
        ]


def _fetch(made: Sides) -> dict[str, Action]:
    return {FLOOR: made.floor(f"mkdir -p /opt/floor && curl -fsS {made.url} | tar xz -C /opt/floor")}


def _changed(made: Sides) -> dict[str, Action]:
    """Return commands of which each changes the property that the one before has left."""
    states = {variant: made.install(variant) for variant in ("b", "a")}
    last = {"now": "a"}

    def other(side: str) -> Action:
        def run() -> None:
            last["now"] = "b" if last["now"] == "a" else "a"
            states[last["now"]][side]()

        return run

    lines = cycle(("one", "two"))

    def write() -> None:
        made.floor(f"echo {next(lines)} >/etc/kafka/floor")()

    return {side: other(side) for side in states["a"]} | {FLOOR: write}
