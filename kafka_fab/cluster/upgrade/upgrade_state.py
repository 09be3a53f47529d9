"""Upgrade state: where an upgrade is, by what each service has on disk, runs and is pinned to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from enum import StrEnum

from kafka_fab.cluster.release import release
from kafka_fab.cluster.upgrade import level, pins
from kafka_fab.cluster.values.role import Role
from kafka_fab.frozen_value import dataclass

SHOWN = 5


class Phase(StrEnum):
    """Where an upgrade is."""

    NOT_BEGUN = "not begun"
    IN_PROGRESS = "in progress"
    SOAKING = "soaking"
    FINALIZING = "finalizing"
    FINALIZED = "finalized"


class Contradiction(Exception):
    """What the hosts report is not the state of one upgrade."""


@dataclass(frozen=True)
class ServiceLevel:
    """A service's versions: that of its unit on disk, the running one, and that of its files from before the upgrade.

    `pins` are the levels in its file, `running_pins` those that it has started with, `own` the keys of those that the
    settings have themselves; `javas` are the homes of the Java that it has and starts with, `java` of that which it is
    to have.
    """

    name: str
    role: Role
    on_disk: str
    running: str = ""
    saved: str = ""
    pins: Mapping[str, str] = field(default_factory=dict)
    running_pins: Mapping[str, str] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    javas: frozenset[str] = frozenset()
    java: str = ""

    @property
    def versions(self) -> frozenset[str]:
        """Return the versions that it runs now and starts with next."""
        return frozenset(filter(None, (self.on_disk, self.running)))

    def is_at(self, version: str) -> bool:
        """Return whether it starts with a version, and runs no other one."""
        return self.versions == {version}

    @property
    def has_java(self) -> bool:
        """Return whether it starts with the Java that it is to have, and runs with no other one."""
        return self.javas <= {self.java}

    @property
    def in_force(self) -> Mapping[str, str]:
        """Return the pins that hold now; of a service that is stopped, those of its next start."""
        return self.running_pins if self.running else self.pins

    @property
    def pinned(self) -> frozenset[str]:
        """Return the keys that an upgrade has pinned: in its file, or in force until the next restart."""
        return frozenset({**self.pins, **self.in_force}) - self.own


@dataclass(frozen=True)
class UpgradeState:
    """All services, the version that they are to have, and the finalized features of a KRaft cluster.

    `finalized` is None where it is not known.
    """

    services: tuple[ServiceLevel, ...]
    wanted: str
    kraft: bool
    finalized: Mapping[str, int] | None = field(default_factory=dict)

    @property
    def oldest(self) -> str:
        """Return the oldest version that a service runs or starts with."""
        return min(_versions(self.services), key=release.numbers, default=self.wanted)

    @property
    def newest(self) -> str:
        """Return the newest version that a service runs or starts with."""
        return max(_versions(self.services), key=release.numbers, default=self.wanted)

    @property
    def brokers(self) -> tuple[ServiceLevel, ...]:
        """Return the brokers."""
        return tuple(one for one in self.services if one.role is Role.BROKER)

    @property
    def behind(self) -> tuple[ServiceLevel, ...]:
        """Return the services that do not run the wanted version, or with another Java, or do not start so."""
        return tuple(one for one in self.services if not (one.is_at(self.wanted) and one.has_java))

    @property
    def phase(self) -> Phase:
        """Return where the upgrade is; raise Contradiction where the services are not in one upgrade."""
        self._refuse_contradiction()
        if self.behind:
            return Phase.IN_PROGRESS if self._has_begun else Phase.NOT_BEGUN
        pinned = [one for one in self.brokers if one.pinned]
        if pinned and not all(pins.PROTOCOL in one.in_force for one in self.brokers):
            return Phase.FINALIZING
        if pinned or self.is_below or any(one.saved for one in self.services):
            return Phase.SOAKING
        return Phase.FINALIZED

    @property
    def is_of_java(self) -> bool:
        """Return whether all services are at the wanted version already, and only their Java may be another."""
        return all(one.is_at(self.wanted) for one in self.services)

    @property
    def _has_begun(self) -> bool:
        if self.is_of_java:
            return any(one.saved for one in self.services)
        return any(self.wanted in one.versions for one in self.services)

    @property
    def is_below(self) -> bool:
        """Return whether a KRaft cluster's metadata version is lower than that of the wanted release, or not known."""
        if not self.kraft:
            return False
        highest = level.features(self.wanted).get(level.METADATA, 0)
        return self.finalized is None or self.finalized.get(level.METADATA, 0) < highest

    @property
    def unfinalized(self) -> str:
        """Return which earlier upgrade must be finalized before the next one begins, or nothing."""
        saved = sorted({one.saved for one in self.services if one.saved}, key=release.numbers)
        low = self.kraft and UpgradeState(self.services, self.oldest, self.kraft, self.finalized).is_below
        if (
            self.phase is Phase.NOT_BEGUN
            and not self.is_of_java
            and (saved or low or any(one.pinned for one in self.brokers))
        ):
            return f"the upgrade {f'from {saved[0]} ' if saved else ''}to {self.oldest}"
        return ""

    @property
    def rollback_refusal(self) -> str:
        """Return why the services cannot go back to the version of before, or nothing."""
        saved = [one for one in self.services if one.saved]
        if not saved:
            return "no host has the files of an earlier version: there was no upgrade, or it is finalized"
        before = min((one.saved for one in saved), key=release.numbers)
        if self.kraft and self.finalized is None:
            return "the finalized features cannot be read: no broker answers"
        higher = list(self._unsupported(before))
        if higher:
            return f"the upgrade is finalized: {_few(higher)}. {before} would not start any more"
        raised = [one.name for one in saved if self._speaks_newer(one, before)]
        if raised:
            return f"the upgrade is finalized on {_few(raised)}: brokers of {before} would serve no partition"
        return ""

    def _refuse_contradiction(self) -> None:
        found = sorted({*_versions(self.services), self.wanted}, key=release.numbers)
        if found[-1] != self.wanted:
            newer = [one.name for one in self.services if found[-1] in one.versions]
            raise Contradiction(f"{_few(newer)}: at {found[-1]}, newer than {self.wanted} in conf/cluster.yaml")
        if len(found) > 2:
            raise Contradiction(f"more than two versions at once: {', '.join(found)}")
        before = self.oldest
        ahead = [one.name for one in self.brokers if one.is_at(self.wanted) and self._speaks_newer(one, before)]
        if ahead and before != self.wanted:
            raise Contradiction(f"{_few(ahead)}: without the pin of {before}, which others still run")
        higher = list(self._unsupported(before))
        if higher:
            raise Contradiction(f"{_few(higher)} is finalized, but services are at {before}, which does not support it")

    def _speaks_newer(self, one: ServiceLevel, before: str) -> bool:
        """Return whether a broker with ZooKeeper speaks a protocol that a version does not know."""
        if self.kraft or one.role is not Role.BROKER or before in one.versions:
            return False
        spoken = one.in_force.get(pins.PROTOCOL) or level.of_release(one.on_disk)
        return level.rank(spoken) > level.rank(level.of_release(before))

    def _unsupported(self, version: str) -> Iterator[str]:
        """Yield the finalized features that a release does not support at their level."""
        known = level.features(version) if self.kraft else {}
        for name, number in (self.finalized or {}).items() if known else ():
            if name != level.NEVER_RAISED and number > known.get(name, 0):
                yield level.named(name, number)


def _versions(services: Iterable[ServiceLevel]) -> set[str]:
    return {version for one in services for version in one.versions}


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
