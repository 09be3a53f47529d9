"""Forty ways and more to break a host that is right: each seen before a start and by the specs, and mended if ours."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.test_infra_specs import failed, run_specs

if TYPE_CHECKING:
    from tests.integration.conftest import Site

pytestmark = pytest.mark.lab

TREE, LOGS, ETC = "/opt/kafka_2.13-3.9.1", "/opt/kafka-logs", "/etc/kafka"
JAR = f"{TREE}/libs/kafka_2.13-3.9.1.jar"
WRITE = f"printf x | dd of={JAR} bs=1 seek=500 conv=notrunc"
UNIT, ETC_UNITS, RUN_UNITS = "/etc/systemd/system/kafka.service", "/etc/systemd/system", "/run/systemd/system"
RELOAD = "; systemctl daemon-reload"
KEPT = "test_tree.py::test_the_tree_is_as_it_was_extracted"
CONTENT, STATE = "test_config.py::test_the_file_has_the_content", "test_config.py::test_the_file_has_its_owner"
FOLDER, DATA = "test_directories.py", "test_data.py"
ALONE = "test_service.py::test_systemd_reads_nothing_else"
SPECS = [f"tests/infra/test_{name}.py" for name in ("tree", "user", "link", "config", "directories", "service", "data")]


@dataclass(frozen=True)
class Break:
    """One way to break a host: a command, the resource that it is about, who names it, and the spec that fails.

    What is not ours to mend has a way back.
    """

    name: str
    about: str
    do: str
    seen: str
    spec: str
    undo: str = ""
    by: str = "plan"


def drop_in(folder: str, line: str) -> str:
    return f"mkdir -p {folder}/kafka.service.d; printf '[Service]\\n{line}\\n' >{folder}/kafka.service.d/own.conf"


def no_drop_in(folder: str) -> str:
    return f"rm -r {folder}/kafka.service.d{RELOAD}"


def tree(name: str, do: str, undo: str = "", by: str = "plan", spec: str = KEPT) -> Break:
    return Break(name, "tree", do, TREE, spec, undo, by)


BREAKS = (
    tree("a jar is gone", f"rm {JAR}"),
    tree("a jar is cut", f"truncate -s 1000 {JAR}"),
    tree("a jar is written to", WRITE),
    tree(
        "bits of a jar have changed",
        f"touch -r {JAR} /run/t; {WRITE}; touch -r /run/t {JAR}",
        f"rm {JAR}",
        "validate",
        "test_tree.py::test_every_file_of_the_tree_has_the_contents",
    ),
    tree("one more jar", f"cp {JAR} {TREE}/libs/own.jar", f"rm {TREE}/libs/own.jar"),
    tree("one more jar in a folder", f"mkdir {TREE}/plugins; cp {JAR} {TREE}/plugins", f"rm -r {TREE}/plugins"),
    tree("the start script cannot be run", f"chmod 644 {TREE}/bin/kafka-server-start.sh"),
    tree("the start script is gone", f"rm {TREE}/bin/kafka-run-class.sh"),
    tree("the start script is edited", f"sed -i '2i\\ export KAFKA_HEAP_OPTS=-Xmx9g' {TREE}/bin/kafka-server-start.sh"),
    tree("bin is closed", f"chmod 700 {TREE}/bin"),
    tree("libs is gone", f"rm -r {TREE}/libs"),
    tree("the whole tree is closed", f"chmod 700 {TREE}"),
    tree("a jar that none may read", f"chmod 600 {JAR}"),
    tree("a jar that all may write", f"chmod 666 {JAR}"),
    tree("the service owns the tree", f"chown -R kafka: {TREE}"),
    tree("a link in place of a jar", f"mv {JAR} /root/; ln -s /root/kafka_2.13-3.9.1.jar {JAR}"),
    tree("a folder in place of a jar", f"rm {JAR}; mkdir {JAR}"),
    tree("the manifest is gone", f"rm {TREE}/.kafka-fab.manifest"),
    tree(
        "the mark is gone",
        f"mv {TREE}/.kafka-fab /root/mark",
        f"mv /root/mark {TREE}/.kafka-fab",
        spec="test_tree.py::test_the_tree_is_complete",
    ),
    tree("the whole tree is gone", f"rm -r {TREE}"),
    Break(
        "a drop-in",
        "unit",
        drop_in(ETC_UNITS, "Environment=KAFKA_HEAP_OPTS=-Xmx9g") + RELOAD,
        "kafka",
        ALONE,
        no_drop_in(ETC_UNITS),
    ),
    Break(
        "a drop-in until the next boot",
        "unit",
        drop_in(RUN_UNITS, "User=root") + RELOAD,
        "kafka",
        ALONE,
        no_drop_in(RUN_UNITS),
    ),
    Break(
        "a drop-in for every service",
        "unit",
        f"mkdir -p {ETC_UNITS}/service.d; printf '[Service]\\nUser=root\\n' >{ETC_UNITS}/service.d/x.conf{RELOAD}",
        "kafka",
        ALONE,
        f"rm -r {ETC_UNITS}/service.d{RELOAD}",
    ),
    Break("a link in place of a unit's file", "unit", f"mv {UNIT} /root/k; ln -s /root/k {UNIT}{RELOAD}", UNIT, ALONE),
    Break(
        "a drop-in that systemd has not read",
        "unit",
        drop_in(ETC_UNITS, "User=root"),
        "kafka",
        ALONE,
        no_drop_in(ETC_UNITS),
    ),
    Break(
        "a property set by systemctl",
        "unit",
        "systemctl set-property kafka MemoryMax=100M",
        "kafka",
        ALONE,
        f"rm -r {ETC_UNITS}.control/kafka.service.d{RELOAD}",
    ),
    Break(
        "a disabled service",
        "unit",
        "systemctl disable kafka",
        "zookeeper kafka",
        "test_service.py::test_the_service_starts_with",
    ),
    Break(
        "a disabled ensemble",
        "unit of zookeeper",
        "systemctl disable zookeeper",
        "zookeeper kafka",
        "test_service.py::test_the_service_starts_with",
    ),
    Break("a unit's file is gone", "unit", f"rm {UNIT}", UNIT, CONTENT),
    Break("a unit's file is edited", "unit", f"sed -i s/^User=kafka/User=root/ {UNIT}", UNIT, CONTENT),
    Break("a masked service", "unit", f"rm {UNIT}; systemctl mask kafka", UNIT, CONTENT),
    Break("a unit's file that all may write", "unit", f"chmod 666 {UNIT}", UNIT, STATE),
    Break("a file of settings is gone", "settings", f"rm {ETC}/server.properties", f"{ETC}/server.properties", CONTENT),
    Break(
        "a file of settings is edited",
        "settings",
        f"sed -i s/num.partitions=3/num.partitions=4/ {ETC}/server.properties",
        f"{ETC}/server.properties",
        CONTENT,
    ),
    Break(
        "a file of settings that the service may not read",
        "settings",
        f"chown root: {ETC}/server.properties",
        f"{ETC}/server.properties",
        STATE,
    ),
    Break(
        "a file of settings that all may read",
        "settings",
        f"chmod 644 {ETC}/server.properties",
        f"{ETC}/server.properties",
        STATE,
    ),
    Break(
        "the settings of logging are gone", "logging", f"rm {ETC}/log4j.properties", f"{ETC}/log4j.properties", CONTENT
    ),
    Break("the folder of settings is closed", "etc", f"chmod 700 {ETC}", ETC, FOLDER),
    Break("the folder of settings is the service's", "etc", f"chown kafka {ETC}", ETC, FOLDER),
    Break("a server's number is gone", "myid", "rm /var/lib/zookeeper/myid", "/var/lib/zookeeper/myid", CONTENT),
    Break(
        "the ensemble is edited",
        "zookeeper",
        "echo tickTime=1 >>/etc/zookeeper/zookeeper.properties",
        "/etc/zookeeper/zookeeper.properties",
        CONTENT,
    ),
    Break(
        "the kernel's settings are gone",
        "sysctl",
        "rm /etc/sysctl.d/90-kafka-fab.conf",
        "/etc/sysctl.d/90-kafka-fab.conf",
        CONTENT,
    ),
    Break("a log dir is gone", "data", f"rm -r {LOGS}", LOGS, FOLDER),
    Break("a log dir is root's", "data", f"chown root: {LOGS}", LOGS, FOLDER),
    Break("a log dir is open to all", "data", f"chmod 777 {LOGS}", LOGS, FOLDER),
    Break(
        "a log dir is immutable",
        "data",
        f"chattr +i {LOGS}",
        LOGS,
        f"{DATA}::test_the_service_can_write",
        f"chattr -i {LOGS}",
    ),
    Break("a file in place of a log dir", "data", f"rm -r {LOGS}; touch {LOGS}", LOGS, FOLDER, f"rm {LOGS}"),
    Break(
        "a log dir on a disk that is read only",
        "data",
        f"mount -t tmpfs -o ro,mode=750,uid=$(id -u kafka),gid=$(id -g kafka) ro {LOGS}",
        LOGS,
        f"{DATA}::test_the_service_can_write",
        f"umount {LOGS}",
    ),
    Break(
        "lost+found in a log dir",
        "data",
        f"mkdir -m 700 {LOGS}/lost+found",
        LOGS,
        f"{DATA}::test_log_directories_have_only_partitions",
        f"rmdir {LOGS}/lost+found",
        "preflight",
    ),
    Break(
        "a file that is no segment",
        "data",
        f"cd {LOGS} && mkdir t-0 && touch meta.properties t-0/backup.log && chown -R kafka: .",
        f"{LOGS}/t-0",
        f"{DATA}::test_log_directories_have_only_partitions",
        f"rm -r {LOGS}/t-0 {LOGS}/meta.properties",
        "preflight",
    ),
    Break(
        "partitions of root",
        "data",
        f"mkdir {LOGS}/t-0",
        LOGS,
        f"{DATA}::test_all_in_the_directory",
        f"rmdir {LOGS}/t-0",
        "preflight",
    ),
    Break(
        "the way to a log dir is closed",
        "way",
        "chmod 750 /opt",
        LOGS,
        f"{DATA}::test_the_service_can_write",
        "chmod 755 /opt",
        "preflight",
    ),
    Break("the folder of logs is gone", "logs", "rm -r /var/log/kafka", "/var/log/kafka", FOLDER),
    Break("the folder of logs is closed", "logs", "chmod 000 /var/log/kafka", "/var/log/kafka", FOLDER),
    Break(
        "a server's data is open to all",
        "data of zookeeper",
        "chmod 777 /var/lib/zookeeper",
        "/var/lib/zookeeper",
        FOLDER,
    ),
    Break("the link leads elsewhere", "link", "ln -sfn /opt/elsewhere /opt/kafka", "/opt/kafka", "test_link.py"),
    Break("the link is gone", "link", "rm /opt/kafka", "/opt/kafka", "test_link.py"),
    Break(
        "a folder in place of the link",
        "link",
        "rm /opt/kafka; mkdir /opt/kafka",
        "/opt/kafka",
        "test_link.py",
        "rmdir /opt/kafka",
    ),
    Break("a user's group is gone", "user", "sed -i /^kafka:/d /etc/group", "kafka", "test_user.py"),
    Break(
        "a user with a shell",
        "user",
        "usermod -s /bin/bash kafka",
        "kafka",
        "test_user.py::test_the_user_cannot_log_in",
        "usermod -s /usr/sbin/nologin kafka",
    ),
    Break(
        "a user with power",
        "user",
        "usermod -aG disk kafka",
        "kafka",
        "test_user.py::test_the_user_has_no_power",
        "gpasswd -d kafka disk",
    ),
)


@pytest.fixture
def installed(trouble: Site) -> Site:
    """Three hosts that are as an install leaves them; nothing runs."""
    trouble.done("install")
    return trouble


def batches(breaks: Iterable[Break], hosts: tuple[str, ...]) -> Iterator[dict[str, list[Break]]]:
    """Yield for each host what is broken there at one time: no two things about the same."""
    left = list(breaks)
    while left:
        batch: dict[str, list[Break]] = defaultdict(list)
        for one in list(left):
            free = [host for host in hosts if one.about not in {other.about for other in batch[host]}]
            if free and _goes_with(batch[free[0]], one):
                batch[free[0]].append(one)
                left.remove(one)
        yield batch


def _goes_with(others: Iterable[Break], one: Break) -> bool:
    # Who passes through a closed folder sees nothing of what lies in it.
    return not {"way", "data"} <= {one.about, *(other.about for other in others)}


def seen(site: Site, ways: Iterable[str] = ("plan",)) -> dict[str, set[tuple[str, str]]]:
    """Return what plan, preflight and validate --deep name, as host and thing."""
    asked = {"plan": _planned, "preflight": _checked, "validate": _checked}
    words = {"plan": ("plan",), "preflight": ("preflight",), "validate": ("validate", "--deep")}
    return {way: asked[way](json.loads(site.fab(*words[way], "--json").stdout)) for way in ways}


def _planned(plan: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (host["host"], change["name"])
        for host in plan["hosts"]
        for change in host["changes"]
        if change["status"] in ("would", "failed", "foreign")
    }


def _checked(found: dict[str, Any]) -> set[tuple[str, str]]:
    checks = found["checks"]
    bad = (one["where"] for one in checks if one.get("level", "ok") in ("error", "warning") or one.get("ok") is False)
    return {(host, path) for where in bad for host, _, path in [where.partition(":")]}


def specs(site: Site) -> set[str]:
    return failed(run_specs(site.folder, f"--hosts={','.join(site.hosts)}", *SPECS))


def broken(site: Site, batch: dict[str, list[Break]], usual: set[str]) -> Iterator[str]:
    """Break hosts, and yield what is not seen as the table has it."""
    for host, mine in batch.items():
        site.on(host, "\n".join([f"{{ {one.do}\n}} >/dev/null 2>&1" for one in mine] + ["true"]))
    everything = [one for mine in batch.values() for one in mine]
    named, failing = seen(site, {one.by for one in everything}), specs(site) - usual
    for host, mine in batch.items():
        for one in mine:
            if (host, one.seen) not in named[one.by]:
                yield f"{one.name}: {one.by} does not name {one.seen}"
            if not [name for name in failing if name.startswith(one.spec) and f"[{host}" in name]:
                yield f"{one.name}: no spec {one.spec} fails"


def mended(site: Site, batch: dict[str, list[Break]]) -> Iterator[str]:
    """Take back what is not ours to mend, install, and yield what is not as it was."""
    for host, mine in batch.items():
        site.on(host, "\n".join([*(one.undo for one in mine if one.undo), "true"]))
    site.fab("install")
    for host, thing in seen(site)["plan"]:
        yield f"{[one.name for one in batch[host]]}: {thing} is not mended"


def hold(site: Site, breaks: Iterable[Break]) -> list[str]:
    """Break, look, mend and look again; return what went another way than the table has it."""
    wrong, usual = [], specs(site)
    for batch in batches(breaks, site.hosts):
        wrong += [*broken(site, batch, usual), *mended(site, batch)]
    return [*wrong, *(f"{name} fails still" for name in specs(site) - usual)]


def test_batches_break_everything_once() -> None:
    found = list(batches(BREAKS, ("a", "b", "c")))
    assert sorted(one.name for batch in found for mine in batch.values() for one in mine) == sorted(
        one.name for one in BREAKS
    )
    assert len({one.name for one in BREAKS}) == len(BREAKS) >= 40


def test_a_host_that_is_broken_in_many_ways_is_seen_and_mended(installed: Site) -> None:
    # Of each thing the first ways: the others are for --slow.
    first: dict[str, list[Break]] = defaultdict(list)
    for one in BREAKS:
        first[one.about].append(one)
    assert hold(installed, [one for group in first.values() for one in group[:6]]) == []


@pytest.mark.slow
def test_every_way_to_break_a_host_is_seen_and_mended(installed: Site) -> None:
    assert hold(installed, BREAKS) == []


def test_a_disabled_service_is_enabled_once(installed: Site) -> None:
    installed.on(installed.hosts[0], "systemctl disable kafka 2>/dev/null")
    assert "1 change," in installed.done("install")
    assert "nothing would change" in installed.done("plan")
    assert "nothing to change" in installed.done("install")


def test_a_second_install_names_what_is_not_ours_and_changes_nothing(installed: Site) -> None:
    installed.on(installed.hosts[0], f"touch {TREE}/libs/own.jar")
    told = installed.done("install")
    assert re.search(rf"{installed.hosts[0]}: tree {TREE}, not managed by kafka-fab: .*libs/own.jar", told)
    assert "nothing to change" in told
    assert installed.fab("plan", "--check").returncode == 2
