"""Apply changes: the changes of a plan applied stage by stage, and verified by planning again."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from kafka_fab.cluster.topics.desired_topics import DesiredTopics
from kafka_fab.cluster.topics.topic_change import Change
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.live.client.wait import until
from kafka_fab.live.topic_requests import Rejections
from kafka_fab.operate.topics.compare import Plan, read
from kafka_fab.operate.topics.file_sections import FileSection
from kafka_fab.operate.topics.work import Work

# Brokers learn of a change from the controller.
SECONDS, PAUSE = 20.0, 0.2


def apply(work: Work, plan: Plan) -> Rejections:
    """Apply the changes of a plan; return what failed and why, by name; an empty name is the rest of the plan."""
    failed: Rejections = {}
    for section, steps in _stages(plan):
        some = [step for step in steps if step.name not in failed]
        try:
            failed |= section.appliers[type(some[0])](work, some) if some else {}
        except (Unreachable, RequestRejected) as problem:
            return failed | {"": f"{problem}; the remaining changes were not started"}
    return failed


def _stages(plan: Plan) -> Iterator[tuple[FileSection, Sequence[Change]]]:
    for _, some in groupby(plan.changes, key=lambda pair: (pair[0].name, type(pair[1]))):
        pairs = list(some)
        yield pairs[0][0], [step for _, step in pairs]


def unverified(work: Work, wanted: DesiredTopics, delete: bool) -> Rejections:
    """Return the changes that the cluster accepted, but does not show after some time."""
    left: list[str] = []

    def shown() -> bool:
        left[:] = [step.name for _, step in read(work, wanted, delete).changes]
        return not left

    try:
        until(shown, SECONDS, PAUSE)
    except (Unreachable, RequestRejected) as problem:
        return {"": f"cannot verify the changes: {problem}"}
    return dict.fromkeys(left, f"was accepted, but the cluster does not show it after {SECONDS:.0f} s: see topics.plan")
