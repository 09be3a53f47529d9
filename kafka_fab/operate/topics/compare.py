"""Compare: the changes from the cluster to the file, and what the brokers would reject of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from invoke.exceptions import Exit

from kafka_fab.cluster.topics import topics_file
from kafka_fab.cluster.topics.desired_topics import DesiredTopics
from kafka_fab.cluster.topics.topic_change import Change, RejectedChange, Step
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.operate.topics.file_sections import FileSection, sections_of
from kafka_fab.operate.topics.work import Work


@dataclass(frozen=True)
class Plan:
    """The steps of each section of the file."""

    steps: tuple[tuple[FileSection, Step], ...]

    @property
    def all(self) -> tuple[Step, ...]:
        """Return the steps of all sections."""
        return tuple(step for _, step in self.steps)

    @property
    def changes(self) -> tuple[tuple[FileSection, Change], ...]:
        """Return the steps that change something."""
        return tuple((section, step) for section, step in self.steps if isinstance(step, Change))

    @property
    def rejected(self) -> tuple[RejectedChange, ...]:
        """Return the changes that are not possible."""
        return tuple(step for step in self.all if isinstance(step, RejectedChange))


def wanted(work: Work) -> tuple[DesiredTopics, tuple[str, ...]]:
    """Return the topics and quotas of the file, and warnings; raise ConfigError with all problems."""
    found, warnings = topics_file.wanted(work.cluster)
    return found, tuple(map(str, warnings))


def planned(work: Work, wanted: DesiredTopics, delete: bool) -> Plan:
    """Return the plan; raise Exit where the cluster cannot be read."""
    try:
        return read(work, wanted, delete)
    except (Unreachable, RequestRejected) as problem:
        raise Exit(f"cannot read the topics: {problem}", code=1) from problem


def read(work: Work, wanted: DesiredTopics, delete: bool) -> Plan:
    """Return the plan; raise Unreachable or RequestRejected."""
    return Plan(
        tuple(
            (section, step)
            for section in sections_of(work.cluster)
            for step in section.plan(wanted, section.read(work, wanted), delete)
        )
    )


def checked(work: Work, plan: Plan) -> Plan:
    """Return a plan with what the brokers would reject, with their reasons; raise Exit where they cannot be asked."""
    try:
        rejected = [
            (section, rejection) for section, some in _checkable(plan) for rejection in _rejected(work, section, some)
        ]
    except (Unreachable, RequestRejected) as problem:
        raise Exit(f"cannot read the topics: {problem}", code=1) from problem
    return Plan((*plan.steps, *rejected))


def _checkable(plan: Plan) -> Iterator[tuple[FileSection, Sequence[Change]]]:
    checkable = ((section, step) for section, step in plan.changes if type(step) in section.checks)
    for _, some in groupby(checkable, key=lambda pair: (pair[0].name, type(pair[1]))):
        pairs = list(some)
        yield pairs[0][0], [step for _, step in pairs]


def _rejected(work: Work, section: FileSection, steps: Sequence[Change]) -> Iterator[RejectedChange]:
    for name, reason in section.checks[type(steps[0])](work, steps).items():
        yield RejectedChange(name, f"rejected by the brokers: {reason}")
