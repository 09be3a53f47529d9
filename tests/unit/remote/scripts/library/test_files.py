"""files.sh: content, owner and mode, what is kept of an edit by hand, and what is gone."""

import hashlib

import pytest

from kafka_fab.cluster.change import Change
from kafka_fab.cluster.resource import Directory, File
from kafka_fab.remote import script
from tests.unit.remote.scripts.library.clusters import THEM, US, directory, of
from tests.unit.remote.scripts.library.host import GROUP, USER, Host, mode


def test_a_new_file(host: Host) -> None:
    change = host.file(host / "f", "one\ntwo\n")
    assert (change.status, change.name, change.detail) == ("changed", str(host / "f"), f"{USER}:{GROUP} 640")
    assert ((host / "f").read_text(), mode(host / "f")) == ("one\ntwo\n", "640")
    assert "+one" in change.diff
    assert not list(host.folder.glob(".f*")), "nothing is left beside it"


def test_a_new_file_starts_no_process_to_look_at_what_is_not_there(host: Host) -> None:
    for name in ("sha256sum", "stat", "diff", "grep", "cat", "sed"):
        host.stub(name, f"echo {name} >>{host / 'called'}")
    change = host.bring(File(str(host / "f"), "one\n", USER, GROUP, "640")).only
    assert change.diff == (f"--- {host / 'f'}", f"+++ {host / 'f'}", "@@ -0,0 +1 @@", "+one")
    assert not (host / "called").exists()


def test_the_same_file_again(host: Host) -> None:
    host.file(host / "f", "one\n")
    before = host.tree()
    assert host.file(host / "f", "one\n") == Change("ok", "file", str(host / "f"))
    assert host.tree() == before


def test_a_changed_file_that_we_wrote(host: Host) -> None:
    host.file(host / "f", "a=1\nb=2\n")
    change = host.file(host / "f", "a=1\nb=3\n")
    assert (change.status, change.detail) == ("changed", "")
    assert change.diff == (f"--- {host / 'f'}", f"+++ {host / 'f'}", "@@ -1,2 +1,2 @@", " a=1", "-b=2", "+b=3")
    assert not list(host.folder.glob("*.kept"))


def test_a_file_of_another_mode_alone(host: Host) -> None:
    host.file(host / "f", "one\n")
    change = host.file(host / "f", "one\n", mode="600")
    assert (change.status, change.detail, change.diff) == ("changed", f"{USER} {GROUP} 640 -> {USER} {GROUP} 600", ())
    assert mode(host / "f") == "600"


@pytest.mark.parametrize("ours", [True, False], ids=["changed by hand", "never ours"])
def test_a_hand_edited_file_is_kept(ours: bool, host: Host) -> None:
    if ours:
        host.file(host / "f", "one\n")
    (host / "f").write_text("by hand\n")
    (host / "f").chmod(0o640)
    plan = host.file(host / "f", "two\n", apply=False)
    assert (plan.status, plan.detail) == ("would", "edited by hand, a copy is kept")
    assert host.file(host / "f", "two\n").status == "changed"
    [kept] = host.folder.glob("f.*.kept")
    assert (kept.read_text(), (host / "f").read_text()) == ("by hand\n", "two\n")


@pytest.mark.parametrize("text", ["", "\n", "no end", "tab\there", "back\\slash \\n", "%s %d", "-n", "é€", "a\r"])
def test_texts_of_all_kinds(text: str, host: Host) -> None:
    host.file(host / "f", text)
    assert (host / "f").read_bytes().decode() == text.rstrip("\n") + "\n"
    assert host.file(host / "f", text).status == "ok"


def test_a_file_whose_folder_is_missing(host: Host) -> None:
    change = host.file(host / "no/f", "one\n")
    assert (change.status, change.detail) == (
        "failed",
        "cannot be written: is the disk full, or the directory missing?",
    )


def test_a_file_in_the_place_of_a_folder(host: Host) -> None:
    (host / "f").mkdir()
    assert host.file(host / "f", "one\n").status == "failed"
    assert (host / "f").is_dir()


def test_a_directory_in_the_place_of_a_file(host: Host) -> None:
    (host / "f").mkdir()
    for apply in (False, True):
        said = host.bring(File(str(host / "f"), "x\n", USER, GROUP, "640"), apply=apply).only
        assert (said.status, said.detail) == ("failed", "is a directory, but must be a file: move it away")
    assert (host / "f").is_dir()


def test_a_file_of_an_owner_who_is_not_there(host: Host) -> None:
    said = host.run(script.call(File(str(host / "f"), "x", "nobody-here")) + "\necho not reached")
    assert said.only.status == "failed"
    assert "nobody-here" in said.only.detail
    assert "not reached" not in said.output


def test_a_file_is_on_the_disk_before_it_takes_an_older_ones_place(host: Host) -> None:
    host.file(host / "f", "one\n")
    host.stub("sync", f'cat {host / "f"} >>{host / "synced"}; echo "$*" >>{host / "synced"}')
    host.file(host / "f", "two\n")
    assert (host / "synced").read_text().splitlines()[:2] == ["one", str(host / ".f.new")]


def test_new_files_are_on_the_disk_at_the_end(host: Host) -> None:
    host.stub("sync", f'echo "$*" >>{host / "synced"}')
    files = [File(str(host / name), "one\n", USER, GROUP) for name in "fg"]
    host.run("\n".join([*map(script.call, files), "settle_new"]))
    assert (host / "synced").read_text().split() == [str(host / "f"), str(host / "g")]


def test_what_is_written_is_remembered_before(host: Host) -> None:
    host.stub("mv", "kill -9 $PPID")
    host.run(script.call(File(str(host / "f"), "one\n", USER, GROUP)))
    assert not (host / "f").exists()
    digest = hashlib.sha256(b"one\n").hexdigest()
    assert (host / "state/written").read_text() == f"{digest} {host / 'f'}\n"


def test_gone(host: Host) -> None:
    host.file(host / "f", "x\n")
    (host / "l").symlink_to(host / "nowhere")
    for name in ("f", "l"):
        assert host.want("absent", host / name, 0).status == "changed"
        assert host.want("absent", host / name, 0).status == "ok"


def test_a_folder_is_gone_only_if_empty_or_with_all_that_is(host: Host) -> None:
    host.want("directory", host / "d", USER, GROUP, "750")
    host.want("directory", host / "d/e", USER, GROUP, "750")
    kept = host.want("absent", host / "d", 0)
    assert (kept.status, kept.detail) == ("ok", "kept: it is not empty")
    assert host.want("absent", host / "d/e", 0).status == "changed"
    (host / "d/f").write_text("x")
    assert host.want("absent", host / "d", 1).status == "changed"
    assert not (host / "d").exists()


def test_a_file_that_is_gone_is_forgotten(host: Host) -> None:
    host.file(host / "f", "x\n")
    host.file(host / "g", "x\n")
    host.want("absent", host / "f", 0)
    assert (host / "state/written").read_text().split()[1:] == [str(host / "g")]


def test_forgetting_one_file_keeps_its_namesakes(host: Host) -> None:
    host.file(host / "f", "x\n")
    host.file(host / "f2", "x\n")
    host.want("absent", host / "f", 0)
    (host / "f2").chmod(0o600)
    assert host.file(host / "f2", "y\n").detail.count("by hand") == 0


def test_a_link_in_place_of_a_units_file_is_replaced(host: Host) -> None:
    unit = host / "units/kafka.service"
    host.file(unit, "one\n")
    unit.rename(host / "k")
    unit.symlink_to(host / "k")
    assert host.file(unit, "one\n", apply=False).detail == "a link in its place"
    assert host.file(unit, "one\n").status == "changed"
    assert (unit.is_symlink(), unit.read_text(), (host / "k").read_text()) == (False, "one\n", "one\n")
    assert host.file(unit, "one\n").status == "ok"


def test_keys(host: Host) -> None:
    (host / "m").write_text("version=0\nbroker.id=3\ncluster.id=xyz\n")
    (host / "myid").write_text("7\n")
    said = host.run(f"keys {host / 'm'} broker.id cluster.id\nkeys {host / 'myid'}\nkeys {host / 'no'} x")
    assert [change.detail for change in said.changes] == ["broker.id=3 cluster.id=xyz", "value=7", "missing"]


def test_a_change_makes_kept_answers_void(host: Host) -> None:
    (host / "f").write_text("old")
    old, new = (hashlib.sha256(text).hexdigest() for text in (b"old", b"new"))
    tell = f"sum_of {host / 'f'}; echo $found"
    change = f"printf new >{host / 'f'}; {tell}; say changed x y >/dev/null; {tell}"
    assert host.run(f"look_sums {host / 'f'}\n{change}").output.split() == [old, new]


def test_a_plan_tells_what_was_here_from_what_is_new(host: Host) -> None:
    directory = Directory(str(host / "data"), USER, GROUP, "750")
    file = File(str(host / "f"), "a=1\n", USER, GROUP, "640")
    new = [change.detail for change in host.bring(directory, file, apply=False).changes]
    assert new == [f"{USER}:{GROUP} 750", f"{USER}:{GROUP} 640"]
    assert host.bring(directory, file).status == 0
    (host / "data").rmdir()
    (host / "f").unlink()
    gone = [change.detail for change in host.bring(directory, file, apply=False).changes]
    assert gone == [f"{detail}, it was deleted" for detail in new]


def test_files_in_a_directory_of_another_cluster_are_kept(host: Host) -> None:
    of(host, THEM, directory(host))
    (host / "d/server.properties").touch()
    assert of(host, US, ("want_absent", host / "d/server.properties", 0))[0][0] == "note"
    assert (host / "d/server.properties").exists()
