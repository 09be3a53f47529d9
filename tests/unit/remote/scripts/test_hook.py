"""hook.sh run for real: the end of a command, what it printed, and its time limit."""

import subprocess
from collections.abc import Callable
from shlex import join

import pytest

from kafka_fab.cluster.change import Change, ChangeReader
from kafka_fab.remote import script
from tests.unit.remote.scripts.library.host import HERE, SHELLS

Say = Callable[..., list[Change]]


@pytest.fixture(params=HERE)
def say(request: pytest.FixtureRequest) -> Say:
    def run(*words: str) -> list[Change]:
        text = script.with_library(join(words), watched=False, extra=script.HOOK)
        ended = subprocess.run(
            [*SHELLS[request.param], "-s"], input=text, text=True, capture_output=True, timeout=90, check=False
        )
        assert not ended.stderr
        return list(filter(None, map(ChangeReader().feed, ended.stdout.splitlines())))

    return run


@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        ("true", "0", ""),
        ("echo a; echo b >&2; exit 3", "3", "a b"),
        ('echo "$KAFKA_FAB_HOST/$TWO"', "0", "kafka1/a b"),
        ("cat; echo 'it''s' \"$0\"", "0", "its sh"),
        ("nosuchcommand_of_ours 2>/dev/null", "127", ""),
        ("if", "2", None),
    ],
)
def test_a_command_ends(command: str, status: str, said: str | None, say: Say) -> None:
    (change,) = say("run_hook", "80", command, "KAFKA_FAB_HOST=kafka1", "TWO=a b")
    assert (change.status, change.kind, change.name) == ("ok", "hook", status)
    assert said is None or change.detail == said


def test_one_that_hangs_is_killed(say: Say) -> None:
    (change,) = say("run_hook", "1", "sleep 300", "A=b")
    assert (change.name, change.detail) == ("124", "")


def test_what_a_command_leaves_running_is_not_waited_for(say: Say) -> None:
    (change,) = say("run_hook", "100", "sleep 110 & echo done", "A=b")
    assert (change.name, change.detail) == ("0", "done")
