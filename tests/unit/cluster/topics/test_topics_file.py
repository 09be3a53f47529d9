"""conf/topics.yaml: read into values, or refused with every problem, its line and the nearest right name at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from kafka_fab.cluster import load
from kafka_fab.cluster.folder import HOME
from kafka_fab.cluster.release import release
from kafka_fab.cluster.topics import topics_file
from kafka_fab.cluster.topics.desired_topics import DesiredTopics, Quota, Topic
from kafka_fab.cluster.topics.topic_rules import THROTTLES
from tests.unit.folders import problems

HOSTS = "[kafka]\nk1 id=1\nk2 id=2\nk3 id=3\n[zookeeper]\nk1 id=1\n"
Read = Callable[..., tuple[DesiredTopics, list[str]]]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf").mkdir()
    (tmp_path / "hosts.ini").write_text(HOSTS)

    def write(text: str | None, version: str = "3.9.1", properties: str = "{}") -> tuple[DesiredTopics, list[str]]:
        chroot = ", chroot: ''" if version == "0.8.0" else ""
        settings = f"version: {version}\nkafka: {{properties: {properties}{chroot}}}\n"
        (tmp_path / "conf/cluster.yaml").write_text(settings)
        if text is not None:
            (tmp_path / "conf/topics.yaml").write_text(dedent(text))
        load.cluster.cache_clear()
        wanted, warnings = topics_file.wanted(load.cluster(tmp_path))
        return wanted, [str(warning) for warning in warnings]

    return write


def test_what_we_ship_names_nothing(read: Read) -> None:
    wanted, warnings = read((HOME / "conf/topics.yaml").read_text())
    assert (wanted.topics, wanted.quotas, warnings) == ((), (), [])


def test_its_comments_are_an_example_that_holds(read: Read) -> None:
    shipped = (HOME / "conf/topics.yaml").read_text().replace("\n#  ", "\n  ")
    wanted, _ = read(shipped)
    assert [topic.name for topic in wanted.topics] == ["orders", "clicks", "old-orders"]
    assert len(wanted.quotas) == 3


def test_topics_and_quotas(read: Read) -> None:
    wanted, warnings = read("""
        topics:
          orders: {partitions: 6, replication: 3, config: {retention.ms: 604_800, preallocate: yes}}
          placed: {placement: [[1, 2], [2, 3]]}
          gone: {absent: true}
          123: {}
        quotas:
          - {user: alice, client_id: app, producer_byte_rate: 1048576, request_percentage: 12.5}
          - {client_id: <default>, absent: true}
    """)
    orders = Topic("orders", 6, 3, {"retention.ms": "604_800", "preallocate": "true"})
    placed = Topic("placed", placement=((1, 2), (2, 3)))
    assert wanted.topics == (orders, placed, Topic("gone", absent=True), Topic("123"))
    assert (placed.partition_count, placed.replica_count) == (2, 2)
    rates = {"producer_byte_rate": 1048576.0, "request_percentage": 12.5}
    assert wanted.quotas == (
        Quota((("client-id", "app"), ("user", "alice")), rates),
        Quota((("client-id", "<default>"),), absent=True),
    )
    assert wanted.where("orders") == "conf/topics.yaml:3: "
    assert warnings == []


def test_without_the_file(read: Read) -> None:
    [problem] = problems(read, None)
    assert problem.startswith("conf/topics.yaml: is missing: copy ")


def test_all_problems_at_once_each_at_its_line(read: Read) -> None:
    found = problems(
        read,
        """\
        topics:
          orders:
            partitons: 6
            replication: 4
            config:
              retention.msec: 1
              min.insync.replicas: 5
          twice: {}
          twice: {}
          a b: {}
          a.b: {partitions: 0}
          a_b: {partitions: many}
          placed: {partitions: 4, placement: [[1, 9], [2], [3, 3]]}
          list: [1]
          gone: {absent: true, partitions: 3}
        quotas:
          - {user: alice, producer_rate: 1}
          - {user: bob}
          - {producer_byte_rate: 1}
          - {user: bob, consumer_byte_rate: -1}
          - {user: eve, absent: true, consumer_byte_rate: 1}
        topic: {}
        """,
    )
    lines = [int(problem.split(":")[1]) for problem in found]
    assert lines == [3, 4, 6, 7, 9, 10, 11, 12, 12, 13, 13, 13, 13, 14, 15, 17, 18, 19, 20, 20, 21, 22]
    text = "\n".join(found)
    for words in (
        "unknown key topics.orders.partitons (did you mean partitions?)",
        "4 replicas need as many brokers, but [kafka] in hosts.ini has 3",
        "Kafka 3.9.1 has no topic config retention.msec (did you mean retention.ms?)",
        "min.insync.replicas is more than the replication factor 4: producers with acks=all fail if one broker is down",
        "twice is given twice",
        "a topic name must have 1 to 249 characters",
        "topics.a.b.partitions: 1 to 100000 is wanted, found 0",
        "topics.a_b.partitions: a whole number is wanted, found `many`",
        "collides with a.b",
        "3 partitions are in `placement`, but `partitions` is 4",
        "all partitions must have the same number of replicas",
        "broker 9 is not in [kafka] of hosts.ini (brokers there: 1, 2, 3)",
        "a broker can have only one replica of a partition",
        "topics.list: must be a block",
        "`absent: true` excludes other keys",
        "unknown key quotas: producer_rate (did you mean producer_byte_rate?)",
        "user bob has no rate",
        "an entry must have `user:`, `client_id:` or both",
        "must be a number greater than 0, found `-1`",
        "user eve has both `absent: true` and rates",
        "unknown key topic (did you mean topics?)",
    ):
        assert words in text, words


@pytest.mark.parametrize("name", [".", "..", "a" * 250, "a/b", "ä"])
def test_names_that_kafka_does_not_take(name: str, read: Read) -> None:
    assert "characters of A-Z a-z 0-9 . _ -" in problems(read, f'topics: {{"{name}": {{}}}}')[0]


@pytest.mark.parametrize("name", THROTTLES)
def test_throttles_are_not_written_by_hand(name: str, read: Read) -> None:
    [problem] = problems(read, f"topics: {{t: {{config: {{{name}: '*'}}}}}}")
    assert "is set and removed with each move" in problem


def test_a_config_without_a_value(read: Read) -> None:
    [problem] = problems(read, "topics: {t: {config: {retention.ms: }}}")
    assert "a value is missing" in problem


@pytest.mark.parametrize(
    ("topic", "properties", "words"),
    [
        (
            "replication: 2, config: {min.insync.replicas: 2}",
            "{}",
            "acks=all fail if one broker is down",
        ),
        ("replication: 2", "{min.insync.replicas: 2}", "conf/cluster.yaml: min.insync.replicas equals the"),
        ("partitions: 1", "{min.insync.replicas: 3, default.replication.factor: 3}", "equals the"),
    ],
)
def test_what_stops_writes_is_said_as_a_warning(topic: str, properties: str, words: str, read: Read) -> None:
    _, [warning] = read(f"topics: {{t: {{{topic}}}}}", properties=properties)
    assert warning.startswith("conf/topics.yaml:1: warning: topics.t")
    assert words in warning


@pytest.mark.parametrize("topic", ["replication: 1", "replication: 3, config: {min.insync.replicas: 2}"])
def test_no_warning_where_nothing_is_at_stake(topic: str, read: Read) -> None:
    assert read(f"topics: {{t: {{{topic}}}}}")[1] == []


def test_what_0_8_0_cannot_do_is_said_before_it_is_asked(read: Read) -> None:
    found = problems(
        read,
        """\
        topics:
          a: {partitions: 1, replication: 1, config: {retention.ms: 1}}
          b: {absent: true}
          c: {partitions: 1}
        quotas:
          - {user: alice, producer_byte_rate: 1}
        """,
        version="0.8.0",
    )
    assert [problem.split(": ", 2)[2] for problem in found] == [
        "Kafka 0.8.0 has no topic configs: use the brokers' *.per.topic keys in conf/cluster.yaml [C3]",
        "Kafka 0.8.0 cannot delete topics: remove this entry [C3]",
        "Kafka 0.8.0 has no default for it: set `partitions` and `replication` [C3]",
        "Kafka 0.8.0 has no quotas: remove them [C3]",
    ]


@pytest.mark.parametrize("line", [line for line in release.RELEASES if line.create_topics_version])
def test_every_line_but_0_8_0_knows_topics_configs(line: release.Release) -> None:
    assert {"retention.ms", "min.insync.replicas", *THROTTLES} <= line.topic_config_names


@pytest.mark.parametrize(
    ("version", "warned"),
    [
        ("2.8.2", ["min.insync.replicas 2 is more than the replication factor 1: producers with acks=all would fail"]),
        ("3.9.1", []),
    ],
)
def test_one_replica_is_enough_where_kafka_requires_no_more_than_there_are(
    read: Read, version: str, warned: list[str]
) -> None:
    _, found = read("topics: {t: {replication: 1, partitions: 1}}", version, "{min.insync.replicas: 2}")
    assert len(found) == len(warned)
    assert all(words in problem for words, problem in zip(warned, found, strict=True))
