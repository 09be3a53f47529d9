"""Config resource: what configs belong to, in the numbers of Kafka's protocol."""

from enum import IntEnum


class ConfigResource(IntEnum):
    """A topic, a broker, or the loggers of one process."""

    TOPIC = 2
    BROKER = 4
    BROKER_LOGGER = 8
