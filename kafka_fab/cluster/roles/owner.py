"""Owner: whose the services of a host are: a cluster's name, and the id of its folder."""

import getpass
import re
import socket
from collections.abc import Iterator
from pathlib import Path

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import Owner
from kafka_fab.cluster.roles.service import services
from kafka_fab.cluster.schema import text_file
from kafka_fab.cluster.schema.problem import Problem
from kafka_fab.typed_command import FAB

ID_FILE = "folder.id"
ID = re.compile("[A-Za-z0-9_-]{1,64}")


def written_id(folder: Path) -> str:
    """Return the id of a cluster's folder as it stands beside hosts.ini, or nothing."""
    return text_file.read(folder / ID_FILE, ID_FILE)[0].strip()


def problems(folder: Path) -> Iterator[Problem]:
    """Yield what is wrong with a cluster's id file: hosts would be told another id than theirs."""
    content, unreadable = text_file.read(folder / ID_FILE, ID_FILE)
    yield from unreadable
    if content.strip() and not ID.fullmatch(content.strip()):
        words = "is not an id (letters, digits, - and _): restore it from version control, or remove it"
        yield Problem(ID_FILE, 0, f"{words}, and {FAB} install learns it from the hosts")


def of(cluster: Cluster, node: Node) -> Owner:
    """Return whose a host's services are to be."""
    units = tuple((service.unit, service.data) for service in services(cluster, node))
    hosts = cluster.inventory.hosts
    return Owner(cluster.name, written_id(cluster.folder), node.host, hosts, _who(), units)


def _who() -> str:
    return "@".join(re.sub(r"[^\w.-]", "_", name) for name in (getpass.getuser(), socket.gethostname()))
