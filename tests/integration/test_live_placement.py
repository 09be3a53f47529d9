"""fab placement on running clusters: held against the disks, a move that is caught under way, and 0.8.0's disk path."""

from __future__ import annotations

import json
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from kafka_fab.cluster import load
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.live import broker_view, log_dirs, topic
from kafka_fab.live.client.connection_pool import ask
from kafka_fab.live.client.protocol import kafka_python
from lab.machine import wait_until
from tests.integration.conftest import Site

pytestmark = pytest.mark.lab

NAME = "placement-orders"
MEBIBYTE = 1 << 20


def node(cluster: Cluster, number: int) -> Node:
    return next(one for one in cluster.brokers if one.broker and one.broker.id == number)


def controller(cluster: Cluster) -> Node:
    return node(cluster, broker_view.view(cluster, cluster.brokers[0]).controller or 1)


def filled(cluster: Cluster, name: str, partitions: int, messages: int) -> None:
    """Make a topic of so many partitions with three copies, and write messages of 1 KB into partition 0."""
    from kafka import KafkaProducer

    assignment = {at: [(at + step) % 3 + 1 for step in range(3)] for at in range(partitions)}
    topic.create(cluster, controller(cluster), name, assignment, {"segment.bytes": str(MEBIBYTE)})
    wait_until(lambda: len(broker_view.view(cluster, node(cluster, 1), [name]).leaders) == partitions, 30)
    producer = KafkaProducer(bootstrap_servers=f"{cluster.brokers[0].address}:9092", acks="all", linger_ms=20)
    for _ in range(messages):
        producer.send(name, b"x" * 1000, partition=0)
    producer.flush()
    producer.close()


@pytest.fixture(scope="module")
def orders(cluster: Site) -> Iterator[Cluster]:
    """A topic with three segments in its partition 0."""
    model = load.cluster(cluster.folder)
    filled(model, NAME, 4, 2500)
    yield model
    topic.delete(model, controller(model), NAME)
    gone = f"! ls -d /opt/kafka-logs/{NAME}-* 2>/dev/null | grep -v delete"
    assert wait_until(lambda: all(cluster.lab.hosts[host].run(gone).returncode == 0 for host in cluster.hosts), 30)


def told(site: Site, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(site.done("placement", *words, "--json"))
    return found


def on_disk(site: Site, host: str, folder: str) -> dict[str, int]:
    """The files of a folder with their bytes, as the host's own `stat` tells."""
    lines = site.on(host, f"cd {folder} && stat -c '%n %s' *").splitlines()
    return {name: int(size) for name, size in (line.split() for line in lines)}


def test_the_matrix_is_the_assignment(cluster: Site, orders: Cluster) -> None:
    output = cluster.done("placement", NAME)
    rows = [line.split() for line in output.splitlines() if line[:6].strip().isdecimal()]
    assert rows == [
        ["0", "L", "S", "S"], ["1", "S", "L", "S"], ["2", "S", "S", "L"], ["3", "L", "S", "S"],
    ]  # fmt: skip
    assert "\x1b" not in output
    assert output.splitlines()[2].split() == ["host", *cluster.hosts]


def test_a_summary_of_all_topics_first_and_matrices_on_demand(cluster: Site, orders: Cluster) -> None:
    short, long = cluster.done("placement"), cluster.done("placement", "--all")
    [line] = [line for line in short.splitlines() if line.startswith(f"{NAME} ")]
    assert line.split()[1:3] == ["4", "3"]
    assert line.endswith("ok")
    assert "L leader" not in short
    assert f"{NAME}: 4 partitions, replication factor 3" in long


def directories_agree(site: Site) -> bool:
    """Hold all directories against the disks; in between other topics of the cluster may be written or deleted."""
    for one in told(site)["directories"]:
        segments = site.on(one["host"], f"stat -c %s {one['path']}/*-[0-9]*/*.log").split()
        if one["bytes"] != sum(map(int, segments)):
            return False
    return True


def test_sizes_are_those_of_the_disks(cluster: Site, orders: Cluster) -> None:
    found = told(cluster, NAME)
    for partition in found["partitions"]:
        for replica in partition["replicas"]:
            host = node(orders, replica["broker"]).host
            files = on_disk(cluster, host, f"{replica['path']}/{NAME}-{partition['partition']}")
            assert replica["bytes"] == sum(size for name, size in files.items() if name.endswith(".log"))
    assert wait_until(lambda: directories_agree(cluster), 20)
    assert all(one["total_bytes"] > one["usable_bytes"] > 0 for one in told(cluster)["directories"])


def test_the_files_of_a_partition_are_those_of_the_disk_with_their_offsets(cluster: Site, orders: Cluster) -> None:
    found = told(cluster, NAME, "--partition", "0", "--files")
    assert [folder["host"] for folder in found["folders"]] == list(cluster.hosts)
    for folder in found["folders"]:
        assert folder["matches"]
        assert {file["name"]: file["bytes"] for file in folder["files"]} == on_disk(
            cluster, folder["host"], folder["path"]
        )
        logs = [file for file in folder["files"] if file["name"].endswith(".log")]
        assert len(logs) == 3
        assert [file["first_offset"] for file in logs[1:]] == [file["last_offset"] + 1 for file in logs[:-1]]
        assert (logs[0]["first_offset"], logs[-1]["last_offset"]) == (0, None)
        assert logs[-1]["first_offset"] < 2500
        assert PurePosixPath(logs[1]["name"]).stem == f"{logs[1]['first_offset']:020d}"
    assert cluster.done("placement", NAME, "--partition", "0", "--files").count("as the broker reports") == 3


def test_a_size_that_differs_from_the_brokers_word_fails(cluster: Site, orders: Cluster) -> None:
    host = cluster.hosts[0]
    stray = f"/opt/kafka-logs/{NAME}-1/00000000000000999999.log"
    cluster.on(host, f"echo stray >{stray}")
    try:
        ended = cluster.fab("placement", NAME, "--partition", "1", "--files")
    finally:
        cluster.on(host, f"rm {stray}")
    assert ended.returncode == 1
    assert f"{host}: MISMATCH: 6 bytes of segments on disk, but the broker reports 0" in ended.stderr


def test_what_cannot_be_meant_is_refused_in_a_sentence(cluster: Site, orders: Cluster) -> None:
    for words, said in {
        ("placement-order",): f"topic placement-order does not exist (did you mean {NAME}?)",
        (NAME, "--partition", "9"): f"{NAME} has no partition 9: it has 0 to 3",
        (NAME, "--files"): "--files: name a partition",
        ("--partition", "7"): "--partition: name the topic, too",
        ("--html", "/no/such/p.html"): "--html /no/such/p.html: cannot write this file in /no/such",
    }.items():
        ended = cluster.fab("placement", *words)
        assert (ended.returncode, said in ended.stderr) == (1, True), ended.stderr


def led_by_the_first(site: Site, orders: Cluster) -> bool:
    """Ask for it, again and again: a replica that is not in sync yet is passed over."""
    site.fab("elect-leaders", NAME)
    return "not led by the preferred" not in site.fab("placement", NAME).stdout


def test_a_broker_that_is_down_is_offline_its_disks_unknown_and_it_cannot_lead(cluster: Site, orders: Cluster) -> None:
    host = cluster.hosts[2]
    cluster.on(host, "systemctl stop kafka")
    try:
        ended = cluster.fab("placement", NAME)
        elected = cluster.fab("elect-leaders", NAME)
        found = json.loads(cluster.fab("placement", NAME, "--json").stdout)
    finally:
        cluster.done("start")
    assert (elected.returncode, "broker 3 is down" in elected.stdout) == (1, True), elected.stdout
    assert ended.returncode == 1
    assert f"{host}: cannot read its log directories: " in ended.stderr
    assert [row.split()[3] for row in ended.stdout.splitlines() if row[:6].strip().isdecimal()] == ["X"] * 4
    states = {replica["broker"]: replica["state"] for replica in found["partitions"][0]["replicas"]}
    assert states == {1: "leader", 2: "in sync", 3: "offline"}
    assert wait_until(lambda: "X" not in cluster.fab("placement", NAME).stdout.split("L leader")[0], 30)
    assert wait_until(lambda: led_by_the_first(cluster, orders), 30)


def test_the_page_has_every_cell(cluster: Site, orders: Cluster) -> None:
    file = cluster.folder / "p.html"
    cluster.done("placement", NAME, "--html", str(file))
    text = file.read_text()
    assert text.count('class="mark leader" title=') == 4
    assert text.count('class="mark in-sync" title=') == 8


# 0.8.0: nobody tells of disks, so the disks are looked at


@pytest.fixture(scope="module")
def old_orders(old_cluster: Site) -> Cluster:
    """A topic on 0.8.0 with messages in it; it cannot be deleted there."""
    model = load.cluster(old_cluster.folder)
    topic.create(model, model.brokers[0], NAME, {0: [1, 2, 3], 1: [2, 3]})
    place = ",".join(f"{one.address}:9092" for one in model.brokers)
    send = f"seq 1 1000 | /opt/kafka/bin/kafka-console-producer.sh --broker-list {place} --topic {NAME} --sync"
    written = "cat /opt/kafka-logs/placement-orders-[01]/*.log | wc -c"
    for _ in range(3):
        old_cluster.on(old_cluster.hosts[0], f"{send} 2>/dev/null || true", timeout=120)
        if wait_until(lambda: int(old_cluster.on(old_cluster.hosts[1], written)) > 10000, 10):
            break
    time.sleep(1)
    return model


def test_on_0_8_0_the_disks_are_looked_at_over_ssh(old_cluster: Site, old_orders: Cluster) -> None:
    found = told(old_cluster, NAME)
    assert [len(partition["replicas"]) for partition in found["partitions"]] == [3, 2]
    sizes_told = 0
    for partition in found["partitions"]:
        for replica in partition["replicas"]:
            host = node(old_orders, replica["broker"]).host
            files = on_disk(old_cluster, host, f"{replica['path']}/{NAME}-{partition['partition']}")
            assert replica["bytes"] == sum(size for name, size in files.items() if name.endswith(".log"))
            sizes_told += replica["bytes"]
    assert sizes_told > 0
    assert all(one["total_bytes"] > one["usable_bytes"] > 0 for one in found["directories"])


def test_on_0_8_0_files_have_nothing_to_be_held_against(old_cluster: Site, old_orders: Cluster) -> None:
    output = old_cluster.done("placement", NAME, "--partition", "0", "--files")
    assert output.count("this version of Kafka does not report a size to compare with") == 3
    assert output.count("00000000000000000000.log") == 3


# KRaft, two disks a broker, and a move between them that is held up so that it is seen


@pytest.mark.slow
def test_a_move_between_disks_is_seen_under_way_and_the_bundle_has_the_quorum(
    make_site: Callable[..., Site], trouble_hosts: tuple[str, ...], tmp_path: Path
) -> None:
    site = make_site(trouble_hosts)
    nodes = "\n".join(f"{host} id={at}" for at, host in enumerate(trouble_hosts, 1))
    (site.folder / "hosts.ini").write_text(f"[kafka]\n{nodes}\n\n[controller]\n{nodes}\n")
    text = (site.folder / "conf/cluster.yaml").read_text()
    site.settings(text.replace("log_dirs: [/opt/kafka-logs]", "log_dirs: [/srv/d1, /srv/d2]"))
    try:
        site.done("install", timeout=300)
        site.done("start", timeout=300)
        model = load.cluster(site.folder)
        filled(model, NAME, 1, 20000)
        first = node(model, 1)
        [here] = [one.path for one in log_dirs.read(model, first) if any(c.topic == NAME for c in one.replicas)]
        there = next(path for path in ("/srv/d1", "/srv/d2") if path != here)
        held_up(first)
        move(first, there)
        assert wait_until(lambda: bool(told(site, NAME)["reassignments"]), 30)
        found = told(site, NAME, "--partition", "0", "--files")
        [mine] = [one for one in found["replicas"] if one["broker"] == 1]
        assert (mine["move"], mine["path"], mine["future"]["path"]) == ("moving", here, there)
        assert mine["future"]["bytes"] < mine["bytes"]
        assert [folder["path"].endswith("-future") for folder in found["folders"]] == [False, True, False, False]
        output = site.done("placement", NAME)
        assert "     0 L>" in output
        assert f"{NAME}-0: moving the replica on {first.host} (broker 1) from {here} to {there}, " in output
        site.done("bundle", "--out", str(tmp_path / "b.tar.gz"), "--lines", "9", timeout=300)
        with tarfile.open(tmp_path / "b.tar.gz") as archive:
            assert any(name.endswith("/state/quorum.json") for name in archive.getnames())
    finally:
        site.fab("stop", "--force", timeout=300)
        site.wipe()
        site.everywhere("rm -rf /srv/d1 /srv/d2")


def held_up(first: Node) -> None:
    """Let a broker copy 1000 bytes a second between its disks."""
    request = kafka_python().protocol.admin.IncrementalAlterConfigsRequest
    resource = request.AlterConfigsResource
    name = "replica.alter.log.dirs.io.max.bytes.per.second"
    change = resource.AlterableConfig(version=0, name=name, config_operation=0, value="1000")
    mine = resource(version=0, resource_type=4, resource_name="1", configs=[change])
    [result] = ask(
        Endpoint(first.address, 9092), request(version=0, resources=[mine], validate_only=False), 20
    ).responses
    assert not result.error_code, result


def move(first: Node, there: str) -> None:
    request = kafka_python().protocol.admin.AlterReplicaLogDirsRequest
    wanted = request.AlterReplicaLogDir
    part = wanted.AlterReplicaLogDirTopic(version=1, name=NAME, partitions=[0])
    question = request(version=1, dirs=[wanted(version=1, path=there, topics=[part])])
    answer = ask(Endpoint(first.address, 9092), question, 20)
    assert not answer.results[0].partitions[0].error_code, answer
