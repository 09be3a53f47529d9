"""One lab host: its file system, its boot, and a way in that needs no SSH."""

from __future__ import annotations

import os
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab import cgroups, names, processes
from lab.machine import LabError, run, say, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STATE = Path("/run/kafka-fab-lab")
OVERLAYS = Path("/var/lib/kafka-fab-lab")
PATIENCE = 60
CLEAN = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
}


@dataclass(frozen=True)
class Host:
    """A host of a lab: what it is called and where it is."""

    name: str
    address: str
    lab: str

    @property
    def folder(self) -> Path:
        """Where its overlay lives on this machine."""
        return OVERLAYS / self.lab / self.name

    @property
    def root(self) -> Path:
        """Its root file system as seen from this machine (without what it mounts itself, as /run)."""
        return self.folder / "merged"

    @property
    def log(self) -> Path:
        """What systemd-nspawn and the host's console said."""
        return STATE / self.lab / f"{self.name}.log"

    @property
    def leader(self) -> int | None:
        """The process id of its init as this machine sees it; None while it is off."""
        return processes.leaders().get((self.lab, self.name))

    def run(self, script: str, timeout: float = 60, check: bool = False) -> subprocess.CompletedProcess[str]:
        """Run a shell script inside the host as root, without SSH."""
        leader = self.leader
        if leader is None:
            raise LabError(f"host {self.name} of lab {self.lab} is off.")
        # Killing nsenter would leave the script running, so the time limit is kept inside as well.
        argv = ["nsenter", "-t", str(leader), "-a", "timeout", "-k", "1", str(timeout), "sh", "-s"]
        try:
            done = subprocess.run(
                argv,
                input=script,
                capture_output=True,
                text=True,
                env=CLEAN,
                timeout=timeout + 5,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise LabError(f"a script on {self.name} took more than {timeout:.0f} s") from late
        if check and done.returncode:
            raise LabError(f"a script on {self.name} failed: {(done.stderr or done.stdout).strip()}")
        return done

    def answers(self) -> bool:
        """Say whether its sshd greets."""
        with suppress(OSError), socket.create_connection((self.address, 22), timeout=2) as there:
            return there.recv(4) == b"SSH-"
        return False


def prepare(host: Host, lower: Path, files: Mapping[str, str]) -> None:
    """Lay a host's own files over the shared root file system and mount the two."""
    upper, work = host.folder / "upper", host.folder / "work"
    for folder in (upper, work, host.root):
        folder.mkdir(parents=True)
    layers = f"lowerdir={lower},upperdir={upper},workdir={work}"
    run("mount", "-t", "overlay", "-o", layers, "kafka-fab-lab", host.root)
    for name, text in files.items():
        path = host.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(text)
        path.chmod(0o600 if name.endswith("_key") else 0o644)


def start(host: Host) -> processes.Started:
    """Start a host's systemd, without waiting for it."""
    groups = cgroups.make(host.lab, host.name)
    name = names.netns(host.lab, host.name)
    nspawn = [
        "systemd-nspawn", "--boot", "--quiet", "--register=no", *(["--keep-unit"] if groups else []),
        f"--directory={host.root}", f"--network-namespace-path=/run/netns/{name}",
        f"--machine={name}", f"--hostname={host.name}",
        f"--setenv={processes.MARK}={processes.mark(host.lab, host.name)}",
        "--resolv-conf=off", "--timezone=off", "--link-journal=no", "--console=pipe",
    ]  # fmt: skip
    enter = 'while [ "$1" != -- ]; do echo $$ >"$1/cgroup.procs"; shift; done; shift; exec "$@"'
    return processes.start(
        ["sh", "-c", enter, "sh", *map(str, groups), "--", *nspawn],
        host.log,
        processes.mark(host.lab, host.name),
        # Hosts on the unified hierarchy boot in Debian 12 and 13, whatever this machine mounts.
        {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
        Path("/"),
    )


def boot(hosts: Sequence[Host]) -> None:
    """Boot hosts in waves, each as soon as the one before answers: all at once they starve each other."""
    wave = 4 * (os.cpu_count() or 1)
    for first in range(0, len(hosts), wave):
        batch = hosts[first : first + wave]
        started = [(host, start(host)) for host in batch]
        for host, nspawn in started:
            _wait_for(host, nspawn)
        if len(hosts) > wave:
            say(f"{first + len(batch)} of {len(hosts)} hosts answer")


def _wait_for(host: Host, nspawn: processes.Started) -> None:
    wait_until(lambda: host.answers() or nspawn.poll() is not None, PATIENCE)
    if not host.answers():
        raise LabError(_why_not(host))


def check_reach(one: Host, other: Host) -> None:
    """Refuse a machine whose firewall keeps hosts on one bridge from each other, as Docker sets it up."""
    if one.run(f"ping -c 1 -W 2 {other.address}").returncode:
        raise LabError(
            f"{one.name} does not reach {other.name}: this machine's firewall may filter its bridges.\n"
            "Turn that off: sysctl net.bridge.bridge-nf-call-iptables=0"
        )


def _why_not(host: Host) -> str:
    last = "\n".join(host.log.read_text(errors="replace").splitlines()[-8:])
    return (
        f"host {host.name} does not answer. The last lines of its console:\n{last}\n"
        "If they speak of missing permissions: systemd-nspawn needs a VM or a privileged container."
    )


def stop(hosts: Sequence[Host]) -> None:
    """Take the power away from hosts."""
    wanted = {(host.lab, host.name) for host in hosts}
    processes.end(lambda one: (one.lab, one.host) in wanted)


def unmount(folder: Path) -> None:
    """Unmount everything at and under a folder."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in reversed([mount for mount in mounts if Path(mount).is_relative_to(folder)]):
        run("umount", "--lazy", mount)
