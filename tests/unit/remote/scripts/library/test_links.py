"""links.sh: the one to the version in use."""

from tests.unit.remote.scripts.library.clusters import THEM, US, marked_tree, of
from tests.unit.remote.scripts.library.host import Host


def test_links(host: Host) -> None:
    for name in ("v1", "v2"):
        (host / name).mkdir()
    assert host.want("link", host / "l", host / "v1").detail == f"-> {host / 'v1'}"
    assert host.want("link", host / "l", host / "v1").status == "ok"
    assert host.want("link", host / "l", host / "v2").detail == f"{host / 'v1'} -> {host / 'v2'}"
    assert (host / "l").readlink() == host / "v2"
    assert sorted(path.name for path in host.folder.iterdir()) == ["bin", "l", "state", "units", "v1", "v2"]


def test_a_link_to_what_is_not_there(host: Host) -> None:
    assert "does not exist: run fab extract first" in host.want("link", host / "l", host / "v1").detail
    assert host.want("link", host / "l", host / "v1", apply=False).status == "would"


def test_a_folder_where_a_link_should_be(host: Host) -> None:
    (host / "l").mkdir()
    (host / "v1").mkdir()
    assert host.want("link", host / "l", host / "v1").detail == "is not a link: move it away"


def test_a_link_that_we_did_not_make_is_not_moved(host: Host) -> None:
    mine = marked_tree(host, "v2")
    (host / "theirs").mkdir()
    (host / "l").symlink_to(host / "theirs")
    ((status, detail),) = of(host, US, ("want_link", host / "l", mine))
    assert (status, "kafka-fab did not create it" in detail) == ("failed", True)
    assert (host / "l").readlink() == host / "theirs"
    assert of(host, US, ("want_link_absent", host / "l"))[0][0] == "note"
    assert (host / "l").is_symlink()


def test_a_link_to_a_tree_of_ours_is_moved_and_removed(host: Host) -> None:
    old, new = marked_tree(host, "v1"), marked_tree(host, "v2")
    (host / "l").symlink_to(old)
    assert of(host, US, ("want_link", host / "l", new))[0][0] == "changed"
    assert of(host, US, ("want_link_absent", host / "l")) == [("changed", "removed")]


def test_a_link_of_another_cluster_is_refused_by_name(host: Host) -> None:
    of(host, THEM, ("want_link", host / "l", marked_tree(host, "v1")))
    ((status, detail),) = of(host, US, ("want_link", host / "l", marked_tree(host, "v2")))
    assert (status, detail.partition("(")[0]) == ("failed", "belongs to cluster payments ")
