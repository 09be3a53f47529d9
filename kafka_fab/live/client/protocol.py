"""kafka-python's protocol, imported when it is first needed: that takes longer than most questions."""

import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

# Sends a request of kafka-python to a server and returns its answer.
Ask = Callable[[Any], Any]
_ALONE = threading.Lock()


def kafka_python() -> ModuleType:
    """Return the package with its protocol loaded; several threads may ask at once.

    Its modules import each other in circles, which fails where two threads enter the circle at two places.
    """
    with _ALONE:
        import kafka.errors
        import kafka.protocol.admin
        import kafka.protocol.api_header
        import kafka.protocol.consumer
        import kafka.protocol.metadata
        import kafka.protocol.parser
        import kafka.protocol.producer
        import kafka.record.memory_records

    package: ModuleType = kafka
    return package


def ready_for_answer(request: Any) -> None:
    """Have the class of a sent request's answer made, while no other thread does.

    Of two that are made at once kafka-python keeps one, and may remember the other: once that is thrown away, it
    understands no answer of that kind any more.
    """
    registry = kafka_python().protocol.api_header.ResponseClassRegistry
    with _ALONE:
        registry.get_response_class(request.header)
