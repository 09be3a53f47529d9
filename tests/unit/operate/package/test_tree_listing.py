"""What a packaged tree says about itself, against what an extraction on a host writes."""

import os
import tarfile
from pathlib import Path

import pytest

from kafka_fab.cluster.resource import Tree
from kafka_fab.operate.package import tree_listing
from kafka_fab.remote import script
from tests.unit.remote.scripts.library.host import Host


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive with all that one may hold: modes for the group, a link, a folder without a member of its own."""
    place = tmp_path / "made/kafka_2.13-3.9.1"
    for name in ("bin/windows/x.bat", "libs/a.jar", "config/server.properties", "logs/old.log", "LICENSE"):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(name)
        os.utime(place / name, (1_700_000_000, 1_700_000_000))
    (place / "bin/windows/x.bat").chmod(0o775)
    (place / "libs/b.jar").symlink_to("a.jar")
    os.utime(place / "libs/b.jar", (1_600_000_000, 1_600_000_000), follow_symlinks=False)
    with tarfile.open(tmp_path / "k.tgz", "w:gz") as made:
        made.add(place / "bin", "kafka_2.13-3.9.1/bin")
        for name in ("libs/a.jar", "libs/b.jar", "config/server.properties", "logs/old.log", "LICENSE"):
            made.add(place / name, f"kafka_2.13-3.9.1/{name}")
    return tmp_path / "k.tgz"


@pytest.fixture
def host(tmp_path: Path) -> Host:
    (tmp_path / "host").mkdir()
    made = Host(tmp_path / "host", "sh")
    made.stub("dpkg-query", "exit 1")
    made.stub("rpm", "exit 1")
    return made


def test_a_packaged_tree_is_described_as_an_extracted_one(archive: Path, host: Host) -> None:
    # An extraction removes its archive.
    listed = tree_listing.listed(tree_listing.items(archive), "ab" * 64)
    mine = {item.name: item.content.decode() for item in listed}
    host.run(script.call(Tree(str(host / "tree"), str(archive))))
    extracted = (host / "tree" / tree_listing.MANIFEST).read_text()
    if os.getuid():
        extracted = extracted.replace(f"|{os.getuid()}:{os.getgid()} ", "|0:0 ")
    # The sums have another form, and so another size: openssl's.
    others = [line for line in extracted.splitlines() if not line.startswith(tree_listing.CONTENTS)]
    described = mine[tree_listing.MANIFEST].splitlines()
    assert sorted(others) == sorted(line for line in described if not line.startswith(tree_listing.CONTENTS))
    sums = (host / "tree" / tree_listing.CONTENTS).read_text().replace(" *./", "  ./")
    assert sorted(sums.splitlines()) == sorted(mine[tree_listing.CONTENTS].splitlines())


def test_a_tree_unpacked_from_a_package_has_nothing_to_mend(archive: Path, host: Host) -> None:
    for item in tree_listing.listed(tree_listing.items(archive), "ab" * 64):
        path = host / "tree" / item.name
        if item.type == "d":
            path.mkdir(mode=item.mode, parents=True, exist_ok=True)
            path.chmod(item.mode)
        elif item.type == "l":
            path.symlink_to(item.target)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            content = item.content.replace(b"|0:0 ", f"|{os.getuid()}:{os.getgid()} ".encode())
            path.write_bytes(content)
            path.chmod(item.mode)
        if item.type != "d":
            os.utime(path, (item.mtime, item.mtime), follow_symlinks=False)
    said = host.run(script.call(Tree(str(host / "tree"), "/nowhere")))
    assert said.words == [("ok", "tree")], said.output


@pytest.mark.parametrize("content", [b"", b"no archive"])
def test_what_is_no_archive(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "k.tgz").write_bytes(content)
    with pytest.raises(ValueError):
        tree_listing.items(tmp_path / "k.tgz")


def test_an_archive_that_leaves_its_folder(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "k.tgz", "w:gz") as made:
        made.addfile(tarfile.TarInfo("kafka/../../etc/passwd"))
    with pytest.raises(ValueError, match="outside"):
        tree_listing.items(tmp_path / "k.tgz")
