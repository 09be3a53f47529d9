"""Boot what the lab's archives hold, on loopback ports."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.archive import ensure
from lab.dist import checksum
from lab.dist.release import releases
from lab.machine import CACHE

pytestmark = pytest.mark.lab

STARTED = re.compile(r"Kafka\s*Server.*[Ss]tarted")
OLD_JAVA_OPTIONS = "-server -XX:+UseG1GC -Djava.awt.headless=true --add-opens=java.base/java.lang=ALL-UNNAMED"
MESSAGE = "first of all"
Server = subprocess.Popen[bytes]


class Install:
    """An extracted archive and the servers that run from it."""

    def __init__(self, version: str, folder: Path) -> None:
        archive = ensure(version, CACHE)
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        self.folder, self.home = folder, folder / releases()[version].top
        self.env = {name: os.environ[name] for name in ("PATH", "HOME", "JAVA_HOME") if name in os.environ}
        self.env |= {"KAFKA_HEAP_OPTS": "-Xmx256M", "LOG_DIR": str(folder / "logs")}
        self.servers: list[Server] = []

    def config(self, name: str, **keys: object) -> Path:
        path = self.folder / name
        path.write_text("".join(f"{key.replace('__', '.')}={value}\n" for key, value in keys.items()))
        return path

    def start(self, script: str, *arguments: str | Path) -> tuple[Server, Path]:
        output = self.folder / f"console{len(self.servers)}"
        with output.open("w") as out:
            command = [self.home / "bin" / script, *arguments]
            self.servers.append(subprocess.Popen(command, stdout=out, stderr=out, env=self.env, cwd=self.folder))
        return self.servers[-1], output

    def run(self, script: str, *arguments: str | Path, stdin: str = "", code: int = 0) -> str:
        command = [self.home / "bin" / script, *arguments]
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True, env=self.env, check=False, timeout=30
        )
        assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def stop(self) -> None:
        """Kill what a failed test left running."""
        for server in self.servers:
            if server.poll() is None:
                server.kill()
            server.wait(10)


@pytest.fixture
def install(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Install]:
    with contextlib.ExitStack() as stack:
        made = Install(request.param, tmp_path)
        stack.callback(made.stop)
        yield made


@pytest.fixture
def ports() -> list[int]:
    """Three free ports: for ZooKeeper or a controller, for a broker, and one to spare."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)]
        return [held.getsockname()[1] for held in sockets]


def await_that(happened: Callable[[], object], what: Callable[[], str], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, what()
        time.sleep(0.05)


def serves(port: int) -> bool:
    """Tell whether the ZooKeeper there answers requests."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2) as peer:
        peer.sendall(b"srvr")
        return b"Mode: standalone" in b"".join(iter(lambda: peer.recv(4096), b""))
    return False


def await_started(server: Server, output: Path) -> None:
    await_that(lambda: STARTED.search(output.read_text()) or server.poll() is not None, output.read_text)
    assert server.poll() is None, output.read_text()


def command_line(server: Server) -> list[str]:
    with open(f"/proc/{server.pid}/cmdline") as words:  # noqa: PTH123
        return words.read().split("\0")[:-1]


def await_end(server: Server, output: Path, code: int = 128 + signal.SIGTERM) -> None:
    server.terminate()
    assert server.wait(20) == code, output.read_text()


def send_and_read(install: Install, ports: list[int]) -> None:
    at = ("--bootstrap-server", f"127.0.0.1:{ports[1]}", "--topic", "t")
    install.run("kafka-topics.sh", *at, "--create", "--partitions", "1", "--replication-factor", "1")
    install.run("kafka-console-producer.sh", *at, stdin=f"{MESSAGE}\n")
    read = install.run("kafka-console-consumer.sh", *at, "--from-beginning", "--max-messages", "1")
    assert read == f"{MESSAGE}\n"


def broker_keys(install: Install, ports: list[int]) -> dict[str, object]:
    return {
        "listeners": f"PLAINTEXT://127.0.0.1:{ports[1]}",
        "log__dirs": install.folder / "data",
        "offsets__topic__num__partitions": 1,
        "offsets__topic__replication__factor": 1,
        "group__initial__rebalance__delay__ms": 0,
    }


@pytest.mark.parametrize("install", ["3.9.1", pytest.param("2.8.2", marks=pytest.mark.slow)], indirect=True)
def test_a_broker_with_zookeeper(install: Install, ports: list[int]) -> None:
    zoo = install.config("zoo.cfg", dataDir=install.folder / "zk", clientPort=ports[0], admin__enableServer="false")
    zookeeper = install.start("zookeeper-server-start.sh", zoo)
    await_that(lambda: serves(ports[0]), zookeeper[1].read_text)
    keys = broker_keys(install, ports) | {"zookeeper__connect": f"127.0.0.1:{ports[0]}/kafka"}
    config = install.config("server.properties", **keys)
    broker = install.start("kafka-server-start.sh", config, "--override", "broker.id=7")
    await_started(*broker)
    assert command_line(broker[0])[-4:] == ["kafka.Kafka", str(config), "--override", "broker.id=7"]
    send_and_read(install, ports)
    ids = install.run("zookeeper-shell.sh", f"127.0.0.1:{ports[0]}/kafka", "ls", "/brokers/ids")
    assert "[7]" in ids
    await_end(*broker)
    assert (install.folder / "data" / ".kafka_cleanshutdown").exists()
    assert {"server.log", "kafkaServer-gc.log"} <= {path.name for path in (install.folder / "logs").iterdir()}
    await_end(*zookeeper)


@pytest.mark.parametrize(
    "install",
    [pytest.param(version, marks=pytest.mark.slow) for version in ("3.9.1", "4.3.1")],
    indirect=True,
)
def test_a_node_without_zookeeper(install: Install, ports: list[int]) -> None:
    keys = broker_keys(install, ports) | {
        "process__roles": "broker,controller",
        "node__id": 1,
        "controller__quorum__voters": f"1@127.0.0.1:{ports[0]}",
        "controller__listener__names": "CONTROLLER",
        "listener__security__protocol__map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "listeners": f"PLAINTEXT://127.0.0.1:{ports[1]},CONTROLLER://127.0.0.1:{ports[0]}",
    }
    config = install.config("server.properties", **keys)
    install.run("kafka-storage.sh", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c", config)
    node = install.start("kafka-server-start.sh", config)
    await_started(*node)
    send_and_read(install, ports)
    status = install.run(
        "kafka-metadata-quorum.sh", "--bootstrap-server", f"127.0.0.1:{ports[1]}", "describe", "--status"
    )
    assert re.search(r"LeaderId:\s+1\n", status)
    await_end(*node)
    assert {"server.log", "kafkaServer-gc.log"} <= {path.name for path in (install.folder / "logs").iterdir()}


@pytest.mark.parametrize("install", ["0.8.0"], indirect=True)
def test_the_oldest_broker_and_its_zookeeper_on_a_modern_java(install: Install, ports: list[int]) -> None:
    install.env["KAFKA_JVM_PERFORMANCE_OPTS"] = OLD_JAVA_OPTIONS
    log = install.home / "config" / "log4j.properties"
    servers = {**install.env, "KAFKA_LOG4J_OPTS": f"-Dlog4j.configuration=file:{log}"}
    tools, install.env = install.env, servers
    zoo = install.config("zoo.cfg", dataDir=install.folder / "zk", clientPort=ports[0])
    quorum = "org.apache.zookeeper.server.quorum.QuorumPeerMain"
    zookeeper = install.start("kafka-run-class.sh", quorum, zoo)
    await_that(lambda: serves(ports[0]), zookeeper[1].read_text)
    at = f"127.0.0.1:{ports[0]}"
    keys = {"broker__id": 3, "host__name": "127.0.0.1", "port": ports[1], "zookeeper__connect": at}
    config = install.config("server.properties", **keys, log__dirs=install.folder / "data")
    broker = install.start("kafka-run-class.sh", "kafka.Kafka", config)
    await_started(*broker)
    assert command_line(broker[0])[-2:] == ["kafka.Kafka", str(config)]
    install.env = tools
    topic = ("--zookeeper", at, "--topic", "t")
    install.run("kafka-create-topic.sh", *topic, "--partition", "1", "--replica", "1")
    assert "isr: 3" in install.run("kafka-list-topic.sh", *topic)
    sender = ("--broker-list", f"127.0.0.1:{ports[1]}", "--topic", "t", "--sync")
    install.run("kafka-console-producer.sh", *sender, stdin=f"{MESSAGE}\n")
    read = install.run("kafka-console-consumer.sh", *topic, "--from-beginning", "--max-messages", "1")
    assert read == f"{MESSAGE}\n"
    await_end(*broker)
    assert (install.folder / "data" / ".kafka_cleanshutdown").exists()
    assert {"server.log", "controller.log"} <= {path.name for path in (install.folder / "logs").iterdir()}
    await_end(*zookeeper)


@pytest.mark.parametrize("install", ["3.9.1"], indirect=True)
def test_a_daemon_is_stopped_by_its_script(install: Install, ports: list[int]) -> None:
    """The stop script stops every server that it sees: here those of a process namespace of its own."""
    zoo = install.config("zoo.cfg", dataDir=install.folder / "zk", clientPort=ports[0], admin__enableServer="false")
    home = install.home / "bin"
    script = f"""
        {home}/zookeeper-server-start.sh -daemon {zoo} || exit 10
        until grep -q 'binding to port' {install.folder}/logs/zookeeper.out; do sleep 0.1; done
        COLUMNS=80 {home}/zookeeper-server-stop.sh || exit 11
        while pgrep -x java >/dev/null; do sleep 0.1; done
        {home}/zookeeper-server-stop.sh
    """
    namespace = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", script)
    done = subprocess.run(namespace, env=install.env, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (1, "No zookeeper server to stop\n"), done.stderr


def test_two_builds_give_the_same_bytes(tmp_path: Path) -> None:
    """A second build, from nothing but the jars, equals the first."""
    first = ensure("0.8.0", CACHE)
    said: list[str] = []
    second = ensure("0.8.0", tmp_path, said.append)
    if "Apache's own," not in said[-1]:
        assert checksum.digest(second, "sha512") == checksum.digest(first, "sha512")
