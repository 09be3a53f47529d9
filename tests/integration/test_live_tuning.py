"""Host tuning and capped logs on real hosts: containers, whose kernel is their machine's."""

import shutil
import time

import pytest

from tests.integration.conftest import Site

pytestmark = pytest.mark.lab

FILE = "/etc/sysctl.d/90-kafka-fab.conf"


def test_a_host_that_cannot_set_its_kernel_is_no_failure(cluster: Site) -> None:
    assert set(cluster.everywhere(f"grep max_map_count {FILE}").values()) == {"vm.max_map_count = 262144\n"}
    began = time.monotonic()
    output = cluster.done("install")
    assert "nothing to change" in output
    assert "sysctl" not in output, "it was said when the file was new"
    assert time.monotonic() - began < 5


def test_it_is_said_once(trouble: Site) -> None:
    host = trouble.hosts[0]
    trouble.on(host, f"rm -f {FILE}")
    output = trouble.done("-H", host, "install")
    assert "vm.max_map_count" in output
    assert "cannot be set in this container" in output
    assert "nothing to change" in trouble.done("-H", host, "install")
    trouble.done("-H", host, "uninstall", "--yes")
    trouble.on(host, f"! test -e {FILE}")


def test_switched_off_the_file_goes(trouble: Site) -> None:
    host = trouble.hosts[0]
    trouble.done("-H", host, "install")
    file = trouble.folder / "conf/cluster.yaml"
    file.write_text(file.read_text() + "tuning: {enabled: false}\n")
    assert f"absent {FILE}" in trouble.fab("plan").stdout
    trouble.done("-H", host, "install")
    trouble.on(host, f"! test -e {FILE}")


def test_the_collectors_log_is_where_it_should_be_and_capped(cluster: Site) -> None:
    for unit, log in (("kafka", "kafka/kafkaServer-gc.log"), ("zookeeper", "zookeeper/zookeeper-gc.log")):
        told = cluster.on(
            cluster.hosts[0],
            f"tr '\\0' '\\n' </proc/$(systemctl show -p MainPID --value {unit})/cmdline | grep -e Xlog -e loggc\n"
            f"ls -l /var/log/{log} | cut -d ' ' -f 3",
        )
        assert told == f"-Xlog:gc*:file=/var/log/{log}:time,tags:filecount=10,filesize=100M\n{unit}\n"


def test_logs_are_rotated_at_their_size(trouble: Site) -> None:
    host = trouble.hosts[0]
    small = "{log_size: 4KB, log_count: 2}"
    (trouble.folder / "hosts.ini").write_text(f"[kafka]\n{host} id=1\n[zookeeper]\n{host} id=1\n")
    trouble.settings(f"version: 3.9.1\nkafka: {small}\nzookeeper: {small}\n")
    # With the collector of a release: the one of most tests writes less than a file.
    shutil.copy(trouble.lab.folder / "conf/local.yaml", trouble.folder / "conf/local.yaml")
    trouble.done("install", "start", "stop")
    for log in (
        "kafka/server.log",
        "zookeeper/zookeeper.log",
        "kafka/kafkaServer-gc.log",
        "zookeeper/zookeeper-gc.log",
    ):
        sizes = list(map(int, trouble.on(host, f"stat -c %s /var/log/{log}*").split()))
        # log4j writes one event more than fits; the JVM one collection.
        assert 2 <= len(sizes) <= 3, log
        assert max(sizes) < 20000, log
