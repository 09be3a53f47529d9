"""Config diff: which of a topic's configs differ from the file's; the file is complete. Pure functions."""

from collections.abc import Iterator

from kafka_fab.cluster.topics.desired_topics import Topic
from kafka_fab.cluster.topics.topic_change import Configure, ValueChange
from kafka_fab.cluster.topics.topic_rules import INTERNAL, THROTTLES
from kafka_fab.cluster.topics.topics_state import TopicState


def configured(topic: Topic, found: TopicState) -> Iterator[Configure]:
    """Yield the configs to set, and those to reset because the file does not name them; nothing if there are none.

    A value that is set stays set, even if it equals the brokers' default. Throttles are not reset: moves set and
    remove them. Configs of internal topics are not reset: the brokers have set them.
    """
    changes = {
        name: ValueChange(found.config.get(name), value)
        for name, value in topic.config.items()
        if name not in found.config or not same(found.config[name], value)
    }
    if topic.name not in INTERNAL:
        drift = found.config.keys() - topic.config.keys() - set(THROTTLES)
        changes |= {name: ValueChange(found.config[name], None) for name in drift}
    if changes:
        yield Configure(topic.name, dict(sorted(changes.items())))


def same(one: str, other: str) -> bool:
    """Return whether two texts are the same value to Kafka: 0.50 and 0.5, `compact, delete` and `compact,delete`."""
    return [_plain(part.strip()) for part in one.split(",")] == [_plain(part.strip()) for part in other.split(",")]


def _plain(text: str) -> object:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text.lower() if text.lower() in ("true", "false") else text
