"""Ownership: the id of a cluster's folder, which hosts record with each thing of the cluster."""

import fcntl
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kafka_fab.cluster.change import read_changes
from kafka_fab.cluster.roles import owner
from kafka_fab.cluster.schema import text_file
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.fleet import Fleet
from kafka_fab.remote.node import ownership_check
from kafka_fab.remote.ssh.connection import Connection, HostFailure

_ONE_AT_A_TIME = threading.Lock()


def ensure_id(hosts: Fleet) -> None:
    """Make sure that the folder has an id: the one that its hosts have recorded, else a new one.

    A clone without the file gets it from the hosts, if the cluster's name, directories and hosts match the record.
    """
    with _ONE_AT_A_TIME, _locked(hosts.cluster.folder):
        if owner.written_id(hosts.cluster.folder):
            return
        found = recorded_ids(hosts)
        if len(found) > 1:
            ids = ", ".join(f"{host}: {identity}" for identity, host in found.items())
            raise HostFailure(f"the hosts belong to several clusters of this name ({ids}): correct hosts.ini")
        identity = next(iter(found), "") or _new_id()
        text_file.write(hosts.cluster.folder / owner.ID_FILE, f"{identity}\n")


def ensure_own_id(folder: Path) -> None:
    """Make sure that a folder has an id, where no host is asked: a clone without the file gets one of its own."""
    with _ONE_AT_A_TIME, _locked(folder):
        if not owner.written_id(folder):
            text_file.write(folder / owner.ID_FILE, f"{_new_id()}\n")


def _new_id() -> str:
    return secrets.token_urlsafe(9)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other processes out of a folder: two first installs at once would each make an id."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # A network's file system may lock no directory: there it is as without other processes.
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def recorded_ids(hosts: Fleet) -> dict[str, str]:
    """Return the folder ids that the hosts have recorded for this cluster, each with one of those hosts."""
    cluster, duplicate = hosts.cluster, hosts.duplicate()

    def ask(c: Connection) -> str:
        changes = read_changes(channel.run(c, script.with_library(ownership_check(c), apply=False)).output.splitlines())
        return next((change.detail.removeprefix("folder=") for change in changes if change.status == "ok"), "")

    try:
        done = duplicate.run(ask, "owner", cluster.inventory.hosts)
    finally:
        duplicate.close()
    return {str(progress.value): progress.host for progress in done if progress.value}
