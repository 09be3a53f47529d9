"""Install: kafka-fab beside Ansible, Mitogen, pyinfra and the wire's floor, on three hosts."""

from itertools import cycle

from bench.place import VERSION, hosts, wipe
from bench.rivals import ends, sides
from bench.rivals.sides import ANSIBLE, PYINFRA, Sides
from bench.timing import FLOOR, Action, Job, Target, interleave
from lab.machine import CACHE

TARGETS = (
    Target("cold install", 1.3, FLOOR), Target("no-op", 1.25, FLOOR), Target("no-op", 1 / 40, ANSIBLE),
    Target("no-op", 1 / 10, PYINFRA),
)  # fmt: skip


def measured(runs: int, alone: bool = False) -> list[Job]:
    """Return what each side takes from nothing, with nothing to do, with one property changed, and to plan."""
    with hosts() as lab:
        made = sides.made(lab, CACHE / f"mirror/kafka/{VERSION}/kafka_2.13-{VERSION}.tgz", alone)
        ends.compared(made)
        look = {FLOOR: made.floor("true")}
        return [
            interleave(
                "cold install", made.install("a") | {FLOOR: made.floor_of_install()}, runs, before=lambda: wipe(lab)
            ),
            interleave("no-op", made.install("a") | look, runs),
            interleave("one property changed", _changed(made), runs),
            interleave("plan only", made.install("b", plan=True) | look, runs),
        ]


def _changed(made: Sides) -> dict[str, Action]:
    """Return commands of which each changes the property that the one before has left."""
    states = [made.install(variant) for variant in "ba"]
    written = [made.floor(f"echo {variant} >/etc/kafka/floor") for variant in "ba"]
    # The floor writes a file of its own: it takes no turn of the tools'.
    turn, line = cycle(states), cycle(written)

    def write() -> None:
        next(line)()

    return {side: lambda side=side: next(turn)[side]() for side in states[0]} | {FLOOR: write}
