"""Wanted: what an install brings about on each host, written down as plain data and files for other tools."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import Absent, Directory, File, Java, Resource, Units, User
from kafka_fab.cluster.roles import node_resources


def write(cluster: Cluster, folder: Path) -> None:
    """Write FOLDER/HOST.json for each host, and the content of its files beside it."""
    for node in cluster.nodes.values():
        (folder / node.host).mkdir(parents=True)
        (folder / f"{node.host}.json").write_text(json.dumps(_host(cluster, node, folder), indent=1))


def _host(cluster: Cluster, node: Node, folder: Path) -> dict[str, Any]:
    every = [one for step in node_resources.steps(cluster, node).values() for one in step]
    return {
        "wanted": {
            "users": list(_of(every, User)),
            "packages": [java["packages"][0] for java in _of(every, Java)],
            "directories": list(_of(every, Directory)),
            "files": [_file(one, folder / node.host) for one in every if isinstance(one, File)],
            "gone": [one["path"] for one in _of(every, Absent)],
            "units": [unit for units in _of(every, Units) for unit in units["names"]],
            "archive": {"url": cluster.archive_url, "path": cluster.cached_archive, "tree": cluster.tree},
            "link": cluster.settings.paths.link,
        }
    }


def _of(every: list[Resource], kind: type) -> Iterator[dict[str, Any]]:
    return (asdict(one) for one in every if isinstance(one, kind))


def _file(file: File, folder: Path) -> dict[str, str]:
    source = folder / file.path.strip("/").replace("/", "_")
    source.write_text(file.content)
    return {"source": str(source), "path": file.path, "owner": file.owner, "group": file.group, "mode": f"0{file.mode}"}
