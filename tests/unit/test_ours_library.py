"""What of a host is ours: ours.sh run for real in temporary folders, by every shell that is here."""

from pathlib import Path
from shlex import join

import pytest

from kafka_fab.cluster.resource import Directory, Places, Resource
from tests.unit.test_remote_library import GROUP, HERE, USER, Host, mode

US = ("orders", "id1", "h1", "h1,h2", "me@here", "kafka", "/data")
THEM = ("payments", "id2", "h1", "h1,h3", "you@there", "kafka-two", "/two")


@pytest.fixture(params=HERE)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Host:
    made = Host(tmp_path, request.param)
    # No package owns anything, and systemd knows no unit.
    made.stub("dpkg-query", "exit 1")
    made.stub("rpm", "exit 1")
    made.stub("systemctl", "exit 0")
    return made


def of(host: Host, whose: tuple[str, ...], *commands: object, apply: bool = True) -> list[tuple[str, str]]:
    """Run functions of the library for a cluster, and return what each said: status and detail."""
    lines = (command if isinstance(command, str) else join(map(str, command)) for command in commands)
    said = host.run("\n".join([join(("whose", *whose)), *lines]), apply)
    assert said.changes or not commands, said.output
    return [(change.status, change.detail) for change in said.changes]


def directory(host: Host, name: str = "d", *more: str, owner: str = USER) -> tuple[object, ...]:
    return ("want_directory", host / name, owner, GROUP, "750", *more)


def records(host: Host) -> list[tuple[str, str, str]]:
    """How each thing came to be ours, what it is, and whose it is."""
    lines = (host / "state/made").read_text().splitlines() if (host / "state/made").exists() else []
    found = [line.split("\t") for line in lines]
    return [(how, thing.removeprefix(f"{host.folder}/"), folder) for how, thing, folder, *_ in found]


# Directories


def test_a_directory_that_is_made_is_written_down_before(host: Host) -> None:
    host.stub("install", f"cp {host / 'state/made'} {host / 'seen'}; exit 1")
    assert of(host, US, directory(host))[0][0] == "failed"
    assert f"made\t{host / 'd'}\tid1\torders\t" in (host / "seen").read_text()
    (host / "bin/install").unlink()
    assert of(host, US, directory(host))[0][0] == "changed"
    assert records(host) == [("made", "d", "id1")]


def test_a_scratch_directory_that_a_start_has_made_is_removed_whole(host: Host) -> None:
    (host / "d").mkdir()
    (host / "d/liblz4.so").touch()
    host.stub("stat", f"case $3 in %F*) echo 'directory|kafka {GROUP} 750' ;; *) echo / ;; esac")
    assert of(host, US, directory(host, "d", "scratch", owner="kafka")) == [("ok", "")]
    assert of(host, US, ("want_gone", host / "d", 1)) == [("changed", "removed")]
    assert not (host / "d").exists()


def test_a_scratch_directory_with_what_is_not_ours_is_refused(host: Host) -> None:
    (host / "d").mkdir()
    (host / "d/theirs").touch()
    host.stub("stat", "echo 'directory|www www 750'")
    ((status, detail),) = of(host, US, directory(host, "d", "scratch"))
    assert (status, "each start of the service would delete" in detail, "`service`" in detail) == ("failed", True, True)


def test_a_plan_writes_nothing_down(host: Host) -> None:
    assert of(host, US, directory(host), apply=False)[0][0] == "would"
    assert not (host / "state").exists()


def test_an_empty_directory_is_taken_and_changed_alone(host: Host) -> None:
    (host / "d/lost+found").mkdir(parents=True, mode=0o700)
    assert of(host, US, directory(host))[0][0] == "changed"
    assert (mode(host / "d"), mode(host / "d/lost+found")) == ("750", "700")
    assert records(host) == [("took", "d", "id1")]


def test_a_directory_with_other_content_is_refused_by_name(host: Host) -> None:
    (host / "d").mkdir()
    (host / "d/passwd").touch()
    ((status, detail),) = of(host, US, directory(host))
    assert (status, detail.partition(":")[0]) == ("failed", f"is there with passwd in it, of {USER} {GROUP}")
    assert "neither made it nor found it empty" in detail
    assert (mode(host / "d"), records(host)) == ("755", [])


def test_an_empty_directory_of_somebody_else_is_refused(host: Host) -> None:
    (host / "d").mkdir()
    host.stub("stat", "echo 'directory|postgres postgres 755'")
    ((status, detail),) = of(host, US, directory(host))
    assert (status, detail.partition(":")[0]) == ("failed", "belongs to postgres")


def test_a_directory_of_the_service_is_taken_with_what_is_in_it(host: Host) -> None:
    (host / "d").mkdir()
    (host / "d/meta.properties").touch()
    host.stub("stat", "echo 'directory|kafka kafka 750'")
    words = ("want_directory", host / "d", "kafka", "kafka", "750")
    assert of(host, US, words)[0][0] == "ok"
    assert records(host) == [("took", "d", "id1")]


def test_a_directory_of_a_package_is_refused_by_name(host: Host) -> None:
    (host / "d").mkdir()
    host.stub("dpkg-query", f'[ "$2" = {host / "d"} ] && echo "base-files: $2"')
    ((status, detail),) = of(host, US, directory(host))
    assert (status, detail.partition(":")[0]) == ("failed", "belongs to the package base-files")


def test_a_directory_of_another_cluster_is_refused_by_name(host: Host) -> None:
    of(host, THEM, directory(host))
    ((status, detail),) = of(host, US, directory(host))
    assert status == "failed"
    assert detail.startswith("is that of cluster payments (since 20")
    assert "by you@there" in detail


def test_a_shared_directory_is_that_of_all_who_use_it(host: Host) -> None:
    of(host, THEM, directory(host, "d", "shared"))
    assert of(host, US, directory(host, "d", "shared"))[0][0] == "ok"
    assert records(host) == [("made", "d", "id2"), ("used", "d", "id1")]
    assert of(host, US, ("want_gone", host / "d", 1))[0][1].startswith("kept: cluster payments")
    assert of(host, THEM, ("want_gone", host / "d", 1))[0] == ("changed", "removed")
    assert records(host) == []


# Removed is what was made


def test_what_we_made_is_removed_with_what_is_in_it(host: Host) -> None:
    of(host, US, directory(host))
    (host / "d/a").mkdir()
    (host / "d/a/b").touch()
    host.file(host / "d/myid", "1\n")
    host.file(host / "d2", "kept\n")
    assert of(host, US, ("want_gone", host / "d", 1)) == [("changed", "removed")]
    assert (not (host / "d").exists(), records(host)) == (True, [])
    assert (host / "state/written").read_text().split()[1:] == [str(host / "d2")]


def test_what_we_found_empty_is_emptied_and_kept(host: Host) -> None:
    (host / "d/lost+found").mkdir(parents=True)
    of(host, US, directory(host))
    (host / "d/a").mkdir()
    (host / "d/a/b").touch()
    assert of(host, US, ("want_gone", host / "d", 1)) == [("changed", "emptied and kept: kafka-fab did not make it")]
    assert [path.name for path in (host / "d").iterdir()] == ["lost+found"]


def test_a_mount_point_is_emptied_and_kept(host: Host) -> None:
    of(host, US, directory(host))
    (host / "d/a").touch()
    host.stub("stat", f'case "$*" in *%m*) echo {host / "d"} ;; *) echo "directory|{USER} {GROUP} 750" ;; esac')
    assert of(host, US, ("want_gone", host / "d", 1)) == [("changed", "emptied and kept: a mount point")]
    assert list((host / "d").iterdir()) == []


@pytest.mark.parametrize("content", [0, 1])
def test_what_we_neither_made_nor_took_is_kept(content: int, host: Host) -> None:
    (host / "d").mkdir()
    if content:
        (host / "d/passwd").touch()
    ((status, detail),) = of(host, US, ("want_gone", host / "d", content))
    assert (status in ("note", "ok"), "kafka-fab" in detail) == (True, True)
    assert (host / "d").is_dir()


def test_data_behind_a_link_is_removed_and_the_link_is_kept(host: Host) -> None:
    (host / "disk").mkdir()
    (host / "d").symlink_to(host / "disk")
    of(host, US, directory(host))
    (host / "disk/a").touch()
    assert of(host, US, ("want_gone", host / "d", 1))[0][0] == "changed"
    assert (list((host / "disk").iterdir()), (host / "d").is_symlink()) == ([], True)


def test_a_link_in_place_of_our_directory_leads_to_nothing_of_ours(host: Host) -> None:
    of(host, US, directory(host))
    (host / "d").rmdir()
    (host / "foreign").mkdir()
    (host / "foreign/a").touch()
    (host / "d").symlink_to(host / "foreign")
    for apply in (False, True):
        ((status, detail),) = of(host, US, directory(host), apply=apply)
        assert (status, detail.partition(",")[0]) == ("failed", f"is now a link to {host / 'foreign'}")
    for path, content in (("d", 1), ("d", 0), ("d/a", 0)):
        assert of(host, US, ("want_gone", host / path, content))[0][0] == "note"
    assert ((host / "foreign/a").exists(), (host / "d").is_symlink()) == (True, True)


@pytest.mark.parametrize("judged", [True, False], ids=["after want_places", "by itself"])
def test_a_link_in_place_of_a_folder_above_leads_to_nothing_of_ours(judged: bool, host: Host) -> None:
    (host / "top/mid").mkdir(parents=True)
    path = host / "top/mid/d"
    of(host, US, directory(host, "top/mid/d"))
    (host / "top").rename(host / "kept")
    (host / "foreign/mid/d").mkdir(parents=True)
    (host / "foreign/mid/d/a").touch()
    (host / "top").symlink_to(host / "foreign")
    places = [("want_places", "", "", path)] if judged else []
    for apply in (False, True):
        status, detail = of(host, US, *places, directory(host, "top/mid/d"), apply=apply)[-1]
        said = f"now leads to {host / 'foreign/mid/d'}, by a link above it"
        assert (status, detail.partition(", which")[0]) == ("failed", said)
    for name, content in ((path, 1), (path, 0), (path / "a", 0)):
        assert of(host, US, ("want_gone", name, content))[0][0] == "note"
    assert (host / "foreign/mid/d/a").exists()


def test_a_link_above_that_was_there_at_first_is_taken_as_it_is(host: Host) -> None:
    (host / "disk").mkdir()
    (host / "top").symlink_to(host / "disk")
    of(host, US, directory(host, "top/d"))
    assert of(host, US, ("want_places", "", "", host / "top/d"), directory(host, "top/d"))[-1] == ("ok", "")
    (host / "top").unlink()
    (host / "disk").rename(host / "top")
    ((status, detail),) = of(host, US, directory(host, "top/d"))
    assert (status, "is no longer the link to" in detail) == ("failed", True)


def test_a_link_that_was_taken_may_not_lead_elsewhere(host: Host) -> None:
    for name in ("disk", "foreign"):
        (host / name).mkdir()
    (host / "d").symlink_to(host / "disk")
    of(host, US, directory(host))
    assert of(host, US, directory(host)) == [("ok", "")]
    (host / "d").unlink()
    (host / "d").symlink_to(host / "foreign")
    (host / "foreign/a").touch()
    assert of(host, US, directory(host))[0][0] == "failed"
    assert of(host, US, ("want_gone", host / "d", 1))[0][0] == "note"
    assert (host / "foreign/a").exists()


def test_nothing_is_deleted_where_something_is_mounted_below(host: Host) -> None:
    of(host, US, directory(host))
    (host / "d/foreign").mkdir()
    (host / "d/foreign/a").touch()
    (host / "mounts").write_text(f"36 35 8:1 / {host / 'd/foreign'} rw - ext4 /dev/sda rw\n")
    for apply in (False, True):
        ((status, detail),) = of(host, US, f"MOUNTS={host / 'mounts'}", ("want_gone", host / "d", 1), apply=apply)
        assert (status, f"run umount {host / 'd/foreign'}" in detail) == ("failed", True)
    assert (host / "d/foreign/a").exists()


def test_files_in_a_directory_of_another_cluster_are_kept(host: Host) -> None:
    of(host, THEM, directory(host))
    (host / "d/server.properties").touch()
    assert of(host, US, ("want_gone", host / "d/server.properties", 0))[0][0] == "note"
    assert (host / "d/server.properties").exists()


# An older kafka-fab, which kept no such record


@pytest.fixture
def older(host: Host) -> Host:
    (host / "state").mkdir()
    (host / "state/written").write_text(f"{'0' * 64} {host / 'units/kafka.service'}\n")
    return host


def test_what_an_older_one_made_is_taken_over(older: Host) -> None:
    (older / "d").mkdir(mode=0o750)
    (older / "d/meta.properties").touch()
    assert of(older, US, directory(older))[0][0] == "ok"
    assert records(older) == [("made", "d", "id1")]


def test_what_an_older_one_made_is_removed_by_its_owner(older: Host) -> None:
    for name in ("data", "etc"):
        (older / name).mkdir()
        (older / name / "x").touch()
    owner = 'case "$*" in *%U*data) echo kafka ;; *%U*) echo root ;; *%m*) echo / ;; esac'
    older.stub("stat", owner)
    said = of(older, US, ("want_gone", older / "data", 1), ("want_gone", older / "etc", 1))
    assert said[0] == ("changed", "removed")
    assert said[1][0] == "note"
    assert (older / "etc/x").exists()


def test_units_of_an_older_one_are_ours(older: Host) -> None:
    (older / "units/kafka.service").write_text("[Unit]\n")
    assert of(older, US, ("want_owner", *US)) == [("ok", "folder=id1")]


# Whose services


def test_a_unit_belongs_to_whom_it_was_made_by(host: Host) -> None:
    of(host, US, ("claim", "kafka"), "say ok x y")
    of(host, US, ("claim", "kafka"), "say ok x y")
    assert records(host) == [("made", "unit:kafka", "id1")]
    other = ("payments", "id2", "h1", "h1", "x", "kafka", "/other")
    ((status, detail),) = of(host, other, ("want_owner", *other))
    assert status == "failed"
    assert detail.startswith("kafka.service is that of cluster orders (since 20")
    assert "`service` in conf/cluster.yaml" in detail
    assert of(host, US, ("want_owner", *US)) == [("ok", "folder=id1")]


@pytest.mark.parametrize("call", ["start_unit", "stop_unit", "refuse_stranger"])
def test_another_clusters_unit_is_neither_started_nor_stopped(call: str, host: Host) -> None:
    (host / "units/kafka.service").touch()
    of(host, THEM, ("claim", "kafka"), "say ok x y")
    host.stub("systemctl", f'echo "$*" >>{host / "called"}; echo active')
    assert of(host, US, (call, "kafka"))[0][0] == "failed"
    assert not (host / "called").exists()


def test_another_clusters_unit_is_not_taken_for_ours(host: Host) -> None:
    of(host, THEM, ("claim", "kafka"), "say ok x y")
    (note, state) = of(host, US, ("state", "kafka", "/run/kafka", "/l"))
    assert note[0] == "note"
    assert state == ("ok", "ActiveState=foreign Version= Installed=-")


@pytest.mark.parametrize("text", ["[Unit]\nDescription=theirs\n", ""])
def test_a_unit_made_by_hand_is_refused(text: str, host: Host) -> None:
    (host / "units/kafka.service").write_text(text)
    ((status, detail),) = of(host, US, ("want_owner", *US))
    assert (status, "was not written by kafka-fab" in detail) == ("failed", True)


def test_a_masked_unit_is_refused(host: Host) -> None:
    (host / "units/kafka.service").symlink_to("/dev/null")
    assert of(host, US, ("want_owner", *US))[0][0] == "failed"


def test_a_unit_of_a_package_is_refused_by_name(host: Host) -> None:
    host.stub("systemctl", "echo /lib/systemd/system/kafka.service")
    host.stub("dpkg-query", 'echo "confluent-kafka: $2"')
    ((status, detail),) = of(host, US, ("want_owner", *US))
    assert status == "failed"
    assert "(/lib/systemd/system/kafka.service, of the package confluent-kafka)" in detail


def test_a_unit_from_our_template_is_ours(host: Host) -> None:
    (host / "units/kafka.service").write_text("# Written by kafka-fab. Change x, not this file.\n")
    assert of(host, US, ("want_owner", *US))[0][0] == "ok"


@pytest.mark.parametrize(
    ("claim", "fits"),
    [
        (("orders", "", "h1", "h1,h2", "x", "kafka", "/data"), True),
        (("orders", "", "h1", "h1,h2", "x", "kafka", "/more,/data"), True),
        (("orders", "", "h1", "h1,h2,h9", "x", "kafka", "/data"), True),
        (("orders", "", "h1", "h1,h2", "x", "kafka", "/other"), False),
        (("orders", "", "h1", "h1,h9", "x", "kafka", "/data"), False),
        (("other", "", "h1", "h1,h2", "x", "kafka", "/data"), False),
        (("orders", "id9", "h1", "h1,h2", "x", "kafka", "/data"), False),
        # Renamed, and a copy with directories of its own.
        (("other", "id1", "h1", "h1,h2", "x", "kafka", "/data"), True),
        (("other", "id1", "h1", "h1,h2", "x", "kafka-two", "/two"), False),
        (("orders", "id1", "h1", "h1,h2", "x", "kafka", "/elsewhere"), True),
        # Side by side.
        (THEM, True),
        (("orders", *THEM[1:]), False),
    ],
)
def test_a_folder_is_known_by_its_id_or_by_what_it_fits(claim: tuple[str, ...], fits: bool, host: Host) -> None:
    of(host, US, ("claim", "kafka"), "say ok x y")
    ((status, detail),) = of(host, claim, ("want_owner", *claim), apply=False)
    assert (status == "ok") == fits, detail
    if fits and not claim[1]:
        assert detail == "folder=id1", "a fresh clone learns the id"


def test_a_record_that_a_power_cut_has_cut_off_spoils_no_other(host: Host) -> None:
    of(host, US, directory(host))
    with (host / "state/made").open("a") as file:
        file.write("made\t/x")
    of(host, US, directory(host, "e"))
    assert (host / "state/made").read_text().splitlines()[-1].startswith(f"made\t{host / 'e'}\tid1\t")
    assert of(host, US, directory(host), directory(host, "e")) == [("ok", ""), ("ok", "")]


# Links and trees


def tree(host: Host, name: str) -> Path:
    (host / name).mkdir()
    (host / name / ".kafka-fab").write_text("sum\n")
    return host / name


def test_a_link_that_we_did_not_make_is_not_moved(host: Host) -> None:
    mine = tree(host, "v2")
    (host / "theirs").mkdir()
    (host / "l").symlink_to(host / "theirs")
    ((status, detail),) = of(host, US, ("want_link", host / "l", mine))
    assert (status, "kafka-fab did not make it" in detail) == ("failed", True)
    assert (host / "l").readlink() == host / "theirs"
    assert of(host, US, ("want_link_gone", host / "l"))[0][0] == "note"
    assert (host / "l").is_symlink()


def test_a_link_to_a_tree_of_ours_is_moved_and_removed(host: Host) -> None:
    old, new = tree(host, "v1"), tree(host, "v2")
    (host / "l").symlink_to(old)
    assert of(host, US, ("want_link", host / "l", new))[0][0] == "changed"
    assert of(host, US, ("want_link_gone", host / "l")) == [("changed", "removed")]


@pytest.mark.parametrize("link", ["by an uninstall", "by hand", "of an older kafka-fab"])
@pytest.mark.parametrize(("wanted", "status"), [("3.8.0", "failed"), ("3.9.1", "ok"), ("4.3.1", "ok")])
def test_the_version_of_data_outlives_its_link(link: str, wanted: str, status: str, host: Host) -> None:
    old = tree(host, "kafka_2.13-3.9.1")
    if link == "of an older kafka-fab":
        (host / "l").symlink_to(old)
    else:
        of(host, US, ("want_link", host / "l", old))
    (host / "data/orders-0").mkdir(parents=True)
    if link == "by hand":
        (host / "l").unlink()
    else:
        assert of(host, US, ("want_link_gone", host / "l")) == [("changed", "removed")]
    words = ("want_version", host / "l", host / f"kafka_2.13-{wanted}", "kafka", "--")
    ((found, detail),) = of(host, US, (*words, host / "data"), apply=False)
    assert (found, "set version to 3.9.1 in conf/cluster.yaml" in detail) == (status, status == "failed")
    assert of(host, US, (*words, host / "none"), apply=False)[0][0] == "ok", "no data was kept"
    assert of(host, THEM, (*words, host / "data"), apply=False)[0][0] == "ok", "another cluster's"


def test_a_link_of_another_cluster_is_refused_by_name(host: Host) -> None:
    of(host, THEM, ("want_link", host / "l", tree(host, "v1")))
    ((status, detail),) = of(host, US, ("want_link", host / "l", tree(host, "v2")))
    assert (status, detail.partition("(")[0]) == ("failed", "is that of cluster payments ")


def test_a_tree_goes_with_the_last_who_uses_it(host: Host) -> None:
    mine = tree(host, "v1")
    for who in (US, THEM):
        of(host, who, ("want_tree", mine, host / "k.tgz"))
    assert of(host, US, ("want_tree_gone", mine))[0][1].startswith("kept: cluster payments")
    assert of(host, THEM, ("want_tree_gone", mine)) == [("changed", "removed")]


def test_a_tree_that_we_did_not_extract_is_kept(host: Host) -> None:
    (host / "v1").mkdir()
    assert of(host, US, ("want_tree_gone", host / "v1"))[0] == ("note", "kept: kafka-fab did not extract it")
    assert (host / "v1").is_dir()


# Where directories really lie


def places(host: Host, *names: str) -> tuple[str, str]:
    closed, shared = f"/etc/x {host / 'closed'}", str(host / "shared")
    (said,) = of(host, US, ("want_places", closed, shared, *(host / name for name in names)))
    return said


def test_places_apart(host: Host) -> None:
    (host / "a").mkdir()
    assert places(host, "a", "b", "ab", "none/x")[0] == "ok"


@pytest.mark.parametrize(
    ("links", "names", "said"),
    [
        ({"b": "a"}, ("a", "b"), "the same directory as"),
        ({"b": "a/in"}, ("a", "b"), "the same directory as"),
        ({"a2": "a"}, ("a/in", "a2"), "the same directory as"),
        ({"up": "."}, ("a/new", "up/a/new"), "the same directory as"),
        ({"b": "closed"}, ("b",), "which belongs to the system"),
        ({"b": "closed"}, ("b/deep/er",), "which belongs to the system"),
        ({"b": "shared"}, ("b",), "which belongs to the system"),
    ],
)
def test_places_that_meet_behind_links(links: dict[str, str], names: tuple[str, ...], said: str, host: Host) -> None:
    for name in ("a/in", "closed", "shared"):
        (host / name).mkdir(parents=True)
    for link, target in links.items():
        (host / link).symlink_to(host / target)
    status, detail = places(host, *names)
    assert (status, said in detail) == ("failed", True), detail


def test_a_link_into_a_folder_of_everybodys_is_no_fault(host: Host) -> None:
    (host / "shared/disk").mkdir(parents=True)
    (host / "d").symlink_to(host / "shared/disk")
    assert places(host, "d")[0] == "ok"


@pytest.mark.parametrize("name", ["d", "d/kafka"])
def test_a_link_to_what_is_not_there_is_no_place(name: str, host: Host) -> None:
    (host / "d").symlink_to(host / "disk")
    status, detail = places(host, name)
    assert status == "failed"
    assert f"leads to {host / 'disk'}, which is not there: is its disk mounted?" in detail
    assert of(host, US, ("want_gone", host / "d", 1))[0][0] == "note"
    assert (host / "d").is_symlink()


# Users


@pytest.mark.parametrize(
    ("account", "own", "said"),
    [
        ("kafka:x:0:0::/root:/bin/bash", "root", "failed"),
        ("kafka:x:1005:50::/home/kafka:/bin/bash", "staff", "note"),
        ("kafka:x:999:999::/k:/usr/sbin/nologin", "kafka", "ok"),
        ("kafka:x:999:999::/elsewhere:/usr/sbin/nologin", "kafka", "note"),
        ("kafka:x:999:999::/k:/bin/sh", "kafka", "note"),
    ],
)
def test_a_user_that_is_there_is_told_of_and_used_only_where_it_can_serve(
    account: str, own: str, said: str, host: Host
) -> None:
    host.stub("getent", f'case $1 in passwd) echo {account} ;; group) echo "$2:x:999:" ;; esac')
    host.stub("id", f"echo {own}")
    first = of(host, US, "want_user kafka /k")
    assert first[0][0] == said
    if said != "failed":
        assert records(host) == [("used", "user:kafka", "id1")]
        assert of(host, US, "want_user kafka /k") == [("ok", "")], "it is told of once"


def test_a_group_of_root_serves_no_user(host: Host) -> None:
    host.stub("getent", 'case $1 in passwd) echo kafka:x:9:9::/k:/no ;; group) echo "$2:x:0:" ;; esac')
    assert of(host, US, "want_user kafka /k")[0][0] == "failed"


def test_only_a_user_that_we_made_is_to_be_changed(host: Host) -> None:
    users = "root:x:0:0::/root:/bin/bash ann:x:1000:1000::/:/bin/sh kafka:x:999:999::/:/bin/sh"
    host.stub("getent", f"printf '%s\\n' {users}")
    host.stub("id", "printf '%s\\n' root ann kafka")
    (host / "state").mkdir()
    (host / "state/made").write_text("made\tuser:kafka\tid1\torders\t\t\t\n")
    ann, kafka = host.run("look_users root ann kafka", apply=False).changes
    assert ("usermod" in ann.detail, "kafka-fab did not make it" in ann.detail) == (False, True)
    assert kafka.detail.endswith("run usermod -s /usr/sbin/nologin kafka")


# Records


def test_the_records_go_with_the_last_cluster(host: Host) -> None:
    of(host, US, directory(host))
    of(host, THEM, directory(host, "e"))
    assert of(host, US, "want_records_gone")[0] == ("changed", "this cluster's records removed")
    assert records(host) == [("made", "e", "id2")]
    assert of(host, THEM, "want_records_gone")[0] == ("changed", "removed")
    assert not (host / "state").exists()


def test_a_second_run_asks_no_process_about_what_is_ours(host: Host) -> None:
    path = str(host / "d")
    items: list[Resource] = [Places((path,), frozenset(), frozenset()), Directory(path, USER, GROUP, "750")]
    host.bring(*items)
    for name in ("find", "dpkg-query", "awk", "readlink", "date"):
        host.stub(name, f"echo {name} >>{host / 'called'}")
    assert host.bring(*items).words == [("ok", "places"), ("ok", "directory")]
    assert not (host / "called").exists()
