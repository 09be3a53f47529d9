"""Days left: how near a certificate's end is, and when that is worth a warning."""

from datetime import datetime, timedelta
from enum import StrEnum

from kafka_fab.cluster.pki.certificate import Certificate

DAY = "%Y-%m-%d"
# The shortest of these days, and of this part of its life: one that lives for a week is not always about to end.
WARNED, CRITICAL = (timedelta(days=30), 3), (timedelta(days=7), 12)


class Nearness(StrEnum):
    """How near the end is."""

    FAR = "far"
    NEAR = "near"
    CRITICAL = "critical"


def days(leaf: Certificate, now: datetime) -> int:
    """Return for how many whole days a certificate is still valid; negative where it has expired."""
    return (leaf.ends - now).days


def nearness(leaf: Certificate, now: datetime) -> Nearness:
    """Return how near a certificate's end is."""
    left = leaf.ends - now
    for level, (most, part) in ((Nearness.CRITICAL, CRITICAL), (Nearness.NEAR, WARNED)):
        if left <= min(most, (leaf.ends - leaf.begins) / part):
            return level
    return Nearness.FAR


def when(leaf: Certificate, now: datetime) -> str:
    """Return when a certificate ends, in words."""
    left = days(leaf, now)
    if left < 0:
        return f"expired on {leaf.ends:{DAY}}"
    return f"ends on {leaf.ends:{DAY}}, in {left} day{'' if left == 1 else 's'}"
