"""Faults injected into lab hosts, and taken back: each is a context manager over a pair of functions.

Not here: a delayed link (many kernels lack netem; a delaying TCP relay does it) and a wrong clock
(a Linux namespace can shift the monotonic clocks, never the time of day).
"""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from lab import host as hosts_of_labs
from lab import names, network, rootfs
from lab.host import Host
from lab.machine import LabError, run

# A hardware address that no host has: what is sent there is lost without an error, as on a cut cable.
NOWHERE = "02:00:00:00:00:00"


def link_down(host: Host) -> None:
    """Pull a host's network cable."""
    run("ip", "link", "set", names.veth(host.lab, host.name), "down")


def link_up(host: Host) -> None:
    """Plug a host's network cable in again."""
    run("ip", "link", "set", names.veth(host.lab, host.name), "up")


@contextmanager
def unplugged(host: Host) -> Iterator[None]:
    """Keep a host off the network meanwhile."""
    link_down(host)
    try:
        yield
    finally:
        link_up(host)


def slow(host: Host, rate: str) -> None:
    """Limit the bandwidth of a host's link in both directions; the rate as tc takes it, such as 1mbit."""
    shape = ["root", "tbf", "rate", rate, "burst", "32kb", "latency", "400ms"]
    try:
        run("tc", "qdisc", "replace", "dev", names.veth(host.lab, host.name), *shape)
        run("tc", "-netns", _netns(host), "qdisc", "replace", "dev", network.INSIDE, *shape)
    except LabError as refused:
        raise LabError(f"cannot limit the bandwidth: the kernel may lack tbf: {refused}") from refused


def fast(host: Host) -> None:
    """Remove the bandwidth limit of a host's link."""
    run("tc", "qdisc", "delete", "dev", names.veth(host.lab, host.name), "root")
    run("tc", "-netns", _netns(host), "qdisc", "delete", "dev", network.INSIDE, "root")


@contextmanager
def slow_link(host: Host, rate: str = "1mbit") -> Iterator[None]:
    """Limit the bandwidth of a host's link meanwhile."""
    slow(host, rate)
    try:
        yield
    finally:
        fast(host)


def cut(one: Host, other: Host) -> None:
    """Drop all packets between two hosts; both still reach the others."""
    for here, there in ((one, other), (other, one)):
        _neighbour(here, "replace", there.address, "lladdr", NOWHERE, "nud", "permanent")


def join(one: Host, other: Host) -> None:
    """Let two hosts reach each other again."""
    for here, there in ((one, other), (other, one)):
        _neighbour(here, "delete", there.address)


@contextmanager
def cut_link(one: Host, other: Host) -> Iterator[None]:
    """Partition two hosts from each other meanwhile."""
    cut(one, other)
    try:
        yield
    finally:
        join(one, other)


def _neighbour(host: Host, verb: str, *words: str) -> None:
    run("ip", "-netns", _netns(host), "neighbour", verb, words[0], "dev", network.INSIDE, *words[1:])


def _netns(host: Host) -> str:
    return names.netns(host.lab, host.name)


@contextmanager
def small_disk(host: Host, path: str, size: str = "1m") -> Iterator[None]:
    """Mount an empty tmpfs of this size over a folder of a host, with the folder's owner and mode."""
    where = shlex.quote(path)
    host.run(
        f"mkdir -p {where} && mount -t tmpfs -o size={shlex.quote(size)} small {where} "
        f"--options mode=$(stat -c %a {where}),uid=$(stat -c %u {where}),gid=$(stat -c %g {where})",
        check=True,
    )
    try:
        yield
    finally:
        # Lazily: a process that still writes there must not block the unmount.
        host.run(f"umount --lazy {where}", check=True)


def remove_java(host: Host) -> None:
    """Purge the Java packages and nothing else."""
    package = "$(dpkg-query -W -f '${Package} ' 'openjdk-*-jre-headless')"
    host.run(f"dpkg --purge --force-depends {package}", check=True)


def install_java(host: Host) -> None:
    """Install Java from the lab's mirror unless it is there."""
    suite = host.run(". /etc/os-release && echo $VERSION_CODENAME", check=True).stdout.strip()
    package = rootfs.java_package(suite)
    host.run(f"test -x /usr/bin/java || {{ apt-get -qq update && apt-get -qq install -y {package}; }}", check=True)


@contextmanager
def no_java(host: Host) -> Iterator[None]:
    """Remove Java from a host meanwhile."""
    remove_java(host)
    try:
        yield
    finally:
        install_java(host)


def kill_unit(host: Host, unit: str) -> None:
    """Kill every process of a service with SIGKILL."""
    host.run(f"systemctl kill --signal=KILL {shlex.quote(unit)}", check=True)


def kill_process(host: Host, pattern: str) -> None:
    """Kill the processes whose command line matches, with SIGKILL."""
    if host.run(f"pkill -KILL -f -- {shlex.quote(pattern)}").returncode:
        raise LabError(f"no process of {host.name} matches {pattern!r}.")


@contextmanager
def frozen(host: Host, unit: str) -> Iterator[None]:
    """Suspend a service's processes (SIGSTOP), and continue them afterwards."""
    host.run(f"systemctl kill --signal=STOP {shlex.quote(unit)}", check=True)
    try:
        yield
    finally:
        host.run(f"systemctl kill --signal=CONT {shlex.quote(unit)}", check=True)


def power_off(*hosts: Host) -> None:
    """Power hosts off, all at once, without a shutdown.

    Their disks are kept, and are as this machine sees them: what was written and not yet synced is there too,
    which on a machine of its own may be lost. What they kept in memory (/run, /tmp, a `small_disk`) is gone.
    """
    hosts_of_labs.stop(hosts)


def power_on(*hosts: Host) -> None:
    """Boot hosts that are off, with the disks that they had; wait until their sshd answers."""
    hosts_of_labs.boot([host for host in hosts if host.leader is None])


@contextmanager
def powered_off(*hosts: Host) -> Iterator[None]:
    """Power hosts off, and boot them again afterwards with their disks as they were."""
    power_off(*hosts)
    try:
        yield
    finally:
        power_on(*hosts)


def own_disk(host: Host, path: str, size: str) -> None:
    """Give a host that is off a disk of its own at a path, of memory: it outlives the host's power, not the lab."""
    if host.leader is not None:
        raise LabError(f"host {host.name} is up: power it off first.")
    place = host.root / path.lstrip("/")
    place.mkdir(parents=True, exist_ok=True)
    run("mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "kafka-fab-lab", place)


@contextmanager
def full_disk(host: Host, path: str) -> Iterator[None]:
    """Fill the disk that is mounted at a path of a host meanwhile, up to its last page."""
    filler = shlex.quote(f"{path.rstrip('/')}/filler")
    host.run(f"mountpoint -q {shlex.quote(path)} && {{ dd if=/dev/zero of={filler} bs=64k; true; }} 2>&1", check=True)
    try:
        yield
    finally:
        host.run(f"rm -f {filler}", check=True)
