"""places.sh: where directories really lie, behind links."""

import pytest

from tests.unit.remote.scripts.library.clusters import US, directory, of
from tests.unit.remote.scripts.library.host import Host


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
        assert of(host, US, ("want_absent", host / path, content))[0][0] == "note"
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
        said = f"now resolves to {host / 'foreign/mid/d'} through a parent link"
        assert (status, detail.partition(", which")[0]) == ("failed", said)
    for name, content in ((path, 1), (path, 0), (path / "a", 0)):
        assert of(host, US, ("want_absent", name, content))[0][0] == "note"
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
    assert of(host, US, ("want_absent", host / "d", 1))[0][0] == "note"
    assert (host / "foreign/a").exists()


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
        ({"b": "closed"}, ("b",), "inside the system directory"),
        ({"b": "closed"}, ("b/deep/er",), "inside the system directory"),
        ({"b": "shared"}, ("b",), "a system directory"),
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
    assert f"points to {host / 'disk'}, which does not exist: is its disk mounted?" in detail
    assert of(host, US, ("want_absent", host / "d", 1))[0][0] == "note"
    assert (host / "d").is_symlink()
