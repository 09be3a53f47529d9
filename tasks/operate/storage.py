"""Storage: the cluster's id, and the directories of a KRaft node formatted with it, once."""

import os
from dataclasses import dataclass
from pathlib import Path
from shlex import join

from invoke.exceptions import Exit

from tasks.cluster import host, kraft
from tasks.cluster.model import Cluster
from tasks.operate import services
from tasks.remote import script
from tasks.remote.connection import Connection, HostFailure
from tasks.remote.fleet import Fleet, finished
from tasks.remote.progress import Progress

ID_FILE = "cluster.id"


@dataclass(frozen=True)
class Found:
    """What stands on the hosts: their cluster ids by host and directory, and whether the quorum has ever run."""

    ids: dict[str, str]
    unknown: tuple[str, ...] = ()
    quorum_has_run: bool = False


def format_storage(hosts: Fleet) -> list[Progress]:
    """Format the directories of the chosen hosts that are not yet, with the cluster's id."""
    cluster = hosts.cluster
    found = _look(hosts)
    cluster_id = identify(cluster, found)

    def work(c: Connection) -> None:
        _format(c, cluster, cluster_id, found)

    return finished(hosts.run(work, "start"))


def identify(cluster: Cluster, found: Found) -> str:
    """Return the cluster's id: the one written down beside hosts.ini, else the hosts', else a new one.

    Raises Exit, naming both, where two disagree. The id is written down when it is first known.
    """
    file = cluster.folder / ID_FILE
    written = {str(file): written_id(cluster)} if written_id(cluster) else {}
    places: dict[str, str] = {}
    for place, identity in (written | found.ids).items():
        places.setdefault(identity, place)
    if len(places) > 1:
        told = "; ".join(f"{place} says {identity}" for identity, place in places.items())
        raise Exit(f"two clusters are mixed up: {told}. Correct hosts.ini, or move the other's data away", code=1)
    identity = next(iter(places), "") or kraft.new_cluster_id()
    if not written:
        _write(file, identity)
    return identity


def written_id(cluster: Cluster) -> str:
    """Return the cluster's id as it is written down beside hosts.ini, or nothing."""
    file = cluster.folder / ID_FILE
    return file.read_text().strip() if file.is_file() else ""


def _write(file: Path, identity: str) -> None:
    new = file.with_suffix(".new")
    with new.open("w") as content:
        content.write(f"{identity}\n")
        content.flush()
        os.fsync(content.fileno())
    new.replace(file)


def _look(hosts: Fleet) -> Found:
    cluster = hosts.cluster
    done = hosts.run(lambda c: _ids(c, cluster), "start", cluster.inventory.hosts)
    ids: dict[str, str] = {}
    for progress in done:
        if not progress.error:
            ids |= {f"{progress.host}:{path}": identity for path, identity in progress.value[0].items()}
    unknown = tuple(progress.host for progress in done if progress.error)
    return Found(ids, unknown, any(progress.value[1] for progress in done if not progress.error))


def _ids(c: Connection, cluster: Cluster) -> tuple[dict[str, str], bool]:
    node = services.node_of(c)
    metas = [f"{directory}/meta.properties" for directory in kraft.directories(cluster, node)]
    state = f"{kraft.metadata_directory(cluster, node)}/__cluster_metadata-0/quorum-state"
    commands = [*(join(("keys", meta, "cluster.id")) for meta in metas), join(("keys", state))]
    *said, last = services.say(c, commands)
    found = {change.name: services.words(change.detail).get("cluster.id", "") for change in said}
    return {path: identity for path, identity in found.items() if identity}, last.detail != "missing"


def _format(c: Connection, cluster: Cluster, cluster_id: str, found: Found) -> None:
    node = services.node_of(c)
    c.progress.doing = "looking at the storage"
    silent = [name for name in found.unknown if cluster.nodes[name].controller]
    directories = kraft.directories(cluster, node)
    is_new = not any(f"{node.host}:{directory}/meta.properties" in found.ids for directory in directories)
    if node.controller and is_new and silent:
        reason = f"{', '.join(silent)} cannot be asked whether the quorum has run before"
        raise HostFailure(f"is not formatted, and {reason}: bring it up first, or take it out of hosts.ini")
    options = kraft.format_options(cluster, node, cluster_id, found.quorum_has_run)
    link = cluster.settings.paths.link
    command = ("format_storage", cluster.kafka.user, link, *directories, "--", *options)
    services.say(c, [*map(script.call, host.steps(cluster, node)["guards"]), join(command)])
