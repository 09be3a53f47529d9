"""An install that is cut off at any moment, or runs twice at once: the next one converges to the same state."""

import contextlib
import json
import os
import random
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterator

import pytest

from lab import faults as make
from tests.integration.conftest import Site, await_line

pytestmark = pytest.mark.lab

SEED = int(os.environ.get("KAFKA_FAB_TEST_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
SAMPLE, SWEEP = 6, 36
Facts = dict[str, list[str]]
# Its exit code, how many seconds it took to end, and what it said.
Interrupted = tuple[int, float, str]
# Everything that an install makes: type, owner, mode and content of each path. Numbers of users may differ.
FINGERPRINT = """
{
find /opt /etc/kafka /etc/zookeeper /etc/systemd/system/*.service /etc/systemd/system/multi-user.target.wants \\
    /var/lib/zookeeper /var/lib/kafka-fab /var/cache/kafka-fab /var/log/kafka /var/log/zookeeper /tmp \\
    \\( -path '/tmp/systemd-*' -o -path '/tmp/hsperfdata_*' \\) -prune -o -printf '%p %y %U %G %m %l\\n' | sort
find /opt /etc/kafka /etc/zookeeper /etc/systemd/system/*.service /var/lib/zookeeper /var/lib/kafka-fab \\
    /var/cache/kafka-fab -type f ! -path /var/lib/kafka-fab/made -exec sha256sum {} + | sort -k 2
# What we made, without since when, and by which folder.
awk -F '\\t' '{ print $1, $2, $4 }' /var/lib/kafka-fab/made | sort
getent passwd kafka zookeeper | cut -d : -f 1,5-
getent group kafka zookeeper | cut -d : -f 1,4-
systemctl show -p UnitFileState -p ActiveState -p NeedDaemonReload kafka zookeeper
} | sed 's|/kafka-fab/clusters/[^/ ]*|/kafka-fab/clusters/ID|'
"""


def state(site: Site) -> Facts:
    """Return what there is on each host, a line a fact."""
    return {host: said.splitlines() for host, said in site.everywhere(FINGERPRINT).items()}


@pytest.fixture(scope="module")
def reference(make_site: Callable[..., Site], trouble_hosts: tuple[str, ...]) -> Facts:
    """The state after an ignore_signals install; the hosts know nothing again afterwards."""
    site = make_site(trouble_hosts)
    site.done("install")
    wanted = state(site)
    site.wipe()
    assert set(site.everywhere("ls /opt; getent passwd kafka || true").values()) == {""}
    assert all(len(facts) > 150 for facts in wanted.values())
    return wanted


@contextlib.contextmanager
def killed(site: Site, moment: float) -> Iterator[None]:
    """Start an install and kill it, with all that it has started, after some seconds."""
    running = site.start_fab("install")
    try:
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(moment)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.communicate()


def seconds_of_an_install(site: Site) -> float:
    began = time.monotonic()
    site.done("install")
    seconds = time.monotonic() - began
    site.wipe()
    return seconds


def converges_after_kills(site: Site, reference: Facts, moments: int) -> None:
    whole = seconds_of_an_install(site)
    print(f"\nKAFKA_FAB_TEST_SEED={SEED} repeats these {moments} kills within {whole:.2f} s")
    # One random moment in each of as many equal spans: none of the run is left out.
    chance = random.Random(SEED)
    for number in range(moments):
        moment = whole * (number + chance.random()) / moments
        with killed(site, moment):
            pass
        site.done("install")
        assert state(site) == reference, f"seed {SEED}, kill {number}, after {moment:.3f} s of {whole:.3f} s"
        site.wipe()


def test_an_install_killed_at_a_random_moment_converges_the_next_time(trouble: Site, reference: Facts) -> None:
    converges_after_kills(trouble, reference, SAMPLE)


@pytest.mark.slow
def test_an_install_killed_at_any_of_many_moments_converges_the_next_time(trouble: Site, reference: Facts) -> None:
    converges_after_kills(trouble, reference, SWEEP)


def test_an_install_on_a_host_that_loses_power_converges_the_next_time(trouble: Site, reference: Facts) -> None:
    first = trouble.hosts[0]
    running = trouble.start_fab("install")
    await_line(running, f"{first}  changed  download")
    with make.powered_off(trouble.lab.hosts[first]):
        running.communicate()
    trouble.done("install")
    assert state(trouble) == reference


def changes(said: str) -> defaultdict[str, set[tuple[str, str, str]]]:
    """Return what a run's JSON says: (host, kind, name) by status."""
    found = defaultdict(set)
    for host in json.loads(said)["hosts"]:
        for change in host["changes"]:
            found[change["status"]].add((host["host"], change["kind"], change["name"]))
    return found


def test_of_two_installs_at_once_one_waits_for_the_other(trouble: Site, reference: Facts) -> None:
    runs = [trouble.start_fab("install", "--json") for _ in range(2)]
    said = [run.communicate(timeout=60) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    one, other = (changes(output) for output, _ in said)
    assert state(trouble) == reference
    assert not one["changed"] & other["changed"]
    assert {(host, "lock", host) for host in trouble.hosts} <= one["note"] | other["note"]


@pytest.fixture
def interrupted(trouble: Site) -> Iterator[Interrupted]:
    """An install from a mirror that takes minutes, interrupted by Ctrl-C in mid-download; the mirror serves on."""
    with trouble.mirror("--slow", "200000") as port:
        with trouble.changed("conf/local.yaml", ":8000/", f":{port}/"):
            running = trouble.start_fab("install")
            assert running.stdout
            waiting = set(trouble.hosts)
            while waiting:
                line = running.stdout.readline()
                assert line, running.communicate()
                waiting -= {line.split()[0]} if "/var/cache/kafka-fab" in line else set()
            began = time.monotonic()
            running.send_signal(signal.SIGINT)
            output, complaints = running.communicate(timeout=30)
        yield running.returncode, time.monotonic() - began, output + complaints


def test_ctrl_c_ends_an_install_at_once_and_says_what_was_under_way(trouble: Site, interrupted: Interrupted) -> None:
    code, seconds, said = interrupted
    assert code == 130
    assert seconds < 2
    assert "Traceback" not in said
    for host in trouble.hosts:
        assert f"{host}: interrupted in download http://" in said


def test_after_ctrl_c_the_next_install_does_not_wait_for_the_old_download(
    trouble: Site, interrupted: Interrupted
) -> None:
    trouble.done("install", timeout=10)
