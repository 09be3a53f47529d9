"""Start, stop, restart, status and uninstall: in a safe order, waiting for the event, and clean."""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from kafka_fab.cluster import load
from kafka_fab.live import broker_view
from tests.integration.conftest import Site

pytestmark = pytest.mark.lab

TOPIC = "kept"


def in_service(site: Site, service: str = "kafka") -> dict[str, bool]:
    """Return by host whether a service is active."""
    states = site.everywhere(f"systemctl is-active {service} || true")
    return {host: state.strip() == "active" for host, state in states.items()}


def whole(site: Site, service: str = "kafka") -> bool:
    return dict.fromkeys(site.hosts, True) == in_service(site, service)


@pytest.fixture
def up(cluster: Site) -> Iterator[Site]:
    """A running cluster, started again afterwards."""
    yield cluster
    cluster.done("start")


@pytest.fixture(scope="module")
def topic(cluster: Site) -> Iterator[str]:
    """A topic with a copy on every broker and a message in each of its partitions."""
    with closing(KafkaAdminClient(bootstrap_servers=servers(cluster))) as admin:
        admin.create_topics([NewTopic(TOPIC, 6, 3)])
    with closing(KafkaProducer(bootstrap_servers=servers(cluster), acks="all")) as producer:
        for number in range(1, 101):
            producer.send(TOPIC, str(number).encode(), partition=number % 6)
    yield TOPIC
    cluster.done("start")
    with closing(KafkaAdminClient(bootstrap_servers=servers(cluster))) as admin:
        admin.delete_topics([TOPIC])


def servers(site: Site) -> list[str]:
    return [f"{host}:9092" for host in site.hosts]


def messages(site: Site, topic: str) -> list[int]:
    with closing(
        KafkaConsumer(bootstrap_servers=servers(site), auto_offset_reset="earliest", consumer_timeout_ms=30000)
    ) as consumer:
        consumer.assign([TopicPartition(topic, number) for number in range(6)])
        return sorted(int(next(consumer).value) for _ in range(100))


def test_a_second_start_changes_nothing_and_says_so(cluster: Site) -> None:
    output = cluster.done("start")
    assert "3 hosts: nothing to change" in output


@dataclass
class Cycle:
    """What a stop and the start after it said and left."""

    stop: str
    seconds: float
    marks: dict[str, str]
    running: list[bool]
    second_stop: str
    views: list[broker_view.BrokerView]


@pytest.fixture(scope="module")
def cycle(cluster: Site, topic: str) -> Cycle:
    began = time.monotonic()
    stop = cluster.done("stop")
    seconds = time.monotonic() - began
    marks = cluster.everywhere("ls /opt/kafka-logs/.kafka_cleanshutdown || true")
    running = [*in_service(cluster).values(), *in_service(cluster, "zookeeper").values()]
    second_stop = cluster.done("stop")
    cluster.done("start")
    model = load.cluster(cluster.folder)
    views = [broker_view.view(model, node, seconds=2) for node in model.brokers]
    return Cycle(stop, seconds, marks, running, second_stop, views)


def test_stop_takes_seconds_and_leaves_nothing_running(cycle: Cycle) -> None:
    assert cycle.seconds < 30
    assert cycle.running == [False] * 6


def test_stop_is_clean_on_every_broker(cycle: Cycle) -> None:
    assert "unclean shutdown" not in cycle.stop
    assert set(cycle.marks.values()) == {"/opt/kafka-logs/.kafka_cleanshutdown\n"}


def test_a_second_stop_changes_nothing_and_says_so(cycle: Cycle) -> None:
    assert "3 hosts: nothing to change" in cycle.second_stop


def test_every_broker_answers_as_soon_as_start_returns(cycle: Cycle) -> None:
    assert [view.error for view in cycle.views] == ["", "", ""]
    assert [sorted(view.brokers) for view in cycle.views] == [[1, 2, 3]] * 3


def test_start_of_hosts_without_an_install_says_what_to_do(trouble: Site) -> None:
    ended = trouble.fab("start")
    assert ended.returncode == 1
    assert "fab install" in ended.stdout + ended.stderr


def test_one_host_is_stopped_and_started_alone(up: Site) -> None:
    first, second, third = up.hosts
    up.done("-H", second, "stop")
    assert in_service(up) == in_service(up, "zookeeper") == {first: True, second: False, third: True}
    up.done("-H", second, "start")
    assert whole(up)
    assert whole(up, "zookeeper")


def test_a_restart_brings_what_install_wrote_into_service(up: Site) -> None:
    first = up.hosts[0]
    with up.changed("conf/cluster.yaml", "log.retention.hours: 168", "log.retention.hours: 24"):
        up.done("-H", first, "install")
        up.done("-H", first, "restart")
        # A replica may be a moment behind still, which is a status of its own.
        assert "restart needed" not in up.fab("status").stdout
    up.done("-H", first, "install")
    assert "restart needed: server.properties: log.retention.hours" in up.done("status")
    up.done("-H", first, "restart")
    assert "restart needed" not in up.done("status")


def test_status_of_a_whole_cluster_is_valid_json_and_exit_code_0(cluster: Site) -> None:
    services = json.loads(cluster.done("status", "--json"))["services"]
    assert [(one["host"], one["service"], one["state"]) for one in services] == [
        (host, service, "active") for host in cluster.hosts for service in ("zookeeper", "kafka")
    ]
    assert sorted(one["role"] for one in services) == [
        "broker", "broker", "controller", "follower", "follower", "leader",
    ]  # fmt: skip
    assert {one["version"] for one in services} == {"3.9.1"}


def test_status_exits_with_1_where_something_is_down(up: Site) -> None:
    second = up.hosts[1]
    up.done("-H", second, "stop")
    ended = up.fab("status", "--json")
    down = {(one["host"], one["service"]) for one in json.loads(ended.stdout)["services"] if one["state"] == "inactive"}
    assert ended.returncode == 1
    assert down == {(second, "kafka"), (second, "zookeeper")}


def test_stop_without_zookeeper_is_refused_with_the_remedy(up: Site) -> None:
    up.everywhere("systemctl stop zookeeper")
    ended = up.fab("stop")
    assert ended.returncode == 3
    assert "ZooKeeper has no quorum" in ended.stderr
    assert "fab start" in ended.stderr
    assert "--force" in ended.stderr
    assert whole(up)


def test_start_after_the_loss_of_zookeeper_brings_the_cluster_back(up: Site) -> None:
    up.everywhere("systemctl stop zookeeper")
    up.done("start")
    up.done("validate")


def test_stopping_the_majority_under_a_running_broker_is_refused(up: Site) -> None:
    first, second, third = up.hosts
    ended = up.fab("-H", f"{first},{second}", "stop")
    assert ended.returncode == 3
    assert f"the brokers on {third} are running" in ended.stderr
    assert whole(up)
    assert whole(up, "zookeeper")


def test_stopping_the_majority_one_by_one_is_refused_too(up: Site) -> None:
    first, second, third = up.hosts
    up.done("-H", first, "stop")
    ended = up.fab("-H", second, "stop")
    assert ended.returncode == 3
    assert f"the brokers on {third} are running" in ended.stderr


def test_a_broker_that_refuses_its_configuration_is_shown_with_its_last_words(up: Site) -> None:
    first, *others = up.hosts
    up.done("-H", first, "stop")
    with up.changed("conf/cluster.yaml", "log.retention.hours: 168", "principal.builder.class: no.such.Class"):
        up.done("-H", first, "install")
        refused = up.fab("start")
        ended = up.fab("start", "--no-preflight")
    up.on(first, "systemctl stop kafka")
    up.done("-H", first, "install")
    reasons = [line for line in ended.stdout.splitlines() + ended.stderr.splitlines() if line.startswith(f"{first}: ")]
    assert ended.returncode == refused.returncode == 1
    assert "nothing was started" in refused.stderr
    assert "ConfigException: Invalid value no.such.Class for configuration principal.builder.class" in refused.stderr
    assert len(reasons) == 1
    assert "kafka exited" in reasons[0]
    told = ended.stdout + ended.stderr
    assert "Invalid value no.such.Class for configuration principal.builder.class" in told
    assert "ERROR" in told or "Exception" in told
    assert "\tat " not in told
    assert [in_service(up)[host] for host in others] == [True, True]


def test_uninstall_without_a_terminal_needs_yes(cluster: Site) -> None:
    ended = cluster.fab("uninstall")
    assert ended.returncode == 1
    assert "--yes" in ended.stderr
    assert whole(cluster)


def test_uninstall_keeps_data_and_logs_and_removes_all_else(up: Site, topic: str) -> None:
    up.done("uninstall", "--yes")
    left = up.everywhere(
        "ls -d /opt/kafka* /etc/kafka /etc/zookeeper /etc/systemd/system/*/kafka.service "
        "/etc/systemd/system/*/zookeeper.service /etc/systemd/system/kafka.service "
        "/etc/systemd/system/zookeeper.service /var/lib/zookeeper /var/log/kafka /var/log/zookeeper "
        "/var/cache/kafka-fab 2>/dev/null || true"
    )
    kept = "/opt/kafka-logs\n/var/lib/zookeeper\n/var/log/kafka\n/var/log/zookeeper\n"
    assert set(left.values()) == {kept}
    up.done("install")
    up.done("start")
    assert messages(up, topic) == list(range(1, 101))
    up.done("validate")


def test_uninstall_with_data_leaves_nothing(trouble: Site) -> None:
    trouble.done("install")
    trouble.done("uninstall", "--yes", "--data")
    left = trouble.everywhere(
        "find / -xdev \\( -name '*kafka*' -o -name '*zookeeper*' \\) -not -path /etc/kafka-fab-lab"
    )
    assert set(left.values()) == {""}
