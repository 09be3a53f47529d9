"""JMX and the exporter: off by default, never open to the world, no password shown."""

import subprocess
from pathlib import Path

import pytest

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.resource import Absent, Asset, Directory, File, Port
from kafka_fab.cluster.roles import jmx_exporter, node_resources
from kafka_fab.cluster.schema.problem import ConfigError
from kafka_fab.operate.validate.metrics_check import checks
from kafka_fab.remote import script
from tests.unit.folders import Load, written

ZOOKEEPER = "[kafka]\na id=1\nb id=2 address=10.0.0.2\n[zookeeper]\na id=1\n"
KRAFT = "[kafka]\na id=1\n[controller]\nc id=9\n"
JMX = "jmx: {port: 9999, password: s3cret-word}"
SUM = "ab" * 32
JAR = f"exporter: {{port: 7071, jar: 'https://m/x/agent-1.jar', sha256: {SUM}}}"


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    monkeypatch.chdir(tmp_path)

    def write(kafka: str = "", hosts: str = ZOOKEEPER, version: str = "3.9.1", more: str = "") -> Cluster:
        block = f"kafka:\n  heap: 1g\n  {kafka}\n" if kafka else ""
        return written(tmp_path, hosts, f"version: {version}\n{block}{more}")

    return write


def resources(cluster: Cluster, name: str) -> list[object]:
    return [item for step in node_resources.steps(cluster, cluster.nodes[name]).values() for item in step]


def environment(cluster: Cluster, name: str, unit: str = "kafka") -> dict[str, str]:
    path = f"/etc/systemd/system/{unit}.service"
    [file] = [item for item in resources(cluster, name) if isinstance(item, File) and item.path == path]
    lines = [line.removeprefix("Environment=").strip('"') for line in file.content.splitlines()]
    return dict(line.split("=", 1) for line in lines if line.startswith("KAFKA_"))


def refused(load_it: Load, *texts: str, **more: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_it(*texts, **more)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("kafka", ["", "jmx: {port: 0}"])
def test_off_by_default_and_no_password_stays_behind(kafka: str, loaded: Load) -> None:
    cluster = loaded(kafka)
    found = resources(cluster, "a")
    assert "KAFKA_OPTS" not in environment(cluster, "a")
    for unit in ("kafka", "zookeeper"):
        # Not nothing: Kafka's script would fill that in with a port of chance.
        assert environment(cluster, "a", unit)["KAFKA_JMX_OPTS"] == "-Dcom.sun.management.jmxremote.authenticate=true"
    assert [Absent("/etc/kafka/jmx.password"), Absent("/etc/kafka/jmx.access")] == [
        item for item in found if isinstance(item, Absent) and "jmx" in item.path
    ]
    assert not any(isinstance(item, Asset) for item in found)


@pytest.mark.parametrize(("name", "hosts", "unit"), [("a", ZOOKEEPER, "kafka"), ("c", KRAFT, "kafka-controller")])
def test_a_port_a_password_and_one_address(name: str, hosts: str, unit: str, loaded: Load) -> None:
    cluster = loaded(JMX, hosts)
    words = environment(cluster, name, unit)["KAFKA_JMX_OPTS"].split()
    told = dict(word.removeprefix("-Dcom.sun.management.jmxremote").split("=") for word in words)
    assert told == {
        ".port": "9999", ".rmi.port": "9999", ".host": "127.0.0.1", ".authenticate": "true",
        ".password.file": "/etc/kafka/jmx.password", ".access.file": "/etc/kafka/jmx.access",
        ".password.toHashes": "false", ".ssl": "false", "-Djava.rmi.server.hostname": "127.0.0.1",
    }  # fmt: skip
    found = resources(cluster, name)
    assert File("/etc/kafka/jmx.password", "monitor s3cret-word\n", "kafka", "kafka", "400", secret=True) in found
    assert File("/etc/kafka/jmx.access", "monitor readonly\n", "kafka", "kafka", "400") in found
    assert Port(9999, unit) in found
    assert "JMX_PORT" not in str(found)


def test_each_host_by_its_own_address(loaded: Load) -> None:
    cluster = loaded("jmx: {port: 9999, address: host, user: u, access: readwrite, password: p}")
    assert "jmxremote.host=10.0.0.2 " in environment(cluster, "b")["KAFKA_JMX_OPTS"]
    # Another one tells of Kafka's own replication factors: there are two brokers.
    assert [(w.line, w.text.split(":")[0]) for w in cluster.warnings if "jmx" in w.text] == [(4, "kafka.jmx.address")]


def test_the_password_of_an_environment_variable(loaded: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORD", "from-there")
    assert "monitor from-there" in str(resources(loaded("jmx: {port: 9999, password_from: WORD}"), "a"))


def test_the_password_is_in_no_representation_of_the_settings(loaded: Load) -> None:
    assert "s3cret" not in repr(loaded(JMX).settings)


SUMMED = f"sha256: {SUM}"
BAD = [
    ("jmx: {port: 9999}", "kafka.jmx: no password, and without one it would be open to the world"),
    ("jmx: {user: me}", "kafka.jmx: `port` is missing"),
    ("jmx: {port: 9999, password_from: NOT_SET_HERE}", "the environment variable NOT_SET_HERE is not set"),
    ("jmx: {port: 9999, password: a, password_from: HOME}", "are both given: keep one"),
    ("jmx: {port: 9999, password: p, address: 0.0.0.0}", "0.0.0.0 would open it on every network"),
    ("jmx: {port: 9999, password: p, address: '::'}", ":: would open it on every network"),
    ("jmx: {port: 9999, password: p, address: any}", "an IP address, or `host`"),
    ("jmx: {port: 9999, password: p, acess: readonly}", "unknown key kafka.jmx.acess (did you mean access?)"),
    ("jmx: {port: 9092, password: p}", "kafka.jmx.port and kafka.port are both 9092 on one host"),
    (f"exporter: {{port: 7071, {SUMMED}}}", "`jar` is missing"),
    ("exporter: {port: 7071, jar: 'https://m/a.jar'}", "`sha256` is missing"),
    (f"exporter: {{port: 7071, jar: no.jar, {SUMMED}}}", "kafka.exporter.jar: there is no file"),
    (f"exporter: {{port: 7071, jar: 'https://m/a.jar', {SUMMED}, rules: no.yaml}}", "rules: there is no file"),
    ("exporter: {port: 7071, jar: 'https://m/a.jar', sha256: ab}", "a SHA-256 of 64 hexadecimal digits"),
]


@pytest.mark.parametrize(("kafka", "words"), BAD)
def test_what_is_refused_before_any_connection(kafka: str, words: str, loaded: Load) -> None:
    [problem] = [line for line in refused(loaded, kafka) if "warning" not in line]
    assert problem.startswith("conf/cluster.yaml")
    assert words in problem
    assert ":4: " in problem or "on one host" in problem


@pytest.mark.parametrize("word", ["two words", "back\\slash", "ümlaut", "tab\there"])
def test_a_password_that_java_cannot_read_is_refused_and_not_shown(word: str, loaded: Load) -> None:
    problems = refused(loaded, f"jmx:\n    port: 9999\n    password: '{word}'")
    words = "printable ASCII letters are wanted, without blanks and backslashes"
    assert problems == [f"conf/cluster.yaml:6: kafka.jmx.password: {words} [C2]"]


@pytest.mark.parametrize(("name", "hosts", "unit"), [("b", ZOOKEEPER, "kafka"), ("c", KRAFT, "kafka-controller")])
def test_the_exporter(name: str, hosts: str, unit: str, loaded: Load) -> None:
    cluster = loaded(JAR, hosts)
    path, found = f"/opt/kafka-exporter/{SUM[:12]}-agent-1.jar", resources(cluster, name)
    address = {"b": "10.0.0.2", "c": "c"}[name]
    assert environment(cluster, name, unit)["KAFKA_OPTS"] == (
        f"-javaagent:{path}={address}:7071:/etc/kafka/exporter.yaml"
    )
    assert Directory("/opt/kafka-exporter", shared=True) in found
    assert Asset(path, "https://m/x/agent-1.jar", SUM) in found
    [rules] = [item for item in found if isinstance(item, File) and item.path == "/etc/kafka/exporter.yaml"]
    assert ("exporter-controller.yaml" in rules.content) == (name == "c")


def test_own_rules_and_a_jar_of_this_machine(loaded: Load, tmp_path: Path) -> None:
    (tmp_path / "agent.jar").touch()
    (tmp_path / "own.yaml").write_text("rules: []\n")
    cluster = loaded(f"exporter: {{port: 7071, jar: agent.jar, sha256: {SUM}, rules: own.yaml}}")
    assert jmx_exporter.local_jar(cluster) == tmp_path / "agent.jar"
    assert "rules: []\n" in [item.content for item in resources(cluster, "a") if isinstance(item, File)]


def test_an_uninstall_leaves_no_trace(loaded: Load) -> None:
    cluster = loaded(JMX)
    gone = [
        item.path for item in node_resources.removal(cluster, cluster.nodes["a"], False) if isinstance(item, Absent)
    ]
    traces = {"/etc/kafka/jmx.password", "/etc/kafka/jmx.access", "/etc/kafka/exporter.yaml", "/opt/kafka-exporter"}
    assert traces | {"/etc/sysctl.d/90-kafka-fab.conf"} <= set(gone)
    assert gone.index("/etc/kafka") > gone.index("/etc/kafka/jmx.password"), "a folder is removed when it is empty"


def test_calls() -> None:
    assert script.call(Asset("/p", "http://m/x", "ab")) == "want_asset /p http://m/x ab"


@pytest.mark.parametrize(
    ("said", "found", "ok"),
    [
        ({"count": "120"}, "120 Kafka metrics", True),
        ({"count": "0"}, "0 Kafka metrics", False),
        ({"reason": "curl: (7) Failed"}, "curl: (7) Failed", False),
    ],
)
def test_the_line_of_validate(said: dict[str, str], found: str, ok: bool, loaded: Load) -> None:
    cluster = loaded(JAR)
    [check] = checks(cluster, {"a": {"http://a:7071/metrics": said}})
    assert (check.where, check.expected, check.found, check.ok) == (
        "a", "Kafka metrics at http://a:7071/metrics", found, ok
    )  # fmt: skip
    assert list(checks(loaded(), {"a": {}})) == []


@pytest.mark.parametrize("word", ["hunter2", "hun=ter2", "hun:ter2==", "#hunter2"])
def test_no_part_of_a_password_is_in_a_diff(word: str, tmp_path: Path) -> None:
    file = tmp_path / "jmx.password"
    file.write_text("monitor before\n")
    body = f"wanted='monitor {word}\n'\nfile_diff {file} 1\n"
    done = subprocess.run(
        ["sh", "-s"],
        input=script.with_library(body, apply=False, watched=False),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "diff\t~ monitor\n"
