"""Remove labs, and whatever is left of labs whose building or removing was interrupted."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from lab import access, cgroups, etchosts, names, network, processes, registry
from lab.host import OVERLAYS, STATE, unmount

if TYPE_CHECKING:
    from lab.labs import Lab

PROPAGATE = Path("/run/systemd/nspawn/propagate")


def sweep(keep: dict[str, Lab]) -> list[str]:
    """Remove everything of every lab but these; name the labs that something was found of."""
    gone = {one.lab for one in processes.marked()} - keep.keys()
    processes.end(lambda one: one.lab not in keep)
    _remove_network(keep)
    cgroups.remove(set(keep))
    text = etchosts.read()
    gone |= etchosts.labs_in(text) - keep.keys()
    etchosts.replace(etchosts.without_blocks(text, gone))
    for name, lab in registry.known().items():
        if name not in keep:
            access.remove(lab)
    for folder in _folders(OVERLAYS, keep):
        unmount(folder)
        shutil.rmtree(folder)
        gone.add(folder.name)
    # The state goes last: it is what a next sweep knows a half-removed lab by.
    for folder in _folders(STATE, keep):
        shutil.rmtree(folder)
        gone.add(folder.name)
    if not keep:
        shutil.rmtree(OVERLAYS, ignore_errors=True)
    return sorted(gone)


def _folders(parent: Path, keep: dict[str, Lab]) -> list[Path]:
    if not parent.is_dir():
        return []
    return [path for path in parent.iterdir() if path.is_dir() and path.name not in keep]


def _remove_network(keep: dict[str, Lab]) -> None:
    hosts = [host for lab in keep.values() for host in lab.hosts.values()]
    kept_links = {names.bridge(name) for name in keep} | {names.veth(host.lab, host.name) for host in hosts}
    kept_spaces = {names.netns(host.lab, host.name) for host in hosts}
    gone_spaces = network.namespaces() - kept_spaces
    network.remove(network.links() - kept_links, gone_spaces)
    for name in gone_spaces:
        if (PROPAGATE / name).is_dir():
            (PROPAGATE / name).rmdir()
