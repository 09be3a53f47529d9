"""The canary on real brokers: well when all is well, through a restart, and not when a log was cut meanwhile."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import pytest

from kafka_fab.canary import canary, canary_topic
from kafka_fab.cluster import load
from kafka_fab.cluster.model import Cluster
from kafka_fab.live import broker_view, topic
from kafka_fab.live.client.broker_connection import Unreachable
from lab.machine import wait_until
from tests.integration.conftest import Site

pytestmark = pytest.mark.lab

ADMIN = "/opt/kafka/bin"


def model(site: Site) -> Cluster:
    load.cluster.cache_clear()
    return load.cluster(site.folder)


@contextmanager
def singing(site: Site) -> Iterator[canary.Canary]:
    """A canary on a cluster, and nothing left of it and of its topic afterwards."""
    bird = canary.start(model(site))
    try:
        yield bird
    finally:
        bird.abort()
        canary_topic.remove(model(site))


def sing(bird: canary.Canary, count: int) -> None:
    """Wait until so many messages are acknowledged."""
    assert wait_until(lambda: bird.latency().acknowledged >= count, 60)


def topics(site: Site) -> list[str]:
    return site.on(site.hosts[0], f"{ADMIN}/kafka-topics.sh --bootstrap-server {site.hosts[0]}:9092 --list").split()


def create(it: Cluster, assignment: Mapping[int, Sequence[int]]) -> None:
    controller = broker_view.view(it, it.brokers[0]).controller
    (node,) = [node for node in it.brokers if node.broker and node.broker.id == controller]

    def made() -> bool:
        # While the last one is being deleted, nothing is created.
        topic.create(it, node, canary_topic.TOPIC, assignment)
        return len(canary_topic.placements(it)) == len(assignment)

    assert wait_until(made, 20)


def test_all_is_well_and_nothing_is_left(cluster: Site) -> None:
    with singing(cluster) as bird:
        sing(bird, 100)
        pulse = bird.latency()
        verdict = bird.finish()
        assert verdict.reasons == ()
        assert verdict.read == verdict.acknowledged >= 100
        assert (verdict.partitions, verdict.errors, verdict.read_errors) == (3, {}, ())
        assert 0 < verdict.p50_ms <= verdict.p99_ms <= verdict.max_ms
        assert verdict.stall
        assert verdict.began <= verdict.stall.began < verdict.stall.ended <= verdict.ended
        assert pulse.ms > 0
        assert pulse.gap < 5
        assert bird.finish() is verdict
        assert wait_until(lambda: canary_topic.TOPIC not in topics(cluster), 20)


def test_the_topic_is_what_a_proof_needs(cluster: Site) -> None:
    with singing(cluster):
        describe = f"kafka-topics.sh --bootstrap-server {cluster.hosts[0]}:9092 --describe --topic {canary_topic.TOPIC}"
        described = cluster.on(cluster.hosts[0], f"{ADMIN}/{describe}")
    assert "min.insync.replicas=2" in described
    assert "retention.ms=604800000" in described
    lines = [line for line in described.splitlines() if "Replicas: " in line]
    first = [line.split("Replicas: ")[1].split(",")[0] for line in lines]
    assert sorted(first) == ["1", "2", "3"]
    assert all(len(line.split("Replicas: ")[1].split()[0].split(",")) == 3 for line in lines)


def test_a_restart_loses_nothing_and_its_stall_is_dated(cluster: Site) -> None:
    second = cluster.hosts[1]
    with singing(cluster) as bird:
        sing(bird, 50)
        began = time.time()
        cluster.on(second, "systemctl restart kafka")
        cluster.done("start")
        sing(bird, bird.latency().acknowledged + 100)
        ended = time.time()
        verdict = bird.finish()
    assert verdict.reasons == ()
    assert (verdict.lost, verdict.reordered, verdict.duplicates) == (0, 0, 0)
    led = next(stall for stall in verdict.stalls if stall.partition == 1)
    assert 0.05 < led.seconds < 30
    assert began - 1 < led.began < led.ended < ended
    assert max(ms for _, ms in verdict.curve) == verdict.max_ms


def test_deleted_records_are_found_lost(cluster: Site) -> None:
    with singing(cluster) as bird:
        sing(bird, 100)
        first = cluster.hosts[0]
        offsets = f'{{"partitions": [{{"topic": "{canary_topic.TOPIC}", "partition": 0, "offset": 20}}], "version": 1}}'
        cluster.on(
            first,
            f"echo '{offsets}' >/tmp/offsets.json\n"
            f"{ADMIN}/kafka-delete-records.sh --bootstrap-server {first}:9092 --offset-json-file /tmp/offsets.json\n"
            "rm /tmp/offsets.json",
        )
        verdict = bird.finish()
        assert not verdict.ok
        assert verdict.lost == 20
        assert verdict.reasons == (f"20 of {verdict.acknowledged} acknowledged messages are lost",)
        assert canary_topic.placements(model(cluster)), "the topic stays as evidence"


def test_a_topic_that_was_made_anew_is_found(cluster: Site) -> None:
    it = model(cluster)
    with singing(cluster) as bird:
        sing(bird, 100)
        canary_topic.remove(it)
        assert wait_until(lambda: not canary_topic.placements(it), 20)
        canary_topic.make(it, canary_topic.members(it), 30)
        verdict = bird.finish(10)
    assert verdict.lost >= 100
    assert not verdict.ok


def test_a_topic_that_is_gone_is_found(cluster: Site) -> None:
    with singing(cluster) as bird:
        sing(bird, 60)
        canary_topic.remove(model(cluster))
        verdict = bird.finish(10)
    assert verdict.lost >= 60
    assert not verdict.ok


def test_one_that_is_there_is_used_as_it_is(cluster: Site) -> None:
    it = model(cluster)
    turned = {0: [3, 1, 2], 1: [1, 2, 3], 2: [2, 3, 1]}
    create(it, turned)
    with singing(cluster) as bird:
        sing(bird, 30)
        placed = {number: list(place.replicas) for number, place in canary_topic.placements(it).items()}
        assert bird.finish().ok
    assert placed == turned


def test_one_that_does_not_serve_is_made_anew(cluster: Site) -> None:
    it = model(cluster)
    create(it, {0: [1]})
    with singing(cluster) as bird:
        sing(bird, 30)
        assert len(canary_topic.placements(it)) == 3
        assert bird.finish().ok


def test_without_brokers_it_does_not_start(trouble: Site) -> None:
    with pytest.raises(Unreachable, match="no broker answers"):
        canary.start(model(trouble), 5)


@pytest.mark.slow
def test_a_frozen_cluster_is_unread_and_not_lost(cluster: Site) -> None:
    with singing(cluster) as bird:
        sing(bird, 50)
        cluster.everywhere("systemctl kill --signal=STOP kafka")
        try:
            threading.Event().wait(1)
            stuck = bird.latency()
            verdict = bird.finish(2)
        finally:
            cluster.everywhere("systemctl kill --signal=CONT kafka")
            cluster.done("start")
        assert stuck.gap > 0.5
        assert (verdict.lost, verdict.ok) == (0, False)
        assert verdict.unread == verdict.acknowledged
        assert "timed out" in verdict.read_errors[0]
        assert verdict.errors.keys() == {"not acknowledged"}


def test_brokers_without_idempotence(old_cluster: Site) -> None:
    bird = canary.start(model(old_cluster))
    sing(bird, 100)
    verdict = bird.finish()
    assert verdict.reasons == ()
    assert not verdict.idempotent
    assert verdict.read == verdict.acknowledged >= 100
    # 0.8.0 cannot delete it: the next one begins where this one ended.
    again = canary.start(model(old_cluster))
    sing(again, 50)
    assert again.finish().ok


def test_a_restart_of_one_without_idempotence(old_cluster: Site) -> None:
    bird = canary.start(model(old_cluster))
    sing(bird, 50)
    began = time.time()
    old_cluster.on(old_cluster.hosts[1], "systemctl restart kafka")
    old_cluster.done("start")
    sing(bird, bird.latency().acknowledged + 100)
    verdict = bird.finish()
    assert verdict.reasons == ()
    assert verdict.stall
    assert verdict.stall.began > began - 1
    assert verdict.stall.seconds > 0.05
