"""Expectation: one check of the live cluster: the expected value and the found one."""

from collections.abc import Iterable, Iterator, Mapping

from kafka_fab.frozen_value import dataclass


@dataclass(frozen=True)
class Expectation:
    """One check, and whether it passed."""

    what: str
    where: str
    expected: str
    found: str
    ok: bool


def same(what: str, where: str, expected: object, found: object) -> Expectation:
    """Return the check that two values are equal."""
    return Expectation(what, where, str(expected), str(found), expected == found)


def unread(hosts: Mapping[str, str]) -> Iterator[Expectation]:
    """Yield a failed check for each host whose files could not be read, with the reason."""
    for host, reason in hosts.items():
        yield Expectation("files on the host", host, "readable over SSH", reason, ok=False)


def listed(items: Iterable[str]) -> str:
    """Return words, sorted, with commas."""
    return ", ".join(sorted(items))


def numbers(items: Iterable[int]) -> str:
    """Return numbers, sorted, with commas."""
    return ", ".join(map(str, sorted(items)))
