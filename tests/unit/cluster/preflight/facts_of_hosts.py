"""What hosts tell on which nothing is wrong, and what is found where one of them tells something else."""

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.preflight import cluster_check, network_check
from kafka_fab.cluster.preflight.finding import Finding, HostFacts, facts

ISOLATED = "[kafka]\na id=1\nb id=2\n[controller]\nc id=3\n"
OLD = "version: 0.8.0\nkafka: {chroot: ''}\n"
ADDRESSES = {"a": "10.0.0.1", "b": "10.0.0.2", "c": "10.0.0.3"}
TOOLS = "".join(f"fact\ttool\t{tool}\n" for tool in ("bash", "curl", "apt-get"))
MIB, GIB = 2**20, 2**30


def disk(path: str, free: int = 50 * GIB, total: int = 100 * GIB, inodes: int = 100, **more: str) -> str:
    words = {"exists": "yes", "real": path, "mount": "/", "device": "1", "type": "xfs", "block": "4096"} | more
    words |= {"blocks": str(total // 4096), "free": str(free // 4096), "inodes": "1000", "free_inodes": str(inodes)}
    return "\t".join(["fact", "disk", path, *(f"{key}={value}" for key, value in words.items())]) + "\n"


def healthy(cluster: Cluster, host: str) -> str:
    """What a host tells on which nothing is wrong."""
    names = "".join(f"fact\tname\t{name}\t{address}\n" for name, address in ADDRESSES.items())
    names += "".join(f"fact\treverse\t{name}\t{address}\t{name}.example\n" for name, address in ADDRESSES.items())
    to = network_check.targets(cluster, cluster.nodes[host])
    ways = "".join(f"fact\tconnect\t{other.address}/{port}\tConnection refused\n" for other, port in to)
    data = (*cluster.kafka.log_dirs, cluster.zookeeper.data_dir, cluster.settings.controller.metadata_dir)
    data = (*data, cluster.kafka.logs, cluster.zookeeper.logs)
    disks = "".join(disk(path, device=str(at)) for at, path in enumerate(data))
    return (
        f"fact\tclock\tnow\t100.0\nfact\tsystemd\tsystemd\trunning\n{TOOLS}{names}{ways}{disks}"
        "fact\tmemory\tMemTotal\t8388608\nfact\tmemory\tSwapTotal\t0\nfact\tmemory\tSwapFree\t0\n"
        "fact\tkernel\tswappiness\t60\nfact\tkernel\tmax_map_count\t65530\nfact\tkernel\tnr_open\t1048576\n"
        "fact\tsystemd-limit\tfiles\t524288\t000001ffffffffff\nfact\tsegments\tall\t0\n"
        "ok\tport\t9092\nok\tjava\t17\n"
    )


def told(cluster: Cluster, host: str, text: str) -> HostFacts:
    return HostFacts(host, facts(text.splitlines()), sent=99.9, received=100.1)


def findings(cluster: Cluster, host: str = "a", old: str = "", new: str = "") -> list[Finding]:
    """What is not ok where one host tells `new` instead of `old` (nothing: besides); all others are healthy."""
    texts = {name: healthy(cluster, name) for name in cluster.nodes}
    assert old in texts[host]
    texts[host] = texts[host].replace(old, new) if old else texts[host] + new
    found = cluster_check.findings(cluster, {name: told(cluster, name, text) for name, text in texts.items()})
    return [one for one in found if one.level != "ok"]


def only(found: list[Finding]) -> tuple[str, str, str]:
    [one] = found
    assert one.expected
    assert one.remedy
    return one.level, one.check, one.where
