"""directories.sh: made, taken or left alone, emptied or removed."""

import os

import pytest

from tests.unit.remote.scripts.library.clusters import THEM, US, directory, of, records
from tests.unit.remote.scripts.library.host import GROUP, USER, Host, mode


def test_directories(host: Host) -> None:
    words = (host / "a/b", USER, GROUP)
    assert host.want("directory", *words, "750").detail == f"{USER}:{GROUP} 750"
    assert mode(host / "a/b") == "750"
    assert host.want("directory", *words, "750").status == "ok"
    assert host.want("directory", *words, "700").detail == f"{USER} {GROUP} 750 -> {USER} {GROUP} 700"
    assert mode(host / "a/b") == "700"


def test_a_file_where_a_directory_should_be(host: Host) -> None:
    (host / "d").write_text("x")
    change = host.want("directory", host / "d", USER, GROUP, "750")
    assert (change.status, change.detail) == ("failed", "is a regular file, not a directory: move it away")


def test_a_directory_behind_a_link_is_one(host: Host) -> None:
    (host / "real").mkdir(mode=0o750)
    (host / "d").symlink_to(host / "real")
    assert host.want("directory", host / "d", USER, GROUP, "750").status == "ok"


def test_a_pipe_where_a_directory_should_be(host: Host) -> None:
    os.mkfifo(host / "d")
    assert host.want("directory", host / "d", USER, GROUP, "750").detail == "is a fifo, not a directory: move it away"


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
    assert of(host, US, ("want_absent", host / "d", 1)) == [("changed", "removed")]
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
    assert (status, detail.partition(":")[0]) == ("failed", f"exists, owned by {USER} {GROUP}, and contains passwd")
    assert "neither created it nor found it empty" in detail
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
    assert detail.startswith("belongs to cluster payments (since 20")
    assert "by you@there" in detail


def test_a_shared_directory_is_that_of_all_who_use_it(host: Host) -> None:
    of(host, THEM, directory(host, "d", "shared"))
    assert of(host, US, directory(host, "d", "shared"))[0][0] == "ok"
    assert records(host) == [("made", "d", "id2"), ("used", "d", "id1")]
    assert of(host, US, ("want_absent", host / "d", 1))[0][1].startswith("kept: cluster payments")
    assert of(host, THEM, ("want_absent", host / "d", 1))[0] == ("changed", "removed")
    assert records(host) == []


def test_what_we_made_is_removed_with_what_is_in_it(host: Host) -> None:
    of(host, US, directory(host))
    (host / "d/a").mkdir()
    (host / "d/a/b").touch()
    host.file(host / "d/myid", "1\n")
    host.file(host / "d2", "kept\n")
    assert of(host, US, ("want_absent", host / "d", 1)) == [("changed", "removed")]
    assert (not (host / "d").exists(), records(host)) == (True, [])
    assert (host / "state/written").read_text().split()[1:] == [str(host / "d2")]


def test_what_we_found_empty_is_emptied_and_kept(host: Host) -> None:
    (host / "d/lost+found").mkdir(parents=True)
    of(host, US, directory(host))
    (host / "d/a").mkdir()
    (host / "d/a/b").touch()
    assert of(host, US, ("want_absent", host / "d", 1)) == [
        ("changed", "emptied and kept: kafka-fab did not create it")
    ]
    assert [path.name for path in (host / "d").iterdir()] == ["lost+found"]


def test_a_mount_point_is_emptied_and_kept(host: Host) -> None:
    of(host, US, directory(host))
    (host / "d/a").touch()
    host.stub("stat", f'case "$*" in *%m*) echo {host / "d"} ;; *) echo "directory|{USER} {GROUP} 750" ;; esac')
    assert of(host, US, ("want_absent", host / "d", 1)) == [("changed", "emptied and kept: a mount point")]
    assert list((host / "d").iterdir()) == []


@pytest.mark.parametrize("content", [0, 1])
def test_what_we_neither_made_nor_took_is_kept(content: int, host: Host) -> None:
    (host / "d").mkdir()
    if content:
        (host / "d/passwd").touch()
    ((status, detail),) = of(host, US, ("want_absent", host / "d", content))
    assert (status in ("note", "ok"), "kafka-fab" in detail) == (True, True)
    assert (host / "d").is_dir()


def test_data_behind_a_link_is_removed_and_the_link_is_kept(host: Host) -> None:
    (host / "disk").mkdir()
    (host / "d").symlink_to(host / "disk")
    of(host, US, directory(host))
    (host / "disk/a").touch()
    assert of(host, US, ("want_absent", host / "d", 1))[0][0] == "changed"
    assert (list((host / "disk").iterdir()), (host / "d").is_symlink()) == ([], True)


def test_nothing_is_deleted_where_something_is_mounted_below(host: Host) -> None:
    of(host, US, directory(host))
    (host / "d/foreign").mkdir()
    (host / "d/foreign/a").touch()
    (host / "mounts").write_text(f"36 35 8:1 / {host / 'd/foreign'} rw - ext4 /dev/sda rw\n")
    for apply in (False, True):
        ((status, detail),) = of(host, US, f"MOUNTS={host / 'mounts'}", ("want_absent", host / "d", 1), apply=apply)
        assert (status, f"run umount {host / 'd/foreign'}" in detail) == ("failed", True)
    assert (host / "d/foreign/a").exists()
