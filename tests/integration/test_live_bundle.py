"""fab bundle on a running cluster with passwords in all places: none of them is in it, and nearly all else is."""

from __future__ import annotations

import shutil
import stat
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.integration.conftest import FAB, ROOT, Site

pytestmark = pytest.mark.lab

WORDS = {
    "jmx": "jmx-S3cret-1",
    "store": "store-S3cret-2",
    "key": "key-S3cret-3",
    "jaas": "jaas-S3cret-4",
    "dropin": "dropin-S3cret-5",
    "vault": "vault-S3cret-6",
    "file": "file-S3cret-7",
}
PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule required username=admin"


@pytest.fixture(scope="module")
def guarded(make_site: Callable[..., Site], trouble_hosts: tuple[str, ...]) -> Iterator[Site]:
    """A broker with its ZooKeeper that was told all kinds of passwords; one that logs some of them, too."""
    site = make_site(trouble_hosts[:1])
    [host] = site.hosts
    site.settings(
        "version: 3.9.1\nkafka:\n"
        f"  jmx: {{port: 9999, password: {WORDS['jmx']}}}\n"
        "  properties:\n"
        "    offsets.topic.replication.factor: 1\n"
        f"    ssl.keystore.password: {WORDS['store']}\n"
        f"    ssl.key.password: {WORDS['key']}\n"
        f"    listener.name.outside.plain.sasl.jaas.config: '{PLAIN} password=\"{WORDS['jaas']}\";'\n"
        f"    # ssl.truststore.password: {WORDS['file']}\n"
    )
    site.done("install", timeout=300)
    over = "/etc/systemd/system/kafka.service.d"
    lines = f'[Service]\\nEnvironment="ADMIN_PASSWORD={WORDS["dropin"]}"\\nEnvironment=VAULT={WORDS["vault"]}\\n'
    site.on(
        host,
        f"mkdir -p {over} && printf '{lines}' >{over}/o.conf\n"
        f"printf 'KafkaServer {{ x required password=\"{WORDS['file']}\"; }};' >/etc/kafka/kafka_server_jaas.conf\n"
        "printf '\\0binary' >/etc/kafka/keystore.jks; systemctl daemon-reload",
    )
    site.done("start", timeout=300)
    for word in WORDS.values():
        # What a plug-in that talks too much would leave behind, in a log and in the journal.
        site.on(host, f"echo 'WARN using {word} for now' >>/var/log/kafka/server.log")
    site.on(host, f"systemd-run --quiet --wait -u kafka-fab-step-kafka echo 'said {WORDS['store']}'")
    (site.folder / ".kafka-fab").mkdir()
    (site.folder / ".kafka-fab/20260101.jsonl").write_text('{"kind": "begin"}\n')
    yield site
    site.fab("stop", "--force", timeout=300)
    site.on(host, "rm -rf /etc/systemd/system/kafka.service.d")
    site.wipe()


@pytest.fixture(scope="module")
def opened(guarded: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle's folder, and the archive beside it."""
    folder = tmp_path_factory.mktemp("bundle")
    file = folder / "b.tar.gz"
    output = guarded.done("bundle", "--out", str(file), "--lines", "200", timeout=300)
    assert "Review it before you share it" in output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in folder.iterdir()] == ["b.tar.gz"]
    with tarfile.open(file) as archive:
        archive.extractall(folder, filter="data")
    return next(one for one in folder.iterdir() if one.is_dir())


def test_no_password_is_anywhere_in_it(opened: Path) -> None:
    for file in opened.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert [word for word in WORDS.values() if word.encode() in content] == [], file
    assert not [file for file in opened.rglob("*") if file.suffix in (".jks", ".password") or "jaas" in file.name]


def test_the_passwords_were_where_it_looks(guarded: Site) -> None:
    [host] = guarded.hosts
    whole = guarded.on(host, "cat /etc/kafka/* /etc/systemd/system/kafka.service.d/* /var/log/kafka/server.log")
    assert [word for word in WORDS.values() if word not in whole] == []


def test_what_is_in_it(guarded: Site, opened: Path) -> None:
    [host] = guarded.hosts
    there = {str(file.relative_to(opened)) for file in opened.rglob("*") if file.is_file()}
    wanted = {
        "MANIFEST", "here/hosts.ini", "here/conf/cluster.yaml", "here/versions.txt", "here/.kafka-fab/20260101.jsonl",
        "state/status.json", "state/validate.json", "state/plan.json", "state/version.json", "state/placement.txt",
        *(f"{host}/{name}" for name in (
            "etc/kafka/server.properties", "run/kafka/server.properties", "etc/zookeeper/zookeeper.properties",
            "etc/systemd/system/kafka.service", "etc/systemd/system/kafka.service.d/o.conf",
            "var/log/kafka/server.log", "var/log/kafka/controller.log", "var/log/kafka/state-change.log",
            "var/log/kafka/kafkaServer-gc.log", "var/log/zookeeper/zookeeper.log",
            "journal/kafka.log", "journal/zookeeper.log", "journal/kafka-fab-step-kafka.log",
            "facts/os.txt", "facts/kernel.txt", "facts/systemd.txt", "facts/java.txt", "facts/kafka.txt",
            "facts/disk.txt", "facts/memory.txt", "facts/clock.txt", "facts/sysctl.txt", "facts/kafka.limits.txt",
        )),
    }  # fmt: skip
    assert wanted - there == set()
    settings = (opened / host / "etc/kafka/server.properties").read_text()
    assert "ssl.keystore.password=(hidden)" in settings
    assert "offsets.topic.replication.factor=1" in settings
    assert len((opened / host / "var/log/kafka/server.log").read_text().splitlines()) == 200
    assert "WARN using (hidden) for now" in (opened / host / "var/log/kafka/server.log").read_text()
    assert "Max open files" in (opened / host / "facts/kafka.limits.txt").read_text()
    assert "3.9.1" in (opened / host / "facts/kafka.txt").read_text()


def test_the_manifest_tells_of_all_of_it_and_of_what_is_left_out(guarded: Site, opened: Path) -> None:
    [host] = guarded.hosts
    text = (opened / "MANIFEST").read_text()
    for file in opened.rglob("*"):
        if file.is_file() and file.name != "MANIFEST":
            assert f"\n{file.relative_to(opened)} " in text
    for left in ("/etc/kafka/jmx.password", "/etc/kafka/kafka_server_jaas.conf", "/etc/kafka/keystore.jks"):
        assert any(left in line and line.endswith("may hold secrets") for line in text.splitlines())
    assert host in text.partition("Skipped:")[2]


def test_a_host_that_cannot_be_reached_does_not_spoil_the_rest(cluster: Site, tmp_path: Path) -> None:
    """A copy of the shared cluster's folder, in which one host's address leads nowhere."""
    site = replace(cluster, folder=tmp_path / "site")
    shutil.copytree(cluster.folder, site.folder)
    lost = cluster.hosts[1]
    config = site.folder / "ssh_config"
    config.write_text(f"Host {lost}\n    Port 1\n{config.read_text()}")
    file = tmp_path / "b.tar.gz"
    ended = site.fab("bundle", "--out", str(file), "--lines", "20", timeout=300)
    assert ended.returncode == 1
    assert f"{lost}: " in ended.stderr
    assert "cannot be reached" in ended.stderr
    with tarfile.open(file) as archive:
        names = archive.getnames()
        [manifest] = [archive.extractfile(name) for name in names if name.endswith("/MANIFEST")]
        assert manifest
        text = manifest.read().decode()
    assert f"Could not be read:\n    {lost}: " in text
    for host in (cluster.hosts[0], cluster.hosts[2]):
        assert any(name.endswith(f"/{host}/var/log/kafka/server.log") for name in names)
    assert not any(f"/{lost}/" in name for name in names)
    assert "state/validate.json" in text
    assert "(exit code 1" in text


def test_without_a_name_it_is_written_here(cluster: Site, tmp_path: Path) -> None:
    words = [FAB, "-r", ROOT, "-H", cluster.hosts[0], "bundle", "--lines", "5"]
    run = partial(subprocess.run, text=True, timeout=300, capture_output=True, check=False)
    ended = run(words, cwd=tmp_path, env=cluster.environment)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    [file] = tmp_path.iterdir()
    assert file.name.startswith("kafka-fab-bundle-kafka-20")
    with tarfile.open(file) as archive:
        hosts = {name.split("/")[1] for name in archive.getnames()}
    assert hosts == {"MANIFEST", "here", "state", cluster.hosts[0]}


def test_on_0_8_0_there_is_one_too(old_cluster: Site, tmp_path: Path) -> None:
    output = old_cluster.done("bundle", "--out", str(tmp_path / "b.tar.gz"), "--lines", "20", timeout=300)
    assert [line.split()[0] for line in output.splitlines()[1:6]] == ["here", "state", *old_cluster.hosts]
    with tarfile.open(tmp_path / "b.tar.gz") as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    host = old_cluster.hosts[0]
    assert {f"{host}/var/log/kafka/{log}.log" for log in ("server", "controller", "state-change")} <= names
    assert {"state/placement.json", f"{host}/etc/kafka/server.properties", f"{host}/journal/kafka.log"} <= names
