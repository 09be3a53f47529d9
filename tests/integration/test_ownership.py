"""What is not ours: directories, units, links and clusters that a host has already, refused by name and left alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.conftest import Site

pytestmark = pytest.mark.lab

SECOND = """version: 3.9.1
name: orders
paths: {link: /opt/kafka-orders}
kafka:
  service: kafka-orders
  port: 9192
  log_dirs: [/srv/orders/kafka]
  config_dir: /etc/kafka-orders
  logs: /var/log/kafka-orders
zookeeper:
  service: zookeeper-orders
  port: 2281
  peer_port: 2988
  election_port: 3988
  data_dir: /srv/orders/zookeeper
  config_dir: /etc/zookeeper-orders
  logs: /var/log/zookeeper-orders
"""
# The first one's ports, directories and names of services, under another name.
OVER = "version: 3.9.1\nname: orders\n"
CLEAN = """umount /srv/disk
rm -rf /srv/disk /srv/link /srv/orders /etc/kafka-orders /etc/zookeeper-orders /var/log/*-orders /opt/kafka-orders \\
    /etc/systemd/system/*-orders.service /lib/systemd/system/kafka.service /etc/sysctl.d/90-kafka-fab-orders.conf
true
"""
# The journal of operations and their lock are for those that are refused, too.
LOOK = """find /etc /opt /srv /var/lib/kafka-fab -path '*/kafka-fab/clusters' -prune \\
    -o -path /var/lib/kafka-fab -o -printf '%p %y %U %G %m %s %l\\n' 2>/dev/null | sort
cat /etc/passwd
"""


@pytest.fixture
def one(trouble: Site) -> Iterator[Site]:
    """A cluster of one host alone: what is about a host needs no more."""
    host = trouble.hosts[0]
    (trouble.folder / "hosts.ini").write_text(f"[kafka]\n{host} id=1\n[zookeeper]\n{host} id=1\n")
    text = (trouble.folder / "conf/cluster.yaml").read_text()
    trouble.settings("\n".join(line for line in text.splitlines() if "replic" not in line and "isr" not in line) + "\n")
    yield trouble
    trouble.on(host, CLEAN)


@pytest.fixture
def beside(one: Site, tmp_path: Path, make_site: Callable[..., Site]) -> Callable[[str], Site]:
    """Make another cluster's folder for the same host."""

    def make(settings: str) -> Site:
        other = make_site(one.hosts)
        shutil.copy(one.folder / "hosts.ini", other.folder)
        other.settings(settings)
        return other

    return make


def refused(site: Site, words: str, *command: str) -> None:
    host = site.hosts[0]
    before = site.on(host, LOOK)
    ended = site.fab(*command)
    # A task that takes the lock is refused as beside another operation: nothing was begun.
    assert ended.returncode == (2 if {"uninstall", "stop", "restart", "start"} & set(command) else 1)
    assert words in ended.stdout + ended.stderr
    assert site.on(host, LOOK) == before


def test_a_second_cluster_does_not_touch_the_first(one: Site, beside: Callable[[str], Site]) -> None:
    one.done("install")
    other = beside(OVER)
    for command in (["install"], ["uninstall", "--yes", "--data"], ["stop"], ["start", "--no-preflight"], ["plan"]):
        refused(other, "belongs to cluster kafka (since ", *command)
    assert "foreign" in other.fab("status").stdout
    assert "belongs to cluster kafka" in other.fab("preflight").stdout
    assert "belongs to cluster kafka" in other.fab("rolling-restart", "--changed").stderr


def test_two_clusters_are_installed_and_removed_side_by_side(one: Site, beside: Callable[[str], Site]) -> None:
    host = one.hosts[0]
    one.done("install")
    before = one.on(host, LOOK)
    other = beside(SECOND)
    other.done("install")
    for site in (one, other):
        assert "nothing would change" in site.done("plan", "--check")
    other.done("uninstall", "--yes", "--data")
    one.on(host, "rmdir /srv/orders")
    assert one.on(host, LOOK) == before
    one.done("uninstall", "--yes", "--data")
    assert one.on(host, "ls -d /etc/kafka /opt/kafka* /var/lib/kafka-fab /var/log/kafka 2>/dev/null || true") == ""


def test_a_fresh_clone_of_the_folder_is_the_same_cluster(one: Site) -> None:
    one.done("install")
    identity = (one.folder / "folder.id").read_text()
    (one.folder / "folder.id").unlink()
    assert "nothing would change" in one.done("plan", "--check")
    one.done("install")
    assert (one.folder / "folder.id").read_text() == identity


def test_a_packages_unit_is_neither_overridden_nor_stopped(one: Site) -> None:
    host = one.hosts[0]
    one.on(host, "printf '[Service]\\nExecStart=/bin/sleep 900\\n' >/lib/systemd/system/kafka.service; "
           "systemctl daemon-reload; systemctl start kafka")  # fmt: skip
    try:
        for command in (["install"], ["uninstall", "--yes"], ["stop"]):
            refused(one, "kafka.service already exists (/lib/systemd/system/kafka.service", *command)
        assert one.on(host, "systemctl is-active kafka").strip() == "active"
    finally:
        one.on(host, "systemctl stop kafka; rm /lib/systemd/system/kafka.service; systemctl daemon-reload")


def test_a_directory_with_other_content_is_refused_and_left_alone(one: Site) -> None:
    one.on(one.hosts[0], "mkdir -p /srv/disk; echo mine >/srv/disk/file")
    with one.changed("conf/cluster.yaml", "[/opt/kafka-logs]", "[/srv/disk]"):
        ended = one.fab("install")
        assert (ended.returncode, "exists, owned by root root, and contains file" in ended.stdout) == (1, True)
        one.done("uninstall", "--yes", "--data")
    assert one.on(one.hosts[0], "stat -c '%U %a' /srv/disk; cat /srv/disk/file") == "root 755\nmine\n"


def test_a_directory_of_a_package_is_refused_by_name(one: Site) -> None:
    control = "Package: theirs\\nVersion: 1\\nArchitecture: all\\nMaintainer: x <x@example.net>\\nDescription: x\\n"
    one.on(one.hosts[0], f"mkdir -p /srv/p/DEBIAN /srv/p/srv/disk; printf '{control}' >/srv/p/DEBIAN/control; "
           "dpkg-deb -b /srv/p /srv/p.deb && dpkg -i /srv/p.deb")  # fmt: skip
    try:
        with one.changed("conf/cluster.yaml", "[/opt/kafka-logs]", "[/srv/disk]"):
            ended = one.fab("install")
        assert (ended.returncode, "/srv/disk: belongs to the package theirs" in ended.stdout) == (1, True)
    finally:
        one.on(one.hosts[0], "dpkg -P theirs; rm -rf /srv/p /srv/p.deb")


def test_a_mount_point_is_taken_and_emptied_and_kept(one: Site) -> None:
    host = one.hosts[0]
    one.on(host, "mkdir -p /srv/disk && mount -t tmpfs tmpfs /srv/disk && mkdir /srv/disk/lost+found")
    with one.changed("conf/cluster.yaml", "[/opt/kafka-logs]", "[/srv/disk]"):
        # A broker of its own accord refuses lost+found, which a preflight says.
        one.done("install", "--no-preflight")
        assert one.on(host, "stat -c '%U %a' /srv/disk /srv/disk/lost+found") == "kafka 750\nroot 755\n"
        one.on(host, "mkdir /srv/disk/t-0; touch /srv/disk/t-0/00.log")
        one.done("uninstall", "--yes", "--data")
    assert one.on(host, "ls /srv/disk; mountpoint -q /srv/disk && echo mounted") == "lost+found\nmounted\n"
    assert one.on(host, "ls -d /opt/kafka* 2>/dev/null || true") == ""


@pytest.mark.parametrize(
    ("made", "directories", "words"),
    [
        ("ln -s /etc /srv/link", "[/srv/link]", "points to /etc, a system directory"),
        ("mkdir /srv/disk; ln -s /srv/disk /srv/link", "[/srv/disk, /srv/link]", "the same directory as /srv/disk"),
        ("ln -s /var/lib/zookeeper /srv/link", "[/srv/link/x]", "the same directory as /var/lib/zookeeper"),
    ],
)
def test_directories_are_judged_where_they_really_lie(one: Site, made: str, directories: str, words: str) -> None:
    host = one.hosts[0]
    one.on(host, f"mkdir -p /var/lib/zookeeper; {made}")
    with one.changed("conf/cluster.yaml", "[/opt/kafka-logs]", directories):
        refused(one, words, "install", "--no-preflight")
        assert words in one.fab("preflight").stdout
    assert one.on(host, "stat -c '%U %a' /etc") == "root 755\n"


def test_an_older_kafka_fabs_host_is_taken_over_and_can_be_uninstalled(one: Site) -> None:
    host = one.hosts[0]
    one.done("install")
    one.on(host, "rm /var/lib/kafka-fab/made")
    (one.folder / "folder.id").unlink()
    assert "nothing would change" in one.done("plan", "--check")
    for again in (False, True):
        if again:
            one.done("install")
            one.on(host, "rm /var/lib/kafka-fab/made")
        one.done("uninstall", "--yes", "--data")
        left = "ls -d /etc/kafka /opt/kafka* /var/lib/kafka-fab /var/log/kafka /var/cache/kafka-fab 2>/dev/null || true"
        assert one.on(host, left) == ""


def test_a_user_that_is_there_is_told_of_once_and_root_is_refused(one: Site) -> None:
    host = one.hosts[0]
    one.on(host, "useradd --uid 1777 --shell /bin/bash kafka")
    first = one.done("install")
    assert "kafka  already exists (id 1777, home /home/kafka, shell /bin/bash, an id of login accounts)" in first
    assert "already exists" not in one.done("install")
    one.done("uninstall", "--yes", "--data")
    one.on(host, "userdel kafka; useradd --non-unique --uid 0 --no-user-group --gid 0 kafka")
    try:
        ended = one.fab("install")
    finally:
        # userdel refuses a user whose processes run: those of root.
        one.on(host, "sed -i '/^kafka:/d' /etc/passwd /etc/shadow")
    assert (ended.returncode, "has the id of root (0)" in ended.stdout) == (1, True)
