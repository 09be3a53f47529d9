"""tree.sh: what differs from its manifest is seen, named, and mended thing by thing."""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.remote.scripts.library.clusters import THEM, US, marked_tree, of
from tests.unit.remote.scripts.library.host import HERE, Host, mode
from tests.unit.remote.scripts.library.mirror import Mirror, download, extracted


def test_a_tree(host: Host, mirror: Mirror) -> None:
    download(host, mirror, mirror.sum())
    change = host.want("tree", host / "tree", host / "k.tgz")
    assert (change.status, change.detail) == ("changed", "extracted")
    assert (mode(host / "tree/tool"), mode(host / "tree")) == ("755", "755")
    assert (host / "tree/.kafka-fab").read_text().split() == [mirror.sum(), "listed"]
    assert not list(host.folder.glob("k.tgz*")), "the archive has served"
    assert host.want("tree", host / "tree", host / "k.tgz").status == "ok"


@pytest.mark.parametrize("damage", ["cut", "noise"])
def test_an_archive_that_is_damaged(damage: str, host: Host, mirror: Mirror) -> None:
    (host / "k.tgz").write_bytes(mirror.bytes[:60] if damage == "cut" else b"noise")
    change = host.want("tree", host / "tree", host / "k.tgz")
    assert (change.status, change.detail.startswith("cannot be extracted: ")) == ("failed", True)
    assert not list(host.folder.glob("tree*"))


def test_a_tree_without_its_archive(host: Host) -> None:
    assert "does not exist: run fab download first" in host.want("tree", host / "tree", host / "k.tgz").detail


def test_what_a_kill_left_half_extracted_is_swept(host: Host, mirror: Mirror) -> None:
    (host / "tree.partial/old").mkdir(parents=True)
    extracted(host, mirror)
    assert sorted(path.name for path in (host / "tree").iterdir() if path.name[0] != ".") == ["tool"]
    assert not (host / "tree.partial").exists()


@pytest.mark.parametrize(
    ("name", "word"), [("libs/k.jar", "Kafka loads every file in libs"), ("bin/k", "a new version will")]
)
def test_what_is_told_of_a_file_that_is_not_from_the_archive(name: str, word: str, host: Host) -> None:
    assert word in host.run(f"DRIFT='extra|{name}'\nloaded_by_a_start").output


def test_a_plan_leaves_what_an_older_run_left(host: Host) -> None:
    for name in ("tree", "tree.partial"):
        (host / name).mkdir()
    (host / "k.tgz").write_text("left over")
    before = host.tree()
    host.want("tree", host / "tree", host / "k.tgz", apply=False)
    assert host.tree() == before


def test_a_tree_goes_with_the_last_who_uses_it(host: Host) -> None:
    mine = marked_tree(host, "v1")
    for who in (US, THEM):
        of(host, who, ("want_tree", mine, host / "k.tgz"))
    assert of(host, US, ("want_tree_absent", mine))[0][1].startswith("kept: cluster payments")
    assert of(host, THEM, ("want_tree_absent", mine)) == [("changed", "removed")]


def test_a_tree_that_we_did_not_extract_is_kept(host: Host) -> None:
    (host / "v1").mkdir()
    assert of(host, US, ("want_tree_absent", host / "v1"))[0] == ("note", "kept: kafka-fab did not extract it")
    assert (host / "v1").is_dir()


Break = Callable[[Path], object]


class Tree:
    """A tree that the library has extracted, and its archive."""

    def __init__(self, host: Host) -> None:
        self.host, self.path, self.archive = host, host / "tree", host / "k.tgz"
        source = host / "in"
        for name, text in {"bin/start.sh": "#!/bin/sh\n", "libs/a.jar": "aaaa", "libs/b.jar": "bbbb"}.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text(text)
        (source / "config").mkdir()
        (source / "config/sample").write_text("x=1\n")
        (source / "bin/start.sh").chmod(0o755)
        (source / "libs/link.jar").symlink_to("a.jar")
        with tarfile.open(host / "kept.tgz", "w:gz") as archive:
            archive.add(source, "kafka")
        self.provide()
        self.host.want("tree", self.path, self.archive)

    def provide(self) -> None:
        shutil.copy(self.host / "kept.tgz", self.archive)

    def look(self, apply: bool = False) -> list[tuple[str, str]]:
        changes = self.host.run(f"want_tree {self.path} {self.archive}", apply).changes
        return [(change.status, change.detail) for change in changes]

    def needs_its_archive(self) -> bool:
        return not self.host.run(f"tree_is_damaged {self.path}").status


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(Host(tmp_path, "sh"))


@pytest.fixture(params=HERE)
def tree_of_each_shell(request: pytest.FixtureRequest, tmp_path: Path) -> Tree:
    return Tree(Host(tmp_path, request.param))


def rot(path: Path) -> None:
    """Change a file's content, and neither its size nor its time."""
    before = path.stat()
    path.write_text("x" * before.st_size)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def remade(path: Path) -> Path:
    """Remove what is there, for something else in its place."""
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    return path


DAMAGE: dict[str, tuple[Break, str]] = {
    "a jar gone": (lambda tree: (tree / "libs/a.jar").unlink(), "libs/a.jar is missing"),
    "a jar cut": (lambda tree: os.truncate(tree / "libs/a.jar", 1), "libs/a.jar differs from the archive"),
    "a jar of another time": (lambda tree: os.utime(tree / "libs/a.jar", (1, 1)), "libs/a.jar differs from the archiv"),
    "a link elsewhere": (
        lambda tree: remade(tree / "libs/link.jar").symlink_to("b.jar"),
        "libs/link.jar differs from the archive",
    ),
    "a file in place of a folder": (
        lambda tree: remade(tree / "bin").touch(),
        "bin differs from the archive, bin/start.sh is missing",
    ),
    "a folder in place of a file": (
        lambda tree: remade(tree / "libs/a.jar").mkdir(),
        "libs/a.jar differs from the archive",
    ),
    "libs gone": (lambda tree: shutil.rmtree(tree / "libs"), "libs is missing, libs/"),
    "the sums of its contents cut": (
        lambda tree: os.truncate(tree / ".kafka-fab.sums", 3),
        ".kafka-fab.sums differs from the archive",
    ),
    "its manifest gone": (lambda tree: (tree / ".kafka-fab.manifest").unlink(), "its manifest is missing"),
}


MODES: dict[str, tuple[Break, str]] = {
    "a start script that cannot be run": (lambda tree: (tree / "bin/start.sh").chmod(0o644), "bin/start.sh must be "),
    "bin closed": (lambda tree: (tree / "bin").chmod(0o700), "bin must be "),
    "all closed": (lambda tree: tree.chmod(0o700), "the directory itself must be "),
    "a jar that nobody may read": (lambda tree: (tree / "libs/a.jar").chmod(0o600), "libs/a.jar must be "),
    "a jar that all may write": (lambda tree: (tree / "libs/a.jar").chmod(0o666), "libs/a.jar must be "),
}


def test_damage_is_mended_by_every_shell(tree_of_each_shell: Tree) -> None:
    tree, before = tree_of_each_shell, files(tree_of_each_shell.host.tree())
    for name in ("a jar gone", "a link elsewhere", "a file in place of a folder"):
        DAMAGE[name][0](tree.path)
    tree.path.chmod(0o700)
    (tree.path / "own").touch()
    tree.provide()
    assert [status for status, _ in tree.look(apply=True)] == ["changed", "foreign"]
    (tree.path / "own").unlink()
    assert (tree.look(), files(tree.host.tree())) == ([("ok", "")], before)


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_named_and_mended_from_the_archive(name: str, tree: Tree) -> None:
    before = tree.host.tree()
    damage, words = DAMAGE[name]
    damage(tree.path)
    [(status, detail)] = tree.look()
    assert (status, words in detail, tree.needs_its_archive()) == ("would", True, True)
    assert "run fab download first" in str(tree.look(apply=True)), "there is no archive yet"
    tree.provide()
    [(status, detail)] = tree.look(apply=True)
    assert (status, detail.startswith(words[:13])) == ("changed", True)
    assert tree.look() == [("ok", "")]
    assert files(tree.host.tree()) == files(before)
    assert not tree.archive.exists()


def files(found: dict[str, tuple[int, int, str]]) -> dict[str, tuple[int, str]]:
    """What a tree holds, without times."""
    return {
        name: (mode, text) for name, (mode, _, text) in found.items() if "/tree/" in name and ".manifest" not in name
    }


@pytest.mark.parametrize("name", MODES)
def test_owners_and_modes_are_mended_without_the_archive(name: str, tree: Tree) -> None:
    damage, words = MODES[name]
    damage(tree.path)
    assert not tree.needs_its_archive()
    [(would, planned)], [(did, done)] = tree.look(), tree.look(apply=True)
    assert (would, did, words in planned, planned == done) == ("would", "changed", True, True)
    assert tree.look() == [("ok", "")]
    assert (mode(tree.path), mode(tree.path / "bin/start.sh"), mode(tree.path / "libs/a.jar")) == ("755", "755", "644")


def test_what_is_mended_does_not_reach_a_process_that_has_it_open(tree: Tree) -> None:
    with (tree.path / "libs/a.jar").open() as open_file:
        os.utime(tree.path / "libs/a.jar", (1, 1))
        tree.provide()
        tree.look(apply=True)
        assert open_file.read() == "aaaa"
        assert os.fstat(open_file.fileno()).st_ino != (tree.path / "libs/a.jar").stat().st_ino


def test_what_is_not_from_the_archive_is_named_and_left_alone(tree: Tree) -> None:
    (tree.path / "libs/own.jar").write_text("own")
    (tree.path / "libs/a.jar").unlink()
    tree.provide()
    words = "not from the archive: libs/own.jar; "
    for apply in (False, True, True):
        told = tree.look(apply)
        assert (told[-1][0], told[-1][1].startswith(words)) == ("foreign", True)
    assert told[0] == ("ok", "")
    assert (tree.path / "libs/own.jar").exists()


def test_logs_of_tools_and_samples_are_nobody_s_business(tree: Tree) -> None:
    (tree.path / "logs").mkdir()
    (tree.path / "logs/kafkaServer.out").touch()
    (tree.path / "config/sample").write_text("x=2\n")
    assert tree.look() == [("ok", "")]


def test_many_differences_are_told_in_few_words(tree: Tree) -> None:
    for number in range(9):
        (tree.path / f"libs/own{number}.jar").touch()
    assert ", and 5 more" in tree.look()[1][1]


def test_a_tree_of_an_older_kafka_fab_is_taken_as_it_stands_once(tree: Tree) -> None:
    for name in ("manifest", "sums"):
        (tree.path / f".kafka-fab.{name}").unlink()
    (tree.path / ".kafka-fab").write_text("0" * 128 + "\n")
    (tree.path / "bin").chmod(0o700)
    words = "recorded for the tree as it is"
    assert [tree.look()[0][0], *tree.look(apply=True), *tree.look()] == ["would", ("changed", words), ("ok", "")]
    assert (tree.path / ".kafka-fab").read_text().split() == ["0" * 128, "listed"]
    assert mode(tree.path / "bin") == "755"


def test_a_tree_is_as_open_as_it_must_be_whatever_the_umask(tree: Tree) -> None:
    shutil.rmtree(tree.path)
    tree.provide()
    tree.host.run(f"umask 077\nwant_tree {tree.path} {tree.archive}")
    assert (mode(tree.path), mode(tree.path / "bin/start.sh"), mode(tree.path / "libs/a.jar")) == ("755", "755", "644")


@pytest.mark.parametrize("at", ["chown", "mv"])
def test_what_a_kill_left_half_mended_is_mended_by_the_next_run(at: str, tree: Tree) -> None:
    before = files(tree.host.tree())
    shutil.rmtree(tree.path / "libs")
    (tree.path / "bin").chmod(0o700)
    tree.provide()
    tree.host.stub(at, "kill -9 $PPID")
    assert tree.host.run(f"want_tree {tree.path} {tree.archive}").status
    (tree.host / "bin" / at).unlink()
    assert tree.look()[0][0] == "would"
    tree.provide()
    tree.look(apply=True)
    assert (tree.look(), files(tree.host.tree())) == ([("ok", "")], before)


def test_contents_are_held_against_the_sums_of_their_extraction(tree: Tree) -> None:
    look = f"tree_contents {tree.path}"
    assert [(change.status, change.detail) for change in tree.host.run(look).changes] == [("ok", "")]
    rot(tree.path / "libs/b.jar")
    assert tree.look() == [("ok", "")], "its size and its time are what they were"
    change = tree.host.run(look, apply=False).only
    assert (change.status, change.detail.startswith("libs/b.jar differs from what was extracted")) == ("failed", True)
    (tree.path / ".kafka-fab.sums").unlink()
    assert tree.host.run(look, apply=False).only.status == "failed"


@pytest.mark.parametrize("tool", ["openssl", "sha256sum"])
def test_a_download_is_of_the_archive_that_the_tree_was_made_from(tool: str, tree: Tree) -> None:
    (tree.path / ".kafka-fab").write_text(f"{'a' * 128}\nlisted\n")
    (tree.path / "libs/a.jar").unlink()
    published = tree.host / "published.tgz"
    shutil.copy(tree.host / "kept.tgz", published)
    change = tree.host.want("download", f"file://{published}", tree.archive, tree.path, "")
    assert (change.status, "wrong checksum" in change.detail) == ("failed", True)


def test_the_trees_of_earlier_versions_go_with_a_cluster(host: Host) -> None:
    trees = [marked_tree(host, f"kafka_2.13-{version}") for version in ("2.8.2", "3.9.1", "4.3.1")]
    by_hand = marked_tree(host, "kafka_2.13-0.8.0")
    of(host, US, *(f"write_down used {tree}" for tree in trees[:2]), "say ok x y")
    of(host, THEM, f"write_down used {trees[2]}", "say ok x y")
    words = ("want_trees_absent", host.folder, trees[1])
    assert [status for status, _ in of(host, US, words, apply=False)] == ["would", "would"]
    assert [status for status, _ in of(host, US, words)] == ["changed", "changed"]
    assert [tree.exists() for tree in (*trees, by_hand)] == [False, False, True, True]


def test_a_tree_that_a_unit_names_is_not_removed(host: Host) -> None:
    tree = marked_tree(host, "kafka_2.13-3.9.1")
    (host / "units/other.service").write_text(f"ExecStart=/bin/sh -c 'exec {tree}/bin/x'\n")
    of(host, US, f"write_down used {tree}", "say ok x y")
    assert of(host, US, ("want_tree_absent", tree)) == [("ok", "kept: other.service also uses it")]
