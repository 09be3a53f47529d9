"""The lab itself: hosts that boot, three ways in, trouble on demand, and nothing left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab import Host, Lab, LabError, LabSpec, cgroups, down, etchosts, names, network, processes, registry, up
from lab import faults as make
from lab.host import OVERLAYS, STATE
from lab.labs import MIRROR_PORT
from lab.machine import CHECKOUT, wait_until
from lab.report import labs as report

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.lab

HOSTS = ("labt1", "labt2")
IP_FREEBIND = 15
BUILD = """
import sys
from pathlib import Path
from lab import LabSpec, up
up(LabSpec("labt-b", ("labt3",), folder=Path(sys.argv[1])))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cluster")


@pytest.fixture(scope="module")
def lab(folder: Path) -> Iterator[Lab]:
    built = up(LabSpec("labt-a", HOSTS, folder=folder))
    yield built
    down(built.name)
    assert leftovers(built.name, built.hosts) == []
    assert list(folder.iterdir()) == []


@pytest.fixture
def second(tmp_path: Path) -> Iterator[LabSpec]:
    yield LabSpec("labt-b", ("labt3",), folder=tmp_path)
    down("labt-b")
    assert leftovers("labt-b", ["labt3"]) == []


def leftovers(name: str, hosts: object) -> list[str]:
    assert hosts
    spaces = [space for space in network.namespaces() if space.startswith(f"{names.NETNS_PREFIX}{name}-")]
    links = network.links() & {names.bridge(name), *(names.veth(name, host) for host in hosts)}  # type: ignore[attr-defined]
    mounts = [line for line in Path("/proc/mounts").read_text().splitlines() if f"/{name}/" in line]
    running = [str(one.pid) for one in processes.marked() if one.lab == name]
    lines = [line for line in Path("/etc/hosts").read_text().splitlines() if name in line]
    folders = [root / name for root in (STATE, OVERLAYS)]
    folders += [root / cgroups.TOP / name for root in cgroups.HIERARCHIES]
    return [*spaces, *links, *mounts, *running, *lines, *(str(path) for path in folders if path.exists())]


def ssh(lab: Lab, host: str, command: str, user: str = "root", stdin: str = "") -> subprocess.CompletedProcess[str]:
    argv = ["ssh", "-F", str(lab.folder / "ssh_config"), "-o", "BatchMode=yes", "-l", user, host, command]
    return subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=20, check=False)


def pings(host: Host, other: Host) -> bool:
    return host.run(f"ping -c 1 -W 0.3 {other.address}").returncode == 0


def test_root_comes_in_with_strict_host_keys(lab: Lab) -> None:
    done = ssh(lab, "labt1", "id -un; hostname")
    assert done.stdout.split() == ["root", "labt1"], done.stderr


def test_ops_has_sudo_without_a_password(lab: Lab) -> None:
    assert ssh(lab, "labt2", "id -un; sudo -n id -un", user="ops").stdout.split() == ["ops", "root"]


def test_admin_s_sudo_asks_for_the_password(lab: Lab) -> None:
    assert "password is required" in ssh(lab, "labt1", "sudo -n id -un", user="admin").stderr
    command = "sudo -k -S -p '' id -un"
    assert ssh(lab, "labt1", command, user="admin", stdin=f"{lab.admin_password}\n").stdout == "root\n"
    assert ssh(lab, "labt1", command, user="admin", stdin="wrong\n").returncode != 0


def test_a_wrong_host_key_is_refused(lab: Lab) -> None:
    kept = lab.known_hosts.read_text()
    first, second = (line.split()[2] for line in kept.splitlines())
    lab.known_hosts.write_text(kept.replace(first, second))
    try:
        assert "Host key verification failed" in ssh(lab, "labt1", "true").stderr
    finally:
        lab.known_hosts.write_text(kept)


def test_no_password_gets_in(lab: Lab) -> None:
    argv = ["ssh", "-F", "/dev/null", "-o", f"UserKnownHostsFile={lab.known_hosts}", "-o", "BatchMode=yes"]
    argv += ["-o", "PubkeyAuthentication=no", f"root@{lab.hosts['labt1'].address}", "true"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    assert "Permission denied (publickey)" in done.stderr


def test_hosts_and_this_machine_know_the_names(lab: Lab) -> None:
    for host in lab.hosts.values():
        for name, address in lab.addresses.items():
            assert host.run(f"getent ahostsv4 {name}").stdout.split()[0] == address
    argv = ["getent", "ahostsv4", "labt2"]
    found = subprocess.run(argv, capture_output=True, text=True, timeout=5, check=True).stdout
    assert found.split()[0] == lab.hosts["labt2"].address


def test_the_hosts_are_whole(lab: Lab) -> None:
    for host in lab.hosts.values():
        assert host.run("systemctl is-system-running --wait").stdout == "running\n"
        assert (host.root / "etc/hostname").read_text() == f"{host.name}\n"


def test_a_second_up_says_that_nothing_is_to_do(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    leaders = [host.leader for host in lab.hosts.values()]
    assert up(LabSpec("labt-a", HOSTS, folder=lab.folder)) == lab
    assert "nothing to do" in capsys.readouterr().out
    assert [host.leader for host in lab.hosts.values()] == leaders


def test_up_boots_a_host_that_died(lab: Lab) -> None:
    lab.hosts["labt1"].run("touch /kept")
    os.kill(lab.hosts["labt1"].leader or 0, signal.SIGKILL)
    assert wait_until(lambda: lab.hosts["labt1"].leader is None, 5)
    up(LabSpec("labt-a", HOSTS, folder=lab.folder))
    assert lab.hosts["labt1"].run("test -e /kept").returncode == 0


@pytest.mark.parametrize(("name", "hosts"), [("labt-b", ("labt2", "labt3")), ("labt-a", ("labt3",))])
def test_a_live_lab_in_the_way_is_refused_by_name_and_place(
    lab: Lab, tmp_path: Path, name: str, hosts: tuple[str, ...]
) -> None:
    with pytest.raises(LabError, match=f"lab labt-a of {CHECKOUT} is up"):
        up(LabSpec(name, hosts, folder=tmp_path))
    assert pings(lab.hosts["labt1"], lab.hosts["labt2"])


def test_a_subnet_in_use_is_refused(lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(LabError, match="overlaps"):
        up(LabSpec("labt-b", ("labt3",), subnet=str(lab.subnet), folder=tmp_path))
    assert leftovers("labt-b", ["labt3"]) == []


def test_another_checkout_s_lab_is_not_taken_down(lab: Lab) -> None:
    path = lab.state / "lab.json"
    kept = path.read_text()
    path.write_text(kept.replace(f'"checkout": "{CHECKOUT}"', '"checkout": "/elsewhere"'))
    try:
        with pytest.raises(LabError, match="belongs to /elsewhere"):
            down(lab.name)
        with pytest.raises(LabError, match="of /elsewhere is up"):
            up(LabSpec("labt-a", HOSTS, folder=lab.folder))
    finally:
        path.write_text(kept)


def test_two_labs_at_once(lab: Lab, second: LabSpec) -> None:
    other = up(second)
    assert not other.subnet.overlaps(lab.subnet)
    assert ssh(other, "labt3", "hostname").stdout == "labt3\n"
    assert ssh(lab, "labt1", "hostname").stdout == "labt1\n"
    told = {one["name"]: one for one in report()}
    assert told["labt-b"]["hosts"] == [{"name": "labt3", "address": other.hosts["labt3"].address, "up": True}]


def test_a_dead_lab_is_swept_at_the_next_up(lab: Lab, second: LabSpec, capsys: pytest.CaptureFixture[str]) -> None:
    dead = up(second)
    # SIGKILL to systemd-nspawn alone leaves the host's init: that is a leftover too, once it has no state.
    for one in processes.marked():
        if one.lab == dead.name and one.host and not one.is_init:
            os.kill(one.pid, signal.SIGKILL)
    (dead.state / "lab.json").unlink()
    assert leftovers(dead.name, dead.hosts)
    up(second)
    assert "removed what was left of lab labt-b" in capsys.readouterr().out
    assert ssh(dead, "labt3", "hostname").stdout == "labt3\n"
    assert pings(lab.hosts["labt1"], lab.hosts["labt2"])


@pytest.mark.parametrize("moment", [0.15, 0.3, 0.45])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_up_leaves_nothing_that_the_next_does_not_sweep(
    lab: Lab, second: LabSpec, moment: float, how: signal.Signals
) -> None:
    with subprocess.Popen([sys.executable, "-c", BUILD, str(second.folder)], cwd=CHECKOUT, stderr=-3) as building:
        assert wait_until((STATE / "labt-b").exists, 10)
        time.sleep(moment)  # the moment is what is tested: no event marks it
        building.send_signal(how)
    built = up(second)
    assert ssh(built, "labt3", "hostname").stdout == "labt3\n"


def test_a_mirror_that_died_is_started_again(lab: Lab) -> None:
    pid = next(one.pid for one in processes.marked() if one.lab == lab.name and not one.host)
    os.kill(pid, signal.SIGKILL)
    up(LabSpec("labt-a", HOSTS, folder=lab.folder))
    assert lab.hosts["labt1"].run(f"curl -fsS {lab.mirror}/debian/bookworm/Release").returncode == 0


def test_a_host_that_can_t_boot_is_told_with_its_last_words(
    lab: Lab, second: LabSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.rootfs.ensure", lambda _suite: tmp_path)  # no systemd in it
    with pytest.raises(LabError, match=r"(?s)labt3 does not answer.*console:\n."):
        up(second)
    assert leftovers("labt-b", ["labt3"]) == []


def test_a_taken_port_is_told(lab: Lab, second: LabSpec) -> None:
    with socket.socket() as stranger:
        # The address is not there yet.
        stranger.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
        stranger.bind(("10.87.200.1", MIRROR_PORT))
        stranger.listen()
        with pytest.raises(LabError, match=r"mirror .* does not start: .*in use"):
            up(replace(second, subnet="10.87.200.0/24"))
    assert leftovers("labt-b", ["labt3"]) == []


def test_java_goes_and_comes_back_from_the_mirror(lab: Lab) -> None:
    host = lab.hosts["labt1"]
    with make.no_java(host):
        assert host.run("java -version").returncode == 127
    assert "17." in host.run("java -version").stderr


def test_links_go_down_and_up(lab: Lab) -> None:
    one, other = lab.hosts.values()
    with make.unplugged(one):
        assert not pings(one, other)
        assert not one.answers()
    assert wait_until(lambda: pings(one, other), 5)
    with make.cut_link(one, other):
        assert not pings(one, other)
        assert one.answers()
    assert wait_until(lambda: pings(one, other), 5)


def test_a_slow_link_is_slow(lab: Lab) -> None:
    host = lab.hosts["labt1"]
    fetch = f"curl -s -o /dev/null -w '%{{time_total}}' {lab.mirror}/debian/{lab.suite}/Packages"
    with make.slow_link(host, "1mbit"):
        slow = float(host.run(fetch).stdout)
    assert slow > 5 * float(host.run(fetch).stdout)


def test_a_small_disk_is_full_soon(lab: Lab) -> None:
    host = lab.hosts["labt1"]
    host.run("install -d -o ops -m 750 /srv/data", check=True)
    with make.small_disk(host, "/srv/data", "1m"):
        assert host.run("stat -c '%U %a' /srv/data").stdout == "ops 750\n"
        assert "No space left" in host.run("head -c 2M /dev/zero >/srv/data/file").stderr
    assert host.run("ls -A /srv/data").stdout == ""


def test_services_are_killed_and_frozen(lab: Lab) -> None:
    host = lab.hosts["labt2"]
    host.run("systemd-run --unit=victim sleep 1000", check=True)
    with make.frozen(host, "victim"):
        assert wait_until(lambda: host.run("ps -C sleep -o stat=").stdout.startswith("T"), 5)
    assert wait_until(lambda: host.run("ps -C sleep -o stat=").stdout.startswith("S"), 5)
    make.kill_process(host, "sleep 1000")
    assert wait_until(lambda: host.run("systemctl is-failed victim").stdout == "failed\n", 5)


def test_a_host_loses_power_and_comes_back(lab: Lab) -> None:
    one, other = lab.hosts.values()
    with make.powered_off(one):
        assert not one.answers()
        with pytest.raises(LabError, match="is off"):
            one.run("true")
        assert lab.name in registry.live()
    assert pings(one, other)


def test_a_power_cut_of_all_hosts_keeps_their_disks(lab: Lab, second: LabSpec) -> None:
    hosts = [*lab.hosts.values()]
    for host in hosts:
        host.run(f"echo {host.name} >/srv/kept", check=True)
    make.power_off(*hosts)
    assert all(host.leader is None for host in hosts)
    up(second)
    assert lab.name in registry.live(), "another lab's building sweeps nothing that is only off"
    again = up(LabSpec("labt-a", HOSTS, folder=lab.folder))
    assert [host.run("cat /srv/kept").stdout for host in again.hosts.values()] == ["labt1\n", "labt2\n"]
    make.power_off(hosts[0])
    make.power_on(*hosts)
    assert hosts[0].run("cat /srv/kept").stdout == "labt1\n"


def test_a_host_is_off_when_the_last_of_its_processes_has_ended(lab: Lab, second: LabSpec) -> None:
    host = up(second).hosts["labt3"]
    host.run(
        "cp /usr/bin/sleep /usr/bin/labt-sleeper; for n in $(seq 300); do labt-sleeper 4321 >/dev/null 2>&1 & done"
    )
    assert wait_until(lambda: sleepers() == 300, 30)
    make.power_off(host)
    assert sleepers() == 0


def sleepers() -> int:
    """Count them by their name: it outlives the arguments and the environment of a process that is ending."""
    found = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            found += (folder / "comm").read_text() == "labt-sleeper\n"
    return found


BENCH = """
import signal, sys
from bench import place, run
place.LAB, place.LOCK = "labt-b", place.STATE / "labt-b.lock"
def measured(runs, alone):
    with place.hosts(1, "bookworm") as lab:
        print("measuring", flush=True)
        signal.pause()
run.SECTIONS = {"install": type("Section", (), {"measured": staticmethod(measured)})}
sys.exit(run.ended(["install", "--alone"]))
"""


def bench() -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", BENCH]
    return subprocess.Popen(argv, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def measuring(running: subprocess.Popen[str]) -> str:
    """Wait until a bench has its lab; return what it has said until then."""
    assert running.stdout
    said = ""
    while "measuring\n" not in said:
        line = running.stdout.readline()
        assert line, said
        said += line
    return said


def test_a_bench_that_is_ended_removes_its_lab_and_one_that_is_killed_leaves_it_to_the_next() -> None:
    with bench() as killed:
        measuring(killed)
        with bench() as beside:
            assert "another bench/run is under way" in beside.communicate(timeout=60)[1]
        killed.kill()
    assert beside.returncode == 1
    assert leftovers("labt-b", ["bench1"])
    with bench() as ended:
        assert "an earlier bench/run was killed: removing its lab labt-b" in measuring(ended)
        ended.send_signal(signal.SIGTERM)
        errors = ended.communicate(timeout=60)[1]
    assert (ended.returncode, "Traceback" in errors) == (130, False), errors
    assert leftovers("labt-b", ["bench1"]) == []


def test_a_script_that_hangs_is_ended(lab: Lab) -> None:
    done = lab.hosts["labt1"].run("exec sleep 1234", timeout=0.3)
    assert done.returncode == 124
    assert lab.hosts["labt1"].run("pgrep -f '^sleep 1234'").returncode == 1


def test_etc_hosts_is_as_before(lab: Lab, second: LabSpec) -> None:
    before = etchosts.ETC_HOSTS.read_bytes()
    up(second)
    assert b" labt3\n" in etchosts.ETC_HOSTS.read_bytes()
    down(second.name)
    assert etchosts.ETC_HOSTS.read_bytes() == before
