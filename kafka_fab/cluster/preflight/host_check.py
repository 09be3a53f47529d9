"""Host check: the facts of one host, compared with what its services need. Pure."""

from collections.abc import Iterable, Iterator

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.preflight import data_dirs, install_drift, resource_limits
from kafka_fab.cluster.preflight.finding import ERROR, OK, WARNING, Fact, Finding, HostFacts, level, size
from kafka_fab.cluster.roles.service import Service, services
from kafka_fab.cluster.values.role import Role
from kafka_fab.typed_command import FAB

MIB, GIB = 2**20, 2**30
CAP_SYS_RESOURCE = 24
# A segment has an open file for its messages and one for an index being loaded; the rest are jars and connections.
FILES_PER_SEGMENT, OTHER_FILES = 2, 1000
# A segment has two indexes mapped into memory; the rest is the JVM's.
MAPS_PER_SEGMENT, OTHER_MAPS = 2, 2000
HIGH_SWAPPINESS = 10
UP = ("running", "degraded", "starting", "initializing")
EXPECTED = {
    "identity": "the id in hosts.ini, or no data yet",
    "port": "free, or used by the service itself",
    "data": "every directory with data is in the settings",
    "metadata": "as it was when the data was written",
    "fixed-key": "unchanged while the service runs",
    "members": "as they were when the data was written",
    "version": "not older than the data",
    "owner": "not another cluster's",
    "places": "separate directories that are not the system's",
    "java": "a version that this Kafka supports",
}


def findings(cluster: Cluster, node: Node, reported: HostFacts) -> Iterator[Finding]:
    """Yield every check that needs the facts of one host only."""
    own = services(cluster, node)
    yield _systemd(reported)
    yield _bash(reported)
    yield from _download(cluster, reported)
    for service in own:
        yield from (_space(reported, path) for path in (*service.data, service.log_folder))
        yield from _files(cluster, reported, service)
    if node.broker:
        yield from _mounts(cluster, reported)
        yield from _maps(reported)
    yield from _memory(reported, own)
    yield from resource_limits.findings(cluster, node, reported)
    yield from data_dirs.findings(cluster, node, reported)
    yield from _swap(reported)
    yield from (_closed_java(reported, fact) for fact in reported.every("java-closed"))
    yield from (_environment(reported, fact) for fact in reported.every("environment"))


def preconditions(reported: HostFacts) -> Iterator[Finding]:
    """Yield the checks that an install or a start makes itself: ids on disk, ports, Java."""
    for fact in reported.facts:
        if fact.status in ("fact", "foreign", "note") or fact.kind in install_drift.KINDS:
            continue
        where = reported.host if fact.kind == "java" else f"{reported.host}:{fact.name}"
        detail = "".join(fact.values[:1])
        found, _, remedy = detail.rpartition(": ")
        expected = EXPECTED.get(fact.kind, "")
        if fact.status == "failed":
            yield Finding(fact.kind, where, ERROR, found or detail, expected, remedy)
        elif fact.status == "would" and not reported.names("tool") & {"apt-get", "dnf"}:
            remedy = "install Java by hand, or name one that is there as java.home in conf/cluster.yaml"
            yield Finding(
                fact.kind, where, ERROR, "no Java, and neither apt-get nor dnf to install it", expected, remedy
            )
        else:
            yield Finding(fact.kind, where, OK, (detail and f"will be installed {detail}") or fact.name, expected)


def _systemd(reported: HostFacts) -> Finding:
    first, state = next(
        ((fact.name, "".join(fact.values)) for fact in reported.every("systemd")), ("unknown", "unknown")
    )
    running = first == "systemd" and state in UP
    remedy = "" if running else "boot this host with systemd, or see systemctl status: Kafka runs as a systemd unit"
    return Finding("systemd", reported.host, level(not running), f"process 1 is {first}, {state}", "running", remedy)


def _bash(reported: HostFacts) -> Finding:
    there = "bash" in reported.names("tool")
    remedy = "" if there else "install bash: Kafka's start scripts need it, and so does the connectivity check"
    return Finding("bash", reported.host, level(not there), "installed" if there else "missing", "installed", remedy)


def _download(cluster: Cluster, reported: HostFacts) -> Iterator[Finding]:
    if cluster.pushes or reported.names("tree"):
        return
    there = sorted(reported.names("tool") & {"curl", "wget"})
    remedy = "" if there else "install one of them, or set download: push in conf/cluster.yaml"
    found = ", ".join(there) or "neither"
    yield Finding("download", reported.host, level(False, not there), found, "curl or wget", remedy)


def _space(reported: HostFacts, path: str) -> Finding:
    words, where = reported.pairs("disk", path), f"{reported.host}:{path}"
    try:
        free, blocks, inodes, free_inodes = (int(words[key]) for key in ("free", "blocks", "inodes", "free_inodes"))
        room, total = free * int(words["block"]), blocks * int(words["block"])
    except (KeyError, ValueError):
        return Finding("disk", where, ERROR, "its file system does not answer", "an answer", "check it with df")
    share = free_inodes / inodes if inodes else 1.0
    bad = level(room < 100 * MIB or share < 0.01, room < GIB or room < total / 10 or share < 0.1)
    found = f"{size(room)} of {size(total)} free, {share:.0%} of its inodes, on {words['mount']} ({words['type']})"
    remedy = "" if bad == OK else f"free space on {words['mount']}, or move the directory to another disk"
    return Finding("disk", where, bad, found, "10 %, 1 GiB and 10 % of the inodes free", remedy)


def _mounts(cluster: Cluster, reported: HostFacts) -> Iterator[Finding]:
    devices: dict[str, list[str]] = {}
    for path in cluster.kafka.log_dirs:
        words = reported.pairs("disk", path)
        devices.setdefault(words.get("device", path), []).append(path)
        if cluster.kafka.log_dirs_are_mounts:
            mounted = words.get("exists") == "yes" and words.get("real") == words.get("mount")
            remedy = (
                ""
                if mounted
                else f"mount its disk: a broker would write to {words.get('mount', 'another one')} instead"
            )
            found = "mounted" if mounted else f"a directory on {words.get('mount', 'another file system')}"
            yield Finding("mount point", f"{reported.host}:{path}", level(not mounted), found, "a mount point", remedy)
    for paths in devices.values():
        if len(cluster.kafka.log_dirs) > 1:
            remedy = "" if len(paths) == 1 else "give each its own disk, or name only one of them in kafka.log_dirs"
            found = "its own" if len(paths) == 1 else "shared by these log dirs"
            where = f"{reported.host}:{', '.join(paths)}"
            yield Finding("file system", where, level(False, len(paths) > 1), found, "one per log dir", remedy)


def _files(cluster: Cluster, reported: HostFacts, service: Service) -> Iterator[Finding]:
    zookeeper = service.role == Role.ZOOKEEPER
    wanted = cluster.zookeeper.open_files if zookeeper else cluster.kafka.open_files
    setting = f"{'zookeeper' if zookeeper else 'kafka'}.open_files"
    running, reachable = reported.number("unit-limit", service.unit), _reachable(reported) or wanted
    limit = running or min(wanted, reachable)
    need = 0 if zookeeper else reported.number("segments", "all") * FILES_PER_SEGMENT + OTHER_FILES
    remedy = ""
    if limit < wanted:
        remedy = f"systemd cannot allow more: raise fs.nr_open and the limit in /proc/1/limits, or lower {setting}"
        remedy = remedy if reachable < wanted else "it was started with a lower limit: restart it"
    elif limit < need:
        remedy = f"raise {setting} in conf/cluster.yaml, then {FAB} install and a restart"
    found = f"{limit} {'as running' if running else 'at the next start'}"
    found += "" if zookeeper else f", about {need} needed now"
    bad = level(limit < need, limit < wanted)
    yield Finding("open files", f"{reported.host}:{service.unit}", bad, found, str(max(wanted, need)), remedy)


def _reachable(reported: HostFacts) -> int:
    """Return the highest limit of open files that systemd can set, 0 where that was not reported."""
    capabilities = "".join(reported.values("systemd-limit", "files")[1:2])
    may_raise = bool(capabilities) and int(capabilities, 16) >> CAP_SYS_RESOURCE & 1
    return reported.number("kernel", "nr_open") if may_raise else reported.number("systemd-limit", "files")


def _maps(reported: HostFacts) -> Iterator[Finding]:
    limit, segments = reported.number("kernel", "max_map_count"), reported.number("segments", "all")
    need = segments * MAPS_PER_SEGMENT + OTHER_MAPS
    if limit:
        bad = level(need > limit, 2 * need > limit)
        found = f"{limit}, about {need} needed now ({segments} segments)"
        remedy = (
            "" if bad == OK else "set vm.max_map_count to 262144 or more (sysctl), or the broker exits with Map failed"
        )
        yield Finding("memory maps", reported.host, bad, found, str(2 * need), remedy)


def _memory(reported: HostFacts, own: Iterable[Service]) -> Iterator[Finding]:
    total, heaps = resource_limits.memory(reported), sum(map(resource_limits.heap, own))
    if total:
        bad = level(heaps > total, heaps > total * 0.75)
        remedy = "" if bad == OK else "lower heap in conf/cluster.yaml, or give the host more memory"
        found = f"heaps of {size(heaps)} in {size(total)} of memory"
        yield Finding("memory", reported.host, bad, found, "at most 75 %: the rest is page cache", remedy)


def _swap(reported: HostFacts) -> Iterator[Finding]:
    total, free = (reported.number("memory", key) for key in ("SwapTotal", "SwapFree"))
    swappiness = reported.number("kernel", "swappiness")
    swapping = total > 0 and swappiness > HIGH_SWAPPINESS
    used = f"on, {size((total - free) * 1024)} in use, vm.swappiness {swappiness}" if total else "off"
    remedy = "set vm.swappiness to 1 (sysctl), or turn swap off: a broker that is swapped out loses its session"
    bad = WARNING if swapping else OK
    yield Finding(
        "swap", reported.host, bad, used, f"off, or vm.swappiness of at most {HIGH_SWAPPINESS}", remedy * swapping
    )


def _closed_java(reported: HostFacts, fact: Fact) -> Finding:
    blocking, user = [*fact.values, "", ""][:2]
    remedy = f"give {user} access to {blocking} (chmod o+rx), or set java.home in conf/cluster.yaml to another Java"
    where, expected = f"{reported.host}:{fact.name}", f"executable by {user}"
    return Finding("java", where, ERROR, f"{user} has no access to {blocking}", expected, remedy)


def _environment(reported: HostFacts, fact: Fact) -> Finding:
    names = "".join(fact.values)
    found = f"systemd sets {', '.join(names.split())} for every service, and Kafka reads that at a start"
    remedy = (
        "remove it from DefaultEnvironment= in /etc/systemd/system.conf and system.conf.d, run systemctl daemon-reexec,"
    )
    remedy += f" then systemctl unset-environment {names}; put what you need into conf/"
    return Finding("environment", f"{reported.host}:{fact.name}", WARNING, found, "only what the unit sets", remedy)
