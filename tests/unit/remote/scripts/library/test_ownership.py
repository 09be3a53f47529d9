"""ownership.sh: what on a host is ours, what an older kafka-fab made, and whose the rest is."""

import pytest

from kafka_fab.cluster.resource import Directory, Places, Resource
from tests.unit.remote.scripts.library.clusters import THEM, US, directory, of, records
from tests.unit.remote.scripts.library.host import GROUP, USER, Host


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
    said = of(older, US, ("want_absent", older / "data", 1), ("want_absent", older / "etc", 1))
    assert said[0] == ("changed", "removed")
    assert said[1][0] == "note"
    assert (older / "etc/x").exists()


def test_units_of_an_older_one_are_ours(older: Host) -> None:
    (older / "units/kafka.service").write_text("[Unit]\n")
    assert of(older, US, ("want_owner", *US)) == [("ok", "folder=id1")]


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


def test_the_records_go_with_the_last_cluster(host: Host) -> None:
    of(host, US, directory(host))
    of(host, THEM, directory(host, "e"))
    assert of(host, US, "want_records_absent")[0] == ("changed", "this cluster's records removed")
    assert records(host) == [("made", "e", "id2")]
    assert of(host, THEM, "want_records_absent")[0] == ("changed", "removed")
    assert not (host / "state").exists()


def test_a_second_run_asks_no_process_about_what_is_ours(host: Host) -> None:
    path = str(host / "d")
    items: list[Resource] = [Places((path,), frozenset(), frozenset()), Directory(path, USER, GROUP, "750")]
    host.bring(*items)
    for name in ("find", "dpkg-query", "awk", "readlink", "date"):
        host.stub(name, f"echo {name} >>{host / 'called'}")
    assert host.bring(*items).words == [("ok", "places"), ("ok", "directory")]
    assert not (host / "called").exists()
