"""kafka-python's protocol, imported when it is first needed: that takes longer than most questions."""

import threading
from types import ModuleType

_ALONE = threading.Lock()


def kafka_python() -> ModuleType:
    """Return the package with its protocol loaded; several threads may ask at once.

    Its modules import each other in circles, which fails where two threads enter the circle at two places.
    """
    with _ALONE:
        import kafka.errors
        import kafka.protocol.admin
        import kafka.protocol.consumer
        import kafka.protocol.metadata
        import kafka.protocol.parser
        import kafka.protocol.producer
        import kafka.record.memory_records

    package: ModuleType = kafka
    return package
