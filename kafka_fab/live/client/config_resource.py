"""Config resource: what configs belong to, in the numbers of Kafka's protocol."""

from enum import IntEnum


class ConfigResource(IntEnum):
    """A topic or a broker."""

    TOPIC = 2
    BROKER = 4
