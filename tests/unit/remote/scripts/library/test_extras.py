"""extras.sh: the user's files are recorded, go when the settings lose them, and replace nobody's."""

from pathlib import Path
from shlex import join

import pytest

from kafka_fab.cluster.resource import File
from kafka_fab.remote import script
from tests.unit.remote.scripts.library.clusters import THEM, US
from tests.unit.remote.scripts.library.host import GROUP, USER, Host, Said


def bring(host: Host, *paths: Path, who: tuple[str, ...] = US, unit: str = "kafka", apply: bool = True) -> Said:
    """Bring about the files of a unit, as an install does; others that it had are gone."""
    calls = [join(("set_owner", *who)), join(("want_extra_files", unit, *map(str, paths)))]
    calls += [script.call(File(str(path), "mine\n", USER, GROUP, "640")) for path in paths]
    return host.run("\n".join([*calls, join(("want_extra_files_absent", unit, *map(str, paths)))]), apply)


def test_a_file_goes_when_the_settings_lose_it(host: Host) -> None:
    one, two = host / "one.conf", host / "two.conf"
    assert bring(host, one, two).words == [("changed", "file")] * 2
    assert ("made", f"file:kafka:{one}", "id1") in [(how, f"{what}", whose) for how, what, whose in raw(host)]
    assert bring(host, one, two).words == [("ok", "file")] * 2
    assert bring(host, two, apply=False).words == [("ok", "file"), ("would", "extra-file")]
    assert one.exists()
    assert bring(host, two).words == [("ok", "file"), ("changed", "extra-file")]
    assert (one.exists(), two.exists()) == (False, True)
    assert bring(host, two).words == [("ok", "file")]
    assert bring(host).words == [("changed", "extra-file")]
    assert (raw(host), bring(host).words) == ([], [])


def raw(host: Host) -> list[tuple[str, str, str]]:
    file = host / "state/made"
    lines = [line.split("\t") for line in file.read_text().splitlines()] if file.exists() else []
    return [(line[0], line[1], line[2]) for line in lines if line[1].startswith("file:")]


def test_one_that_was_edited_is_kept_as_a_copy(host: Host) -> None:
    one = host / "one.conf"
    bring(host, one)
    one.write_text("edited\n")
    assert bring(host).only.detail == "remove; edited by hand, a copy is kept"
    (kept,) = host.folder.glob("one.conf.*.kept")
    assert (kept.read_text(), one.exists()) == ("edited\n", False)


def test_one_that_was_deleted_is_forgotten(host: Host) -> None:
    bring(host, host / "one.conf")
    (host / "one.conf").unlink()
    assert (bring(host).words, raw(host)) == ([], [])


@pytest.mark.parametrize("apply", [True, False])
def test_somebody_elses_file_is_refused(apply: bool, host: Host) -> None:
    one = host / "one.conf"
    one.write_text("theirs\n")
    said = bring(host, one, apply=apply)
    assert said.words[0] == ("failed", "extra-file")
    assert "is there already, and kafka-fab did not write it" in said.changes[0].detail
    assert (one.read_text(), raw(host)) == ("theirs\n", [])


def test_another_clusters_file_is_refused(host: Host) -> None:
    bring(host, host / "one.conf")
    said = bring(host, host / "one.conf", who=THEM)
    assert (said.words[0], "is a file of cluster orders" in said.changes[0].detail) == (("failed", "extra-file"), True)


def test_one_that_moves_to_another_unit_stays(host: Host) -> None:
    one = host / "one.conf"
    bring(host, one)
    bring(host, one, unit="zookeeper")
    assert bring(host).words == []
    assert [what for _, what, _ in raw(host)] == [f"file:zookeeper:{one}"]
    assert one.exists()


def test_a_service_that_stays_at_another_version_keeps_what_its_start_reads(host: Host) -> None:
    one = host / "one.conf"
    bring(host, one)
    calls = [
        join(("set_owner", *US)),
        f'KEPT_BACK="$NL{host / "units"}/kafka.service$NL"',
        join(("want_extra_files_absent", "kafka")),
    ]
    assert host.run("\n".join(calls)).words == []
    assert one.exists()
