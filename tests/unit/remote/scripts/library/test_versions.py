"""versions.sh: the tree that each service starts from, what an install leaves alone, and the way back."""

import subprocess
from pathlib import Path
from shlex import join

import pytest

from kafka_fab.cluster.change import Change
from kafka_fab.cluster.resource import File
from kafka_fab.remote import script
from tests.unit.remote.scripts.library.clusters import THEM, US, marked_tree, of
from tests.unit.remote.scripts.library.host import GROUP, USER, Host

OLD, NEW = "kafka_2.13-2.8.2", "kafka_2.13-3.9.1"
PIN, FORMAT = "inter.broker.protocol.version", "log.message.format.version"
BEFORE_START = '[ -e "$(dirname "$(readlink -f "$(command -v java)")")"/../lib/modules ] || A=$$B; '


def start(tree: object, script: str = "kafka-server-start.sh", before: str = "") -> str:
    return f"ExecStart=/bin/sh -c '{before}exec {tree}/bin/{script} /etc/kafka/server.properties'\n"


def by_link(link: Path, before: str = "") -> str:
    """The start of a unit that an older kafka-fab wrote."""
    return start(f'"$(readlink -f {link})"', before=before)


def unit(host: Host, text: str, name: str = "kafka") -> Path:
    path = host / f"units/{name}.service"
    path.write_text(f"# Written by kafka-fab.\n[Service]\nUser=kafka\n{text}Restart=on-failure\n")
    return path


def named(host: Host, name: str = "kafka") -> str:
    """The tree that a unit starts from, by the library."""
    said = host.run(f'unit_tree {name} {host / "link"}\nsay ok tree x "$found"')
    return said.only.detail.removeprefix(f"{host.folder}/")


@pytest.fixture
def upgraded(host: Host) -> Host:
    """A host with two versions, the link at the old one."""
    for tree in (OLD, NEW):
        marked_tree(host, tree)
    (host / "link").symlink_to(host / OLD)
    (host / "data/orders-0").mkdir(parents=True)
    return host


@pytest.mark.parametrize("before", ["", BEFORE_START])
def test_a_unit_names_its_tree(before: str, upgraded: Host) -> None:
    assert named(upgraded) == "", "without a unit nothing starts"
    for text, tree in (
        (start(upgraded / NEW, before=before), NEW),
        (start(upgraded / NEW, "kafka-run-class.sh kafka.Kafka", before), NEW),
        (by_link(upgraded / "link", before), OLD),
        # A user's own template.
        (f"ExecStart={upgraded / NEW}/bin/kafka-server-start.sh /x\n", NEW),
        (f"ExecStart={upgraded / 'link'}/bin/kafka-server-start.sh /x\n", OLD),
        ("ExecStart=/usr/bin/java kafka.Kafka /x\n", OLD),
    ):
        unit(upgraded, text)
        assert named(upgraded) == tree, text


def test_a_tree_that_is_gone_is_still_what_its_unit_names(host: Host) -> None:
    unit(host, start(host / NEW))
    assert named(host) == NEW


def version(
    host: Host, wanted: str, *more: str, data: str = "data", java: str = "", apply: bool = True
) -> list[Change]:
    words = (
        "want_version",
        host / "link",
        host / wanted,
        java,
        "kafka",
        host / "f",
        host / "units/kafka.service",
        "--",
    )
    return host.run("\n".join([join(map(str, (*words, host / data))), *more]), apply).changes


@pytest.mark.parametrize(
    ("was", "wanted", "runs", "has_data", "status"),
    [
        ("", "3.9.1", False, True, "ok"),
        ("3.9.1", "3.9.1", True, True, "ok"),
        ("3.9.1", "3.10.0", False, True, "prepared"),
        ("3.9.1", "4.3.1", True, True, "prepared"),
        ("3.9.1", "3.9.10", True, False, "prepared"),
        ("3.9.1", "4.3.1", False, False, "ok"),
        ("4.0", "4.0.0", True, True, "prepared"),
        ("3.9.10", "3.9.9", False, True, "failed"),
        ("3.9.1", "3.9.0", True, False, "failed"),
        ("4.3.1", "3.9.1", False, False, "ok"),
        ("4.0.1", "4.0", False, True, "failed"),
    ],
)
@pytest.mark.parametrize("names", ["tree", "link"])
def test_versions(names: str, was: str, wanted: str, runs: bool, has_data: bool, status: str, host: Host) -> None:
    host.stub("systemctl", f"echo {4711 if runs else 0}")
    (host / "data").mkdir()
    if has_data:
        (host / "data/orders-0").mkdir()
    if was:
        (host / f"kafka_2.13-{was}").mkdir()
        (host / "link").symlink_to(host / f"kafka_2.13-{was}")
        unit(host, start(host / f"kafka_2.13-{was}") if names == "tree" else by_link(host / "link"))
    first, *more = version(host, f"kafka_2.13-{wanted}", apply=False)
    assert first.status == ("failed" if status == "failed" else "ok")
    if status == "failed":
        assert "is older than" in first.detail
        assert f"set version to {was} in conf/cluster.yaml again" in first.detail
        assert first.detail.endswith("[U9]")
    told = f"would be prepared for {wanted}; stays at {was} until it is upgraded: fab upgrade"
    assert [change.detail for change in more] == [told] * (status == "prepared")


@pytest.mark.parametrize("apply", [True, False])
def test_an_older_version_says_what_other_hosts_may_have_got(apply: bool, host: Host) -> None:
    host.stub("systemctl", "echo 4711")
    (host / "data").mkdir()
    unit(host, start(host / "kafka_2.13-4.3.1"))
    [said] = version(host, "kafka_2.13-3.9.1", apply=apply)
    left = ", and run fab install on all hosts: those that have not run 4.3.1 may have files of 3.9.1 now"
    assert (left in said.detail) == apply


def test_an_install_leaves_a_service_of_another_version_as_it_is(upgraded: Host) -> None:
    unit(upgraded, start(upgraded / OLD))
    (upgraded / "f").write_text("broker.id=1\n")
    (upgraded / "gone").touch()
    more = (
        script.call(File(str(upgraded / "f"), "broker.id=1\nx=2\n", USER, GROUP)),
        f"want_absent {upgraded / 'units/kafka.service'} 0",
        f"want_link {upgraded / 'link'} {upgraded / NEW}",
        script.call(File(str(upgraded / "other"), "x\n", USER, GROUP)),
    )
    before = upgraded.tree()
    found = version(upgraded, NEW, *more, apply=False)
    assert [change.status for change in found] == ["ok", "note", "ok", "ok", "ok", "would"]
    assert found[1].detail == "prepared for 3.9.1; stays at 2.8.2 until it is upgraded: fab upgrade"
    assert upgraded.tree() == before
    assert [change.status for change in version(upgraded, NEW, *more)][-1] == "changed"
    assert (upgraded / "f").read_text() == "broker.id=1\n"
    assert (upgraded / "link").readlink() == upgraded / OLD
    unit(upgraded, start(upgraded / NEW))
    assert [change.status for change in version(upgraded, NEW, *more[::2])] == ["ok", "changed", "changed"]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("", ""),
        (
            "rm TREE/libs/k.jar",
            "libs/k.jar is missing, and kafka starts from it until it is upgraded: to repair it, set",
        ),
        ("echo more >>TREE/libs/k.jar", "libs/k.jar differs from the archive, and kafka starts from it"),
        ("chmod 600 TREE/libs/k.jar", "libs/k.jar must be "),
        ("touch TREE/libs/own.jar", "not from the archive: libs/own.jar; Kafka loads every file in libs"),
    ],
)
def test_the_tree_that_a_service_still_starts_from_is_compared_too(damage: str, said: str, upgraded: Host) -> None:
    tree = upgraded / OLD
    (tree / "libs").mkdir()
    (tree / "libs/k.jar").write_text("classes\n")
    unit(upgraded, start(tree))
    upgraded.run(f"tree_write_down {tree} {tree}\n{damage.replace('TREE', str(tree))}")
    # The second service of a host starts from the same tree, which is told of once.
    (upgraded / "units/zookeeper.service").write_text(start(tree))
    words = (
        "want_version",
        upgraded / "link",
        upgraded / NEW,
        "",
        "zookeeper",
        upgraded / "z",
        "--",
        upgraded / "data",
    )
    found = version(upgraded, NEW, join(map(str, words)), apply=False)
    told = [change for change in found if change.status == "foreign"]
    assert [(change.kind, change.name) for change in told] == [("tree", str(tree))] * bool(said)
    assert all(change.detail.startswith(said) for change in told)
    (upgraded / "units/zookeeper.service").unlink()
    unit(upgraded, start(upgraded / NEW))
    assert [change.status for change in version(upgraded, NEW, apply=False)] == ["ok"], "nothing starts from it"


def test_the_files_of_each_tree_that_a_service_starts_from_are_read(upgraded: Host) -> None:
    for name in (OLD, NEW):
        (upgraded / name / "jar").write_text("classes\n")
        upgraded.run(f"tree_write_down {upgraded / name} {upgraded / name}")
    (upgraded / OLD / "jar").write_text("CLASSES\n")

    def said(*units: str) -> list[tuple[str, str]]:
        words = ("contents_of_trees", upgraded / "link", upgraded / NEW, *units)
        found = upgraded.run(join(map(str, words)), apply=False).changes
        return [(one.name.removeprefix(f"{upgraded.folder}/"), one.status) for one in found]

    assert said("kafka", "zookeeper") == [(NEW, "ok")], "nothing is installed yet"
    unit(upgraded, start(upgraded / OLD))
    unit(upgraded, start(upgraded / NEW), "zookeeper")
    assert said("kafka", "zookeeper") == [(OLD, "failed"), (NEW, "ok")]
    unit(upgraded, start(upgraded / OLD), "zookeeper")
    assert said("kafka", "zookeeper") == [(OLD, "failed")]


def with_java(host: Host, home: str, tree: str = NEW, quoted: bool = False) -> Path:
    word = f'"JAVA_HOME={home}"' if quoted else f"JAVA_HOME={home}"
    return unit(host, f"Environment={word}\n{start(host / tree)}" if home else start(host / tree))


@pytest.mark.parametrize(
    ("was", "wanted", "said"),
    [
        ("", "", ""),
        ("/jdk17", "/jdk17", ""),
        ("/jdk17", "/jdk21", "prepared for /jdk21 (java.home); stays at /jdk17 until it is upgraded: fab upgrade"),
        ("", "/jdk21", "prepared for /jdk21 (java.home); stays at the java in PATH until"),
        ("/jdk17", "", "prepared for the java in PATH (java.home); stays at /jdk17 until"),
    ],
)
@pytest.mark.parametrize("quoted", [False, True])
def test_another_java_comes_by_an_upgrade_too(was: str, wanted: str, said: str, quoted: bool, upgraded: Host) -> None:
    with_java(upgraded, was, quoted=quoted)
    more = script.call(File(str(upgraded / "f"), "x=2\n", USER, GROUP))
    first, *notes, file = version(upgraded, NEW, more, java=wanted, apply=False)
    assert first.status == "ok"
    assert [one.detail.startswith(said) for one in notes] == [True] * bool(said)
    assert file.status == ("ok" if said else "would"), "until then its files stay"
    # Without data and a process nothing is at stake.
    (upgraded / "data/orders-0").rmdir()
    assert [one.status for one in version(upgraded, NEW, more, java=wanted, apply=False)] == ["ok", "would"]


def test_the_files_before_another_java_lead_back(upgraded: Host) -> None:
    (upgraded / "f").write_text("x=1\n")
    (upgraded / "jdk17/bin").mkdir(parents=True)
    (upgraded / "jdk17/bin/java").touch(0o755)
    home = str(upgraded / "jdk17")
    before = with_java(upgraded, home).read_text()
    assert saved(upgraded, home) == [("ok", "")]
    assert saved(upgraded, "/jdk21") == [("changed", "the files of 3.9.1")]
    with_java(upgraded, "/jdk21")
    (upgraded / "f").write_text("x=2\n")
    assert saved(upgraded, "/jdk21") == [("ok", "")], "a step that is repeated"
    restore = ("want_restored", "kafka", upgraded / "link", "kafka")
    assert of(upgraded, US, restore)[-1] == ("changed", "the files of 3.9.1")
    assert ((upgraded / "f").read_text(), (upgraded / "units/kafka.service").read_text()) == ("x=1\n", before)


def test_another_java_while_a_version_soaks_leads_back_to_before_both(upgraded: Host) -> None:
    (upgraded / "f").write_text("x=1\n")
    unit(upgraded, start(upgraded / OLD))
    upgrade(upgraded)
    assert saved(upgraded, "/jdk21") == [("ok", "")]
    assert (upgraded / "state/clusters/id1/before/kafka/tree").read_text() == f"{upgraded / OLD}\n"


def test_a_unit_file_that_is_gone_is_not_replaced_by_one_of_another_version(upgraded: Host) -> None:
    upgraded.stub("systemctl", "echo 4711")
    [found] = version(upgraded, NEW)
    assert (found.status, "its unit file is missing" in found.detail) == ("failed", True)


def test_a_link_that_was_led_elsewhere_tells_of_no_version(host: Host) -> None:
    host.stub("systemctl", "echo 4711")
    (host / "data/orders-0").mkdir(parents=True)
    (host / "link").symlink_to("/nowhere")
    assert [change.status for change in version(host, NEW, apply=False)] == ["ok"]


@pytest.mark.parametrize("link", ["by an uninstall", "by hand", "of an older kafka-fab"])
@pytest.mark.parametrize(("wanted", "status"), [("3.8.0", "failed"), ("3.9.1", "ok"), ("4.3.1", "ok")])
def test_the_version_of_data_outlives_its_link(link: str, wanted: str, status: str, host: Host) -> None:
    old = marked_tree(host, "kafka_2.13-3.9.1")
    if link == "of an older kafka-fab":
        (host / "l").symlink_to(old)
    else:
        of(host, US, ("want_link", host / "l", old))
    (host / "data/orders-0").mkdir(parents=True)
    if link == "by hand":
        (host / "l").unlink()
    else:
        assert of(host, US, ("want_link_absent", host / "l")) == [("changed", "removed")]
    words = ("want_version", host / "l", host / f"kafka_2.13-{wanted}", "", "kafka", "--")
    ((found, detail),) = of(host, US, (*words, host / "data"), apply=False)
    assert (found, "set version to 3.9.1 in conf/cluster.yaml" in detail) == (status, status == "failed")
    assert of(host, US, (*words, host / "none"), apply=False)[0][0] == "ok", "no data was kept"
    assert of(host, THEM, (*words, host / "data"), apply=False)[0][0] == "ok", "another cluster's"


def levels(host: Host, content: str, *keys: str) -> File:
    return File(str(host / "f"), content, USER, GROUP, "644", levels=keys)


def test_a_level_on_disk_survives_an_install(host: Host) -> None:
    wanted = levels(host, "a=1\n", PIN, FORMAT)
    (host / "f").write_text(f"a=1\n{PIN}=2.8\n")
    (host / "f").chmod(0o644)
    note, same = host.run(script.call(wanted)).changes
    assert note.detail == f"keeps {PIN}=2.8, which conf/cluster.yaml does not set: fab finalize removes it"
    assert same.status == "ok", "a second install changes nothing"
    _, changed = host.run(script.call(levels(host, "a=2\n", PIN, FORMAT)), apply=False).changes
    assert [line for line in changed.diff if line[:1] in "+-" and line[:2] not in ("++", "--")] == ["-a=1", "+a=2"]
    assert host.run(script.call(levels(host, "a=2\n", PIN, FORMAT))).words[-1] == ("changed", "file")
    assert (host / "f").read_text() == f"a=2\n{PIN}=2.8\n"
    again = host.run(script.call(levels(host, "a=3\n", PIN, FORMAT))).changes[-1]
    assert "edited by hand" not in again.detail


def test_a_level_of_the_settings_takes_the_place_of_the_one_on_disk(host: Host) -> None:
    (host / "f").write_text(f"a=1\n{PIN}=2.8\n{FORMAT}=0.8.0\n")
    assert host.run(script.call(levels(host, f"a=1\n{PIN}=3.9\n", FORMAT))).words[-1] == ("changed", "file")
    assert (host / "f").read_text() == f"a=1\n{PIN}=3.9\n{FORMAT}=0.8.0\n"
    assert host.run(script.call(levels(host, "a=1\n"))).only.status == "changed", "finalize keeps none"
    assert (host / "f").read_text() == "a=1\n"


@pytest.mark.parametrize("by_hand", [False, True])
def test_levels_that_a_joining_broker_takes_over(by_hand: bool, host: Host) -> None:
    wanted = levels(host, "a=1\n", PIN, FORMAT)
    host.run(script.call(wanted))
    if by_hand:
        (host / "f").write_text("a=1\nb=2\n")
    [said] = host.run(f"add_levels {host / 'f'} {PIN}=2.8").changes
    assert (said.status, said.detail.startswith(f"{PIN}=2.8: ")) == ("changed", True)
    assert (host / "f").read_text() == ("a=1\nb=2\n" if by_hand else "a=1\n") + f"{PIN}=2.8\n"
    after = host.run(script.call(wanted), apply=False).changes[-1]
    assert (after.status, "edited by hand" in after.detail) == ("would" if by_hand else "ok", by_hand)
    assert host.run(f"add_levels {host / 'none'} {PIN}=2.8").only.status == "failed"


def saved(host: Host, java: str = "") -> list[tuple[str, str]]:
    files = (host / "f", host / "new.yaml", host / "units/kafka.service")
    words = ("want_saved", "kafka", host / "link", host / NEW, java, *files)
    return of(host, US, words)


def upgrade(host: Host) -> None:
    """What the step of an upgrade writes."""
    saved(host)
    (host / "f").write_text(f"x=2\n{PIN}=2.8\n")
    (host / "new.yaml").write_text("log4j 2\n")
    unit(host, start(host / NEW))
    of(host, US, ("want_version_record", host / NEW), ("want_link", host / "link", host / NEW, "kafka", "zookeeper"))


@pytest.mark.parametrize("names", ["tree", "link"])
def test_the_way_back(names: str, upgraded: Host) -> None:
    (upgraded / "f").write_text("x=1\n")
    (upgraded / "f").chmod(0o640)
    before = unit(upgraded, start(upgraded / OLD) if names == "tree" else by_link(upgraded / "link")).read_text()
    of(upgraded, US, ("want_link", upgraded / "link", upgraded / OLD))
    upgrade(upgraded)
    assert (upgraded / "link").readlink() == upgraded / NEW
    assert saved(upgraded) == [("ok", "")], "an interrupted step is repeated: what it wrote is not what was before"
    restore = ("want_restored", "kafka", upgraded / "link", "kafka", "zookeeper")
    assert of(upgraded, US, restore)[-1] == ("changed", "the files of 2.8.2")
    assert (upgraded / "f").read_text() == "x=1\n"
    assert (upgraded / "f").stat().st_mode & 0o777 == 0o640
    assert not (upgraded / "new.yaml").exists()
    after = (upgraded / "units/kafka.service").read_text()
    assert after == (before if names == "tree" else before.replace(*legacy(upgraded)))
    assert (upgraded / "link").readlink() == upgraded / OLD
    assert (upgraded / "state/clusters/id1/version").read_text() == f"{upgraded / OLD}\n"
    assert of(upgraded, US, restore) == [("ok", "nothing is saved")]
    assert [path.name for path in (upgraded / "state/clusters/id1/before").iterdir()] == []


def legacy(host: Host) -> tuple[str, str]:
    return f'"$(readlink -f {host / "link"})"', str(host / OLD)


def test_files_of_an_upgrade_long_ago_are_not_kept_for_the_next(upgraded: Host) -> None:
    (upgraded / "f").write_text("x=1\n")
    unit(upgraded, start(upgraded / OLD))
    saved(upgraded)
    (upgraded / "f").write_text("x=5\n")
    unit(upgraded, start(upgraded / "kafka_2.13-3.0.0"))
    assert saved(upgraded) == [("changed", "the files of 3.0.0")]
    assert (upgraded / "state/clusters/id1/before/kafka/f").read_text() == "x=5\n"


def test_a_plan_saves_and_restores_nothing(upgraded: Host) -> None:
    (upgraded / "f").write_text("x=1\n")
    unit(upgraded, start(upgraded / OLD))
    before = upgraded.tree()
    words = ("want_saved", "kafka", upgraded / "link", upgraded / NEW, "", upgraded / "f")
    assert of(upgraded, US, words, apply=False) == [("would", "the files of 2.8.2")]
    assert upgraded.tree() == before
    upgrade(upgraded)
    before = upgraded.tree()
    assert of(upgraded, US, ("want_restored", "kafka", upgraded / "link", "kafka"), apply=False)[0][0] == "would"
    assert of(upgraded, US, ("want_saved_absent", "kafka"), apply=False)[0][0] == "would"
    assert upgraded.tree() == before


def test_the_saved_files_go_at_the_end(upgraded: Host) -> None:
    (upgraded / "f").write_text("x=1\n")
    unit(upgraded, start(upgraded / OLD))
    saved(upgraded)
    assert (upgraded / "state/clusters/id1/before/kafka").stat().st_mode & 0o777 == 0o700, "they may hold passwords"
    absent = ("want_saved_absent", "kafka")
    assert of(upgraded, US, absent, absent) == [("changed", "removed"), ("ok", "")]


def test_a_tree_that_is_gone_is_not_gone_back_to(upgraded: Host) -> None:
    (upgraded / "f").write_text("x=1\n")
    unit(upgraded, start(upgraded / OLD))
    upgrade(upgraded)
    for path in (upgraded / OLD).iterdir():
        path.unlink()
    (upgraded / OLD).rmdir()
    for apply in (False, True):
        assert "does not exist any more" in refused(upgraded, apply)
    assert (upgraded / "f").read_text() != "x=1\n"


def refused(host: Host, apply: bool = False) -> str:
    """Why a service cannot go back."""
    ((status, detail),) = of(host, US, ("want_restored", "kafka", host / "link", "kafka"), apply=apply)
    assert status == "failed"
    return detail


@pytest.mark.parametrize("lost", ["paths", "kafka.service"])
def test_saved_files_that_are_gone_are_told_of_by_a_plan(lost: str, upgraded: Host) -> None:
    (upgraded / "f").write_text("x=1\n")
    unit(upgraded, start(upgraded / OLD))
    upgrade(upgraded)
    (upgraded / "state/clusters/id1/before/kafka" / lost).unlink()
    assert "are not complete any more" in refused(upgraded)


def test_a_java_that_is_gone_is_not_gone_back_to(upgraded: Host) -> None:
    home = upgraded / "jdk"
    (home / "bin").mkdir(parents=True)
    (home / "bin/java").touch(0o755)
    unit(upgraded, f"Environment=JAVA_HOME={home}\n{start(upgraded / OLD)}")
    upgrade(upgraded)
    restore = ("want_restored", "kafka", upgraded / "link", "kafka")
    assert of(upgraded, US, restore, apply=False)[0][0] == "would"
    (home / "bin/java").unlink()
    assert f"JAVA_HOME={home}, where there is no Java any more" in refused(upgraded)


@pytest.mark.parametrize("holds", [False, True])
def test_a_directory_with_data_that_was_added_since_is_not_left(holds: bool, upgraded: Host) -> None:
    main, other = upgraded / "s.properties", upgraded / "more"
    (other / "orders-1").mkdir(parents=True) if holds else other.mkdir()
    main.write_text(f"log.dirs={upgraded / 'data'}\n")
    unit(upgraded, start(upgraded / OLD))
    words = ("want_saved", "kafka", upgraded / "link", upgraded / NEW, "", main, upgraded / "units/kafka.service")
    of(upgraded, US, words)
    main.write_text(f"log.dirs={upgraded / 'data'},{other}\n")
    unit(upgraded, start(upgraded / NEW))
    restore = ("want_restored", "kafka", upgraded / "link", "kafka")
    for apply in (False, True):
        status, detail = of(upgraded, US, restore, apply=apply)[-1]
        assert status == ("failed" if holds else "changed" if apply else "would")
        assert (f"{other} was added after the upgrade and holds data" in detail) is holds


@pytest.mark.parametrize(("before", "stays"), [("kafka_2.8.0-0.8.0", False), (OLD, True)])
def test_what_is_left_of_deleted_partitions_goes_where_the_old_version_would_not_start_beside_it(
    before: str, stays: bool, upgraded: Host
) -> None:
    main, data = upgraded / "s.properties", upgraded / "data"
    deleted, topic = data / f"orders-0.{'0f' * 16}-delete", data / "orders.a-delete"
    for folder in (upgraded / before, deleted, topic, data / "orders-1"):
        folder.mkdir(parents=True, exist_ok=True)
    main.write_text(f"log.dirs={data}\n")
    unit(upgraded, start(upgraded / before))
    words = ("want_saved", "kafka", upgraded / "link", upgraded / NEW, "", main, upgraded / "units/kafka.service")
    of(upgraded, US, words)
    unit(upgraded, start(upgraded / NEW))
    restore = ("want_restored", "kafka", upgraded / "link", "kafka")
    assert of(upgraded, US, restore, apply=False)[-1][0] == "would"
    assert deleted.is_dir()
    assert of(upgraded, US, restore)[-1][0] == "changed"
    assert (deleted.is_dir(), topic.is_dir(), (data / "orders-1").is_dir()) == (stays, True, True)


def test_the_link_follows_the_last_service_of_a_host(upgraded: Host) -> None:
    of(upgraded, US, ("want_link", upgraded / "link", upgraded / OLD))
    for name in ("zookeeper", "kafka"):
        unit(upgraded, by_link(upgraded / "link"), name)
    words = ("want_link", upgraded / "link", upgraded / NEW, "kafka", "zookeeper")
    unit(upgraded, start(upgraded / NEW), "zookeeper")
    assert of(upgraded, US, words) == [("ok", "")]
    assert (upgraded / "link").readlink() == upgraded / OLD, "a unit that names the link still starts the old version"
    unit(upgraded, start(upgraded / NEW))
    assert of(upgraded, US, words)[0][0] == "changed"


def test_what_a_host_says_of_its_versions(upgraded: Host) -> None:
    marked_tree(upgraded, "kafka_2.13-4.3.1")
    (upgraded / "kafka_2.13-3.0.0").mkdir()
    (upgraded / "f").write_text(f"x=1\n{PIN}=2.8\n{FORMAT} = 0.8.0\n")
    unit(upgraded, start(upgraded / OLD))
    saved(upgraded)
    unit(upgraded, f"Environment=JAVA_HOME=/jdk\n{start(upgraded / NEW)}")
    java = upgraded / OLD / "java"
    java.symlink_to("/bin/sleep")
    with subprocess.Popen([java, "60"]) as process:
        upgraded.stub("systemctl", f"echo {process.pid}")
        words = ("look_versions", upgraded.folder, upgraded / "link", "kafka", upgraded / "f")
        said = upgraded.run("\n".join(join(map(str, line)) for line in (("set_owner", *US), words))).changes
        process.kill()
    here = f"{upgraded.folder}/"
    assert [(one.kind, one.name.replace(here, ""), one.detail.replace(here, "")) for one in said] == [
        *(("host-tree", tree, "") for tree in (OLD, NEW, "kafka_2.13-4.3.1")),
        ("service-version", "kafka", f"starts={NEW} running={OLD} saved={OLD} java=/jdk running-java="),
        ("level", "kafka", f"{PIN}=2.8"),
        ("level", "kafka", f"{FORMAT}=0.8.0"),
    ]
