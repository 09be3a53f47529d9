"""Host tuning: kernel settings, applied now and at the next boot."""

import re
from collections.abc import Iterator

from kafka_fab.cluster.checks.property_block import block
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.resource import Absent, File, Resource, Sysctl
from kafka_fab.cluster.schema.dataclass_loader import Tree, property_text, wrong_name
from kafka_fab.cluster.schema.problem import Problem

# Of a cluster that has no name of its own.
UNNAMED = "kafka"
# A path below /proc/sys with dots for slashes; a letter first, or sysctl takes it for an option.
NAME = re.compile(r"[a-z][A-Za-z0-9_]*([./][A-Za-z0-9_:@-]+)+")


def file(cluster: Cluster) -> str:
    """Return where the values of the next boot are written: two clusters on one host have a file each."""
    name = "" if cluster.name == UNNAMED else f"-{cluster.name}"
    return f"/etc/sysctl.d/90-kafka-fab{name}.conf"


def steps(cluster: Cluster) -> dict[str, tuple[Resource, ...]]:
    """Return the file and the running values; where tuning is off the file is gone."""
    values = sysctls(cluster)
    if not values:
        return {"tuning": (Absent(file(cluster)),)}
    lines = "".join(f"{name} = {value}\n" for name, value in values.items())
    head = "# Written by kafka-fab. Change `tuning` in conf/cluster.yaml, not this file.\n"
    return {"tuning": (File(file(cluster), head + lines), Sysctl(file(cluster), tuple(values.items())))}


def sysctls(cluster: Cluster) -> dict[str, str]:
    """Return the kernel's values by name; one that the user leaves empty stays as the host has it."""
    tuning = cluster.settings.tuning
    if not tuning.enabled:
        return {}
    ours = {
        # Each log segment takes two areas of memory: with the default a broker of many partitions dies.
        "vm.max_map_count": str(tuning.max_map_count),
        "vm.swappiness": str(tuning.swappiness),
        "vm.dirty_background_ratio": str(tuning.dirty_background_ratio),
        "vm.dirty_ratio": str(tuning.dirty_ratio),
        # The most that socket.*.buffer.bytes can bring about.
        "net.core.rmem_max": str(tuning.socket_buffer),
        "net.core.wmem_max": str(tuning.socket_buffer),
    }
    return {name: value for name, value in {**ours, **tuning.sysctl}.items() if value}


def problems(tree: Tree) -> Iterator[Problem]:
    """Yield what sysctl would not read, or not as it is meant: names and values."""
    for name, entry in block(tree, "tuning", "sysctl").items():
        if wrong_name(name) or isinstance(entry.value, dict | list):
            continue  # said already
        where, lines = f"tuning.sysctl.{name}", entry.text.rstrip("\n").count("\n") + 1
        if not NAME.fullmatch(name):
            yield entry.problem(f"{where}: a name such as net.core.somaxconn is wanted")
        elif lines > 1:
            yield entry.problem(f"{where}: one line is wanted, found {lines}: write each name with its own value")
        elif not entry.text.isascii():
            yield entry.problem(f"{where}: numbers or ASCII letters are wanted, found `{property_text(entry)}`")
