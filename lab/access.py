"""Keys of a lab, and the files that lead plain `fab` and `ssh -F` to its hosts."""

from __future__ import annotations

import re
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

from lab.machine import run, say

if TYPE_CHECKING:
    from pathlib import Path

    from lab.host import Host
    from lab.labs import Lab

MARK = re.compile(r"^# Written by lab (?P<name>[a-z0-9-]+)\b")


def make_key(path: Path, comment: str) -> str:
    """Make a key pair beside each other and return the public half."""
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path)
    return path.with_name(f"{path.name}.pub").read_text()


def host_files(lab: Lab, host: Host, authorized: str) -> tuple[dict[str, str], str]:
    """Make what a host has of its own: files by path, and its line of known_hosts."""
    key = lab.state / f"{host.name}_key"
    public = make_key(key, host.name)
    names = "".join(f"{address} {name}\n" for name, address in lab.addresses.items())
    files = {
        "etc/hostname": f"{host.name}\n",
        "etc/hosts": f"127.0.0.1 localhost\n{names}",
        "etc/machine-id": f"{uuid.uuid4().hex}\n",
        "etc/apt/sources.list": f"deb [trusted=yes] {lab.mirror}/debian/{lab.suite} ./\n",
        "etc/ssh/lab_authorized_keys": authorized,
        "etc/ssh/ssh_host_ed25519_key": key.read_text(),
        "etc/ssh/ssh_host_ed25519_key.pub": public,
    }
    return files, f"{host.name},{host.address} {' '.join(public.split()[:2])}\n"


def ssh_config(lab: Lab) -> str:
    """Write the OpenSSH settings that reach a lab's hosts by their names."""
    blocks = [
        f"Host {host.name}\n"
        f"    HostName {host.address}\n"
        "    User root\n"
        f"    IdentityFile {lab.key}\n"
        f"    UserKnownHostsFile {lab.known_hosts}\n"
        "    StrictHostKeyChecking yes\n"
        "    IdentitiesOnly yes\n"
        for host in lab.hosts.values()
    ]
    return first_line(lab) + "\n" + "\n".join(blocks)


def local_yaml(lab: Lab) -> str:
    """Write the settings that make a cluster fit a lab: its mirror, and little memory."""
    return first_line(lab) + f"mirror: {lab.mirror_url}\nkafka:\n  heap: 256m\nzookeeper:\n  heap: 128m\n"


def first_line(lab: Lab) -> str:
    """Mark a file as the lab's own."""
    return f"# Written by lab {lab.name}: `fab lab.down` removes this file, `fab lab.up` writes it anew.\n"


def owner(path: Path) -> str | None:
    """Say which lab wrote a file; None: somebody else did."""
    found = MARK.match(path.read_text(errors="replace"))
    return found["name"] if found else None


def write(lab: Lab, live: set[str]) -> None:
    """Write a lab's files into its cluster folder; leave files of others alone and say what to add."""
    for path, text, advice in (
        (lab.folder / "ssh_config", ssh_config(lab), f"add: Include {lab.state / 'ssh_config'}"),
        (lab.folder / "conf/local.yaml", local_yaml(lab), f"add: mirror: {lab.mirror_url}"),
    ):
        if path.exists() and (owner(path) is None or owner(path) in live - {lab.name}):
            say(f"{path} is not this lab's: not changed. To reach the lab through it, {advice}")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (lab.state / "ssh_config").write_text(ssh_config(lab))


def remove(lab: Lab) -> None:
    """Remove a lab's own files from its cluster folder."""
    for path in (lab.folder / "ssh_config", lab.folder / "conf/local.yaml"):
        if path.is_file() and owner(path) == lab.name:
            path.unlink()
    # The folder of settings goes with the last file in it: then it was the lab that made it.
    with suppress(OSError):
        (lab.folder / "conf").rmdir()
