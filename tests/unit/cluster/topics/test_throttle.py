"""What moves add to topics' throttle lists, and how a plan is told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kafka_fab.cluster.topics import throttle_lists
from kafka_fab.cluster.topics.desired_topics import DesiredTopics, Topic
from kafka_fab.cluster.topics.topic_change import (
    Configure,
    Create,
    Delete,
    MoveReplicas,
    Note,
    QuotaChange,
    RejectedChange,
    Step,
    ValueChange,
)
from kafka_fab.cluster.topics.topic_rules import THROTTLES
from kafka_fab.cluster.topics.topics_state import TopicState
from kafka_fab.operate.topics import plan_text

LEADERS, FOLLOWERS = THROTTLES
MOVE = MoveReplicas("t", {0: ValueChange((1, 2), (1, 2, 3)), 1: ValueChange((2,), (3,)), 2: ValueChange((1, 2), (1,))})


def after(own: dict[str, str], configures: list[Configure]) -> dict[str, str]:
    """A topic's configs after some were changed."""
    changed = {name: turn.after for one in configures for name, turn in one.changes.items()}
    return {name: value for name, value in {**own, **changed}.items() if value is not None}


def topic(config: dict[str, str]) -> dict[str, TopicState]:
    return {"t": TopicState("t", ((1, 2), (2,), (1, 2)), config=config)}


def test_old_replicas_send_and_new_ones_receive_and_what_only_goes_is_not_listed() -> None:
    assert throttle_lists.entries(MOVE) == {LEADERS: {"0:1", "0:2", "1:2"}, FOLLOWERS: {"0:3", "1:3"}}


def test_who_throttles_all_has_it_already() -> None:
    topics = topic({LEADERS: "*"})
    added = throttle_lists.added([MOVE], topics)
    assert added == {"t": {FOLLOWERS: {"0:3", "1:3"}}}
    assert after({LEADERS: "*"}, list(throttle_lists.merged(added, topics))) == {LEADERS: "*", FOLLOWERS: "0:3,1:3"}
    assert list(throttle_lists.emptied(["t"], topics)) == []


some = st.frozensets(st.sampled_from(("0:1", "0:3", "1:2", "1:3", "5:5")), max_size=4)


@given(some, some)
def test_what_was_there_before_is_there_afterwards(leaders: frozenset[str], followers: frozenset[str]) -> None:
    lists = {LEADERS: leaders, FOLLOWERS: followers}
    own = {name: ",".join(sorted(listed)) for name, listed in lists.items() if listed} | {"retention.ms": "1"}
    topics = topic(own)
    added = throttle_lists.added([MOVE], topics)
    during = after(own, list(throttle_lists.merged(added, topics)))
    for name, wanted in throttle_lists.entries(MOVE).items():
        assert wanted <= set(during[name].split(","))
    assert after(during, list(throttle_lists.cleared(added, topic(during)))) == own


def test_after_a_kill_the_lists_are_emptied() -> None:
    own = {LEADERS: "0:1", FOLLOWERS: "0:3", "retention.ms": "1"}
    assert after(own, list(throttle_lists.emptied(["t"], topic(own)))) == {"retention.ms": "1"}


# Words


def test_a_plan_in_words() -> None:
    steps: list[Step] = [
        Create("new", 6, 3, {"retention.ms": "1"}),
        Create("usual"),
        Configure("t", {"a": ValueChange("1", None), "b": ValueChange(None, "2")}),
        MOVE,
        Delete("old"),
        QuotaChange("user alice", (("user", "alice"),), {"producer_byte_rate": ValueChange(1.5, 1048576.0)}),
        QuotaChange("user bob", (("user", "bob"),), {"producer_byte_rate": ValueChange(1e12, None)}, removes=True),
        RejectedChange("u", "cannot be"),
        Note("v", "is so"),
    ]
    lines = [" ".join(line.split()) for line in plan_text.lines(steps)]
    assert lines == [
        "+ new 6 partitions, 3 replicas",
        "retention.ms 1",
        "+ usual the default number of partitions, the default number of replicas",
        "~ t",
        "a 1 -> the default (not in the file)",
        "b the default -> 2",
        "replicas 1 -> 1, 2 -> 1, 2 -> 3 in 3 partitions, 2 copied".replace("1 -> 1, ", ""),
        "- old with all its messages",
        "~ user alice",
        "producer_byte_rate 1.5 -> 1048576",
        "- user bob",
        "producer_byte_rate 1000000000000 -> unlimited (not in the file)",
        "! u",
        "rejected: cannot be",
        "v",
        "note: is so",
    ]
    wanted = DesiredTopics((Topic("new"),))
    told = plan_text.summary(steps, wanted, would=True)
    assert told == "1 topic and 0 quotas in the file: 2 to create, 3 to change, 1 to delete, 1 rejected"


def test_no_plan_in_words() -> None:
    assert plan_text.summary((), DesiredTopics(), would=True).endswith("nothing would change")
    assert plan_text.summary((), DesiredTopics(), would=False).endswith("nothing to change")
