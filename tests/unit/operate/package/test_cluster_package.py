"""What a cluster's packages hold: the files that an install would write, by host."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kafka_fab.cluster import load
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.resource import File
from kafka_fab.cluster.roles import node_resources
from kafka_fab.cluster.schema.problem import ConfigError
from kafka_fab.operate.certificates import init_certificates
from kafka_fab.operate.install.install import issuer_of
from kafka_fab.operate.package import cluster_package
from kafka_fab.operate.package.package import Format, Package
from kafka_fab.operate.package.package_version import Made
from tests.unit.folders import COMBINED, ZOOKEEPER, written

APART = "[kafka]\na id=1\nb id=2\n[zookeeper]\nb id=1\nc id=2\nd id=3\n"
ISOLATED = "[kafka]\na id=1\n[controller]\nb id=2\n"
LISTENERS = "PLAINTEXT://:9092,OUT://:9094"
PROTOCOLS = "listener.security.protocol.map: 'PLAINTEXT:PLAINTEXT,OUT:PLAINTEXT'"
MADE = Made("1", 1_700_000_000)


def packages(cluster: Cluster) -> dict[str, Package]:
    return {package.name: package for package in cluster_package.packages(cluster, MADE, "1", None)}


def files(package: Package, host: str) -> dict[str, str]:
    """Return a host's files by their paths there."""
    head = f"/usr/share/{package.name}/hosts/{host}/files"
    found = {entry.path.removeprefix(head): entry.content for entry in package.entries if entry.path.startswith(head)}
    return {path: content.decode() for path, content in found.items() if isinstance(content, bytes) and content}


@pytest.mark.parametrize(
    ("hosts", "settings"),
    [
        (ZOOKEEPER, "version: 3.9.1\n"),
        (APART, "version: 2.8.2\njava: {home: /srv/jdk}\nkafka: {log_dirs: [/d1, /d2], heap: 2g}\n"),
        (COMBINED, f"version: 4.3.1\nkafka: {{properties: {{listeners: '{LISTENERS}', {PROTOCOLS}}}}}\n"),
        (ISOLATED, "version: 4.3.1\ntuning: {enabled: false}\n"),
    ],
)  # fmt: skip
def test_each_host_s_files_are_those_of_an_install(tmp_path: Path, hosts: str, settings: str) -> None:
    cluster = written(tmp_path, hosts, settings)
    made = packages(cluster)
    for host, node in cluster.nodes.items():
        wanted = [
            item for items in node_resources.steps(cluster, node).values() for item in items if isinstance(item, File)
        ]
        packed = {path: text for package in made.values() for path, text in files(package, host).items()}
        # ZooKeeper's id is data.
        assert packed == {file.path: file.content.rstrip("\n") + "\n" for file in wanted if "myid" not in file.path}


def test_an_own_template_is_the_package_s_too(tmp_path: Path) -> None:
    cluster = written(tmp_path, COMBINED, "version: 4.3.1\nvars: {team: core}\n")
    (tmp_path / "conf/log4j2.yaml.j2").write_text("# of {{ vars.team }}\n")
    load.cluster.cache_clear()
    [package] = packages(cluster).values()
    assert files(package, "a")["/etc/kafka/log4j2.yaml"] == "# of core\n"


def test_zookeeper_is_a_package_of_its_own(tmp_path: Path) -> None:
    made = packages(written(tmp_path, APART, "version: 3.9.1\nname: Big_One\n"))
    assert list(made) == ["kafka-cluster-big-one", "zookeeper-cluster-big-one"]
    kafka, zookeeper = made.values()
    assert "/etc/zookeeper/zookeeper.properties" not in files(kafka, "b")
    assert "/etc/kafka/server.properties" not in files(zookeeper, "b")
    assert not files(kafka, "c")
    assert (kafka.provides, zookeeper.provides) == (("kafka-cluster",), ("zookeeper-cluster",))
    assert kafka.depends[Format.DEB] == ("kafka-3.9.1", "passwd")
    assert "zookeeper" not in "".join((*kafka.depends[Format.DEB], *kafka.depends[Format.RPM]))
    assert list(packages(written(tmp_path, COMBINED, "version: 4.3.1\n"))) == ["kafka-cluster-kafka"]


def test_nothing_is_started_enabled_or_extracted(tmp_path: Path) -> None:
    made = packages(written(tmp_path, ZOOKEEPER))
    for package in made.values():
        calls = [
            line.split()[0]
            for entry in package.entries
            if entry.path.endswith("resources.sh") and isinstance(entry.content, bytes)
            for line in entry.content.decode().splitlines()
            if line.startswith("want_")
        ]
        assert not {"want_units", "want_tree", "want_download", "want_java", "want_file", "want_link"} & set(calls) or (
            # The one file that no package removes.
            set(calls) & {"want_file"} and package.name.startswith("zookeeper")
        )
        scripts = "".join(package.scripts.values())
        assert "systemctl restart" not in scripts
        assert "systemctl preset" not in scripts


def test_whoever_builds_it_the_same_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = written(tmp_path, ZOOKEEPER)
    before = packages(cluster)
    monkeypatch.setattr("getpass.getuser", lambda: "somebody")
    assert packages(cluster) == before


def test_a_password_is_refused_by_its_place(tmp_path: Path) -> None:
    cluster = written(tmp_path, ZOOKEEPER, "version: 3.9.1\nkafka: {jmx: {port: 9999, password: abc}}\n")
    with pytest.raises(ConfigError, match=r"would hold a secret: /etc/kafka/jmx\.password") as refused:
        packages(cluster)
    assert "abc" not in str(refused.value)


LISTENER = "listeners: {clients: {port: 9094, login: scram}}"
SECURED = "version: VERSION\nname: orders\nsecurity: {internal: mtls, " + LISTENER + "}\n"


@pytest.mark.parametrize(("hosts", "version"), [(COMBINED, "4.3.1"), (ISOLATED, "3.9.1"), (APART, "2.8.2")])
def test_a_secured_cluster_s_packages_have_its_cas_and_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hosts: str, version: str
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "orders").mkdir()
    cluster = written(tmp_path / "orders", hosts, SECURED.replace("VERSION", version))
    with pytest.raises(ConfigError, match=r"pki/ca\.pem"):
        issuer_of(cluster)
    list(init_certificates._made(cluster, datetime.now(UTC)))
    for package in packages(cluster).values():
        whole = b"".join(entry.content for entry in package.entries if isinstance(entry.content, bytes))
        assert b"BEGIN CERTIFICATE" in whole
        assert b"PRIVATE KEY-----\n" not in whole
        assert not [entry.path for entry in package.entries if "node.p" in entry.path]


def test_a_key_that_was_made_elsewhere_stays_out(tmp_path: Path) -> None:
    files_of = "{from: files, cert: 'c/{host}.pem', key: 'c/{host}.key', ca: ca.pem}"
    (tmp_path / "c").mkdir()
    for name in ("ca.pem", "c/a.pem", "c/b.pem"):
        (tmp_path / name).write_text("-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n")
    for name in ("c/a.key", "c/b.key"):
        (tmp_path / name).write_text("-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n")
    settings = f"version: 4.3.1\nsecurity: {{internal: mtls, {LISTENER}, certificates: {files_of}}}\n"
    [package] = packages(written(tmp_path, ISOLATED, settings)).values()
    assert not [entry for entry in package.entries if "node.pem" in entry.path]
    assert not [entry for entry in package.entries if b"BEGIN PRIVATE" in bytes(str(entry.content), "utf-8")]


def test_the_exporter_s_agent_comes_along(tmp_path: Path) -> None:
    jar = tmp_path / "agent.jar"
    jar.write_text("a jar")
    checksum = hashlib.sha256(b"a jar").hexdigest()
    settings = f"version: 4.3.1\nkafka: {{exporter: {{port: 7071, jar: agent.jar, sha256: {checksum}}}}}\n"
    cluster = written(tmp_path, ISOLATED, settings)
    [package] = cluster_package.packages(cluster, MADE, "1", jar)
    [entry] = [entry for entry in package.entries if entry.content == jar]
    assert entry.path == "/usr/share/kafka-cluster-kafka/agent.jar"
    calls = next(entry.content for entry in package.entries if entry.path.endswith("hosts/a/resources.sh"))
    assert f"want_packaged_asset /opt/kafka-exporter/{checksum[:12]}-agent.jar {entry.path} {checksum}" in str(calls)
