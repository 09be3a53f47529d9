"""Override decision: what a running broker is to be told so that it runs on what its file says. Pure decisions."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from kafka_fab.cluster.dynamic.dynamic_keys import RESTART
from kafka_fab.frozen_value import dataclass

# Where a value comes from, in the numbers of DescribeConfigs: this broker's override, that of all brokers, the
# file as it was at the start, and Kafka itself.
OWN, EVERYONE, BUILT_IN = 2, 3, 5
BOOLEAN, LIST, NUMBERS = 1, 7, (3, 4, 5, 6)
HOUR, MINUTE = 3_600_000, 60_000
# Keys without a default of their own: where the file has none, coarser ones count; the last of them has a default.
COARSER = {
    "log.retention.ms": (("log.retention.minutes", MINUTE), ("log.retention.hours", HOUR)),
    "log.roll.ms": (("log.roll.hours", HOUR),),
    "log.roll.jitter.ms": (("log.roll.jitter.hours", HOUR),),
    "log.flush.interval.ms": (("log.flush.scheduler.interval.ms", 1),),
}
Ours = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Setting:
    """A key as a broker describes it: the value in force, its kind, and the values under it, the strongest first."""

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
        """Return what would be in force without this broker's override, and where it comes from."""
        return next((layer for layer in self.layers if layer[0] != OWN), (BUILT_IN, None))

    def means(self, one: str | None, other: str | None) -> bool:
        """Return whether two spellings are one value of this key."""
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
    """One override set, or without a value deleted."""

    name: str
    value: str | None
    was: str | None

    def holds(self, setting: Setting) -> bool:
        """Return whether the broker runs on it."""
        if self.value is None:
            return setting.own is None
        return setting.means(setting.own, self.value) and setting.means(setting.value, self.value)


@dataclass(frozen=True)
class OverrideDecision:
    """What to tell a broker, what speaks against it, and what an operator should know."""

    steps: tuple[OverrideStep, ...] = ()
    obstacles: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    # Overrides of ours that hide the file, since the broker was started anew.
    ends: tuple[OverrideStep, ...] = ()


def asked(keys: Iterable[str]) -> tuple[str, ...]:
    """Return the keys that a broker and its file are asked for where some are to be decided on."""
    return tuple(sorted({*keys, *(name for coarser in COARSER.values() for name, _ in coarser)}))


def verdict(
    due: Collection[str], file: Mapping[str, str], settings: Mapping[str, Setting], ours: Ours
) -> OverrideDecision:
    """Return what brings the keys that are due to what the file says."""
    foreign = dict(_foreign({*file, *due}, file, settings, ours))
    obstacles = [_obstacle(name, settings, foreign) for name in due]
    steps = [step for name in due if name in settings for step in _step(settings[name], file, settings, ours)]
    notes = tuple((name, words) for name, words in foreign.items() if name not in due)
    ends = tuple(end for end in forgettable(file, settings, ours) if end.name not in due)
    return OverrideDecision(tuple(steps), tuple(filter(None, obstacles)), notes, ends)


def _obstacle(name: str, settings: Mapping[str, Setting], foreign: Mapping[str, str]) -> str:
    setting = settings.get(name)
    if setting is None or setting.read_only:
        return f"this broker does not take {name} while it runs: {RESTART}"
    if name not in foreign:
        return ""
    return f"{foreign[name]}: take that back (kafka-configs.sh --alter --delete-config {name}), or correct the file"


def forgettable(file: Mapping[str, str], settings: Mapping[str, Setting], ours: Ours) -> Iterator[OverrideStep]:
    """Yield the end of each override of ours without which the broker runs on what the file says all the same."""
    for setting in _overridden(settings, ours):
        yield from (step for step in _step(setting, file, settings, ours) if step.value is None)


def strides(setting: Setting, end: str | None) -> Iterator[str]:
    """Yield the values between the one in force and another that a broker takes only one after the other.

    It doubles or halves a number of threads at most; a restart knows no such limit.
    """
    if "thread" not in setting.name and setting.name != "num.replica.fetchers":
        return
    now, last = int(setting.value or 0), int(end or 0)
    while 0 < 2 * now < last or 0 < last < now // 2:
        now = 2 * now if now < last else now // 2
        yield str(now)


def kept(ours: Ours, steps: Iterable[OverrideStep]) -> Ours:
    """Return the overrides that are ours when all steps are taken."""
    taken = {step.name: step.value for step in steps}
    new = {(name, value) for name, value in taken.items() if value is not None}
    return frozenset(one for one in ours if one[0] not in taken) | new


def _overridden(settings: Mapping[str, Setting], ours: Ours) -> Iterator[Setting]:
    names = sorted({name for name, _ in ours})
    return (settings[name] for name in names if name in settings and (name, settings[name].own) in ours)


def _goal(name: str, file: Mapping[str, str], settings: Mapping[str, Setting]) -> str | None:
    if name in file:
        return file[name]
    for coarser, factor in COARSER.get(name, ()):
        if coarser in file:
            return _times(file[coarser], factor)
    source, factor = COARSER.get(name, ((name, 1),))[-1]
    default = dict(settings[source].layers).get(BUILT_IN) if source in settings else None
    return default if default is None or source == name else _times(default, factor)


def _times(text: str, factor: int) -> str:
    # As Kafka does: whatever is negative means for ever.
    return str(max(-1, int(text) * factor))


def _step(
    setting: Setting, file: Mapping[str, str], settings: Mapping[str, Setting], ours: Ours
) -> Iterator[OverrideStep]:
    name, goal, (source, base) = setting.name, _goal(setting.name, file, settings), setting.base
    if setting.means(base, goal) or (name not in file and source == BUILT_IN):
        if (name, setting.own) in ours:
            yield OverrideStep(name, None, setting.value)
    elif goal is not None and not setting.means(setting.own, goal):
        yield OverrideStep(name, goal, setting.value)


def _foreign(
    names: Iterable[str], file: Mapping[str, str], settings: Mapping[str, Setting], ours: Ours
) -> Iterator[tuple[str, str]]:
    """Yield each key that someone else has overridden, where the file says something else, and a sentence on it."""
    for name in sorted(names):
        setting, goal = settings.get(name, Setting(name)), _goal(name, file, settings)
        for source, value in setting.layers:
            is_theirs = source == EVERYONE or (source == OWN and (name, value) not in ours)
            if is_theirs and not setting.means(value, goal):
                where = " for all brokers" if source == EVERYONE else ""
                said = (
                    f"the file says {file[name]}" if name in file else f"the file leaves it at {goal or 'its default'}"
                )
                yield name, f"someone has set {name} to {value} dynamically{where}; {said}"
