"""Apply changes: the plan brought about, stage by stage, and proven by planning again."""

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

# Brokers hear of a change from the controller.
SECONDS, PAUSE = 20.0, 0.2


def carry_out(work: Work, plan: Plan) -> Rejections:
    """Take the steps of a plan and return who was refused and why; an empty name is all that was left to do."""
    refused: Rejections = {}
    for kind, steps in _stages(plan):
        some = [step for step in steps if step.name not in refused]
        try:
            refused |= kind.appliers[type(some[0])](work, some) if some else {}
        except (Unreachable, RequestRejected) as problem:
            return refused | {"": f"{problem}; what came after it was not begun"}
    return refused


def _stages(plan: Plan) -> Iterator[tuple[FileSection, Sequence[Change]]]:
    for _, some in groupby(plan.changes, key=lambda pair: (pair[0].name, type(pair[1]))):
        pairs = list(some)
        yield pairs[0][0], [step for _, step in pairs]


def unproven(work: Work, wanted: DesiredTopics, delete: bool) -> Rejections:
    """Return what the cluster does not show although it was taken, when some time was given to it."""
    left: list[str] = []

    def shown() -> bool:
        left[:] = [step.name for _, step in read(work, wanted, delete).changes]
        return not left

    try:
        until(shown, SECONDS, PAUSE)
    except (Unreachable, RequestRejected) as problem:
        return {"": f"it is not known whether all of it holds: {problem}"}
    return dict.fromkeys(left, f"was taken, but the cluster does not show it after {SECONDS:.0f} s: see topics.plan")
