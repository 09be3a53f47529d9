"""Names of services: what they may be, and that all that hangs on them follows."""

from pathlib import Path

import pytest

from kafka_fab.cluster.dynamic import dynamic_keys
from kafka_fab.cluster.resource import Directory, File, Places, Port, RunningConfig, UnitAbsent, Units
from kafka_fab.cluster.roles import node_resources, owner
from kafka_fab.cluster.roles.service import services
from kafka_fab.cluster.schema.problem import ConfigError
from tests.unit.folders import Load, written

ZOOKEEPER = "[kafka]\na id=1\n[zookeeper]\na id=1\n"
ISOLATED = "[kafka]\na id=1\n[controller]\na2 id=2\n"
NAMED = """version: 3.9.1
name: orders
kafka: {service: k2}
zookeeper: {service: z2}
controller: {service: c2}
"""


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    monkeypatch.chdir(tmp_path)
    return lambda text=NAMED, hosts=ZOOKEEPER: written(tmp_path, hosts, text)


@pytest.mark.parametrize(("hosts", "name", "units"), [(ZOOKEEPER, "a", ["z2", "k2"]), (ISOLATED, "a2", ["c2"])])
def test_all_that_hangs_on_a_name_follows(hosts: str, name: str, units: list[str], load: Load) -> None:
    cluster = load(NAMED, hosts)
    node = cluster.nodes[name]
    found = [item for items in node_resources.steps(cluster, node).values() for item in items]
    assert [service.unit for service in services(cluster, node)] == units
    assert Units(tuple(units)) in found
    assert {item.unit for item in found if isinstance(item, Port)} == set(units)
    assert {(item.unit, item.snapshot) for item in found if isinstance(item, RunningConfig)} == {
        (u, f"/run/{u}") for u in units
    }
    files = {item.path: item.content for item in found if isinstance(item, File)}
    for unit in units:
        content = files[f"/etc/systemd/system/{unit}.service"]
        assert f"RuntimeDirectory={unit}\n" in content
        assert f"/etc/systemd/system/{unit}.service /run/{unit}/\n" in content
    assert "/etc/sysctl.d/90-kafka-fab-orders.conf" in files
    assert not [path for path in files if path.endswith(("/kafka.service", "/zookeeper.service"))]
    removed = node_resources.removal(cluster, node, with_data=True)
    assert [item.name for item in removed if isinstance(item, UnitAbsent)] == units[::-1]


def test_a_broker_starts_after_its_own_zookeeper(load: Load) -> None:
    cluster = load()
    steps = node_resources.steps(cluster, cluster.nodes["a"])
    unit = next(item for item in steps["config"] if isinstance(item, File) and item.path.endswith("/k2.service"))
    assert "After=network-online.target z2.service\n" in unit.content


def test_keys_that_a_broker_takes_are_known_under_any_name(load: Load) -> None:
    due = dynamic_keys.pending_change(load(), "k2", "server.properties=num.io.threads")
    assert (due.reconfigure, due.restart) == (("num.io.threads",), ())


BAD = ["", "a b", "kafka.service", "-x", "x/y", "x@1", "%i", "lock", "user", "sshd", "systemd-x", "kafka-fab-step", "9",
       "kafka-fab", "apt", "debconf", "private", "ldconfig", "man", "fontconfig", "snapd"]  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_name_that_systemd_or_run_has_is_refused(name: str, load: Load) -> None:
    with pytest.raises(ConfigError) as caught:
        load(f"version: 3.9.1\nkafka: {{service: '{name}'}}\n")
    assert str(caught.value.problems[0]).startswith("conf/cluster.yaml:2: kafka.service: ")


def test_two_services_of_one_host_have_two_names(load: Load) -> None:
    text = "version: 3.9.1\nkafka: {service: x}\nzookeeper: {service: x}\n"
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert "kafka.service and zookeeper.service are both x on one host" in str(caught.value)
    assert load(text, "[kafka]\na id=1\n[zookeeper]\nb id=1\n")


def test_the_owner_of_a_host_is_the_clusters_name_and_the_folders_id(load: Load, tmp_path: Path) -> None:
    cluster = load()
    assert owner.of(cluster, cluster.nodes["a"]).folder == ""
    (tmp_path / "folder.id").write_text("abc-1\n")
    whose = owner.of(cluster, cluster.nodes["a"])
    assert (whose.cluster, whose.folder, whose.host, whose.hosts) == ("orders", "abc-1", "a", ("a",))
    assert whose.arguments[5:] == ("z2", "/var/lib/zookeeper", "k2", "/opt/kafka-logs")


def test_every_directory_is_held_against_the_others_on_the_host(load: Load) -> None:
    cluster = load()
    steps = node_resources.steps(cluster, cluster.nodes["a"])
    [places] = [item for item in steps["owner"] if isinstance(item, Places)]
    made = {item.path for items in steps.values() for item in items if isinstance(item, Directory)}
    assert made <= set(places.paths)
    assert {cluster.tree, "/var/lib/kafka-fab"} <= set(places.paths)
