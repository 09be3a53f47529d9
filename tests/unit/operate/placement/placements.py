"""Placements for tests: small ones by hand, and any that hypothesis can think of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hypothesis import strategies as st

from kafka_fab.gate.state import NOBODY, Partition, State
from kafka_fab.live.client.describe_log_dirs import LogDir, ReplicaLog
from kafka_fab.operate.placement.placement import Broker, Placement, placement


def partition(number: int, *replicas: int, topic: str = "orders", isr: Iterable[int] | None = None) -> Partition:
    """A partition led by the first of its replicas."""
    return Partition(topic, number, replicas[0], replicas, frozenset(replicas if isr is None else isr))


def broker(number: int, *logs: ReplicaLog, path: str = "/d1", error: str = "") -> Broker:
    return Broker(number, f"k{number}", f"r{number % 2}", directories=(LogDir(path, logs, 1000, 400, error),))


def state(*partitions: Partition, up: Iterable[int] = (1, 2, 3), **more: object) -> State:
    return State(frozenset((1, 2, 3)), frozenset(up), partitions, **more)  # type: ignore[arg-type]


def three(size: int = 10) -> list[Broker]:
    """Three brokers, each with a replica of orders-0."""
    return [broker(number, ReplicaLog("orders", 0, size)) for number in (1, 2, 3)]


def _some(numbers: list[int]) -> st.SearchStrategy[frozenset[int]]:
    return st.frozensets(st.sampled_from(numbers))


@st.composite
def placements(draw: st.DrawFn, most: int = 60) -> Placement:
    """One topic on some brokers: any replicas, any leader, any that are away."""
    ids = draw(st.lists(st.integers(0, 99999), min_size=1, max_size=most, unique=True))
    racks = draw(st.lists(st.sampled_from(("", "a", "eu-west-1c")), min_size=len(ids), max_size=len(ids)))
    drawn = draw(st.lists(st.lists(st.sampled_from(ids), min_size=1, max_size=4, unique=True), min_size=1, max_size=8))
    partitions = [
        replace(partition(at, *own, topic="t"), leader=draw(st.sampled_from((NOBODY, *own))), isr=draw(_some(own)))
        for at, own in enumerate(drawn)
    ]
    up = draw(st.sets(st.sampled_from(ids)))
    logs = {number: [ReplicaLog("t", one.number, 7) for one in partitions if number in one.replicas] for number in ids}
    brokers = [
        Broker(number, f"host-{number}", rack, directories=(LogDir("/d", tuple(logs[number])),))
        for number, rack in zip(ids, racks, strict=True)
    ]
    return placement(State(frozenset(ids), frozenset(up), tuple(partitions)), brokers)
