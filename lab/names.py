"""Names of a lab's things in the kernel, derived from the lab's and the host's names alone."""

from __future__ import annotations

import hashlib
import re

from lab.machine import LabError

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,24}[a-z0-9])?")
NETNS_PREFIX = "kfl-"
LINK_PREFIXES = ("kflb", "kflv")


def check_name(what: str, name: str) -> None:
    """Refuse a name that can't be a host name."""
    if not NAME.fullmatch(name):
        raise LabError(f"{what} {name!r} is not a name: lower-case letters, digits and inner hyphens, at most 26.")


def host_names(text: str) -> tuple[str, ...]:
    """Read host names: `kafka1,kafka2`, or `kafka*50` for kafka1 to kafka50."""
    prefix, star, count = text.partition("*")
    if star:
        if not count.isdigit():
            raise LabError(f"{text!r}: write the number of hosts after the *, as in kafka*50.")
        names = tuple(f"{prefix}{number}" for number in range(1, int(count) + 1))
    else:
        names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        check_name("host", name)
    if not names or len(set(names)) < len(names):
        raise LabError(f"{text!r}: a lab needs at least one host, and each name once.")
    return names


def netns(lab: str, host: str) -> str:
    """Name a host's network namespace."""
    return f"{NETNS_PREFIX}{lab}-{host}"


def bridge(lab: str) -> str:
    """Name a lab's bridge: the kernel takes 15 characters, so it is a hash."""
    return LINK_PREFIXES[0] + _hash(lab)


def veth(lab: str, host: str) -> str:
    """Name the machine's end of a host's link."""
    return LINK_PREFIXES[1] + _hash(f"{lab}/{host}")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]
