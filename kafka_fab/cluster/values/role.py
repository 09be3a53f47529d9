"""Role: what a service is in its cluster, by its group in hosts.ini."""

from enum import StrEnum


class Role(StrEnum):
    """The role of a service; a combined node is a broker."""

    BROKER = "kafka"
    ZOOKEEPER = "zookeeper"
    CONTROLLER = "controller"
