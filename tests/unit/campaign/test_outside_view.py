"""The outside view: what differs from what must be."""

from dataclasses import replace

import pytest

from tests.campaign.outside_view import Partition, View, differences
from tests.campaign.world import KINDS, MOVED, ORDERS, Topic, World

WORLD = World(KINDS["kraft"])
ALL = Partition(1, (1, 2, 3), (3, 1, 2))
PAIRS = WORLD.topics[MOVED].placement
TOPICS = {ORDERS: (ALL,) * 6, MOVED: tuple(Partition(pair[0], pair, pair) for pair in PAIRS)}
FINE = View(frozenset({1, 2, 3}), TOPICS, {})


def test_nothing_differs() -> None:
    assert differences(FINE, WORLD) == []
    assert differences(replace(FINE, topics={**TOPICS, "__consumer_offsets": (ALL,)}), WORLD) == []


@pytest.mark.parametrize(
    ("view", "said"),
    [
        (View(error="timed out"), "no client can read the cluster: timed out"),
        (replace(FINE, brokers=frozenset({1, 2})), "brokers [1, 2], not [1, 2, 3]"),
        (replace(FINE, throttles={"1: rate": "9"}), "throttle 1: rate = 9"),
        (replace(FINE, topics={**TOPICS, "left": (ALL,)}), "topic left is there"),
        (replace(FINE, topics={**TOPICS, "__kafka_fab_canary": (ALL,)}), "topic __kafka_fab_canary is there"),
        (replace(FINE, topics={ORDERS: TOPICS[ORDERS]}), "topic moved is not there"),
        (replace(FINE, topics={**TOPICS, ORDERS: (ALL,)}), "topic orders has 1 partitions, not 6"),
        (replace(FINE, topics={**TOPICS, ORDERS: (replace(ALL, leader=-1),) * 6}), "orders-0 has no leader"),
        (
            replace(FINE, topics={**TOPICS, ORDERS: (replace(ALL, in_sync=(1, 2)),) * 6}),
            "orders-0: [1, 2] of [1, 2, 3] in sync",
        ),
        (
            replace(FINE, topics={**TOPICS, ORDERS: (Partition(1, (1, 2), (1, 2)),) * 6}),
            "topic orders has [2] replicas, not 3",
        ),
        (
            replace(FINE, topics={**TOPICS, MOVED: (Partition(1, (1, 2), (1, 2)),) * 4}),
            f"topic moved is on {((1, 2),) * 4}, not {PAIRS}",
        ),
    ],
)  # fmt: skip
def test_what_differs_is_said(view: View, said: str) -> None:
    assert said in differences(view, WORLD)


def test_internal_topics_must_be_in_sync_too() -> None:
    behind = replace(ALL, in_sync=(1,))
    view = replace(FINE, topics={**TOPICS, "__consumer_offsets": (behind,)})
    assert differences(view, WORLD) == ["__consumer_offsets-0: [1] of [1, 2, 3] in sync"]


def test_a_topic_of_the_world_that_was_altered() -> None:
    world = WORLD.with_topic("topic0", Topic(2))
    assert differences(replace(FINE, topics={**TOPICS, "topic0": (ALL,)}), world) == [
        "topic topic0 has 1 partitions, not 2"
    ]
