"""Host tuning and log limits: what is written, and how the kernel is brought to it, by every shell that is here."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from kafka_fab.cluster.change import Change, ChangeReader
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.resource import File, Gone, Sysctl
from kafka_fab.cluster.roles import node_resources, tuning
from kafka_fab.remote import script
from tests.unit.folders import written

HOSTS = "[kafka]\na id=1\n[zookeeper]\na id=1\n"
KRAFT = "[kafka]\na id=1\n[controller]\na id=1\n"
Load = Callable[..., Cluster]


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    monkeypatch.chdir(tmp_path)

    def write(settings: str = "version: 3.9.1\n", hosts: str = HOSTS) -> Cluster:
        return written(tmp_path, hosts, settings)

    return write


def contents(cluster: Cluster) -> dict[str, str]:
    steps = node_resources.steps(cluster, cluster.nodes["a"]).values()
    return {item.path: item.content for step in steps for item in step if isinstance(item, File)}


def test_defaults(loaded: Load) -> None:
    file, running = tuning.steps(loaded())["tuning"]
    assert isinstance(file, File)
    assert file.content.splitlines()[1:] == [
        "vm.max_map_count = 262144", "vm.swappiness = 1", "vm.dirty_background_ratio = 5", "vm.dirty_ratio = 60",
        "net.core.rmem_max = 2097152", "net.core.wmem_max = 2097152",
    ]  # fmt: skip
    assert isinstance(running, Sysctl)
    assert dict(running.values)["vm.max_map_count"] == "262144"


def test_the_users_own_and_one_left_to_the_host(loaded: Load) -> None:
    text = "version: 3.9.1\ntuning: {swappiness: 0, sysctl: {net.core.rmem_max: '', net.ipv4.tcp_rmem: 4096 87380 1}}\n"
    found = tuning.sysctls(loaded(text))
    assert found["vm.swappiness"] == "0"
    assert found["net.ipv4.tcp_rmem"] == "4096 87380 1"
    assert "net.core.rmem_max" not in found


def test_off(loaded: Load) -> None:
    assert tuning.steps(loaded("version: 3.9.1\ntuning: {enabled: false}\n")) == {
        "tuning": (Gone("/etc/sysctl.d/90-kafka-fab.conf"),)
    }


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("vm.swappiness", "vm/swappiness"),
        ("net.ipv4.conf.eth0/1.mtu", "net/ipv4/conf/eth0.1/mtu"),
        ("net/ipv4/conf/eth0.1/mtu", "net/ipv4/conf/eth0.1/mtu"),
    ],
)
def test_names_are_read_as_sysctl_reads_them(name: str, path: str) -> None:
    assert script.call(Sysctl("/f", ((name, "1 2"),))) == f"want_sysctl /f {name} {path} '1 2'"


SHELLS = [shell for shell in (["sh"], ["bash", "--posix"], ["busybox", "sh"]) if shutil.which(shell[0])]


@pytest.fixture(params=SHELLS, ids=lambda shell: shell[0])
def kernel(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., list[Change]]:
    """Run want_sysctl against a folder in the place of /proc/sys; writing goes to its files."""
    (tmp_path / "vm").mkdir()
    (tmp_path / "vm/one").write_text("60\n")
    (tmp_path / "vm/three").write_text("4096\t87380\t1\n")

    def run(
        *words: str,
        apply: bool = True,
        container: bool = False,
        writes: str = "works",
        dirty: int = 0,
        file: str = "FILE",
    ) -> list[Change]:
        place = f'{tmp_path}/$(echo "${{pair%%=*}}" | tr . /)'
        works = f'for pair; do :; done; printf "%s\\n" "${{pair#*=}}" >"{place}"'
        stub = works if writes == "works" else f"echo '{writes}' >&2; return 1"
        stubs = f"sysctl() {{ {stub}; }}\nin_container() {{ {str(container).lower()}; }}\n"
        body = f"SYSCTLS={tmp_path}\nDIRTY={dirty}\n{stubs}"
        text = f"APPLY={int(apply)}\n{script.library()}\n{body}want_sysctl {file} {' '.join(words)}\n"
        done = subprocess.run(
            [*request.param, "-s"], input=text, capture_output=True, text=True, check=False, timeout=20
        )
        assert done.stderr == ""
        return list(filter(None, map(ChangeReader().feed, done.stdout.splitlines())))

    return run


ONE = ("vm.one", "vm/one", "1")
THREE = ("vm.three", "vm/three", "'4096 87380 1'")


def test_a_value_is_set_once(kernel: Callable[..., list[Change]]) -> None:
    assert kernel(*ONE, *THREE, apply=False) == [Change("would", "sysctl", "FILE", "vm.one=1")]
    assert kernel(*ONE, *THREE) == [Change("changed", "sysctl", "FILE", "vm.one=1")]
    assert kernel(*ONE, *THREE) == [Change("ok", "sysctl", "FILE")]


def test_what_the_kernel_refuses_is_a_failure_with_its_words(kernel: Callable[..., list[Change]]) -> None:
    [change] = kernel(*ONE, writes="sysctl: Invalid argument")
    assert (change.status, change.name) == ("failed", "vm.one=1")
    assert change.detail.startswith("sysctl: Invalid argument; correct it under tuning in conf/cluster.yaml")


def test_a_name_that_no_kernel_has_is_a_failure_on_a_machine(kernel: Callable[..., list[Change]]) -> None:
    [change] = kernel("vm.oen", "vm/oen", "1", writes="sysctl: cannot stat vm/oen")
    assert (change.status, change.name) == ("failed", "vm.oen=1")


def test_a_container_is_no_failure_and_no_change(kernel: Callable[..., list[Change]]) -> None:
    words = ("vm.none", "vm/none", "1")
    [told, change] = kernel(*words, container=True, dirty=1)
    assert (told.status, change.status) == ("note", "ok")
    assert "does not let vm.none be set" in told.detail
    assert [change.status for change in kernel(*words, container=True)] == ["ok"], "once is enough"
    assert [change.status for change in kernel(*words, container=True, apply=False)] == ["ok"]


def test_what_another_cluster_of_the_host_has_otherwise_is_named(
    kernel: Callable[..., list[Change]], tmp_path: Path
) -> None:
    mine, other = (str(tmp_path / f"90-kafka-fab{name}.conf") for name in ("", "-orders"))
    Path(mine).write_text("vm.one = 1\n")
    Path(other).write_text("# Written by kafka-fab.\nvm.one = 10\nvm.three = 4096 87380 1\nvm.more = 3\n")
    [told, _] = kernel(*ONE, *THREE, file=mine)
    assert (told.status, told.name) == ("foreign", mine)
    assert f"{other}: vm.one (1 here, 10 there); give both the same `tuning`" in told.detail
    Path(other).write_text("vm.one = 1\n")
    assert [change.status for change in kernel(*ONE, *THREE, file=mine)] == ["ok"]


LIMITS = "log_size: 7MB, log_count: 3"


@pytest.mark.parametrize("version", ["3.9.1", "2.8.2", "0.8.0"])
def test_every_log_is_rotated_and_capped(version: str, loaded: Load) -> None:
    chroot = ", chroot: ''" if version == "0.8.0" else ""
    found = contents(loaded(f"version: {version}\nkafka: {{{LIMITS}{chroot}}}\nzookeeper: {{{LIMITS}}}\n"))
    for path in ("/etc/kafka/log4j.properties", "/etc/zookeeper/log4j.properties"):
        lines = found[path].splitlines()
        appenders = [line for line in lines if line.endswith("RollingFileAppender")]
        assert appenders
        assert len([line for line in lines if line.endswith(".MaxFileSize=7MB")]) == len(appenders)
        assert len([line for line in lines if line.endswith(".MaxBackupIndex=3")]) == len(appenders)
        assert len([line for line in lines if "Appender" in line and "=org.apache" in line]) == len(appenders)


def test_every_log_of_log4j_2_is_rotated_and_capped(loaded: Load) -> None:
    found = contents(loaded(f"version: 4.3.1\nkafka: {{{LIMITS}}}\n", KRAFT))
    appenders = yaml.safe_load(found["/etc/kafka/log4j2.yaml"])["Configuration"]["Appenders"]
    assert list(appenders) == ["RollingFile"]
    for appender in appenders["RollingFile"]:
        assert appender["SizeBasedTriggeringPolicy"]["size"] == "7MB"
        assert appender["DefaultRolloverStrategy"]["max"] == 3


GC = "-Xlog:gc*:file=/var/log/{}-gc.log:time,tags:filecount=3,filesize=7M"


def test_the_collectors_log(loaded: Load) -> None:
    found = contents(loaded(f"version: 3.9.1\nkafka: {{{LIMITS}}}\nzookeeper: {{{LIMITS}}}\njava: {{home: /jdk}}\n"))
    for unit, log, name in (
        ("kafka", "kafka/kafkaServer", "kafkaServer"),
        ("zookeeper", "zookeeper/zookeeper", "zookeeper"),
    ):
        lines = found[f"/etc/systemd/system/{unit}.service"].splitlines()
        assert f'Environment="KAFKA_GC_LOG_OPTS={GC.format(log)}"' in lines
        assert f'Environment="EXTRA_ARGS=-name {name}"' in lines, (
            "without -loggc, with which Kafka's script has its own"
        )
        [old] = [line for line in lines if "GC_LOG_OPTS_OF_JAVA_8=" in line and line.startswith("Environment")]
        assert "-XX:NumberOfGCLogFiles=3 -XX:GCLogFileSize=7M" in old
        [start] = [line for line in lines if line.startswith("ExecStart=")]
        assert '[ -e "$(dirname "$(readlink -f /jdk/bin/java)")"/../lib/modules ] ||' in start


def test_where_java_8_is_too_old_nothing_asks_for_it(loaded: Load) -> None:
    unit = contents(loaded("version: 4.3.1\n", KRAFT))["/etc/systemd/system/kafka.service"]
    assert "JAVA_8" not in unit
    assert "\nExecStart=/bin/sh -c 'exec " in unit


@pytest.mark.parametrize(("modules", "options"), [(True, "new"), (False, "old")])
def test_the_start_command_chooses_by_the_java_in_use(
    modules: bool, options: str, loaded: Load, tmp_path: Path
) -> None:
    home = tmp_path / "jdk"
    (home / "bin").mkdir(parents=True)
    (home / "lib").mkdir()
    (home / "bin/java").touch()
    if modules:
        (home / "lib/modules").touch()
    unit = contents(loaded(f"version: 3.9.1\njava: {{home: {home}}}\n"))["/etc/systemd/system/kafka.service"]
    [start] = [line for line in unit.splitlines() if line.startswith("ExecStart=")]
    choice = start.partition("'")[2].partition("exec ")[0].replace("$$", "$")
    command = f'{choice}echo "$KAFKA_GC_LOG_OPTS"'
    chosen = {"KAFKA_GC_LOG_OPTS": "new", "GC_LOG_OPTS_OF_JAVA_8": "old", "PATH": os.environ["PATH"]}
    assert (
        subprocess.run(["sh", "-c", command], env=chosen, capture_output=True, text=True, check=True).stdout
        == f"{options}\n"
    )


@pytest.mark.parametrize(
    "text", ["log_size: 100", "log_size: 10mb", "log_size: 0MB", "log_count: 0", "log_count: 1001"]
)
def test_limits_are_checked(text: str, loaded: Load) -> None:
    for block in ("kafka", "zookeeper"):
        with pytest.raises(Exception, match=rf"cluster.yaml:2: {block}\.log_"):
            loaded(f"version: 3.9.1\n{block}: {{{text}}}\n")


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell[0])
def test_what_the_real_kernel_has_is_read_whole(shell: list[str]) -> None:
    running = Path("/proc/sys/vm/max_map_count").read_text().strip()
    call = f"want_sysctl FILE vm.max_map_count vm/max_map_count {running}"
    text = f"APPLY=0\n{script.library()}\nin_container() {{ false; }}\n{call}\n"
    said = subprocess.run([*shell, "-s"], input=text, capture_output=True, text=True, check=True, timeout=20).stdout
    assert said == "ok\tsysctl\tFILE\t\n"
