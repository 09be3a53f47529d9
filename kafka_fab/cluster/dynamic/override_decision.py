"""Override decision: the dynamic overrides that bring a running broker to the values of its file. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from kafka_fab.cluster.dynamic.dynamic_keys import RESTART
from kafka_fab.frozen_value import dataclass

# The source of a value, in the numbers of DescribeConfigs: this broker's override, that of all brokers, Kafka's
# default. Between the last two is the file as it was at the start.
OWN, EVERYONE, BUILT_IN = 2, 3, 5
BOOLEAN, LIST, NUMBERS = 1, 7, (3, 4, 5, 6)
HOUR, MINUTE = 3_600_000, 60_000
# Keys without a default: if the file does not have them, the keys with coarser units count; the last has a default.
COARSER = {
    "log.retention.ms": (("log.retention.minutes", MINUTE), ("log.retention.hours", HOUR)),
    "log.roll.ms": (("log.roll.hours", HOUR),),
    "log.roll.jitter.ms": (("log.roll.jitter.hours", HOUR),),
    "log.flush.interval.ms": (("log.flush.scheduler.interval.ms", 1),),
}
Ours = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Setting:
    """A key as a broker describes it: the effective value, its type, and the values by source, the strongest first."""

    name: str
    value: str | None = None
    kind: int = 2
    read_only: bool = False
    layers: tuple[tuple[int, str], ...] = ()

    @property
    def own(self) -> str | None:
        """Return this broker's override."""
        return dict(self.layers).get(OWN)

    @property
    def base(self) -> tuple[int, str | None]:
        """Return the source and the value that would be effective without this broker's override."""
        return next((layer for layer in self.layers if layer[0] != OWN), (BUILT_IN, None))

    def means(self, one: str | None, other: str | None) -> bool:
        """Return whether two texts are the same value of this key."""
        return one is not None and other is not None and self._read(one) == self._read(other)

    def _read(self, text: str) -> object:
        text = text.strip()
        if self.kind == LIST:
            return tuple(word.strip() for word in text.split(","))
        if self.kind == BOOLEAN:
            return text.lower()
        try:
            return float(text) if self.kind in NUMBERS else text
        except ValueError:
            return text


@dataclass(frozen=True)
class OverrideStep:
    """An override to set, or without a value to delete."""

    name: str
    value: str | None
    was: str | None

    def holds(self, setting: Setting) -> bool:
        """Return whether the broker runs with it."""
        if self.value is None:
            return setting.own is None
        return setting.means(setting.own, self.value) and setting.means(setting.value, self.value)


@dataclass(frozen=True)
class OverrideDecision:
    """The overrides to change, the obstacles, and notes for the operator."""

    steps: tuple[OverrideStep, ...] = ()
    obstacles: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    # Overrides of ours to delete: the broker has restarted, and runs with the file's value without them.
    ends: tuple[OverrideStep, ...] = ()


def described_keys(keys: Iterable[str]) -> tuple[str, ...]:
    """Return the keys that a broker and its file must describe for a decision on some keys."""
    return tuple(sorted({*keys, *(name for coarser in COARSER.values() for name, _ in coarser)}))


def decide(
    due: Collection[str], file: Mapping[str, str], settings: Mapping[str, Setting], ours: Ours
) -> OverrideDecision:
    """Return what brings the keys of a pending change to the values of the file."""
    foreign = dict(_foreign({*file, *due}, file, settings, ours))
    obstacles = [_obstacle(name, settings, foreign) for name in due]
    steps = [step for name in due if name in settings for step in _step(settings[name], file, settings, ours)]
    notes = tuple((name, words) for name, words in foreign.items() if name not in due)
    ends = tuple(end for end in no_longer_needed(file, settings, ours) if end.name not in due)
    return OverrideDecision(tuple(steps), tuple(filter(None, obstacles)), notes, ends)


def _obstacle(name: str, settings: Mapping[str, Setting], foreign: Mapping[str, str]) -> str:
    setting = settings.get(name)
    if setting is None or setting.read_only:
        return f"this broker cannot change {name} while it runs: {RESTART}"
    if name not in foreign:
        return ""
    return f"{foreign[name]}: take that back (kafka-configs.sh --alter --delete-config {name}), or correct the file"


def no_longer_needed(file: Mapping[str, str], settings: Mapping[str, Setting], ours: Ours) -> Iterator[OverrideStep]:
    """Yield the deletion of each override of ours without which the broker runs with the file's value, too."""
    for setting in _overridden(settings, ours):
        yield from (step for step in _step(setting, file, settings, ours) if step.value is None)


def intermediate_values(setting: Setting, end: str | None) -> Iterator[str]:
    """Yield the values to set one after the other between the effective value and another.

    A broker at most doubles or halves a number of threads; a restart has no such limit.
    """
    if "thread" not in setting.name and setting.name != "num.replica.fetchers":
        return
    now, last = int(setting.value or 0), int(end or 0)
    while 0 < 2 * now < last or 0 < last < now // 2:
        now = 2 * now if now < last else now // 2
        yield str(now)


def remaining(ours: Ours, steps: Iterable[OverrideStep]) -> Ours:
    """Return the overrides that are ours after all steps."""
    taken = {step.name: step.value for step in steps}
    new = {(name, value) for name, value in taken.items() if value is not None}
    return frozenset(one for one in ours if one[0] not in taken) | new


def _overridden(settings: Mapping[str, Setting], ours: Ours) -> Iterator[Setting]:
    names = sorted({name for name, _ in ours})
    return (settings[name] for name in names if name in settings and (name, settings[name].own) in ours)


def _target(name: str, file: Mapping[str, str], settings: Mapping[str, Setting]) -> str | None:
    if name in file:
        return file[name]
    for coarser, factor in COARSER.get(name, ()):
        if coarser in file:
            return _times(file[coarser], factor)
    source, factor = COARSER.get(name, ((name, 1),))[-1]
    default = dict(settings[source].layers).get(BUILT_IN) if source in settings else None
    return default if default is None or source == name else _times(default, factor)


def _times(text: str, factor: int) -> str:
    # As Kafka does: a negative value means unlimited.
    return str(max(-1, int(text) * factor))


def _step(
    setting: Setting, file: Mapping[str, str], settings: Mapping[str, Setting], ours: Ours
) -> Iterator[OverrideStep]:
    name, target, (source, base) = setting.name, _target(setting.name, file, settings), setting.base
    if setting.means(base, target) or (name not in file and source == BUILT_IN):
        if (name, setting.own) in ours:
            yield OverrideStep(name, None, setting.value)
    elif target is not None and not setting.means(setting.own, target):
        yield OverrideStep(name, target, setting.value)


def _foreign(
    names: Iterable[str], file: Mapping[str, str], settings: Mapping[str, Setting], ours: Ours
) -> Iterator[tuple[str, str]]:
    """Yield each key that someone else has overridden with another value than the file's, and a sentence on it."""
    for name in sorted(names):
        setting, target = settings.get(name, Setting(name)), _target(name, file, settings)
        for source, value in setting.layers:
            is_theirs = source == EVERYONE or (source == OWN and (name, value) not in ours)
            if is_theirs and not setting.means(value, target):
                where = " for all brokers" if source == EVERYONE else ""
                said = (
                    f"the file says {file[name]}"
                    if name in file
                    else f"the file leaves it at {target or 'its default'}"
                )
                yield name, f"someone has set {name} to {value} dynamically{where}; {said}"
