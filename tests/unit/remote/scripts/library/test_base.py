"""base.sh: what is said, and what a failure ends."""

import pytest

from kafka_fab.cluster.change import Change
from tests.unit.remote.scripts.library.host import GROUP, HERE, USER, Host


def test_busybox_too() -> None:
    if "busybox" not in HERE:
        pytest.skip("busybox is not installed here: its shell was not tried")


def test_the_first_failure_ends_an_apply_and_not_a_plan(host: Host) -> None:
    (host / "d").write_text("no directory")
    body = f"want_directory {host / 'd'} {USER} {GROUP} 750\nwant_absent {host / 'none'} 0"
    applied, planned = host.run(body), host.run(body, apply=False)
    assert (applied.status, applied.words) == (1, [("failed", "directory")])
    assert planned.words == [("failed", "directory"), ("ok", "absent")]


def test_words_of_a_failure_stay_on_one_line(host: Host) -> None:
    said = host.run("try kind name sh -c 'echo one; echo \"two\tthree\" >&2; exit 1'")
    assert said.only == Change("failed", "kind", "name", "one two three")
    assert host.run("try kind name false").only.detail == "false failed without output"
