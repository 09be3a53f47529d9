"""Expectation: one expectation about a live cluster, and what was found."""

from collections.abc import Iterable, Iterator, Mapping

from kafka_fab.frozen_value import dataclass


@dataclass(frozen=True)
class Expectation:
    """One expectation and what was found."""

    what: str
    where: str
    expected: str
    found: str
    ok: bool


def same(what: str, where: str, expected: object, found: object) -> Expectation:
    """Return a check that two values are equal."""
    return Expectation(what, where, str(expected), str(found), expected == found)


def unread(hosts: Mapping[str, str]) -> Iterator[Expectation]:
    """Yield a failing check for each host whose files could not be read, with the reason."""
    for host, reason in hosts.items():
        yield Expectation("files on the host", host, "readable over SSH", reason, ok=False)


def listed(items: Iterable[str]) -> str:
    """Return words in order, with commas."""
    return ", ".join(sorted(items))


def numbers(items: Iterable[int]) -> str:
    """Return numbers in order, with commas."""
    return ", ".join(map(str, sorted(items)))
