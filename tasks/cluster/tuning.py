"""Host tuning: what the kernel is told, for now and for the next boot."""

from tasks.cluster.model import Cluster
from tasks.cluster.resource import File, Gone, Resource, Sysctl

# Of a cluster that has no name of its own.
UNNAMED = "kafka"


def file(cluster: Cluster) -> str:
    """Return where the values of the next boot are written: two clusters on one host have a file each."""
    name = "" if cluster.name == UNNAMED else f"-{cluster.name}"
    return f"/etc/sysctl.d/90-kafka-fab{name}.conf"


def steps(cluster: Cluster) -> dict[str, tuple[Resource, ...]]:
    """Return the file and the running values; where tuning is off the file is gone."""
    values = sysctls(cluster)
    if not values:
        return {"tuning": (Gone(file(cluster)),)}
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
