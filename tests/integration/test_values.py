"""Values as Kafka and systemd themselves read them on a host; a cluster on IPv6 with listeners of many names."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from shlex import join, quote

import pytest

from kafka_fab.cluster.encode import java_properties
from kafka_fab.cluster.template import Templates
from lab import names, network
from lab.archive import ensure
from lab.machine import CACHE, run
from tests.integration.conftest import ROOT, Site, rolls_well

pytestmark = pytest.mark.lab

HARD = [
    "a\\",
    "a\\d",
    "Zürich",
    "😀 日本",
    "%p %%",
    '"a b"',
    "it's",
    "$HOME ${HOME} `id`",
    "#a",
    "=b",
    "a:b",
    "\\u0041",
]
UNIT = """[Service]
Type=oneshot
{% for value in values %}
Environment="V{{ loop.index }}={{ value }}"
{% endfor %}
ExecStart=/bin/sh -c 'env -0 >/run/values.env; printf "%%s\\\\0" {{ words | argument }} >/run/values.arguments'
"""


def test_systemd_itself_reads_what_we_write(cluster: Site, tmp_path: Path) -> None:
    (tmp_path / "values.service.j2").write_text(UNIT)
    unit = Templates([tmp_path]).render("values.service.j2", values=HARD, words=join(HARD))
    host = cluster.hosts[0]
    cluster.on(host, f"printf %s {quote(unit)} >/run/systemd/system/values.service; systemctl daemon-reload")
    try:
        assert cluster.on(host, "systemd-analyze verify values.service 2>&1 | grep values || true") == ""
        cluster.on(host, "systemctl start values")
        found = cluster.on(host, "tr '\\n\\0' '\\001\\n' </run/values.env").splitlines()
        assert [dict(line.split("=", 1) for line in found)[f"V{at}"] for at in range(1, len(HARD) + 1)] == HARD
        assert cluster.on(host, "tr '\\0' '\\n' </run/values.arguments").splitlines() == HARD
    finally:
        cluster.on(host, "rm -f /run/systemd/system/values.service /run/values.*; systemctl daemon-reload")


LOGGED = """log4j.rootLogger=INFO, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.encoding=UTF-8
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%m%n
"""


# Settings of a client that are texts, and that nothing is done with where neither SASL nor TLS is spoken.
TEXTS = [
    "client.id",
    "sasl.kerberos.kinit.cmd",
    "sasl.kerberos.service.name",
    "sasl.mechanism",
    "sasl.oauthbearer.expected.issuer",
    "ssl.keymanager.algorithm",
    "ssl.keystore.type",
    "ssl.protocol",
    "ssl.provider",
    "ssl.secure.random.implementation",
    "ssl.trustmanager.algorithm",
    "ssl.truststore.type",
]


def test_kafka_itself_reads_what_we_write(cluster: Site) -> None:
    """A tool of Kafka's tells the settings of its client."""
    wanted = dict(zip(TEXTS, HARD, strict=True))
    text = "".join(f"{name}={java_properties.value(value)}\n" for name, value in wanted.items())
    said = cluster.on(
        cluster.hosts[0],
        f"printf %s {quote(text)} >/run/values.properties; printf %s {quote(LOGGED)} >/run/values-log4j.properties\n"
        "export LOG_DIR=/tmp KAFKA_HEAP_OPTS=-Xmx128m\n"
        "export KAFKA_LOG4J_OPTS=-Dlog4j.configuration=file:/run/values-log4j.properties\n"
        f"timeout 50 /opt/kafka/bin/kafka-run-class.sh org.apache.kafka.tools.TopicCommand --list "
        f"--bootstrap-server {cluster.hosts[0]}:9092 --command-config /run/values.properties 2>&1; "
        "rm -f /run/values.properties /run/values-log4j.properties",
    )
    found = dict(re.findall(r"^\t([a-z.]+) = (.*)$", said, re.MULTILINE))
    assert {name: found.get(name) for name in wanted} == wanted, said[-2000:]


NAMED = """version: {version}
kafka:
  heap: 256m
  properties:
    listeners: CLIENT-PLAIN://:9094,PLAINTEXT://:9092,CONTROLLERS_EXT://:9095
    listener.security.protocol.map: PLAINTEXT:PLAINTEXT,CLIENT-PLAIN:PLAINTEXT,CONTROLLERS_EXT:PLAINTEXT
    inter.broker.listener.name: PLAINTEXT
    default.replication.factor: 3
    min.insync.replicas: 2
    offsets.topic.replication.factor: 3
    num.io.threads: 4
zookeeper: {{heap: 128m}}
controller: {{heap: 128m}}
"""


@pytest.fixture
def six(trouble: Site) -> Iterator[Callable[[str, str], Site]]:
    """Return a maker of a cluster whose hosts have addresses of IPv6 alone."""
    # A net of its own for each lab of this machine.
    net = f"fd87:{trouble.lab.subnet.network_address.packed[2]}::"
    here = f"{net}1/64", "dev", names.bridge(trouble.lab.name)
    run("ip", "-6", "address", "replace", *here, "nodad")
    for at, host in enumerate(trouble.hosts, 1):
        space = names.netns(trouble.lab.name, host)
        run("ip", "-netns", space, "-6", "address", "replace", f"{net}1{at}/64", "dev", network.INSIDE, "nodad")

    def made(version: str, group: str) -> Site:
        lines = [f"{host} id={at} rack=r{at} address={net}1{at}" for at, host in enumerate(trouble.hosts, 1)]
        lines[1] += " num.io.threads=6"
        keepers = "\n".join(f"{host} id={at}" for at, host in enumerate(trouble.hosts, 1))
        (trouble.folder / "hosts.ini").write_text("[kafka]\n" + "\n".join(lines) + f"\n\n[{group}]\n{keepers}\n")
        trouble.settings(NAMED.format(version=version))
        return trouble

    yield made
    run("ip", "-6", "address", "delete", *here)
    for at, host in enumerate(trouble.hosts, 1):
        space = names.netns(trouble.lab.name, host)
        run("ip", "-netns", space, "-6", "address", "delete", f"{net}1{at}/64", "dev", network.INSIDE)


@pytest.mark.slow
@pytest.mark.parametrize(("version", "group"), [("3.9.1", "zookeeper"), ("4.3.1", "controller")])
def test_a_cluster_on_ipv6_with_listeners_of_all_names(
    version: str, group: str, six: Callable[[str, str], Site]
) -> None:
    ensure(version, CACHE)
    site = six(version, group)
    site.done("install")
    site.done("start", timeout=200)
    try:
        assert "nothing would change" in site.done("plan")
        site.done("validate")
        site.done("status")
        assert "3 of 3 brokers" in site.done("smoke")
        told = site.everywhere("grep ^advertised.listeners= /etc/kafka/server.properties")
        assert all(re.search(r"CLIENT-PLAIN://\[fd87:([0-9]+:)?:1[123]\]:9094", line) for line in told.values())
        threads = site.everywhere("grep ^num.io.threads= /etc/kafka/server.properties")
        assert [line.strip()[-1] for line in threads.values()] == ["4", "6", "4"]
        specs = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/infra"]
        ended = subprocess.run(specs, cwd=ROOT, env=site.environment, text=True, capture_output=True, check=False)
        assert ended.returncode == 0, ended.stdout[-3000:]
    finally:
        site.fab("stop", "--force", timeout=120)


@pytest.mark.slow
@pytest.mark.parametrize(("version", "group"), [("3.9.1", "zookeeper"), ("4.3.1", "controller")])
def test_a_cluster_on_ipv6_rolls_and_loses_nothing(version: str, group: str, six: Callable[[str, str], Site]) -> None:
    ensure(version, CACHE)
    site = six(version, group)
    site.done("install")
    site.done("start", timeout=200)
    try:
        rolls_well(site)
        site.done("status")
        site.done("-H", site.hosts[0], "stop")
        site.done("-H", site.hosts[0], "start")
    finally:
        site.fab("stop", "--force", timeout=120)
