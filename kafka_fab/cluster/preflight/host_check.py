"""Host check: what one host told, held against what its services need. Pure functions."""

from collections.abc import Iterable, Iterator

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.preflight import data_dirs, install_drift, resource_limits
from kafka_fab.cluster.preflight.finding import ERROR, OK, WARNING, Fact, Finding, HostFacts, level, size
from kafka_fab.cluster.roles.service import Service, services
from kafka_fab.cluster.values.role import Role

MIB, GIB = 2**20, 2**30
CAP_SYS_RESOURCE = 24
# An open file for a segment's messages and, while it is loaded, for an index; the rest are jars and connections.
FILES_A_SEGMENT, FILES_OF_ITS_OWN = 2, 1000
# Two indexes of a segment are mapped into memory; the rest is the Java machine's own.
MAPS_A_SEGMENT, MAPS_OF_ITS_OWN = 2, 2000
HIGH_SWAPPINESS = 10
UP = ("running", "degraded", "starting", "initializing")
EXPECTED = {
    "identity": "the id in hosts.ini, or no data yet",
    "port": "nobody's, or the service's own",
    "data": "no directory with data is out of the settings",
    "metadata": "as it was when the data was written",
    "fixed-key": "as long as the service runs",
    "members": "as they were when the data was written",
    "version": "the one that runs, or that has written the data",
    "owner": "nobody's, or this cluster's own",
    "places": "apart from each other, and not the system's",
    "java": "one that this Kafka runs on",
}


def findings(cluster: Cluster, node: Node, told: HostFacts) -> Iterator[Finding]:
    """Yield every check of one host that needs no other host."""
    mine = services(cluster, node)
    yield _systemd(told)
    yield _bash(told)
    yield from _download(cluster, told)
    for service in mine:
        yield from (_space(told, path) for path in (*service.data, service.log_folder))
        yield from _files(cluster, told, service)
    if node.broker:
        yield from _mounts(cluster, told)
        yield from _maps(told)
    yield from _memory(told, mine)
    yield from resource_limits.findings(cluster, node, told)
    yield from data_dirs.findings(cluster, node, told)
    yield from _swap(told)
    yield from (_closed_java(told, fact) for fact in told.every("java-closed"))
    yield from (_environment(told, fact) for fact in told.every("environment"))


def guards(told: HostFacts) -> Iterator[Finding]:
    """Yield what an install or a start would refuse or bring: ids on disk, ports, Java."""
    for fact in told.facts:
        if fact.status in ("fact", "foreign") or fact.kind in install_drift.KINDS:
            continue
        where = told.host if fact.kind == "java" else f"{told.host}:{fact.name}"
        detail = "".join(fact.values[:1])
        found, _, remedy = detail.rpartition(": ")
        expected = EXPECTED.get(fact.kind, "")
        if fact.status == "failed":
            yield Finding(fact.kind, where, ERROR, found or detail, expected, remedy)
        elif fact.status == "would" and not told.names("tool") & {"apt-get", "dnf"}:
            remedy = "install Java by hand, or name one that is there as java.home in conf/cluster.yaml"
            yield Finding(fact.kind, where, ERROR, "none, and neither apt-get nor dnf to install it", expected, remedy)
        else:
            yield Finding(fact.kind, where, OK, (detail and f"will be installed {detail}") or fact.name, expected)


def _systemd(told: HostFacts) -> Finding:
    first, state = next(((fact.name, "".join(fact.values)) for fact in told.every("systemd")), ("unknown", "unknown"))
    fit = first == "systemd" and state in UP
    remedy = (
        "" if fit else "Kafka runs as a systemd unit here: boot this host with systemd, or look at systemctl status"
    )
    return Finding("systemd", told.host, level(not fit), f"process 1 is {first}, {state}", "running", remedy)


def _bash(told: HostFacts) -> Finding:
    there = "bash" in told.names("tool")
    remedy = "" if there else "install bash: Kafka's own start scripts need it, and so does the check of the ways"
    return Finding("bash", told.host, level(not there), "there" if there else "missing", "there", remedy)


def _download(cluster: Cluster, told: HostFacts) -> Iterator[Finding]:
    if cluster.pushes or told.names("tree"):
        return
    there = sorted(told.names("tool") & {"curl", "wget"})
    remedy = "" if there else "install one of them, or set download: push in conf/cluster.yaml"
    found = ", ".join(there) or "neither"
    yield Finding("download", told.host, level(False, not there), found, "curl or wget", remedy)


def _space(told: HostFacts, path: str) -> Finding:
    words, where = told.words("disk", path), f"{told.host}:{path}"
    try:
        free, blocks, inodes, free_inodes = (int(words[key]) for key in ("free", "blocks", "inodes", "free_inodes"))
        room, total = free * int(words["block"]), blocks * int(words["block"])
    except (KeyError, ValueError):
        return Finding("disk", where, ERROR, "its file system does not answer", "an answer", "look at it with df")
    share = free_inodes / inodes if inodes else 1.0
    bad = level(room < 100 * MIB or share < 0.01, room < GIB or room < total / 10 or share < 0.1)
    found = f"{size(room)} of {size(total)} free, {share:.0%} of its inodes, on {words['mount']} ({words['type']})"
    remedy = "" if bad == OK else f"make room on {words['mount']}, or move the directory to another disk"
    return Finding("disk", where, bad, found, "10 %, 1 GiB and 10 % of the inodes", remedy)


def _mounts(cluster: Cluster, told: HostFacts) -> Iterator[Finding]:
    devices: dict[str, list[str]] = {}
    for path in cluster.kafka.log_dirs:
        words = told.words("disk", path)
        devices.setdefault(words.get("device", path), []).append(path)
        if cluster.kafka.log_dirs_are_mounts:
            mounted = words.get("exists") == "yes" and words.get("real") == words.get("mount")
            remedy = "" if mounted else f"mount its disk: a broker would fill {words.get('mount', 'another')} instead"
            found = "mounted" if mounted else f"a directory on {words.get('mount', 'another file system')}"
            yield Finding("mount", f"{told.host}:{path}", level(not mounted), found, "a mount point", remedy)
    for paths in devices.values():
        if len(cluster.kafka.log_dirs) > 1:
            remedy = (
                "" if len(paths) == 1 else "give each a disk of its own, or name one of them only in kafka.log_dirs"
            )
            found = "its own" if len(paths) == 1 else "one for all of these"
            where = f"{told.host}:{', '.join(paths)}"
            yield Finding("file system", where, level(False, len(paths) > 1), found, "one a log dir", remedy)


def _files(cluster: Cluster, told: HostFacts, service: Service) -> Iterator[Finding]:
    keeper = service.role == Role.ZOOKEEPER
    wanted = cluster.zookeeper.open_files if keeper else cluster.kafka.open_files
    setting = f"{'zookeeper' if keeper else 'kafka'}.open_files"
    running, reachable = told.number("unit-limit", service.unit), _reachable(told) or wanted
    limit = running or min(wanted, reachable)
    need = 0 if keeper else told.number("segments", "all") * FILES_A_SEGMENT + FILES_OF_ITS_OWN
    remedy = ""
    if limit < wanted:
        remedy = f"systemd cannot give it more: raise fs.nr_open and the limit in /proc/1/limits, or lower {setting}"
        remedy = remedy if reachable < wanted else "it runs with an older limit: restart it"
    elif limit < need:
        remedy = f"raise {setting} in conf/cluster.yaml, then fab install and a restart"
    found = f"{limit} {'while it runs' if running else 'at its start'}"
    found += "" if keeper else f", for about {need} needed now"
    bad = level(limit < need, limit < wanted)
    yield Finding("open files", f"{told.host}:{service.unit}", bad, found, str(max(wanted, need)), remedy)


def _reachable(told: HostFacts) -> int:
    """Return the highest limit of open files that systemd can give a service, 0 where that was not told."""
    capabilities = "".join(told.values("systemd-limit", "files")[1:2])
    may_raise = bool(capabilities) and int(capabilities, 16) >> CAP_SYS_RESOURCE & 1
    return told.number("kernel", "nr_open") if may_raise else told.number("systemd-limit", "files")


def _maps(told: HostFacts) -> Iterator[Finding]:
    limit, segments = told.number("kernel", "max_map_count"), told.number("segments", "all")
    need = segments * MAPS_A_SEGMENT + MAPS_OF_ITS_OWN
    if limit:
        bad = level(need > limit, 2 * need > limit)
        found = f"{limit}, for about {need} needed now ({segments} segments)"
        remedy = (
            "" if bad == OK else "set vm.max_map_count to 262144 or more (sysctl), or the broker ends with Map failed"
        )
        yield Finding("memory maps", told.host, bad, found, str(2 * need), remedy)


def _memory(told: HostFacts, mine: Iterable[Service]) -> Iterator[Finding]:
    total, heaps = resource_limits.memory(told), sum(map(resource_limits.heap, mine))
    if total:
        bad = level(heaps > total, heaps > total * 0.75)
        remedy = "" if bad == OK else "lower heap in conf/cluster.yaml, or give the host more memory"
        found = f"heaps of {size(heaps)} in {size(total)} of memory"
        yield Finding("memory", told.host, bad, found, "75 % at most: the rest is page cache", remedy)


def _swap(told: HostFacts) -> Iterator[Finding]:
    total, free = (told.number("memory", key) for key in ("SwapTotal", "SwapFree"))
    swappiness = told.number("kernel", "swappiness")
    high = total > 0 and swappiness > HIGH_SWAPPINESS
    used = f"on, {size((total - free) * 1024)} in use, vm.swappiness {swappiness}" if total else "off"
    remedy = "set vm.swappiness to 1 (sysctl), or switch swap off: a broker that is swapped out loses its session"
    bad = WARNING if high else OK
    yield Finding("swap", told.host, bad, used, f"off, or vm.swappiness of {HIGH_SWAPPINESS} at most", remedy * high)


def _closed_java(told: HostFacts, fact: Fact) -> Finding:
    bar, user = [*fact.values, "", ""][:2]
    remedy = f"let {user} pass {bar} (chmod o+rx), or name another Java as java.home in conf/cluster.yaml"
    where, expected = f"{told.host}:{fact.name}", f"{user} can run it"
    return Finding("java", where, ERROR, f"closed to {user} at {bar}", expected, remedy)


def _environment(told: HostFacts, fact: Fact) -> Finding:
    names = "".join(fact.values)
    found = f"systemd gives every service {', '.join(names.split())}, which a start reads"
    remedy = (
        "remove it from DefaultEnvironment= in /etc/systemd/system.conf and system.conf.d, run systemctl daemon-reexec,"
    )
    remedy += f" then systemctl unset-environment {names}; what is wanted goes into conf/"
    return Finding("environment", f"{told.host}:{fact.name}", WARNING, found, "what the unit sets", remedy)
