from kafka_fab.cluster.model import Node


def test_a_message_passes_through_the_broker(broker: Node, messages: dict[str, str]) -> None:
    assert messages[broker.host] == "ok"
