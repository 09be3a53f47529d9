"""What a preflight makes of what hosts told: each check in the case in which it fails, and just beside it."""

import pytest

from kafka_fab.cluster.identity.voters import Voters
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.preflight import cluster_check, network_check
from kafka_fab.cluster.preflight.finding import Fact, Finding, HostFacts, facts
from tests.unit.cluster.preflight.facts_of_hosts import (
    GIB,
    ISOLATED,
    MIB,
    OLD,
    disk,
    findings,
    healthy,
    only,
    told,
)
from tests.unit.folders import Load


def test_nothing_is_wrong(loaded: Load) -> None:
    assert findings(loaded()) == []
    assert findings(loaded(hosts=ISOLATED)) == []


def test_lines_that_are_no_facts_are_passed_over() -> None:
    assert facts(["noise", "diff\tx", "ok\tport\t9092", "fact\tx"]) == (Fact("ok", "port", "9092"),)


def test_a_host_that_does_not_answer_is_an_error_and_connections_to_it_are_warnings(loaded: Load) -> None:
    cluster = loaded()
    others = {name: told(cluster, name, healthy(cluster, name).replace("refused", "timed out")) for name in "ab"}
    found = cluster_check.findings(cluster, {**others, "c": HostFacts("c", error="no route")})
    [silent] = [one for one in found if one.check == "connection"]
    assert (silent.level, silent.where, silent.found) == ("error", "c", "no route")
    levels = {one.where.split(" -> ")[1].split(":")[0]: one.level for one in found if one.check == "connectivity"}
    assert levels == {"a": "error", "b": "error", "c": "warning"}


@pytest.mark.parametrize(
    ("clock", "expected"),
    [("100.6", []), ("100.8", ["warning"]), ("99.2", ["warning"]), ("107", ["error"]), ("nonsense", [])],
)
def test_clocks_apart_by_more_than_the_round_trip_explains(loaded: Load, clock: str, expected: list[str]) -> None:
    # Two answers that took 0.2 s each: 0.6 s may be 0.4 s, 0.8 s is 0.6 s at least.
    found = findings(loaded(), "b", "now\t100.0", f"now\t{clock}")
    assert [one.level for one in found] == expected
    assert all(one.check == "clocks" and "b " in one.found and "chrony" in one.remedy for one in found)


def test_a_host_without_anothers_address(loaded: Load) -> None:
    found = findings(loaded(), "b", "fact\tname\tc\t10.0.0.3", "fact\tname\tc")
    assert only(found) == ("error", "host name", "b")
    assert found[0].found == "c has no address"


def test_hosts_that_do_not_agree_on_an_address(loaded: Load) -> None:
    found = findings(loaded(), "b", "fact\tname\tc\t10.0.0.3", "fact\tname\tc\t10.0.0.9")
    assert only(found) == ("error", "host name", "a, b, c")
    assert found[0].found == "c is 10.0.0.3 on a; 10.0.0.9 on b; 10.0.0.3 on c"


def test_a_second_address_on_one_host_only_is_ok(loaded: Load) -> None:
    assert findings(loaded(), "b", "fact\tname\tc\t10.0.0.3", "fact\tname\tc\tfe80::1%eth0\t10.0.0.3") == []


def test_an_own_name_that_is_loopback_is_a_warning(loaded: Load) -> None:
    found = findings(loaded(), "a", "fact\tname\ta\t10.0.0.1", "fact\tname\ta\t127.0.1.1")
    assert only(found) == ("warning", "own host name", "a")
    assert "/etc/hosts" in found[0].remedy


def test_an_own_name_that_is_loopback_breaks_old_versions(loaded: Load) -> None:
    found = findings(loaded(OLD), "a", "fact\tname\ta\t10.0.0.1", "fact\tname\ta\t127.0.1.1")
    assert only(found) == ("error", "own host name", "a")
    assert "its ZooKeeper server would listen on loopback only and its broker would" in found[0].remedy


def test_anothers_name_that_is_loopback(loaded: Load) -> None:
    assert only(findings(loaded(), "a", "fact\tname\tb\t10.0.0.2", "fact\tname\tb\t127.0.0.1"))[:2] == (
        "error",
        "host name",
    )


@pytest.mark.parametrize(("answer", "doubtful"), [("", False), ("\tstranger", False), ("\tc", True), ("\tc\tb", False)])
def test_an_address_that_leads_back_to_another_host(loaded: Load, answer: str, doubtful: bool) -> None:
    found = findings(loaded(), "a", "10.0.0.2\tb.example", f"10.0.0.2{answer}")
    assert (not found) or only(found) == ("warning", "reverse DNS", "a")
    assert bool(found) is doubtful


@pytest.mark.parametrize("outcome", ["", "No route to host", "Connection timed out", "Network is unreachable"])
@pytest.mark.parametrize("port", [9092, 2181, 2888, 3888])
def test_a_blocked_connection(loaded: Load, outcome: str, port: int) -> None:
    line = f"fact\tconnect\tc/{port}\t"
    found = findings(loaded(), "a", f"{line}Connection refused\n", f"{line}{outcome}\n" if outcome else "")
    assert only(found) == ("error", "connectivity", f"a -> c:{port}")
    assert found[0].found == f"{outcome or 'no answer in 3 s'}: a firewall?"
    assert f"allow port {port} in the firewalls" in found[0].remedy


def test_a_blocked_connection_to_a_controller(loaded: Load) -> None:
    old = "fact\tconnect\tc/9093\tConnection refused"
    found = findings(loaded(hosts=ISOLATED), "a", old, "fact\tconnect\tc/9093\tNo route to host")
    assert only(found) == ("error", "connectivity", "a -> c:9093")


def test_a_controller_does_not_connect_to_brokers(loaded: Load) -> None:
    cluster = loaded(hosts=ISOLATED)
    assert network_check.targets(cluster, cluster.nodes["c"]) == ()


def test_a_refused_connection_where_the_port_is_in_use(loaded: Load) -> None:
    found = findings(loaded(), "c", "ok\tport\t9092", "fact\tlistening\t9092\nok\tport\t9092")
    assert only(found) == ("error", "connectivity", "a, b -> c:9092")
    assert "but the port is in use there" in found[0].found


def test_open_connections(loaded: Load) -> None:
    assert findings(loaded(), "a", "Connection refused", "open") == []


def test_a_host_without_an_address_is_reported_once(loaded: Load) -> None:
    assert findings(loaded(), "a", "Connection refused", "Invalid argument") == []


def test_data_of_two_clusters(loaded: Load) -> None:
    cluster = loaded()
    ids = {"a": "one", "b": "two", "c": "one"}
    texts = {name: f"{healthy(cluster, name)}fact\tcluster.id\t/d/meta.properties\t{ids[name]}\n" for name in ids}
    found = cluster_check.findings(cluster, {name: told(cluster, name, text) for name, text in texts.items()})
    assert only([one for one in found if one.level != "ok"]) == ("error", "cluster id", "b:/d/meta.properties")
    [wrong] = [one for one in found if one.level != "ok"]
    assert wrong.found == "one in a:/d/meta.properties, c:/d/meta.properties; two in b:/d/meta.properties"


@pytest.mark.parametrize("answer", ["sh\toffline", "systemd\tmaintenance"])
def test_a_host_without_systemd(loaded: Load, answer: str) -> None:
    found = findings(loaded(), "a", "systemd\trunning", answer)
    assert only(found) == ("error", "systemd", "a")
    assert found[0].found == f"process 1 is {answer.replace(chr(9), ', ')}"


def test_a_degraded_systemd_will_do(loaded: Load) -> None:
    assert findings(loaded(), "a", "systemd\trunning", "systemd\tdegraded") == []


def test_a_host_without_bash_and_so_without_connectivity_checks(loaded: Load) -> None:
    found = findings(loaded(), "a", "fact\ttool\tbash\n", "")
    assert only(found) == ("error", "bash", "a")


def test_a_host_that_cannot_fetch(loaded: Load) -> None:
    assert only(findings(loaded(), "a", "fact\ttool\tcurl\n", "")) == ("warning", "download", "a")
    assert findings(loaded(), "a", "fact\ttool\tcurl\n", "fact\ttree\t/opt/kafka\n") == []
    assert findings(loaded("version: 3.9.1\ndownload: push\n"), "a", "fact\ttool\tcurl\n", "") == []


@pytest.mark.parametrize(
    ("free", "total", "inodes", "level"),
    [
        (99 * MIB, 200 * MIB, 900, "error"), (500 * GIB, 1000 * GIB, 9, "error"),
        (900 * MIB, 2 * GIB, 900, "warning"), (90 * GIB, 1000 * GIB, 900, "warning"),
        (500 * GIB, 1000 * GIB, 90, "warning"),
    ],
)  # fmt: skip
def test_a_disk_without_room(loaded: Load, free: int, total: int, inodes: int, level: str) -> None:
    new = disk("/opt/kafka-logs", free, total, inodes, device="0", mount="/data")
    found = findings(loaded(), "a", disk("/opt/kafka-logs", device="0"), new)
    assert only(found) == (level, "disk", "a:/opt/kafka-logs")
    assert "on /data (xfs)" in found[0].found


def test_a_disk_that_does_not_answer(loaded: Load) -> None:
    found = findings(loaded(), "a", disk("/opt/kafka-logs", device="0"), "")
    assert only(found) == ("error", "disk", "a:/opt/kafka-logs")


MOUNTED = "version: 3.9.1\nkafka: {log_dirs: [/d1], log_dirs_are_mounts: true}\n"


def test_a_log_dir_that_is_no_mount_point(loaded: Load) -> None:
    mounted = disk("/d1", device="0", mount="/d1")
    cluster = loaded(MOUNTED)
    texts = {name: healthy(cluster, name).replace(disk("/d1", device="0"), mounted) for name in "abc"}

    def wrong(text: str) -> list[Finding]:
        found = cluster_check.findings(cluster, {n: told(cluster, n, t) for n, t in (texts | {"a": text}).items()})
        return [one for one in found if one.level != "ok"]

    assert wrong(texts["a"]) == []
    assert only(wrong(healthy(cluster, "a"))) == ("error", "mount point", "a:/d1")
    not_there = disk("/d1", device="0", mount="/", real="/", exists="")
    assert only(wrong(texts["a"].replace(mounted, not_there))) == ("error", "mount point", "a:/d1")


def test_two_log_dirs_on_one_file_system(loaded: Load) -> None:
    cluster = loaded("version: 3.9.1\nkafka: {log_dirs: [/d1, /d2]}\n")
    assert findings(cluster) == []
    found = findings(cluster, "a", disk("/d2", device="1"), disk("/d2", device="0"))
    assert only(found) == ("warning", "file system", "a:/d1, /d2")


@pytest.mark.parametrize(
    ("old", "new", "level"),
    [
        ("nr_open\t1048576", "nr_open\t80000", "warning"),
        ("files\t524288\t000001ffffffffff", "files\t80000\t0000000000000000", "warning"),
        ("segments\tall\t0", "segments\tall\t0\nfact\tunit-limit\tkafka\t80000", "warning"),
    ],
)
def test_open_files_that_a_broker_will_lack(loaded: Load, old: str, new: str, level: str) -> None:
    found = findings(loaded(), "a", old, new)
    assert only(found) == (level, "open files", "a:kafka")
    assert found[0].found.startswith("80000 ")


def test_more_segments_than_open_files(loaded: Load) -> None:
    cluster = loaded("version: 3.9.1\nkafka: {open_files: 2048}\n")
    found = findings(cluster, "a", "segments\tall\t0", "segments\tall\t525")
    assert only(found) == ("error", "open files", "a:kafka")
    assert "kafka.open_files" in found[0].remedy


@pytest.mark.parametrize(("segments", "level"), [(15000, ""), (16000, "warning"), (32000, "error")])
def test_more_segments_than_memory_maps(loaded: Load, segments: int, level: str) -> None:
    found = findings(loaded(), "a", "segments\tall\t0", f"segments\tall\t{segments}")
    assert (only(found) if level else found) == ((level, "memory maps", "a") if level else [])


@pytest.mark.parametrize(("heap", "level"), [("5g", ""), ("6g", "warning"), ("8g", "error")])
def test_heaps_that_memory_cannot_hold(loaded: Load, heap: str, level: str) -> None:
    cluster = loaded(f"version: 3.9.1\nkafka: {{heap: {heap}}}\n")
    found = [one for one in findings(cluster) if one.where == "a"]
    assert (only(found) if level else found) == ((level, "memory", "a") if level else [])


def test_swap_with_high_swappiness(loaded: Load) -> None:
    found = findings(loaded(), "a", "SwapTotal\t0", "SwapTotal\t1048576")
    assert only(found) == ("warning", "swap", "a")
    old = "SwapTotal\t0\nfact\tmemory\tSwapFree\t0\nfact\tkernel\tswappiness\t60"
    assert findings(loaded(), "a", old, old.replace("Total\t0", "Total\t99").replace("60", "1")) == []


def test_a_refused_path_has_no_other_findings(loaded: Load) -> None:
    path = "/opt/kafka-logs"
    lines = f"failed\tplaces\t{path}\t{path} leads to /data, which does not exist: is its disk mounted?\n"
    lines += f"fact\tclosed\t{path}\t/opt\tkafka\nfact\tnoexec\t/var/cache/kafka\t/var\n"
    lines += f"failed\tdirectory\t{path}\tis a link to nothing: mount it\n" + disk(path, free=0)
    found = findings(loaded(), "a", disk(path, device="0"), lines)
    assert [(one.check, one.where) for one in found if path in one.where] == [("places", f"a:{path}")]
    assert len(found) > 1, "other places still have findings"


@pytest.mark.parametrize("kind", ["port", "identity"])
def test_what_an_install_would_refuse(loaded: Load, kind: str) -> None:
    found = findings(loaded(), "a", "", f"failed\t{kind}\tx\twrong thing: mend it\n")
    assert only(found) == ("error", kind, "a:x")
    assert (found[0].found, found[0].remedy) == ("wrong thing", "mend it")


def test_a_wrong_java(loaded: Load) -> None:
    found = findings(loaded(), "a", "ok\tjava\t17", "failed\tjava\t6\tis old: install one")
    assert only(found) == ("error", "java", "a")


def test_a_missing_java_matters_only_where_it_cannot_be_installed(loaded: Load) -> None:
    would = "would\tjava\tJava 8 to 23\tfrom the first of these packages: x\n"
    assert findings(loaded(), "a", "ok\tjava\t17\n", would) == []
    cluster = loaded()
    text = healthy(cluster, "a").replace("ok\tjava\t17\n", would).replace("fact\ttool\tapt-get\n", "")
    found = cluster_check.findings(cluster, {"a": told(cluster, "a", text)})
    assert only([one for one in found if one.level == "error"]) == ("error", "java", "a")


DYNAMIC = "[kafka]\na id=1\n[controller]\nb id=4\nc id=5\n"


def storage(host: str, formatted: bool = True, used: bool = True) -> str:
    words = f"formatted={int(formatted)}\tcluster.id=x\tdirectory.id=D{host}\tused={int(used)}"
    return f"fact\tstorage\t/var/lib/kafka-controller\t{words if formatted else 'formatted=0'}\n"


def judged(cluster: Cluster, known: Voters | None, **texts: str) -> list[Finding]:
    hosts = {name: told(cluster, name, healthy(cluster, name) + texts.get(name, "")) for name in cluster.nodes}
    return [one for one in cluster_check.findings(cluster, hosts, known) if one.level != "ok"]


def test_the_disk_of_a_voter_that_is_empty_or_another_one(loaded: Load) -> None:
    cluster = loaded("version: 4.3.1\n", DYNAMIC)
    known = Voters({4: "Db", 5: "Dc"}, frozenset({4, 5}))
    assert judged(cluster, known, b=storage("b"), c=storage("c")) == []
    found = judged(cluster, known, b=storage("b"), c=storage("c", formatted=False))
    assert only(found) == ("error", "voter's disk", "c:/var/lib/kafka-controller")
    assert "fab quorum.remove c" in found[0].remedy
    other = judged(cluster, known, b=storage("b"), c=storage("new"))
    assert only(other) == ("warning", "voter's disk", "c:/var/lib/kafka-controller")


def test_empty_disks_without_a_quorum_that_could_be_asked(loaded: Load) -> None:
    cluster = loaded("version: 4.3.1\n", DYNAMIC)
    new = storage("b", formatted=False), storage("c", formatted=False)
    assert judged(cluster, None, b=new[0], c=new[1]) == []
    found = judged(cluster, None, b=storage("b"), c=new[1])
    assert only(found)[0] == "error"
    assert "1 of 2 controllers have their data" in found[0].found
