"""Resource limits: limits of memory, processes and file sizes for a service, from the facts of a host. Pure."""

from collections.abc import Callable, Iterator

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.preflight.finding import OK, Finding, HostFacts, level, size
from kafka_fab.cluster.roles.service import Service, services
from kafka_fab.cluster.values.role import Role

MIB, GIB = 2**20, 2**30
HEAP_UNITS = {"m": MIB, "g": GIB}
UNLIMITED = 2**62
# Besides its heap: code, thread stacks, direct buffers.
JVM_OVERHEAD = GIB
THREADS, FEW_THREADS = 300, 1000
SEGMENT = "log.segment.bytes"


def heap(service: Service) -> int:
    """Return a service's heap in bytes."""
    return int(service.heap[:-1]) * HEAP_UNITS[service.heap[-1].lower()]


def memory(reported: HostFacts) -> int:
    """Return the memory that the services of a host may use, 0 where it was not reported."""
    limits = (reported.number("memory-limit", fact.name) for fact in reported.every("memory-limit"))
    return min(filter(None, (reported.number("memory", "MemTotal") * 1024, *limits)), default=0)


def findings(cluster: Cluster, node: Node, reported: HostFacts) -> Iterator[Finding]:
    """Yield the checks of the limits that systemd sets for each service."""
    for service in services(cluster, node):
        limits = _limits(reported, "default") | _limits(reported, service.unit)
        where = f"{reported.host}:{service.unit}"
        for name in ("LimitAS", "LimitDATA"):
            need = heap(service) + JVM_OVERHEAD
            yield _finding(name, where, limits, (need, need), size)
        if service.role == Role.BROKER:
            segment = int(cluster.kafka.properties.get(SEGMENT, GIB))
            yield _finding("LimitFSIZE", where, limits, (segment, segment), size)
        for name in ("LimitNPROC", "TasksMax"):
            yield _finding(name, where, limits, (THREADS, FEW_THREADS), str)


def _finding(
    name: str, where: str, limits: dict[str, str], need: tuple[int, int], unit: Callable[[int], str]
) -> Finding:
    reported = limits.get(name, "")
    value = int(reported) if reported.isdecimal() else UNLIMITED
    bad = level(value < need[0], value < need[1])
    found = "none" if value >= UNLIMITED else f"{name} is {unit(value)}"
    remedy = f"raise Default{name} in /etc/systemd/system.conf, or the setting of the unit (systemctl cat)"
    expected = f"{name} of at least {unit(max(need))}"
    return Finding("systemd limit", where, bad, found, expected, remedy if bad != OK else "")


def _limits(reported: HostFacts, name: str) -> dict[str, str]:
    pairs = ("".join(fact.values).partition("=") for fact in reported.every("limit") if fact.name == name)
    return {key: value for key, _, value in pairs}
