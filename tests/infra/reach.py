"""Connections: the chosen hosts, testinfra's URL for each, and SSH connections shared by the whole run."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import pytest
import testinfra
from testinfra.backend.base import BaseBackend
from testinfra.host import Host

from kafka_fab.cluster import load
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import Resource
from kafka_fab.cluster.roles.node_resources import steps
from kafka_fab.cluster.schema.problem import ConfigError
from kafka_fab.cluster.template import TemplateProblem
from tests.infra.framed import framed

AT_ONCE = 50
OPTIONS = ("ssh_config", "ssh_identity_file", "sudo", "sudo_user")


@dataclass(frozen=True)
class Target:
    """A host of this run: how to ask it, and what should be on it."""

    host: Host
    node: Node
    resources: tuple[Resource, ...]


CLUSTER = pytest.StashKey[Cluster]()
TARGETS = pytest.StashKey[tuple[Target, ...]]()


def prepare(config: pytest.Config) -> None:
    """Work out the hosts of this run; what is wrong with the input ends it with a plain message."""
    try:
        cluster = config.stash[CLUSTER] = load.cluster()
        _be_brief(config)
        wanted = [name.strip() for name in (config.getoption("--hosts") or "").split(",") if name.strip()]
        urls = dict(_chosen(cluster, wanted or list(cluster.inventory.hosts)))
        names = [name for name, url in urls.items() if not url]
        ways = Ways(cluster.folder, config.getoption("--ssh-config"))
        config.add_cleanup(ways.close)
        urls |= ways.urls(names)
        given = {name: config.getoption(name) for name in OPTIONS}
        config.stash[TARGETS] = tuple(
            _target(cluster, cluster.nodes[name], framed(testinfra.get_host(url, **given)))
            for name, url in urls.items()
        )
    except (ConfigError, TemplateProblem) as error:
        raise pytest.UsageError(str(error)) from error


def _be_brief(config: pytest.Config) -> None:
    # A spec says what is wrong in its assertion; the way there helps nobody who has not written it.
    if config.option.tbstyle == "auto":
        config.option.tbstyle = "short"


def _target(cluster: Cluster, node: Node, host: Host) -> Target:
    resources = tuple(resource for step in steps(cluster, node).values() for resource in step)
    return Target(host, node, resources)


def _chosen(cluster: Cluster, wanted: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the hosts that are meant by names of hosts and groups, and by URLs; each URL beside its host."""
    for word in wanted:
        if "://" in word:
            yield _host_of(cluster, word), word
            continue
        try:
            yield from ((host, "") for host in cluster.inventory.select([word]))
        except KeyError as error:
            raise _unknown(cluster, word) from error


def _host_of(cluster: Cluster, url: str) -> str:
    name = BaseBackend.parse_hostspec(urlsplit(url).netloc).name
    for node in cluster.nodes.values():
        if name in (node.host, node.address):
            return node.host
    raise _unknown(cluster, name)


def _unknown(cluster: Cluster, name: str) -> pytest.UsageError:
    next_id = max(member.id for member in cluster.inventory.members) + 1
    text = f"{name} is not in {cluster.folder / 'hosts.ini'}. To make it a broker, add below [kafka]:\n"
    return pytest.UsageError(f"{text}    {name} id={next_id}")


class Ways:
    """OpenSSH's ways to hosts: an ssh_config for this run, and its control connections."""

    def __init__(self, folder: Path, given: str | None) -> None:
        # Not below a temporary folder of the user's, whose path may be too long for a socket.
        self._place = TemporaryDirectory(prefix="kafka-fab-", dir="/tmp")
        self._sockets = Path(self._place.name, "to")
        self._sockets.mkdir()
        self._file = Path(self._place.name, "ssh_config")
        self._file.write_text(self._text(folder, given))

    def _text(self, folder: Path, given: str | None) -> str:
        # As fab reads them: the cluster's own file, then the one that is named, else the user's and the system's.
        usual = [str(Path(given).resolve())] if given else ["~/.ssh/config", "/etc/ssh/ssh_config"]
        included = [f'Include "{file}"' for file in (folder / "ssh_config", *usual)]
        ours = ["BatchMode yes", "ServerAliveInterval 15", "ControlMaster auto", "ControlPersist 60"]
        return "\n".join([*included, *ours, f"ControlPath {self._sockets}/%C"]) + "\n"

    def urls(self, names: list[str]) -> dict[str, str]:
        """Return a URL for each host; commands run under sudo unless the user there is root."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return dict(zip(names, pool.map(self._url, names), strict=True))

    def _url(self, name: str) -> str:
        asked = self._ssh("-F", str(self._file), "-G", name)
        if asked.returncode:
            raise pytest.UsageError(asked.stderr.strip())
        sudo = "" if "user root" in asked.stdout.splitlines() else "&sudo=true"
        return f"ssh://{name}?ssh_config={self._file}{sudo}"

    def close(self) -> None:
        """End the control connections of this run; those of the user's own ssh_config are left alone."""
        for socket in self._sockets.iterdir():
            self._ssh("-o", f"ControlPath={socket}", "-O", "exit", "any")
        self._place.cleanup()

    @staticmethod
    def _ssh(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["ssh", *arguments], capture_output=True, text=True, timeout=10, check=False)
