"""The blog's cluster: Kafka 0.8.0 with its ZooKeeper 3.3.4 on today's Java, as services."""

import time
from collections import Counter

import pytest

from kafka_fab.cluster import load
from kafka_fab.live.zookeeper import session_ids
from lab.machine import wait_until
from tests.integration.conftest import Site, rolls_well

pytestmark = pytest.mark.lab

TOPIC = "old-events"
LOGS = ("server.log", "state-change.log", "kafka-request.log", "controller.log")


def connect(site: Site) -> str:
    return ",".join(f"{host}:2181" for host in site.hosts)


@pytest.fixture(scope="module")
def topic(old_cluster: Site) -> str:
    """A topic with three copies, made with the archive's own tool."""
    script = f"/opt/kafka/bin/kafka-create-topic.sh --zookeeper {connect(old_cluster)} --replica 3 --topic {TOPIC}"
    assert "creation succeeded" in old_cluster.on(old_cluster.hosts[0], script)
    listing = f"/opt/kafka/bin/kafka-list-topic.sh --zookeeper {connect(old_cluster)} --topic {TOPIC}"
    led = wait_until(lambda: "leader: none" not in old_cluster.on(old_cluster.hosts[0], listing), 20)
    assert led, "no leader"
    return TOPIC


def test_validate_passes(old_cluster: Site) -> None:
    assert "the cluster matches hosts.ini" in old_cluster.done("validate")


def test_no_server_gives_out_the_session_ids_of_another(old_cluster: Site) -> None:
    """ZOOKEEPER-1622: with servers that do, a broker's registration ends with a stranger's session."""
    model = load.cluster(old_cluster.folder)
    assert not session_ids.colliding({node.host: session_ids.join_moment(model, node) for node in model.ensemble})


def test_a_message_passes_through_every_broker(old_cluster: Site) -> None:
    assert "3 of 3 brokers: produced and consumed a message" in old_cluster.done("smoke")


def test_a_topic_has_a_copy_on_every_broker(old_cluster: Site, topic: str) -> None:
    listing = f"/opt/kafka/bin/kafka-list-topic.sh --zookeeper {connect(old_cluster)} --topic {topic}"
    (line,) = [line for line in old_cluster.on(old_cluster.hosts[0], listing).splitlines() if "replicas:" in line]
    replicas = line.split("replicas: ")[1].split()[0]
    assert sorted(replicas.split(",")) == ["1", "2", "3"]


def test_a_message_goes_in_and_out_with_the_archives_own_tools(old_cluster: Site, topic: str) -> None:
    brokers = ",".join(f"{host}:9092" for host in old_cluster.hosts)
    first, second, _ = old_cluster.hosts
    old_cluster.on(
        first, f"echo hello | /opt/kafka/bin/kafka-console-producer.sh --broker-list {brokers} --topic {topic} --sync"
    )
    read = (
        f"/opt/kafka/bin/kafka-console-consumer.sh --zookeeper {connect(old_cluster)} --topic {topic} "
        "--from-beginning --max-messages 1"
    )
    assert "hello" in old_cluster.on(second, f"timeout 30 {read} 2>/dev/null").split()


def test_it_rolls_loses_nothing_and_elects_its_preferred_leaders_by_zookeeper(old_cluster: Site) -> None:
    # The topic of `fab smoke` stays on this version, with a partition for each broker: who went last leads none.
    old_cluster.done("smoke")
    assert rolls_well(old_cluster)["leaders"]["off_preferred"]
    old_cluster.done("elect-leaders")
    assert " partitions are led by their preferred leader" in old_cluster.done("elect-leaders", "--plan")
    assert "3 of 3 brokers: produced and consumed a message" in old_cluster.done("smoke")


def logger_of(line: str) -> str:
    """Return the name in parentheses at the end of a line."""
    return line.rpartition(" (")[2]


def test_each_event_is_logged_once(old_cluster: Site) -> None:
    for host, log in old_cluster.everywhere("cat /var/log/kafka/server.log").items():
        lines = Counter(line for line in log.splitlines() if line.startswith("["))
        loggers = Counter(map(logger_of, lines))
        once = {logger_of(line) for line, count in lines.items() if count == 1}
        # A second appender doubles every line of its logger; two like events may fall into one millisecond.
        doubled = [logger for logger, count in loggers.items() if count > 3 and logger not in once]
        assert len(lines) > 10
        assert doubled == [], (host, doubled)


def test_all_appenders_write_to_var_log_kafka(old_cluster: Site) -> None:
    for listing in old_cluster.everywhere("ls /var/log/kafka").values():
        assert set(LOGS) <= set(listing.split())


def test_the_services_are_systemds(old_cluster: Site) -> None:
    asked = "systemctl show -p ActiveState -p UnitFileState -p User --value kafka zookeeper"
    for answer in old_cluster.everywhere(asked).values():
        assert answer.split() == ["kafka", "active", "enabled", "zookeeper", "active", "enabled"]


def test_zookeeper_connect_has_no_chroot(old_cluster: Site) -> None:
    line = old_cluster.on(old_cluster.hosts[0], "grep ^zookeeper.connect= /etc/kafka/server.properties")
    assert line.strip() == f"zookeeper.connect={connect(old_cluster)}"


def test_the_paths_are_the_blogs(old_cluster: Site) -> None:
    for host in old_cluster.hosts:
        assert old_cluster.on(host, "readlink /opt/kafka").strip() == "/opt/kafka_2.8.0-0.8.0"
        old_cluster.on(host, "grep -x log.dirs=/opt/kafka-logs /etc/kafka/server.properties")


def test_a_second_install_changes_nothing(old_cluster: Site) -> None:
    assert "3 hosts: nothing to change" in old_cluster.done("install")


def test_a_stop_is_clean_and_a_start_brings_everything_back(old_cluster: Site, topic: str) -> None:
    began = time.monotonic()
    output = old_cluster.done("stop")
    seconds = time.monotonic() - began
    old_cluster.done("start")
    assert "unclean shutdown" not in output
    assert seconds < 45
    assert "the cluster matches hosts.ini" in old_cluster.done("validate")
    assert "3 of 3 brokers: produced and consumed a message" in old_cluster.done("smoke")
