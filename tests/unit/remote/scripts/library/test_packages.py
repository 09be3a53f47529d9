"""What on a host is a package's: its tree is repaired and removed by its manager, its files go with it."""

from pathlib import Path

import pytest

from kafka_fab.cluster.resource import Absent, Download, PackagedKept, Tree, TreeAbsent, UnitAbsent
from kafka_fab.remote import script
from tests.unit.remote.scripts.library.host import Host

OWNER = "set_owner demo id here here tests"


@pytest.fixture
def tree(host: Host) -> Path:
    """A tree that a package has unpacked, as an extraction would have made it."""
    place = host / "kafka_2.13-3.9.1"
    (place / "libs").mkdir(parents=True)
    (place / "libs/a.jar").write_text("a")
    host.run(f"tree_write_down {place} {place} && tree_marked {place} {place}")
    host.stub("dpkg-query", f'case "$*" in "-S {place}") echo "kafka-3.9.1: {place}" ;; "-W "*) ;; *) exit 1 ;; esac')
    return place


def test_a_damaged_tree_is_its_package_s_to_repair(host: Host, tree: Path) -> None:
    (tree / "libs/a.jar").unlink()
    wanted = [Download("http://nowhere/k.tgz", str(host / "k.tgz"), str(tree)), Tree(str(tree), str(host / "k.tgz"))]
    said = host.run("\n".join(map(script.call, wanted)))
    repairs = "which repairs it: apt-get install --reinstall kafka-3.9.1"
    assert [change.detail for change in said.changes] == [
        "of the package kafka-3.9.1",
        f"libs/a.jar is missing; the tree belongs to the package kafka-3.9.1, {repairs}",
    ]
    assert said.changes[-1].status == "failed"


def test_a_packaged_tree_is_not_removed(host: Host, tree: Path) -> None:
    said = host.run(f"{OWNER}\nwrite_down used {tree}\n{script.call(TreeAbsent(str(tree)))}")
    assert said.only.detail == "kept: it belongs to the package kafka-3.9.1: apt-get remove kafka-3.9.1"
    assert (tree / "libs/a.jar").exists()
    assert str(tree) not in (host / "state/made").read_text()


def test_a_tree_of_nobody_s_is_removed(host: Host, tree: Path) -> None:
    host.stub("dpkg-query", "exit 1")
    assert host.run(f"{OWNER}\n{script.call(TreeAbsent(str(tree)))}").only.status == "changed"
    assert not tree.exists()


@pytest.fixture
def packaged(host: Host) -> Path:
    """A file and a unit that a package has put on the host."""
    (host / "state").mkdir()
    (host / "a").write_text("a")
    (host / "units/kafka.service").write_text("[Service]\n")
    paths = (host / "a", host / "units/kafka.service")
    (host / "state/packaged").write_text("".join(f"{path}\tkafka-cluster-demo\n" for path in paths))
    host.stub("dpkg-query", "exit 0")
    host.stub("systemctl", 'echo "$*" >>"$HOME/asked"; case $1 in is-active) exit 1 ;; esac')
    return host / "a"


def test_an_uninstall_leaves_a_package_s_files_and_disables_its_units(host: Host, packaged: Path) -> None:
    items = (PackagedKept(), UnitAbsent("kafka"), Absent(str(packaged)))
    said = host.run("\n".join([OWNER, *map(script.call, items)]))
    words = "kept: it belongs to the package kafka-cluster-demo: apt-get purge kafka-cluster-demo"
    assert [change.detail for change in said.changes if change.status == "note"] == [words, words]
    assert packaged.exists()
    assert (host / "units/kafka.service").exists()
    assert "--quiet disable kafka" in (host / "asked").read_text()


def test_an_install_removes_what_it_must(host: Host, packaged: Path) -> None:
    assert host.run(f"{OWNER}\n{script.call(Absent(str(packaged)))}").only.status == "changed"
    assert not packaged.exists()


def test_the_record_of_a_package_outlives_the_cluster_s(host: Host, packaged: Path) -> None:
    host.run(f"{OWNER}\nwrite_down made {packaged}\nwant_records_absent")
    assert (host / "state/packaged").exists()
    assert not (host / "state/made").read_text()
