"""lock.sh: one run at a time on a host."""

import shutil
from shlex import quote

import pytest

from tests.unit.remote.scripts.library.host import LIBRARY, Host


def test_two_runs_wait_for_each_other(host: Host) -> None:
    if not shutil.which("flock"):
        pytest.skip("flock is not installed here")
    function = LIBRARY[LIBRARY.index("\nlock_host() {") :].split("\n}\n")[0] + "\n}\n"
    mine = function.replace("/run/kafka-fab.lock", str(host / "lock"))
    host.stub("hostname", "echo h")
    lock = f"exec 8>{quote(str(host / 'lock'))}; flock 8; (sleep 0.1; flock -u 8) 8>&8 & exec 8>&-\n"
    assert host.run(f"{mine}\n{lock}\nlock_host\nsay ok a b").words == [("note", "lock"), ("ok", "a")]
    assert host.run(f"{mine}\nlock_host\nsay ok a b").words == [("ok", "a")]
