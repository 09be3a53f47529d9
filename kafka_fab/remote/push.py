"""Push: the archive sent to a host over its SSH connection, where hosts cannot reach a mirror."""

import hashlib
import subprocess
import threading
from functools import cache
from pathlib import Path
from shlex import quote

from kafka_fab.cluster.change import ChangeReader
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.resource import Asset, Download
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.ssh.connection import Connection, HostFailure

_ONE_FETCH = threading.Lock()
_CACHE = Path.home() / ".cache/kafka-fab"


def push(c: Connection, cluster: Cluster, archive: str) -> None:
    """Send the archive to the place where a host expects it, unless the host has it or its tree already."""
    c.progress.doing = "looking for the archive"
    tree = quote(cluster.tree)
    question = f"{{ [ -e {tree} ] && ! tree_is_damaged {tree}; }} || [ -f {quote(archive)} ]"
    if channel.run(c, script.with_library(question)).status == 0:
        return
    _send(c, archive_here(cluster), archive)


def push_file(c: Connection, local: Path, path: str, checksum: str) -> None:
    """Send a file to its place on a host, unless the host has it; a checksum is a SHA-256 or a SHA-512."""
    c.progress.doing = f"looking for {local.name}"
    tool = f"sha{4 * len(checksum)}sum"
    if channel.run(c, script.with_library(f"echo {quote(f'{checksum}  {path}')} | {tool} -c --status")).status:
        _send(c, local, path)


def _send(c: Connection, local: Path, path: str) -> None:
    c.progress.doing = f"sending {local.name}"
    target = f"mkdir -p {quote(str(Path(path).parent))} && cat >{quote(path)}.part"
    # The mark comes last: without it a part that was cut off is not taken for the whole.
    command = f"{target} && echo {_sha512(local)} >{quote(path)}.pushed"
    answer = channel.send(c, command, local)
    if answer.status:
        raise HostFailure(f"{local.name} could not be sent: {answer.stderr or 'the host hung up'}")


def archive_here(cluster: Cluster) -> Path:
    """Return the archive on this machine: the file of the settings, or one fetched from the mirror once."""
    if cluster.archive_file:
        return cluster.archive_file
    file = _CACHE / cluster.archive
    with _ONE_FETCH:
        if not file.is_file():
            # No tree of that name is here, so it always looks.
            _fetch(Download(cluster.archive_url, str(file), f"{file}.tree", cluster.settings.sha512.lower()), file)
    return file


def asset_here(url: str, name: str, checksum: str) -> Path:
    """Return a single file on this machine, fetched from its address once, with the checksum that it must have."""
    file = _CACHE / name
    with _ONE_FETCH:
        _fetch(Asset(str(file), url, checksum), file)
    return file


def _fetch(wanted: Download | Asset, file: Path) -> None:
    """Bring a file about by the library that hosts run: it fetches and checks here too."""
    file.parent.mkdir(parents=True, exist_ok=True)
    ended = subprocess.run(
        ["sh", "-s"],
        input=script.with_library(script.call(wanted), watched=False),
        text=True,
        capture_output=True,
        check=False,
        timeout=channel.IDLE_TIMEOUT,
    )
    changes = filter(None, map(ChangeReader().feed, ended.stdout.splitlines()))
    for change in changes:
        if change.status == "failed":
            raise HostFailure(f"{change.name}: {change.detail}")


@cache
def _sha512(file: Path) -> str:
    return checksum(file, "sha512")


def checksum(file: Path, algorithm: str) -> str:
    """Return the checksum of a file on this machine."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, algorithm).hexdigest()
