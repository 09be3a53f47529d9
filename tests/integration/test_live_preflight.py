"""Preflight: each check fails where a real host is not as Kafka needs it, and says where and what to do."""

import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from lab import faults as make
from tests.integration.conftest import Site

pytestmark = pytest.mark.lab

LOG_DIR = "/opt/kafka-logs"
META = f"{LOG_DIR}/meta.properties"


def preflight(site: Site) -> list[dict[str, str]]:
    """Return what is not ok, but for what lab hosts cannot have: systemd there may not raise open files."""
    ended = site.fab("preflight", "--json")
    assert ended.stdout, ended.stderr
    said = json.loads(ended.stdout)
    errors = [check for check in said["checks"] if check["level"] == "error"]
    assert ended.returncode == bool(errors)
    assert said["ok"] is not bool(errors)
    return [x for x in said["checks"] if x["level"] != "ok" and (x["check"], x["level"]) != ("open files", "warning")]


def only(site: Site) -> tuple[str, str, str, str]:
    """Return level, check, place and text of the one thing that is not ok."""
    found = preflight(site)
    assert len(found) == 1, found
    [one] = found
    assert one["expected"]
    assert one["remedy"]
    return one["level"], one["check"], one["where"], one["found"]


@contextmanager
def done(site: Site, host: str, script: str, undo: str) -> Iterator[None]:
    """Change a host for a while."""
    site.on(host, script)
    try:
        yield
    finally:
        site.on(host, undo)


@contextmanager
def in_place_of(site: Site, host: str, path: str, text: object) -> Iterator[None]:
    """Let a host see another text in one of the kernel's own files: a container cannot change what the kernel says."""
    with done(site, host, f"echo '{text}' >/run/other && mount --bind /run/other {path}", f"umount {path}"):
        yield


def test_hosts_on_which_nothing_is_wrong(trouble: Site) -> None:
    began = time.monotonic()
    assert preflight(trouble) == []
    assert time.monotonic() - began < 5


def test_all_checks_are_shown_with_all_and_else_only_problems(trouble: Site) -> None:
    first = trouble.hosts[0]
    assert f"{first}:{LOG_DIR}" in trouble.done("preflight", "--all")
    output = trouble.done("preflight")
    assert f"{first}:{LOG_DIR}" not in output
    assert "3 hosts: " in output
    assert "checks passed" in output


def test_a_clock_that_is_ahead(trouble: Site) -> None:
    # A container has its machine's clock; what the host is asked with is led astray instead.
    first = trouble.hosts[0]
    lie = 'printf \'#!/bin/sh\\nexec /bin/date -d "{}" "$@"\\n\' >/usr/local/bin/date && chmod 755 /usr/local/bin/date'
    with done(trouble, first, lie.format("10 seconds"), "rm /usr/local/bin/date"):
        level, what, _, found = only(trouble)
    assert (level, what) == ("error", "clocks")
    assert f"{first} is " in found
    with done(trouble, first, lie.format("-3 seconds"), "rm /usr/local/bin/date"):
        level, what, _, found = only(trouble)
    assert (level, what) == ("warning", "clocks")
    assert f"ahead of {first}" in found


@contextmanager
def hosts_file(site: Site, host: str, expression: str) -> Iterator[None]:
    with done(site, host, f"cp /etc/hosts /root/ && sed -i '{expression}' /etc/hosts", "cp /root/hosts /etc/hosts"):
        yield


def test_a_host_that_cannot_resolve_another(trouble: Site) -> None:
    first, second, _ = trouble.hosts
    with hosts_file(trouble, first, f"/{second}/d"):
        level, what, where, found = only(trouble)
    assert (level, what, where, found) == ("error", "host name", first, f"{second} has no address")


def test_hosts_that_do_not_agree_on_an_address(trouble: Site) -> None:
    first, second, _ = trouble.hosts
    with hosts_file(trouble, first, f"s/^[0-9.]*\\(.*{second}\\)/127.0.0.9\\1/"):
        found = preflight(trouble)
    assert ("error", "host name") in [(one["level"], one["check"]) for one in found]
    assert f"127.0.0.9 on {first}" in str(found)


def test_an_own_name_that_is_loopback(trouble: Site) -> None:
    first = trouble.hosts[0]
    with hosts_file(trouble, first, f"s/^[0-9.]*\\(.*{first}\\)/127.0.1.1\\1/"):
        level, what, where, found = only(trouble)
    assert (level, what, where, found) == ("warning", "own host name", first, f"{first} is 127.0.1.1")


def test_an_address_that_leads_back_to_another_host(trouble: Site) -> None:
    first, second, third = trouble.hosts
    address = trouble.lab.addresses[second]
    with hosts_file(trouble, first, f"1i {address} {third}"):
        found = {one["check"]: one for one in preflight(trouble)}["reverse DNS"]
    assert (found["level"], found["where"]) == ("warning", first)
    assert found["found"] == f"{address} of {second} is {third}"


def test_a_port_that_another_process_uses(trouble: Site) -> None:
    first = trouble.hosts[0]
    with done(
        trouble,
        first,
        "systemd-run --unit=stranger nc -lk 9092 && until nc -z 127.0.0.1 9092; do :; done",
        "systemctl stop stranger",
    ):
        level, what, where, found = only(trouble)
    assert (level, what, where) == ("error", "port", f"{first}:9092")
    assert "nc -lk 9092  (process " in found


def test_a_blocked_port(trouble: Site) -> None:
    first, second, _ = (trouble.lab.hosts[name] for name in trouble.hosts)
    with make.cut_link(first, second):
        found = preflight(trouble)
    places = {one["where"] for one in found}
    assert {(one["level"], one["check"]) for one in found} == {("error", "connectivity")}
    assert places == {
        f"{a.name} -> {b.name}:{port}"
        for a, b in ((first, second), (second, first))
        for port in (9092, 2181, 2888, 3888)
    }
    assert {one["found"] for one in found} <= {"no answer in 3 s: a firewall?", "No route to host: a firewall?"}


def test_a_blocked_port_of_a_controller(trouble: Site) -> None:
    first, second, third = trouble.hosts
    (trouble.folder / "hosts.ini").write_text(f"[kafka]\n{first} id=1\n{second} id=2\n[controller]\n{third} id=3\n")
    assert preflight(trouble) == []
    with make.cut_link(trouble.lab.hosts[first], trouble.lab.hosts[third]):
        level, what, where, _ = only(trouble)
    assert (level, what, where) == ("error", "connectivity", f"{first} -> {third}:9093")


def test_a_host_that_is_down(trouble: Site) -> None:
    first = trouble.lab.hosts[trouble.hosts[0]]
    with make.unplugged(first):
        found = preflight(trouble)
    assert [(one["check"], one["where"]) for one in found if one["level"] == "error"] == [("connection", first.name)]
    assert {one["check"] for one in found if one["level"] == "warning"} == {"connectivity"}


def test_a_disk_without_room(trouble: Site) -> None:
    host = trouble.lab.hosts[trouble.hosts[0]]
    with make.small_disk(host, LOG_DIR, "8m"):
        level, what, where, found = only(trouble)
        reason = trouble.fab("install")
    assert (level, what, where) == ("error", "disk", f"{host.name}:{LOG_DIR}")
    assert "of 8 MiB free" in found
    assert f"on {LOG_DIR} (tmpfs)" in found
    assert f"{host.name}: preflight: disk {host.name}:{LOG_DIR}: " in reason.stdout + reason.stderr
    assert trouble.on(host.name, "ls -A /opt") == "kafka-logs\n", "nothing was installed"


def test_a_disk_without_inodes(trouble: Site) -> None:
    first = trouble.hosts[0]
    mount = f"mkdir {LOG_DIR} && mount -t tmpfs -o size=4g,nr_inodes=10 full {LOG_DIR}"
    full = f"{mount} && cd {LOG_DIR} && seq 9 | xargs touch"
    with done(trouble, first, full, f"umount {LOG_DIR}"):
        level, what, where, found = only(trouble)
    assert (level, what, where) == ("error", "disk", f"{first}:{LOG_DIR}")
    assert " 0% of its inodes" in found


def test_a_log_dir_that_is_no_mount_point(trouble: Site) -> None:
    first, *others = trouble.hosts
    for host in others:
        trouble.on(host, f"mkdir {LOG_DIR} && mount -t tmpfs -o size=4g disk {LOG_DIR}")
    with trouble.changed("conf/cluster.yaml", "kafka:\n", "kafka:\n  log_dirs_are_mounts: true\n"):
        level, what, where, found = only(trouble)
    for host in others:
        trouble.on(host, f"umount {LOG_DIR}")
    assert (level, what, where, found) == ("error", "mount point", f"{first}:{LOG_DIR}", "a directory on /")


def test_two_log_dirs_on_one_file_system(trouble: Site) -> None:
    with trouble.changed("conf/cluster.yaml", f"[{LOG_DIR}]", "[/data/1, /data/2]"):
        found = preflight(trouble)
    assert [(one["level"], one["check"], one["where"]) for one in found] == [
        ("warning", "file system", f"{host}:/data/1, /data/2") for host in trouble.hosts
    ]


def test_the_folder_that_every_ext4_disk_has(trouble: Site) -> None:
    first = trouble.hosts[0]
    with done(trouble, first, f"mkdir -p {LOG_DIR} && mkdir -m 700 {LOG_DIR}/lost+found", f"rm -r {LOG_DIR}"):
        level, what, where, found = only(trouble)
        ended = trouble.fab("install")
    assert (level, what, where) == ("error", "log dir", f"{first}:{LOG_DIR}")
    assert found == "lost+found is not a partition directory: a broker refuses to start"
    assert ended.returncode == 1
    assert f"use a directory below that mount point in kafka.log_dirs ({LOG_DIR}/kafka)" in ended.stdout + ended.stderr


def test_two_log_dirs_through_a_link(trouble: Site) -> None:
    first = trouble.hosts[0]
    with (
        trouble.changed("conf/cluster.yaml", f"[{LOG_DIR}]", "[/srv/one, /srv/two]"),
        done(trouble, first, "mkdir /srv/one && ln -s one /srv/two", "rm -r /srv/one /srv/two"),
    ):
        found = [(one["check"], one["where"]) for one in preflight(trouble) if one["level"] == "error"]
    assert found == [("places", f"{first}:/srv/two")], "one error a path"


@contextmanager
def segments(site: Site, host: str, count: int) -> Iterator[None]:
    here = f"mkdir -p {LOG_DIR}/t-0 && echo broker.id=1 >{META} && cd {LOG_DIR}/t-0"
    many = f"{here} && seq -f %020.0f.index {count} | xargs touch"
    with done(site, host, many, f"rm -r {LOG_DIR}"):
        yield


def test_more_segments_than_open_files(trouble: Site) -> None:
    first = trouble.hosts[0]
    with (
        trouble.changed("conf/cluster.yaml", "kafka:\n", "kafka:\n  open_files: 1024\n"),
        segments(trouble, first, 100),
    ):
        level, what, where, _ = only(trouble)
    assert (level, what, where) == ("error", "open files", f"{first}:kafka")


def test_fewer_open_files_than_asked_for(trouble: Site) -> None:
    with trouble.changed("conf/cluster.yaml", "kafka:\n", f"kafka:\n  open_files: {2**30}\n"):
        checks = json.loads(trouble.done("preflight", "--json"))["checks"]
    open_files = [one for one in checks if one["check"] == "open files"]
    found = [(one["level"], one["where"]) for one in open_files if ":kafka" in one["where"]]
    assert found == [("warning", f"{host}:kafka") for host in trouble.hosts]


def test_more_segments_than_memory_maps(trouble: Site) -> None:
    first = trouble.hosts[0]
    limit = int(trouble.on(first, "cat /proc/sys/vm/max_map_count"))
    with in_place_of(trouble, first, "/proc/sys/vm/max_map_count", limit // 10), segments(trouble, first, limit // 20):
        level, what, where, _ = only(trouble)
    assert (level, what, where) == ("error", "memory maps", first)


def test_swap_with_a_kernel_that_likes_it(trouble: Site) -> None:
    first = trouble.hosts[0]
    with (
        in_place_of(
            trouble, first, "/proc/meminfo", "MemTotal: 16777216 kB\nSwapTotal: 2097152 kB\nSwapFree: 1048576 kB"
        ),
        in_place_of_swappiness(trouble, first),
    ):
        level, what, where, found = only(trouble)
    assert (level, what, where) == ("warning", "swap", first)
    assert "1.0 GiB in use, vm.swappiness 60" in found


def in_place_of_swappiness(site: Site, host: str) -> AbstractContextManager[None]:
    return done(
        site,
        host,
        "echo 60 >/run/swappiness && mount --bind /run/swappiness /proc/sys/vm/swappiness",
        "umount /proc/sys/vm/swappiness",
    )


def test_heaps_that_memory_cannot_hold(trouble: Site) -> None:
    with trouble.changed("conf/local.yaml", "heap:", "heap: 9000g #"):
        found = preflight(trouble)
    assert {(one["level"], one["check"]) for one in found} == {("error", "memory")}
    assert [one["where"] for one in found] == list(trouble.hosts)


def test_a_java_that_is_too_old(trouble: Site) -> None:
    first = trouble.hosts[0]
    fake = """mkdir -p /usr/local/jdk6/bin
        echo 'JAVA_VERSION="1.6.0_45"' >/usr/local/jdk6/release
        cp /bin/true /usr/local/jdk6/bin/java
        ln -s ../jdk6/bin/java /usr/local/bin/java"""
    with done(trouble, first, fake, "rm -r /usr/local/bin/java /usr/local/jdk6"):
        level, what, where, found = only(trouble)
    assert (level, what, where) == ("error", "java", first)
    assert found.startswith("Java 6 is installed")


def test_a_java_that_is_missing_is_an_error_where_nothing_can_install_it(trouble: Site) -> None:
    host = trouble.lab.hosts[trouble.hosts[0]]
    with make.no_java(host):
        assert preflight(trouble) == []
        with done(trouble, host.name, "mv /usr/bin/apt-get /root/", "mv /root/apt-get /usr/bin/"):
            level, what, where, _ = only(trouble)
    assert (level, what, where) == ("error", "java", host.name)


def test_data_of_another_node(trouble: Site) -> None:
    first = trouble.hosts[0]
    with done(trouble, first, f"mkdir {LOG_DIR} && echo broker.id=9 >{META}", f"rm -r {LOG_DIR}"):
        found = preflight(trouble)
    assert [(one["level"], one["check"], one["where"]) for one in found if one["check"] == "identity"] == [
        ("error", "identity", f"{first}:{META}")
    ]
    assert "has broker.id=9" in str(found)


def test_data_of_two_clusters(trouble: Site) -> None:
    for at, host in enumerate(trouble.hosts, 1):
        trouble.on(
            host, f"mkdir {LOG_DIR} && printf 'broker.id={at}\\ncluster.id={'one' if at > 1 else 'two'}\\n' >{META}"
        )
    level, what, where, found = only(trouble)
    assert (level, what, where) == ("error", "cluster id", f"{trouble.hosts[0]}:{META}")
    assert f"two in {trouble.hosts[0]}:{META}" in found
    assert "one in " in found


def test_a_host_without_systemd(trouble: Site) -> None:
    # Hidden from all that ask for it; it goes on behind.
    first = trouble.hosts[0]
    with done(trouble, first, "mount -t tmpfs hidden /run/systemd", "umount /run/systemd"):
        level, what, where, found = only(trouble)
    assert (level, what, where) == ("error", "systemd", first)
    assert "offline" in found


def test_a_host_that_cannot_fetch(trouble: Site) -> None:
    first = trouble.hosts[0]
    tools = "$(command -v curl wget)"
    with done(
        trouble, first, f"mkdir /root/away && mv {tools} /root/away/", "mv /root/away/* /usr/bin/ && rmdir /root/away"
    ):
        level, what, where, _ = only(trouble)
    assert (level, what, where) == ("warning", "download", first)


def test_a_host_without_bash(trouble: Site) -> None:
    first = trouble.hosts[0]
    # Also the shell that SSH starts.
    hide, show = "sed -i '1s|bash|sh|' /etc/passwd && mv /usr/bin/bash /root/", "mv /root/bash /usr/bin/ && "
    with done(trouble, first, hide, f"{show} sed -i '1s|/sh$|/bash|' /etc/passwd"):
        level, what, where, _ = only(trouble)
    assert (level, what, where) == ("error", "bash", first)


def test_start_goes_no_further_where_a_check_fails(trouble: Site) -> None:
    first = trouble.lab.hosts[trouble.hosts[0]]
    trouble.done("install")
    with make.small_disk(first, LOG_DIR, "8m"):
        ended = trouble.fab("start")
    assert ended.returncode == 1
    assert "disk" in ended.stderr
    assert "nothing was started: fix the errors above, or use --no-preflight" in ended.stderr
    states = trouble.everywhere("systemctl is-active zookeeper kafka || true")
    assert set(states.values()) == {"inactive\ninactive\n"}


def test_a_running_cluster(cluster: Site) -> None:
    assert preflight(cluster) == []
    assert "preflight" not in cluster.done("start")


def test_a_rejected_connection(cluster: Site) -> None:
    first, second, _ = cluster.hosts
    address = cluster.lab.addresses[second]
    with done(cluster, first, f"ip route add prohibit {address}", f"ip route del prohibit {address}"):
        found = preflight(cluster)
    assert {(one["level"], one["check"]) for one in found} == {("error", "connectivity")}
    assert f"{first} -> {second}:9092" in {one["where"] for one in found}


def test_a_refusal_where_the_broker_listens(cluster: Site) -> None:
    # As by a firewall that rejects: what refuses is another host, to which the name leads.
    first, second, _ = cluster.hosts
    elsewhere = cluster.lab.addresses[list(cluster.lab.hosts)[-1]]
    with hosts_file(cluster, first, f"s/^[0-9.]*\\(.*{second}\\)/{elsewhere}\\1/"):
        found = {one["where"]: one for one in preflight(cluster)}[f"{first} -> {second}:9092"]
    assert (found["level"], found["check"]) == ("error", "connectivity")
    assert "Connection refused: but the port is in use there" in found["found"]
