"""JMX and the exporter on a broker and an isolated controller: what listens where, and who gets in."""

import hashlib
import json
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from lab import Lab
from lab.machine import CACHE
from tests.integration.conftest import TROUBLE, Site

pytestmark = pytest.mark.lab

WORD = "s3cret-word"
ARTIFACT = "io.prometheus.jmx:jmx_prometheus_javaagent:1.0.1"
JAR = "jmx_prometheus_javaagent-1.0.1.jar"


@pytest.fixture(scope="module")
def jar() -> Path:
    """The exporter's agent, where the lab's mirror serves it."""
    file = CACHE / "mirror/exporter" / JAR
    if not file.is_file():
        target = f"-DoutputDirectory={file.parent}"
        subprocess.run(
            ["mvn", "-B", "-q", "dependency:copy", f"-Dartifact={ARTIFACT}", target], check=True, timeout=120
        )
    return file


@pytest.fixture(scope="module")
def watched(lab: Lab, make_site: Callable[..., Site], jar: Path) -> Iterator[Site]:
    """A broker and a controller, with JMX on loopback and an exporter on the hosts' own address."""
    site = make_site(TROUBLE[:2])
    broker, controller = site.hosts
    (site.folder / "hosts.ini").write_text(f"[kafka]\n{broker} id=1\n[controller]\n{controller} id=9\n")
    digest = hashlib.sha256(jar.read_bytes()).hexdigest()
    url = f"{lab.mirror_url.removesuffix('/kafka')}/exporter/{JAR}"
    site.settings(
        "version: 3.9.1\nkafka:\n"
        "  jmx: {port: 9999, password_from: WATCH_WORD}\n"
        f"  exporter: {{port: 7071, jar: '{url}', sha256: {digest}}}\n"
        "  properties: {offsets.topic.replication.factor: 1}\n"
    )
    installed = site.fab("install", WATCH_WORD=WORD)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    assert WORD not in installed.stdout + installed.stderr
    started = site.fab("start", WATCH_WORD=WORD)
    assert started.returncode == 0, started.stdout + started.stderr
    yield site
    site.fab("stop", WATCH_WORD=WORD)
    site.fab("uninstall", "--yes", "--data", WATCH_WORD=WORD)
    site.wipe()


def test_who_listens_where(watched: Site) -> None:
    for host, listening in watched.everywhere("ss -Htln 'sport = :9999 or sport = :7071' | awk '{ print $4 }'").items():
        address = watched.lab.hosts[host].address
        places = {place.replace("[::ffff:", "").replace("]", "") for place in listening.split()}
        assert places == {"127.0.0.1:9999", f"{address}:7071"}


def test_what_else_the_jvm_opens_with_jmx_hangs_up_on_others(watched: Site) -> None:
    """A port of chance for the host's own tools, which java opens in any case: nobody else is let in."""
    ports = watched.everywhere("ss -Htlnp | grep java | awk '{ print $4 }' | sed 's/.*://'")
    for host, listening in ports.items():
        [chance] = set(map(int, listening.split())) - {9092, 9093, 9999, 7071}
        with socket.create_connection((watched.lab.hosts[host].address, chance), timeout=5) as connection:
            assert connection.recv(1) == b""


def ask(site: Site, host: str, word: str) -> str:
    return site.on(
        host,
        "/opt/kafka/bin/kafka-run-class.sh org.apache.kafka.tools.JmxTool --one-time true --report-format tsv "
        "--jmx-url service:jmx:rmi:///jndi/rmi://127.0.0.1:9999/jmxrmi "
        f"--object-name kafka.server:type=app-info {word} 2>&1 || true",
    )


def test_only_who_knows_the_password_gets_in(watched: Site) -> None:
    words = (f"--jmx-auth-prop monitor={WORD}", "", "--jmx-auth-prop monitor=guess")
    asked = [(host, word) for host in watched.hosts for word in words]
    # Each is a JVM that mostly waits.
    with ThreadPoolExecutor() as pool:
        answers = dict(zip(asked, pool.map(lambda one: ask(watched, *one), asked), strict=True))
    for (_, word), answer in answers.items():
        assert ("3.9.1" in answer) == (WORD in word)
        assert WORD in word or "Authentication failed" in answer or "Credentials required" in answer


def test_the_password_is_the_services_alone(watched: Site) -> None:
    told = watched.everywhere(
        "stat -c '%U %a' /etc/kafka/jmx.password; grep -rl s3cret-word /etc /run /proc/[0-9]*/cmdline 2>/dev/null"
    )
    assert set(told.values()) == {"kafka 400\n/etc/kafka/jmx.password\n"}


def test_a_second_install_changes_nothing_and_a_new_password_is_not_shown(watched: Site) -> None:
    assert "2 hosts: nothing to change" in watched.fab("install", WATCH_WORD=WORD).stdout
    planned = watched.fab("plan", WATCH_WORD="an0ther")
    assert "~ monitor" in planned.stdout
    assert "an0ther" not in planned.stdout
    assert WORD not in planned.stdout


def test_without_the_variable_nothing_is_connected_to(watched: Site) -> None:
    ended = watched.fab("install")
    assert ended.returncode == 1
    assert "cluster.yaml:3: kafka.jmx.password_from: the environment variable WATCH_WORD is not set" in ended.stderr


def exporter_lines(site: Site) -> dict[str, dict[str, Any]]:
    ended = site.fab("validate", "--json", WATCH_WORD=WORD)
    return {
        check["where"]: check for check in json.loads(ended.stdout)["checks"] if check["check"] == "metrics exporter"
    }


def test_validate_says_that_the_exporters_answer(watched: Site) -> None:
    found = exporter_lines(watched)
    assert list(found) == list(watched.hosts)
    for check in found.values():
        assert check["ok"], check
        assert int(check["found"].split()[0]) > 20


@pytest.mark.parametrize(
    ("at", "names"),
    [
        (0, ["kafka_server_replicamanager_underreplicatedpartitions 0.0",
             "kafka_server_brokertopicmetrics_messagesin_total",
             "kafka_network_requestmetrics_requests_total{", "kafka_raft_current_leader 9.0"]),
        (1, ["kafka_controller_kafkacontroller_activecontrollercount 1.0", "kafka_raft_current_leader 9.0",
             "kafka_controller_kafkacontroller_fencedbrokercount 0.0"]),
    ],
    ids=["broker", "controller"],
)  # fmt: skip
def test_the_metrics_that_an_operator_looks_for(at: int, names: list[str], watched: Site) -> None:
    host = watched.hosts[at]
    page = watched.on(host, f"curl -fsS http://{watched.lab.hosts[host].address}:7071/metrics")
    assert [name for name in names if f"\n{name}" not in page] == []


@pytest.mark.slow
def test_an_exporter_that_is_silent_differs(watched: Site) -> None:
    host = watched.hosts[0]
    watched.on(host, "systemctl kill --signal=STOP kafka")
    try:
        check = exporter_lines(watched)[host]
    finally:
        watched.on(host, "systemctl kill --signal=CONT kafka")
    assert not check["ok"]
    assert "timed out" in check["found"]


def test_a_jar_with_another_checksum_is_refused(watched: Site) -> None:
    with watched.changed("conf/cluster.yaml", "sha256: ", f"sha512: '{'0' * 128}', rules: ''}} #"):
        ended = watched.fab("install", WATCH_WORD=WORD)
    assert ended.returncode == 1
    assert "wrong checksum: expected 000" in ended.stdout
    assert set(watched.everywhere("ls /opt/kafka-exporter | wc -l").values()) == {"1\n"}


def test_a_jar_of_this_machine_is_sent(watched: Site, jar: Path) -> None:
    shutil.copy(jar, watched.folder / "other.jar")
    text = (watched.folder / "conf/cluster.yaml").read_text()
    url = text.partition("jar: ")[2].partition(",")[0]
    with watched.changed("conf/cluster.yaml", url, "other.jar"):
        assert watched.fab("install", WATCH_WORD=WORD).returncode == 0
    told = watched.everywhere("stat -c '%U %a %s' /opt/kafka-exporter/*-other.jar; ls /opt/kafka-exporter | wc -l")
    assert set(told.values()) == {f"root 644 {jar.stat().st_size}\n2\n"}
    assert watched.fab("install", WATCH_WORD=WORD).returncode == 0
