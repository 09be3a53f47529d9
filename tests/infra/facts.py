"""Facts of a host that testinfra has no module for, or that several specs need."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache

import pytest
from testinfra.host import Host


@dataclass(frozen=True)
class Process:
    """A service's main process."""

    pid: int
    user: str
    arguments: tuple[str, ...] = field(repr=False)
    open_files: int

    def last(self, beginning: str) -> str:
        """Return the last argument that begins so: the one that Java takes."""
        return next((word for word in reversed(self.arguments) if word.startswith(beginning)), "none")

    @property
    def role(self) -> tuple[str, ...]:
        """Return the main class and its argument: the configuration."""
        return self.arguments[-2:]

    @property
    def classpath(self) -> list[str]:
        """Return the entries of the class path."""
        words = list(self.arguments)
        return words[words.index("-cp") + 1].split(":") if "-cp" in words else []


def stat(host: Host, path: str) -> str:
    """Return type, owner, group and mode, in one command, as in `directory root:kafka 750`."""
    return str(host.run("stat -L -c '%%F %%U:%%G %%a' %s", path).stdout.strip()) or "not there"


def owner(host: Host, path: str) -> str:
    """Return the user that a path belongs to."""
    return str(host.run("stat -L -c %%U %s", path).stdout.strip()) or "nobody, it is not there"


def text(host: Host, path: str) -> str:
    """Return a file's content, nothing if it is not there."""
    return str(host.run("cat %s", path).stdout)


def certificates(host: Host, path: str) -> str:
    """Return the certificates of a file, without a private key that is in it: that stays on the host."""
    return str(host.run("sed -n '/^-----BEGIN CERT/,/^-----END CERT/p' %s", path).stdout)


def open_files(host: Host, pid: int) -> int:
    """Return how many files a process may open, by its soft limit."""
    return int(text(host, f"/proc/{pid}/limits").partition("Max open files")[2].split()[0])


@cache
def process(host: Host, unit: str) -> Process:
    """Return a unit's main process; without one the spec fails."""
    pid = int(host.check_output("systemctl show -p MainPID --value %s", unit) or 0)
    if not pid:
        pytest.fail(f"{unit} is not running", pytrace=False)
    arguments = text(host, f"/proc/{pid}/cmdline").split("\0")[:-1]
    return Process(pid, owner(host, f"/proc/{pid}"), tuple(arguments), open_files(host, pid))


@cache
def listeners(host: Host) -> dict[int, set[int]]:
    """Return the processes that listen, by port."""
    found: dict[int, set[int]] = defaultdict(set)
    for line in host.check_output("ss -Htlnp").splitlines():
        port = int(line.split()[3].rpartition(":")[2])
        found[port].update(map(int, re.findall(r"\bpid=(\d+)", line)))
    return found
