"""Questions to one server, answered by fake ones on loopback: ZooKeeper's four letters, a broker's metadata."""

import gc
import json
import re
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest
from kazoo.exceptions import ConnectionLoss, NoNodeError
from kazoo.retry import KazooRetry

from kafka_fab.cluster.inventory import Member
from kafka_fab.cluster.model import Node
from kafka_fab.cluster.release import release
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.cluster.settings.security_settings import Security
from kafka_fab.cluster.values.role import Role
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.cluster.wires import Wires
from kafka_fab.gate.metadata_cache import MetadataCache
from kafka_fab.live import broker_reading, broker_view, message
from kafka_fab.live.broker_reading import BrokerReading
from kafka_fab.live.broker_view import BrokerView
from kafka_fab.live.client import broker_connection, connection_pool, protocol
from kafka_fab.live.client.broker_connection import Unreachable, four_letters
from kafka_fab.live.client.protocol import kafka_python
from kafka_fab.live.client.wait import until
from kafka_fab.live.zookeeper import ensemble, four_letter_words
from kafka_fab.live.zookeeper.four_letter_words import Registration, Registry, Server

Answer = Callable[[socket.socket], None]
Serve = Callable[[Answer], int]
NODE = Node("a", "127.0.0.1", Member("a", Role.BROKER, 1), Member("a", Role.ZOOKEEPER, 1))


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers that answer each connection by a function, and return their ports."""
    running: list[socketserver.ThreadingTCPServer] = []

    def start(answer: Answer) -> int:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                answer(self.request)

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        running.append(server)
        return int(server.server_address[1])

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def canned(**answers: str) -> Answer:
    """A ZooKeeper server with an answer to each four-letter word."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(answers.get(connection.recv(4).decode(), "").encode())

    return answer


def hang(connection: socket.socket) -> None:
    connection.recv(1 << 16)
    time.sleep(0.5)


def reset(connection: socket.socket) -> None:
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


def cluster(port: int, version: str = "3.9.1", nodes: int = 1) -> Any:
    ports = SimpleNamespace(port=port, chroot="/kafka")
    settings: Any = SimpleNamespace(security=Security(), kafka=ports, zookeeper=ports, controller=ports)
    return SimpleNamespace(
        zookeeper=ports, kafka=ports, release=release.of(version), ensemble=[NODE] * nodes,
        running_release=release.of(version), running={}, settings=settings, wires=Wires.of(settings),
    )  # fmt: skip


@pytest.fixture
def nobody() -> int:
    """A port on which nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


SRVR = "Zookeeper version: 3.8.4\nLatency min/avg/max: 0/0.0/0\nZxid: 0x100000002\nMode: {}\nNode count: 26\n"
CONF = """clientPort=2181
dataDir=/var/lib/zookeeper/version-2
serverId=11
electionAlg=3
membership:\x20
server.11=a:2888:3888:participant
server.12=10.0.0.2:2888:3888:participant
version=0
"""
MNTR = "zk_version\t3.8.4\nzk_followers\t2\nzk_synced_followers\t2\nzk_synced_observers\t0\n"
NOT_SERVING = "This ZooKeeper instance is not currently serving requests\n"


@pytest.mark.parametrize("mode", ["leader", "follower", "standalone"])
def test_modes(mode: str, serve: Serve) -> None:
    port = serve(canned(srvr=SRVR.format(mode)))
    assert four_letter_words.mode(cluster(port), NODE) == mode
    assert four_letter_words.serves(cluster(port), NODE)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (NOT_SERVING, "has no quorum: This ZooKeeper instance is not currently serving requests"),
        (
            "srvr is not executed because it is not in the whitelist.\n",
            "refuses srvr: add it to 4lw.commands.whitelist",
        ),
        ("", "has no quorum: empty answer"),
    ],
)
def test_a_server_without_a_mode(answer: str, words: str, serve: Serve) -> None:
    port = serve(canned(srvr=answer))
    with pytest.raises(Unreachable, match=words) as silent:
        four_letter_words.mode(cluster(port), NODE)
    assert str(silent.value).startswith(f"127.0.0.1:{port} ")
    assert not four_letter_words.serves(cluster(port), NODE)


def test_a_forbidden_word_is_no_missing_quorum(serve: Serve) -> None:
    port = serve(canned(srvr="srvr is not executed because it is not in the whitelist.\n"))
    with pytest.raises(Unreachable) as silent:
        four_letter_words.mode(cluster(port), NODE)
    assert "no quorum" not in str(silent.value)


def test_a_server_that_hangs(serve: Serve) -> None:
    began = time.monotonic()
    with pytest.raises(Unreachable, match="timed out"):
        four_letter_words.mode(cluster(serve(hang)), NODE, seconds=0.1)
    assert time.monotonic() - began < 0.4


def test_a_server_that_resets(serve: Serve) -> None:
    with pytest.raises(Unreachable, match="did not answer"):
        four_letters(Endpoint("127.0.0.1", serve(reset)), "srvr", 1)


def test_a_server_that_is_not_there(nobody: int) -> None:
    with pytest.raises(Unreachable, match=rf"^127\.0\.0\.1:{nobody} did not answer \(Connection refused\)$"):
        four_letters(Endpoint("127.0.0.1", nobody), "srvr", 1)


def test_a_server_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "create_connection", unknown)
    with pytest.raises(Unreachable, match=r"^kafka9 cannot be resolved on this machine"):
        four_letters(Endpoint("kafka9", 1), "srvr", 1)


def test_an_answer_in_pieces(serve: Serve) -> None:
    def slowly(connection: socket.socket) -> None:
        connection.recv(4)
        for piece in ("Mo", "de: lea", "der\n"):
            connection.sendall(piece.encode())
            time.sleep(0.01)

    assert four_letter_words.mode(cluster(serve(slowly)), NODE) == "leader"


def test_a_leader(serve: Serve) -> None:
    port = serve(canned(srvr=SRVR.format("leader"), conf=CONF, mntr=MNTR))
    assert four_letter_words.server(cluster(port), NODE) == Server(
        "leader", "11", frozenset({"server.11=a", "server.12=10.0.0.2"}), 2
    )


def test_a_follower(serve: Serve) -> None:
    found = four_letter_words.server(cluster(serve(canned(srvr=SRVR.format("follower"), conf=CONF, mntr=MNTR))), NODE)
    assert (found.mode, found.id, found.synced) == ("follower", "11", None)


def test_a_server_that_tells_no_more_than_its_mode(serve: Serve) -> None:
    forbidden = "{} is not executed because it is not in the whitelist."
    port = serve(canned(srvr=SRVR.format("leader"), conf=forbidden.format("conf"), mntr=forbidden.format("mntr")))
    assert four_letter_words.server(cluster(port), NODE) == Server("leader")


def test_a_server_out_of_the_quorum(serve: Serve) -> None:
    assert "not currently serving" in four_letter_words.server(cluster(serve(canned(srvr=NOT_SERVING))), NODE).error


@pytest.mark.parametrize(
    ("up", "size", "quorum"), [(1, 1, True), (2, 3, True), (1, 3, False), (2, 4, False), (0, 3, False)]
)
def test_a_quorum_is_more_than_half(up: int, size: int, quorum: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    left = iter([True] * up + [False] * (size - up))
    monkeypatch.setattr(four_letter_words, "serves", lambda *_: next(left))
    assert four_letter_words.has_quorum(cluster(1, nodes=size)) is quorum


def test_an_ensemble_that_is_down_is_not_waited_for(nobody: int) -> None:
    began = time.monotonic()
    with (
        pytest.raises(Unreachable, match=r"no ZooKeeper server of 127.0.0.1:\d+/kafka accepts connections"),
        four_letter_words.client(cluster(nobody)),
    ):
        pass
    assert time.monotonic() - began < 1


# The ensemble, as the gate judges it


@pytest.mark.parametrize(
    ("version", "nodes", "mntr", "synced", "words"),
    [
        ("3.9.1", 3, MNTR, 2, ""),
        (
            "3.9.1",
            3,
            "mntr is not executed because it is not in the whitelist.\n",
            None,
            "says to mntr: mntr is not exec",
        ),
        ("3.9.1", 3, "", None, "says to mntr: nothing"),
        ("3.9.1", 3, "zk_version\t3.8.4\nzk_followers\t2\n", None, "says to mntr: zk_version 3.8.4"),
        ("3.9.1", 1, "zk_version\t3.8.4\nzk_followers\t2\n", None, ""),
        ("0.8.0", 3, "", None, ""),
    ],
    ids=["whole", "refused", "silent", "without the figure", "alone", "a version without mntr"],
)
def test_followers_that_are_not_known_are_said(
    version: str, nodes: int, mntr: str, synced: int | None, words: str, serve: Serve
) -> None:
    port = serve(canned(srvr=SRVR.format("leader"), mntr=mntr))
    found = ensemble.read(cluster(port, version, nodes), 1)
    assert found.synced == synced
    assert words in found.unknown
    assert bool(words) == bool(found.unknown)


def test_a_leader_that_hangs_at_mntr_is_said(serve: Serve) -> None:
    def answer(connection: socket.socket) -> None:
        word = connection.recv(4)
        if word == b"srvr":
            connection.sendall(SRVR.format("leader").encode())
        else:
            time.sleep(0.5)

    assert "timed out" in ensemble.read(cluster(serve(answer), nodes=3), 0.1).unknown


# What Kafka has written


class Answered:
    """An answer that kazoo has by now: the content, or an error that is raised when it is asked for."""

    def __init__(self, answer: Callable[[], Any]) -> None:
        self.answer = answer

    def get(self, timeout: float) -> Any:
        assert timeout > 0
        return self.answer()


class Kazoo:
    """A ZooKeeper's content, behind a connection that is lost so many times."""

    def __init__(self, lost: int = 0, **paths: Any) -> None:
        self.synced = False
        self.lost = lost
        self.retry = KazooRetry(**four_letter_words.RETRIES, sleep_func=lambda _: None)
        self.content = {f"/{path.replace('__', '/')}": value for path, value in paths.items()}

    def answer(self, found: Callable[[], Any]) -> Any:
        if self.lost:
            self.lost -= 1
            raise ConnectionLoss
        return found()

    def sync_async(self, _: str) -> Answered:
        self.synced = True
        return Answered(lambda: self.answer(lambda: "/"))

    def get_async(self, path: str) -> Answered:
        assert self.synced, "a read that decides"
        return Answered(lambda: self.answer(lambda: self.get(path)))

    def get(self, path: str) -> tuple[bytes, None]:
        if path not in self.content:
            raise NoNodeError
        value = self.content[path]
        return (value if isinstance(value, str) else json.dumps(value)).encode(), None

    def exists_async(self, path: str, **_: Any) -> Answered:
        return Answered(lambda: self.answer(lambda: path in self.content))

    def get_children_async(self, path: str) -> Answered:
        return Answered(lambda: self.answer(lambda: self.children(path)))

    def children(self, path: str) -> list[str]:
        found = [name.removeprefix(f"{path}/") for name in self.content if name.startswith(f"{path}/")]
        if not found:
            raise NoNodeError
        return found


def test_what_is_asked_while_an_election_breaks_the_connection_is_asked_again() -> None:
    assert four_letter_words.registry(Kazoo(lost=2, controller={"brokerid": 3})).controller == 3
    assert four_letter_words.await_broker(Kazoo(lost=2, brokers__ids__3={}), 3, 0.1)


def test_a_zookeeper_that_is_lost_for_good_is_silent() -> None:
    with pytest.raises(Unreachable, match="ZooKeeper did not answer"):
        four_letter_words.registry(Kazoo(lost=1000))
    assert not four_letter_words.await_broker(Kazoo(lost=1000, brokers__ids__3={}), 3, 0.1)


def test_a_registry() -> None:
    kazoo = Kazoo(
        brokers__ids__10={"endpoints": ["PLAINTEXT://b:9092", "SSL://b:9093"], "host": "b", "port": 9092, "rack": "r"},
        brokers__ids__9={"host": "a", "port": 9092, "version": 1},
        controller={"brokerid": 9},
        controller_epoch="3",
        cluster__id={"version": "1", "id": "abc"},
    )
    assert four_letter_words.registry(kazoo) == Registry(
        {9: Registration(("a:9092",)), 10: Registration(("b:9092", "b:9093"), "r")}, 9, 3, "abc"
    )


def test_a_registry_with_nothing_in_it() -> None:
    assert four_letter_words.registry(Kazoo()) == Registry()


def test_broker_zero_is_a_broker() -> None:
    found = four_letter_words.registry(Kazoo(controller={"brokerid": 0}, controller_epoch="0"))
    assert (found.controller, found.controller_epoch) == (0, 0)


# A broker


def metadata(version: int, **answer: Any) -> Answer:
    """A broker that answers one metadata request."""
    response = kafka_python().protocol.metadata.MetadataResponse

    def reply(connection: socket.socket) -> None:
        frame = connection.recv(1 << 16)
        assert int.from_bytes(frame[4:6]) == 3, "a metadata request"
        assert int.from_bytes(frame[6:8]) == version
        told = response(version=version, **answer)
        told.with_header(correlation_id=int.from_bytes(frame[8:12]))
        for byte in (encoded := told.encode(framed=True, header=True))[:6]:
            connection.sendall(bytes([byte]))
        connection.sendall(encoded[6:])

    return reply


def brokers(version: int) -> list[Any]:
    kind = kafka_python().protocol.metadata.MetadataResponse.MetadataResponseBroker
    return [kind(version=version, node_id=n, host=h, port=9092, rack=None) for n, h in ((1, "a"), (2, "b"))]


def topics(version: int) -> list[Any]:
    topic = kafka_python().protocol.metadata.MetadataResponse.MetadataResponseTopic
    part = topic.MetadataResponsePartition
    more = {"leader_epoch": 5} if version >= 7 else {}
    known = {"version": version, "error_code": 0, "replica_nodes": [1, 2], "isr_nodes": [1], **more}
    parts = [part(partition_index=n, leader_id=n + 1, **known) for n in range(2)]
    return [topic(version=version, error_code=0, name="t", is_internal=False, partitions=parts)]


@pytest.mark.parametrize(("kafka", "version", "controller"), [("3.9.1", 1, 2), ("0.8.0", 0, None)])
def test_a_brokers_view(kafka: str, version: int, controller: int | None, serve: Serve) -> None:
    port = serve(metadata(version, brokers=brokers(version), controller_id=2, topics=topics(version)))
    racks = {1: "", 2: ""} if version else {}
    assert broker_view.view(cluster(port, kafka), NODE, ["t"]) == BrokerView(
        {1: "a:9092", 2: "b:9092"}, controller, {TopicPartition("t", 0): 1, TopicPartition("t", 1): 2}, racks
    )


def both(*, cut: bool = False) -> Answer:
    """A broker that has one disk that failed, and answers metadata and log directories that were asked for at once."""
    protocol = kafka_python().protocol
    dirs = protocol.admin.DescribeLogDirsResponse
    results = [dirs.DescribeLogDirsResult(version=1, error_code=56 * at, log_dir=f"/d{at}", topics=[]) for at in (0, 1)]
    answers = {
        3: protocol.metadata.MetadataResponse(
            version=9, throttle_time_ms=0, brokers=brokers(9), cluster_id="id", controller_id=2, topics=topics(9)
        ),
        35: dirs(version=1, throttle_time_ms=0, results=results),
    }

    def reply(connection: socket.socket) -> None:
        frames = connection.recv(1 << 16)
        while frames:
            size = int.from_bytes(frames[:4])
            told = answers[int.from_bytes(frames[4:6])]
            told.with_header(correlation_id=int.from_bytes(frames[8:12]))
            connection.sendall(told.encode(framed=True, header=True))
            frames = b"" if cut else frames[4 + size :]

    return reply


def test_metadata_and_disks_are_read_in_one_round_trip(serve: Serve) -> None:
    found = broker_reading.read(cluster(serve(both())), NODE, 1)
    assert found.offline_dirs == {"/d1"}
    assert found.cache == MetadataCache({TopicPartition("t", 0): 5, TopicPartition("t", 1): 5}, 2)
    assert found.view
    assert [(one.name, one.leader, one.epoch) for one in found.view().partitions()] == [("t-0", 1, 5), ("t-1", 2, 5)]


def test_a_broker_that_answers_only_the_first_of_two(serve: Serve) -> None:
    with pytest.raises(Unreachable, match="closed the connection without an answer"):
        broker_reading.read(cluster(serve(both(cut=True))), NODE, 1)


def test_a_broker_of_0_8_0_is_not_asked(nobody: int) -> None:
    assert broker_reading.read(cluster(nobody, "0.8.0"), NODE, 1) == BrokerReading()


def test_the_first_view_of_0_8_0_is_empty(serve: Serve) -> None:
    assert broker_view.view(cluster(serve(metadata(0, brokers=[], topics=[])), "0.8.0"), NODE) == BrokerView()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda connection: connection.recv(1), "closed the connection without an answer|did not answer"),
        (lambda connection: connection.recv(1 << 16), "closed the connection without an answer"),
        (lambda c: (c.recv(1 << 16), c.sendall(b"\0\0\0\4\0\0\0\x63")), "sent an answer that cannot be decoded"),
        (lambda c: (c.recv(1 << 16), c.sendall(b"\0\0\0\x20\0\0")), "closed the connection without an answer"),
        (hang, "timed out"),
        (reset, "did not answer"),
    ],
    ids=["at once", "after the question", "another's answer", "in mid-answer", "hangs", "resets"],
)
def test_a_broker_that_does_not_answer(answer: Answer, words: str, serve: Serve) -> None:
    view = broker_view.view(cluster(serve(answer)), NODE, seconds=0.2)
    assert view == BrokerView(error=view.error)
    assert re.search(words, view.error)


@pytest.mark.parametrize(
    "bad", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0\0\0\x06\0\0\0\x01\xff\xff", b"\xff\xff\xff\xff1234"]
)
def test_somebody_else_on_the_brokers_port(bad: bytes, serve: Serve) -> None:
    def stranger(connection: socket.socket) -> None:
        connection.recv(1 << 16)
        connection.sendall(bad)

    assert broker_view.view(cluster(serve(stranger)), NODE, seconds=0.3).error


@pytest.mark.parametrize(
    ("bytes_", "what"),
    [
        (b"\x15\x03\x03\x00\x02\x02\x50", "is a TLS listener"),
        (b"\x16\x03\x01\x00\x00", "is a TLS listener"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "is an HTTP server"),
        (b"\xff\xff\xff\xff1234", "is not a Kafka listener"),
    ],
)
def test_another_protocol_is_named_and_asking_again_will_not_help(bytes_: bytes, what: str, serve: Serve) -> None:
    def other(connection: socket.socket) -> None:
        connection.recv(1 << 16)
        connection.sendall(bytes_)

    view = broker_view.view(cluster(serve(other)), NODE, seconds=0.5)
    assert what in view.error
    assert "PLAINTEXT listener" in view.error
    assert view.lasting


def test_zookeepers_tls_port_is_named(serve: Serve) -> None:
    def tls(connection: socket.socket) -> None:
        connection.recv(4)
        connection.sendall(b"\x15\x03\x03\x00\x02\x02\x50")

    port = serve(tls)
    with pytest.raises(broker_connection.ProtocolMismatch, match="is a TLS listener"):
        four_letters(Endpoint("127.0.0.1", port), "srvr", 1)


def test_a_listener_that_wants_a_login_is_not_even_asked(nobody: int) -> None:
    with pytest.raises(broker_connection.ProtocolMismatch, match="is a SASL_SSL listener"):
        broker_connection.BrokerConnection(Endpoint("127.0.0.1", nobody, "SASL_SSL"))


def test_a_broker_that_is_not_there(nobody: int) -> None:
    with pytest.raises(Unreachable, match="Connection refused"):
        connection_pool.ask(
            Endpoint("127.0.0.1", nobody), kafka_python().protocol.metadata.MetadataRequest(version=0, topics=[]), 1
        )


# Waiting


def test_until_it_holds() -> None:
    answers = iter([False, False, True])
    assert until(lambda: next(answers), 5, pause=0.001)


def test_until_asks_at_least_once() -> None:
    assert until(lambda: True, 0)
    assert not until(lambda: False, 0)


def test_until_the_time_is_up() -> None:
    began = time.monotonic()
    assert not until(lambda: False, 0.05, pause=0.01)
    assert 0.05 <= time.monotonic() - began < 0.3


def test_answers_are_understood_however_many_threads_ask_for_the_first_time() -> None:
    registry = kafka_python().protocol.api_header.ResponseClassRegistry
    kinds = [
        SimpleNamespace(request_api_key=key, request_api_version=version)
        for key, answer in sorted(registry._response_class_registry.items())
        for version in range(answer.max_version + 1)
    ]

    def asked_at_once(header: SimpleNamespace) -> None:
        together = threading.Barrier(6)

        def ask() -> None:
            together.wait()
            protocol.ready_for_answer(SimpleNamespace(header=header))

        threads = [threading.Thread(target=ask) for _ in range(together.parties)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for header in kinds:
            asked_at_once(header)
    finally:
        sys.setswitchinterval(usual)
    gc.collect()
    assert all(registry.get_response_class(header) is not None for header in kinds)


@pytest.mark.parametrize(
    ("version", "brokers", "offset"), [("0.8.0", 3, 6), ("0.8.0", 1, 7), ("3.9.1", 3, 7), ("3.9.1", 1, 7)]
)
def test_the_offset_of_an_acknowledged_message(version: str, brokers: int, offset: int) -> None:
    model: Any = SimpleNamespace(release=release.of(version), running={}, brokers=[None] * brokers)
    assert message.acknowledged(model, NODE, 7) == offset
