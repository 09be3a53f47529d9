"""dynamic.sh run for real in temporary folders: what leaves the host, and the overrides that are ours."""

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from shlex import join

import pytest

from kafka_fab.cluster.change import Change, ChangeReader
from kafka_fab.remote import script
from tests.unit.remote.scripts.library.host import HERE, SHELLS

THREADS, HOURS = "num.io.threads", "log.retention.hours"


@pytest.fixture(params=HERE)
def say(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., list[Change]]:
    """Run a function of the library in a temporary folder, and return what it said."""

    def run(*words: object) -> list[Change]:
        own = f"OVERRIDES={tmp_path / 'dynamic'}\nlock_host() {{ :; }}\nunit_of() {{ found=1; }}\n"
        text = script.with_library(own + join(map(str, words)), watched=False, extra=script.DYNAMIC)
        ended = subprocess.run(
            [*SHELLS[request.param], "-s"], input=text, text=True, capture_output=True, timeout=20, check=False,
            env={"PATH": os.environ["PATH"]},
        )  # fmt: skip
        assert not ended.stderr
        return list(filter(None, map(ChangeReader().feed, ended.stdout.splitlines())))

    return run


def test_only_the_values_asked_for_leave_the_host(say: Callable[..., list[Change]], tmp_path: Path) -> None:
    file = tmp_path / "server.properties"
    file.write_text(f"# {THREADS}=1\n{THREADS}=2\nssl.key.password=s3cret\n {THREADS} = 3=4\nx.{THREADS}=5\n")
    checksum, *values = say("look_values", file, THREADS, HOURS)
    assert (checksum.kind, len(checksum.detail)) == ("checksum", 64)
    assert values == [Change("ok", "value", THREADS, "3=4")]


def test_overrides_are_kept_until_there_are_none(say: Callable[..., list[Change]], tmp_path: Path) -> None:
    pairs = [f"{THREADS}=12", "log.cleanup.policy=compact, delete"]
    assert say("note_overrides", "kafka", *pairs)[0].status == "ok"
    looked = say("look_dynamic", "kafka", tmp_path / "nowhere", tmp_path)
    assert [change.detail for change in looked if change.kind == "ours"] == pairs
    assert say("note_overrides", "kafka")[0].status == "ok"
    assert not list((tmp_path / "dynamic").iterdir())


def test_a_snapshot_is_renewed_by_the_file_that_was_read_and_no_other(
    say: Callable[..., list[Change]], tmp_path: Path
) -> None:
    file, snapshot = tmp_path / "server.properties", tmp_path / "snapshot"
    file.write_text("a=2\n")
    snapshot.write_text("a=1\n")
    snapshot.chmod(0o600)
    [checksum] = say("look_values", file, "a")[:1]
    file.write_text("a=3\n")
    assert say("renew_snapshot", snapshot, file, checksum.detail)[0].status == "failed"
    assert snapshot.read_text() == "a=1\n"
    file.write_text("a=2\n")
    assert say("renew_snapshot", snapshot, file, checksum.detail)[0].status == "ok"
    assert (snapshot.read_text(), stat.S_IMODE(snapshot.stat().st_mode)) == ("a=2\n", 0o600)
