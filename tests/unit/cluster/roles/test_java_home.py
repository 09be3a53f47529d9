"""The Java that a unit names."""

from pathlib import Path

import pytest

from kafka_fab.cluster.resource import Absent, File
from kafka_fab.cluster.roles import java_home
from kafka_fab.cluster.roles.service import services
from tests.unit.folders import ZOOKEEPER, written


@pytest.mark.parametrize("home", ["", "/usr/lib/jvm/java-21"])
def test_the_java_of_the_settings_is_that_of_the_units(home: str, tmp_path: Path) -> None:
    cluster = written(tmp_path, ZOOKEEPER, f"version: 3.9.1\njava: {{home: '{home}'}}\n")
    node = cluster.nodes["a"]
    for service in services(cluster, node):
        assert java_home.of_unit(service.module.steps(cluster, node)["config"], service.unit) == home


@pytest.mark.parametrize(
    ("text", "home"),
    [
        ("Environment=JAVA_HOME=/a\nEnvironment=JAVA_HOME=/b\n", "/b"),
        ('[Service]\nEnvironment="JAVA_HOME=/a"\n', "/a"),
        ("# Environment=JAVA_HOME=/a\n", ""),
    ],
)
def test_a_template_of_ones_own(text: str, home: str) -> None:
    unit = "/etc/systemd/system/kafka.service"
    config = (Absent("/x"), File("/y", "Environment=JAVA_HOME=/c\n", "root", "root"), File(unit, text, "root", "root"))
    assert java_home.of_unit(config, "kafka") == home
