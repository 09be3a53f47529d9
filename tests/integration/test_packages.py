"""Packages on hosts: installed, upgraded and removed by apt and dpkg, and what fab makes of such a host."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lab.archive import ensure
from lab.machine import CACHE

if TYPE_CHECKING:
    from tests.integration.conftest import Site

pytestmark = pytest.mark.lab

APT = "DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends --allow-downgrades"
# What the tests have installed, whatever state dpkg is in.
CLEAN = """systemctl disable -q --now kafka zookeeper
for name in $(dpkg-query -W -f '${Package} ' '*-cluster-*' 'kafka-*'); do
    dpkg --purge --force-all "$name"
done
rm -rf /etc/kafka-fab /tmp/packages /etc/apt/sources.list.d/fab.list /usr/share/*-cluster-*
true
"""
# The unit runs, without what a broker costs.
RUNS = """mkdir -p /run/systemd/system/kafka.service.d
cd /run/systemd/system/kafka.service.d
printf '[Service]\\nExecStartPre=\\nExecStart=\\nExecStart=/bin/sleep 600\\n' >x.conf
systemctl daemon-reload
systemctl start kafka
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packages")


@pytest.fixture
def one(trouble: Site, packages: Path) -> Iterator[Site]:
    """A cluster of one host alone, whose packages are in the folder `packages`."""
    host = trouble.hosts[0]
    (trouble.folder / "hosts.ini").write_text(f"[kafka]\n{host} id=1\n[zookeeper]\n{host} id=1\n")
    text = (trouble.folder / "conf/cluster.yaml").read_text()
    trouble.settings("\n".join(line for line in text.splitlines() if "replic" not in line and "isr" not in line) + "\n")
    # The same in each test: what was packaged for one belongs to all.
    (trouble.folder / "folder.id").write_text("packaged\n")
    yield trouble
    trouble.on(host, CLEAN)


@pytest.fixture
def brought(one: Site, packages: Path) -> Callable[..., str]:
    """Make packages, once each, and bring them onto the host as a repository of apt's."""

    def bring(version: str, name: str = "kafka", kafka: str = "3.9.1") -> str:
        tree, host = packages / f"tree-{kafka}", one.hosts[0]
        if not tree.exists():
            one.done("package", "--format", "deb", "--only", "tree", "--folder", str(tree), timeout=300)
        only = packages / f"{name}-{version}"
        if not only.exists():
            given = ("--format", "deb", "--only", "cluster", "--version", version, "--folder", str(only))
            one.done("package", *given, timeout=300)
        one.on(host, "mkdir -p /tmp/packages")
        for file in (*tree.rglob("*.deb"), *only.rglob("*.deb")):
            send(one, file)
        return (
            f"{APT} install /tmp/packages/kafka-{kafka}_*.deb /tmp/packages/*-cluster-{name}_{version}-1_all.deb 2>&1"
        )

    return bring


def send(one: Site, file: Path) -> None:
    """Copy a file into /tmp/packages of the host."""
    leader = one.lab.hosts[one.hosts[0]].leader
    if not one.lab.hosts[one.hosts[0]].run(f"test -e /tmp/packages/{file.name}").returncode:
        return
    with file.open("rb") as content:
        into = ["nsenter", "-t", str(leader), "-a", "sh", "-c", f"cat >/tmp/packages/{file.name}"]
        subprocess.run(into, stdin=content, check=True, timeout=120)


def on(one: Site, script: str) -> subprocess.CompletedProcess[Any]:
    """Run what may fail on the host."""
    return one.lab.hosts[one.hosts[0]].run(f"{{ {script}\n}} 2>&1", timeout=180, check=False)


def test_a_host_that_packages_alone_have_made_is_what_install_makes(one: Site, brought: Callable[..., str]) -> None:
    host = one.hosts[0]
    said = one.on(host, brought("1"), timeout=180)
    assert f"kafka-cluster-kafka: this host is {host} of cluster kafka; nothing was started or restarted" in said
    assert "enable" not in said
    # Whether a service starts at boot is the operator's to say.
    assert "units zookeeper kafka  (enable zookeeper kafka)\n1 change on 1" in one.done("plan")
    one.on(host, "systemctl enable -q zookeeper kafka")
    assert one.fab("plan", "--check").returncode == 0, one.done("plan")

    # An edited file is kept and named; an untouched one is replaced, up and down.
    one.on(host, "echo '# mine' >>/etc/kafka/server.properties")
    with one.changed("conf/cluster.yaml", "version: 3.9.1\n", "version: 3.9.1\ntuning: {swappiness: 5}\n"):
        newer = brought("2")
    said = one.on(host, newer, timeout=180)
    kept = "/etc/kafka/server.properties: was edited on this host and is kept; the packaged one is"
    assert f"kafka-cluster-kafka: {kept} /etc/kafka/server.properties.dpkg-dist" in said
    assert "# mine" in one.on(host, "cat /etc/kafka/server.properties")
    assert "swappiness = 5" in one.on(host, "cat /etc/sysctl.d/*kafka*")
    one.on(host, brought("1"), timeout=180)
    assert "swappiness = 1" in one.on(host, "cat /etc/sysctl.d/*kafka*")

    # What is the package's, fab leaves to it.
    one.on(host, "rm /opt/kafka_2.13-3.9.1/LICENSE")
    said = one.fab("plan").stdout
    repair = "which repairs it: apt-get install --reinstall kafka-3.9.1"
    assert f"LICENSE is missing; the tree belongs to the package kafka-3.9.1, {repair}" in said
    said = one.done("uninstall", "--yes", "--json")
    assert "it belongs to the package kafka-cluster-kafka: apt-get purge kafka-cluster-kafka" in said
    assert "it belongs to the package kafka-3.9.1: apt-get remove kafka-3.9.1" in said
    assert one.on(host, "ls /opt/kafka_2.13-3.9.1/bin/kafka-server-start.sh /etc/systemd/system/kafka.service")

    # Removal leaves configuration, data and users, a purge data and users.
    one.on(host, "touch /opt/kafka-logs/data /var/lib/zookeeper/data")
    one.on(host, f"{APT} remove kafka-3.9.1", timeout=180)
    assert "# mine" in one.on(host, "cat /etc/kafka/server.properties; ! ls /etc/systemd/system/kafka.service")
    one.on(host, f"{APT} purge '*-cluster-kafka'", timeout=180)
    one.on(host, "! ls -d /etc/kafka /etc/zookeeper /opt/kafka /opt/kafka_* /etc/sysctl.d/*kafka*")
    one.on(host, "ls /opt/kafka-logs/data /var/lib/zookeeper/data /var/lib/zookeeper/myid && id kafka && id zookeeper")


@pytest.mark.slow
def test_bad_luck_of_packages(one: Site, brought: Callable[..., str]) -> None:
    host = one.hosts[0]
    install = brought("1")
    # No configuration for this host: nothing is written, and the way out is said.
    one.on(host, "mkdir -p /etc/kafka-fab && echo elsewhere >/etc/kafka-fab/host")
    said = one.on(host, install, timeout=180)
    assert f"nothing configured: hosts.ini of cluster kafka has no host elsewhere, but {host}" in said
    one.on(host, "! ls -d /etc/kafka /etc/systemd/system/kafka.service")
    one.on(host, f"echo {host} >/etc/kafka-fab/host; /usr/share/kafka-cluster-kafka/configure")
    one.on(host, "/usr/share/zookeeper-cluster-kafka/configure; ls /etc/systemd/system/kafka.service")

    # Another cluster with the same services is refused before it is unpacked.
    with one.changed("conf/cluster.yaml", "version: 3.9.1\n", "version: 3.9.1\nname: orders\n"):
        (one.folder / "folder.id").write_text("other\n")
        other = brought("1", name="orders")
        (one.folder / "folder.id").write_text("packaged\n")
    before = one.on(host, "sha256sum /etc/kafka/* /etc/systemd/system/kafka.service")
    ended = on(one, other)
    assert ended.returncode
    assert "kafka-cluster-orders: owner zookeeper: zookeeper.service belongs to cluster kafka (since" in ended.stdout
    assert one.on(host, "sha256sum /etc/kafka/* /etc/systemd/system/kafka.service") == before
    one.on(host, f"{APT} -f install", timeout=180)

    # A tree in use stays, and so does the configuration of a service that runs.
    ended = on(one, "dpkg --force-depends --remove kafka-3.9.1")
    assert ended.returncode
    assert "kafka-3.9.1: not removed: kafka.service starts from /opt/kafka_2.13-3.9.1" in ended.stdout
    assert "echo kafka-3.9.1 install | dpkg --set-selections" in ended.stdout
    one.on(host, "echo kafka-3.9.1 install | dpkg --set-selections; ls /opt/kafka_2.13-3.9.1/libs")
    one.on(host, RUNS)
    ended = on(one, f"{APT} purge kafka-cluster-kafka")
    assert ended.returncode
    words = "is running, so kafka-cluster-kafka is not removed: stop it first"
    assert f"kafka-cluster-kafka: unit kafka: {words}" in ended.stdout
    one.on(host, "systemctl is-active kafka; rm -r /run/systemd/system/kafka.service.d; systemctl kill -s KILL kafka")
    one.on(
        host, "systemctl daemon-reload; systemctl stop kafka; echo kafka-cluster-kafka install | dpkg --set-selections"
    )

    # Killed while it unpacks, dpkg goes on where it was.
    again = "dpkg -i /tmp/packages/kafka-3.9.1_*.deb /tmp/packages/*-cluster-kafka_1-1_all.deb"
    for delay in ("0.05", "0.2", "0.6"):
        one.on(host, f"timeout -s KILL {delay} {again}; true")
        one.on(host, again, timeout=180)
    one.on(host, "systemctl enable -q zookeeper kafka")
    assert one.fab("plan", "--check").returncode == 0, one.done("plan")


@pytest.mark.slow
def test_a_newer_version_waits_beside_the_one_that_has_data(one: Site, brought: Callable[..., str]) -> None:
    host = one.hosts[0]
    ensure("2.8.2", CACHE)
    with one.changed("conf/cluster.yaml", "version: 3.9.1\n", "version: 2.8.2\n"):
        one.on(host, brought("0.1", kafka="2.8.2"), timeout=180)
    one.on(host, "printf 'version=0\\nbroker.id=1\\n' >/opt/kafka-logs/meta.properties; mkdir /opt/kafka-logs/t-0")
    one.on(host, "mkdir -p /var/lib/zookeeper/version-2 && touch /var/lib/zookeeper/version-2/log.1")
    said = one.on(host, brought("1"), timeout=180)
    for unit in ("kafka", "zookeeper"):
        waits = f"{unit}: prepared for 3.9.1; stays at 2.8.2 until it is upgraded: fab upgrade"
        assert f"{unit}-cluster-kafka: {waits}" in said
        assert "/opt/kafka_2.13-2.8.2/bin/" in one.on(host, f"grep ^ExecStart= /etc/systemd/system/{unit}.service")
    assert one.on(host, "readlink /opt/kafka").strip() == "/opt/kafka_2.13-2.8.2"
    ended = on(one, f"{APT} remove kafka-2.8.2")
    assert ended.returncode
    assert "kafka-2.8.2: not removed: kafka.service starts from /opt/kafka_2.13-2.8.2" in ended.stdout
    one.on(host, "rm -r /opt/kafka-logs/t-0")


@pytest.mark.slow
def test_apt_reads_a_signed_repository_and_no_other(one: Site, packages: Path) -> None:
    host, keys = one.hosts[0], packages / "keys"
    keys.mkdir(mode=0o700)
    gpg = ["gpg", "--homedir", str(keys), "--batch", "--passphrase", ""]
    subprocess.run([*gpg, "--quick-gen-key", "packages@example.org", "rsa2048"], check=True, capture_output=True)
    key = subprocess.run([*gpg, "--armor", "--export-secret-keys"], check=True, capture_output=True).stdout
    (keys / "key.asc").write_bytes(key)
    subprocess.run(["gpgconf", "--homedir", str(keys), "--kill", "all"], check=False)
    given = (
        "--only",
        "cluster",
        "--format",
        "deb",
        "--version",
        "3",
        "--repository",
        "--folder",
        str(packages / "signed"),
    )
    one.done("package", *given, "--key", str(keys / "key.asc"), timeout=300)
    one.on(host, "mkdir -p /tmp/packages")
    for file in (packages / "signed/packages.asc", *(packages / "signed/deb").iterdir()):
        send(one, file)
    signed = "deb [signed-by=/tmp/packages/packages.asc] file:/tmp/packages ./"
    one.on(host, f"echo '{signed}' >/etc/apt/sources.list.d/fab.list; apt-get -q update")
    assert "Candidate: 3-1" in one.on(host, "apt-cache policy kafka-cluster-kafka")
    # Changed on its way: refused.
    one.on(host, "sed -i s/Label/Lebal/ /tmp/packages/InRelease; rm -rf /var/lib/apt/lists/*")
    ended = on(one, "apt-get -q update")
    assert ended.returncode
    assert "BADSIG" in ended.stdout
