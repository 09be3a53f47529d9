"""Protocol: kafka-python's protocol classes, imported when first needed: that takes longer than most requests."""

import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

# Sends a request of kafka-python to a server and returns its answer.
Ask = Callable[[Any], Any]
_IMPORTING = threading.Lock()


def kafka_python() -> ModuleType:
    """Return the package with its protocol loaded; several threads may ask at once.

    Its modules import each other in cycles, which fails if two threads enter a cycle at different modules.
    """
    with _IMPORTING:
        import kafka.errors
        import kafka.net.sasl
        import kafka.protocol.admin
        import kafka.protocol.api_header
        import kafka.protocol.consumer
        import kafka.protocol.metadata
        import kafka.protocol.parser
        import kafka.protocol.producer
        import kafka.protocol.sasl
        import kafka.record.memory_records

    package: ModuleType = kafka
    return package


def ready_for_answer(request: Any) -> None:
    """Create the response class of a request that was sent, while no other thread does.

    If two threads create it at once, kafka-python keeps one and may refer to the other; once that is collected, it
    cannot decode this response any more.
    """
    registry = kafka_python().protocol.api_header.ResponseClassRegistry
    with _IMPORTING:
        registry.get_response_class(request.header)
