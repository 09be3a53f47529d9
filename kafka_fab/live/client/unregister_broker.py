"""UnregisterBroker: a broker's registration taken out of a KRaft cluster's metadata."""

from functools import cache
from typing import Any

from kafka_fab.live.client import messages
from kafka_fab.live.client.protocol import Ask, kafka_python
from kafka_fab.live.client.rejection import accept

NOT_REGISTERED = 102


@cache
def _shapes() -> tuple[Any, Any]:
    """Return the classes of the request and of its answer; kafka-python finds the latter while it exists."""
    base: Any = kafka_python().protocol.api_message.ApiMessage

    class UnregisterBrokerRequest(base, load_json=messages):  # type: ignore[call-arg]
        """Any broker takes it and forwards it to the active controller."""

    class UnregisterBrokerResponse(base, load_json=messages):  # type: ignore[call-arg]
        """An error code, and a message in it."""

    return UnregisterBrokerRequest, UnregisterBrokerResponse


def unregister(ask: Ask, broker: int) -> bool:
    """Take a broker out of the metadata; return whether it was in it; raise RequestRejected.

    Kafka does not refuse that for a broker that runs: it would then be rejected by the controller for ever.
    """
    request, _ = _shapes()
    answer = ask(request(version=0, broker_id=broker))
    accept(answer, f"broker {broker}", allowed=(NOT_REGISTERED,))
    return bool(answer.error_code != NOT_REGISTERED)
