"""Collect: the files of a bundle from each host and from this machine."""

import base64
import binascii
import subprocess
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from shlex import join

from kafka_fab.cluster.change import read_changes
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import jmx, owner
from kafka_fab.cluster.roles.service import services as services_of
from kafka_fab.operate.bundle import parts
from kafka_fab.operate.bundle.parts import Collected
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.node import node_of
from kafka_fab.remote.ssh.connection import Connection, HostFailure

IDLE_TIMEOUT = 180
# The settings in a cluster's folder, and the journals of rolls that were started here.
SETTINGS = ("hosts.ini", "cluster.id", "conf/*.yaml", "conf/*.j2")
JOURNALS, NEWEST = ".kafka-fab/*.jsonl", 20
HERE = "here"


def of_host(c: Connection, cluster: Cluster, lines: int) -> Collected:
    """Return the files of a host; raise HostFailure."""
    c.progress.doing = "collecting"
    text = "\n".join(commands(cluster, node_of(c), lines))
    answer = channel.run(c, script.with_library(_packed(text), extra=script.BUNDLE), idle_timeout=IDLE_TIMEOUT)
    failed = [change for change in read_changes(answer.output.splitlines()) if change.status == "failed"]
    if failed or answer.status > 0:
        words = "; ".join(f"{change.name}: {change.detail}" for change in failed)
        raise HostFailure(words or answer.stderr or f"the script ended with status {answer.status}")
    return parts.parsed(c.original_host, unpacked(answer.output))


def _packed(text: str) -> str:
    return f"{{ {text}\n}} | packed"


def unpacked(output: str) -> bytes:
    """Return the unpacked output of a host; raise HostFailure where it is incomplete."""
    try:
        return zlib.decompress(base64.b64decode(output), wbits=31)
    except (zlib.error, binascii.Error) as error:
        raise HostFailure(f"its output is incomplete: {error}") from error


def commands(cluster: Cluster, node: Node, lines: int) -> Iterator[str]:
    """Yield the commands for a host: first those that find the secret values, then those that collect files."""
    mine = services_of(cluster, node)
    units = [service.unit for service in mine]
    logs = _once(str(PurePosixPath(service.log).parent) for service in mine)
    folders = _once(service.module.files(cluster)[-1] for service in mine)
    running = [f"/run/{unit}" for unit in units]
    data = _once(path for service in mine for path in service.data)
    secret_files = " ".join(f"{folder}/*" for folder in (*folders, *running, "/var/lib/kafka-fab/dynamic"))
    unit_files = " ".join(
        f"/etc/systemd/system/{unit}.service /etc/systemd/system/{unit}.service.d/*" for unit in units
    )
    yield f"learn {secret_files} {unit_files}"
    yield join(("take_settings", *folders, *running))
    yield join(("take_units", *units))
    yield join(("take_logs", str(lines), *logs))
    yield join(("take_journals", str(lines), *units))
    yield join(("set_owner", *owner.of(cluster, node).arguments))
    yield "take_rolls"
    yield join(("take_services", *units))
    yield join(("take_facts", cluster.settings.java.home, cluster.settings.paths.link, *data, *logs))


def _once(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))


def of_here(cluster: Cluster, lines: int) -> Collected:
    """Return the files of the cluster's folder, by the same rules as those of a host."""
    folder = cluster.folder
    settings = [file for pattern in SETTINGS for file in _found(folder, pattern)]
    journals = _found(folder, JOURNALS)[-NEWEST:]
    body = [join(("learn", *map(str, settings)))]
    body += [join(("take_file", str(file), str(file.relative_to(folder)))) for file in settings]
    body += [join(("take_end", str(lines), str(file), str(file.relative_to(folder)))) for file in journals]
    text = script.with_library("\n".join(body), watched=False, extra=script.BUNDLE)
    ended = subprocess.run(["sh", "-s"], input=text.encode(), capture_output=True, check=False, timeout=IDLE_TIMEOUT)
    return parts.parsed(HERE, ended.stdout)


def _found(folder: Path, pattern: str) -> list[Path]:
    return sorted(file for file in folder.glob(pattern) if file.is_file())


def secrets(cluster: Cluster) -> frozenset[str]:
    """Return the secret values in the settings, with those that they take from the environment."""
    settings = cluster.settings
    groups = (
        settings.kafka.properties,
        settings.kafka.unchecked_properties,
        settings.zookeeper.properties,
        settings.controller.properties,
    )
    pairs = [pair for group in (*groups, settings.vars) for pair in group.items()]
    pairs += [pair for member in cluster.inventory.members for pair in (*member.properties, *member.variables)]
    return parts.secrets([*pairs, ("jmx.password", jmx.secret(settings.kafka.jmx))])
