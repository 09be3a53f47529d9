"""Limits of memory, processes and sizes that a service would meet, by what a host told of them. Pure functions."""

from collections.abc import Iterator

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.preflight.finding import OK, Finding, HostFacts, level, size
from kafka_fab.cluster.roles.service import Service, services
from kafka_fab.cluster.values.role import Role

MIB, GIB = 2**20, 2**30
HEAP_UNITS = {"m": MIB, "g": GIB}
UNLIMITED = 2**62
# Beside its heap: code, threads' stacks, buffers outside of it. Of addresses, which cost nothing, far more.
JVM_OF_ITS_OWN = GIB
THREADS, FEW_THREADS = 300, 1000
SEGMENT = "log.segment.bytes"


def heap(service: Service) -> int:
    """Return a service's heap in bytes."""
    return int(service.heap[:-1]) * HEAP_UNITS[service.heap[-1].lower()]


def memory(told: HostFacts) -> int:
    """Return how much memory the services of a host may use at most, 0 where it was not told."""
    limits = (told.number("memory-limit", fact.name) for fact in told.every("memory-limit"))
    return min(filter(None, (told.number("memory", "MemTotal") * 1024, *limits)), default=0)


def findings(cluster: Cluster, node: Node, told: HostFacts) -> Iterator[Finding]:
    """Yield each limit that systemd sets a service, where it is too low for it."""
    for service in services(cluster, node):
        limits = _words(told, "default") | _words(told, service.unit)
        where = f"{told.host}:{service.unit}"
        for name in ("LimitAS", "LimitDATA"):
            need = heap(service) + JVM_OF_ITS_OWN
            yield _finding(name, where, limits, (need, need), size)
        if service.role == Role.BROKER:
            segment = int(cluster.kafka.properties.get(SEGMENT, GIB))
            yield _finding("LimitFSIZE", where, limits, (segment, segment), size)
        for name in ("LimitNPROC", "TasksMax"):
            yield _finding(name, where, limits, (THREADS, FEW_THREADS), str)


def _finding(name: str, where: str, limits: dict[str, str], need: tuple[int, int], words: object) -> Finding:
    told = limits.get(name, "")
    value = int(told) if told.isdecimal() else UNLIMITED
    bad = level(value < need[0], value < need[1])
    told_as = size if words is size else str
    found = "none" if value >= UNLIMITED else f"{name} is {told_as(value)}"
    remedy = f"raise Default{name} in /etc/systemd/system.conf, or what sets it for the unit (systemctl cat)"
    return Finding("limit", where, bad, found, f"{name} of {told_as(max(need))} at least", remedy if bad != OK else "")


def _words(told: HostFacts, name: str) -> dict[str, str]:
    pairs = ("".join(fact.values).partition("=") for fact in told.every("limit") if fact.name == name)
    return {key: value for key, _, value in pairs}
