"""DeleteTopics: topics deleted with their messages."""

from collections.abc import Collection

from kafka_fab.live.client.protocol import Ask, kafka_python
from kafka_fab.live.client.rejection import Rejection, rejections

VERSION = 1


def delete(ask: Ask, names: Collection[str], timeout_ms: int) -> dict[str, Rejection]:
    """Delete topics; return which were rejected."""
    request = kafka_python().protocol.admin.DeleteTopicsRequest
    answer = ask(request(version=VERSION, topic_names=list(names), timeout_ms=timeout_ms))
    return rejections(answer.responses)
