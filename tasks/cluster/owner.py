"""Owner: whose the services of a host are: a cluster's name, and the id of its folder."""

import getpass
import re
import socket
from pathlib import Path

from tasks.cluster.model import Cluster, Node
from tasks.cluster.resource import Owner
from tasks.cluster.service import services

ID_FILE = "folder.id"


def written_id(folder: Path) -> str:
    """Return the id of a cluster's folder as it stands beside hosts.ini, or nothing."""
    file = folder / ID_FILE
    return re.sub(r"[^A-Za-z0-9_-]", "", file.read_text(errors="replace")) if file.is_file() else ""


def of(cluster: Cluster, node: Node) -> Owner:
    """Return whose a host's services are to be."""
    units = tuple((service.unit, service.data) for service in services(cluster, node))
    hosts = cluster.inventory.hosts
    return Owner(cluster.name, written_id(cluster.folder), node.host, hosts, _who(), units)


def _who() -> str:
    return "@".join(re.sub(r"[^\w.-]", "_", name) for name in (getpass.getuser(), socket.gethostname()))
