"""Questions: what `init` asks at a terminal where no option says it."""

import sys
from collections.abc import Callable

from invoke.exceptions import Exit

from kafka_fab.cluster.release import release
from kafka_fab.operate.init.new_folder import Wishes, newest, rules_of

NONE_MADE = "nothing was written"


def possible() -> bool:
    """Return whether somebody is there to answer."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def ask(answer: Callable[[str], str] = input) -> Wishes:
    """Ask for hosts, mode and version, and return what was answered; Enter takes what is in brackets."""
    try:
        hosts = answer("Hosts, by their SSH names [kafka1 kafka2 kafka3]: ").strip()
        mode = _one_of(answer, "Metadata in kraft or zookeeper [kraft]: ", ("kraft", "zookeeper"))
        version = _version(answer, mode == "zookeeper")
    except EOFError as error:
        raise Exit(f"the questions were not answered, {NONE_MADE}", code=1) from error
    return Wishes(hosts, version, mode == "zookeeper")


def _one_of(answer: Callable[[str], str], question: str, words: tuple[str, ...]) -> str:
    while (said := answer(question).strip().lower() or words[0]) not in words:
        print(f"  must be {' or '.join(words)}")
    return said


def _version(answer: Callable[[str], str], zookeeper: bool) -> str:
    usual = newest(zookeeper)
    while True:
        said = answer(f"Kafka version ({release.known()}) [{usual}]: ").strip() or usual
        try:
            rules = rules_of(said)
        except Exit as refused:
            print(f"  {str(refused).removeprefix('--version: ')}")
            continue
        if rules.zookeeper or not zookeeper:
            return said
        print("  Kafka 4.0 and newer have no ZooKeeper")
