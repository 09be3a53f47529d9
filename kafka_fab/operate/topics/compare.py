"""Compare: the file and the cluster held against each other, once, with the brokers' own word on what is new."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from invoke.exceptions import Exit

from kafka_fab.cluster.topics import topics_file
from kafka_fab.cluster.topics.desired_topics import DesiredTopics
from kafka_fab.cluster.topics.topic_change import Change, Refusal, Step
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.operate.topics.file_sections import FileSection, kinds
from kafka_fab.operate.topics.work import Work


@dataclass(frozen=True)
class Plan:
    """What was found to do, kind by kind."""

    steps: tuple[tuple[FileSection, Step], ...]

    @property
    def all(self) -> tuple[Step, ...]:
        """Return the steps of all kinds."""
        return tuple(step for _, step in self.steps)

    @property
    def changes(self) -> tuple[tuple[FileSection, Change], ...]:
        """Return the steps that change something."""
        return tuple((kind, step) for kind, step in self.steps if isinstance(step, Change))

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """Return what cannot be brought about."""
        return tuple(step for step in self.all if isinstance(step, Refusal))


def wanted(work: Work) -> tuple[DesiredTopics, tuple[str, ...]]:
    """Return what the file says, and warnings; raise ConfigError with every problem."""
    found, warnings = topics_file.wanted(work.cluster)
    return found, tuple(map(str, warnings))


def planned(work: Work, wanted: DesiredTopics, delete: bool) -> Plan:
    """Return the plan of all kinds; raise Exit where the cluster cannot be asked."""
    try:
        return read(work, wanted, delete)
    except (Unreachable, RequestRejected) as problem:
        raise Exit(f"the cluster cannot be asked: {problem}", code=1) from problem


def read(work: Work, wanted: DesiredTopics, delete: bool) -> Plan:
    """Return the plan of all kinds; raise Unreachable or RequestRejected."""
    return Plan(
        tuple(
            (kind, step) for kind in kinds(work.cluster) for step in kind.plan(wanted, kind.read(work, wanted), delete)
        )
    )


def checked(work: Work, plan: Plan) -> Plan:
    """Return a plan with what the brokers would refuse, in their own words; raise Exit where they cannot be asked."""
    try:
        refused = [(kind, refusal) for kind, some in _asked(plan) for refusal in _refused(work, kind, some)]
    except (Unreachable, RequestRejected) as problem:
        raise Exit(f"the cluster cannot be asked: {problem}", code=1) from problem
    return Plan((*plan.steps, *refused))


def _asked(plan: Plan) -> Iterator[tuple[FileSection, Sequence[Change]]]:
    checkable = ((kind, step) for kind, step in plan.changes if type(step) in kind.checks)
    for _, some in groupby(checkable, key=lambda pair: (pair[0].name, type(pair[1]))):
        pairs = list(some)
        yield pairs[0][0], [step for _, step in pairs]


def _refused(work: Work, kind: FileSection, steps: Sequence[Change]) -> Iterator[Refusal]:
    for name, reason in kind.checks[type(steps[0])](work, steps).items():
        yield Refusal(name, f"the brokers would not take it: {reason}")
