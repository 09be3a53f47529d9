"""Install, its steps and its plan: nothing is done twice, nothing is restarted, and the plan tells the truth."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import Site

pytestmark = pytest.mark.lab

ROOT = Path(__file__).resolve().parents[2]
# Change times too: a plan that wrote a file anew with the same content would show.
TRACES = """
find /etc /opt /var/lib/kafka-fab /var/lib/zookeeper /var/cache/kafka-fab \\
    \\( -path /opt/kafka-logs -o -path '/var/lib/zookeeper/version-2' \\) -prune \\
    -o -printf '%p %y %U %G %m %s %T@ %C@ %l\\n' 2>/dev/null | sort
cat /etc/passwd /etc/group
systemctl show -p UnitFileState kafka zookeeper
"""
PIDS = "systemctl show -p MainPID -p ActiveEnterTimestampMonotonic kafka zookeeper"
ACCEPTED = "journalctl --sync && journalctl -o cat | grep -c '^Accepted publickey'"
OTHER_RETENTION = ("conf/cluster.yaml", "log.retention.hours: 168", "log.retention.hours: 24")
STEPS = (
    ("download", "test -f /var/cache/kafka-fab/kafka_2.13-3.9.1.tgz && test ! -e /opt/kafka_2.13-3.9.1"),
    ("extract", "test -d /opt/kafka_2.13-3.9.1/libs && test ! -e /opt/kafka"),
    ("symlink", 'test "$(readlink /opt/kafka)" = /opt/kafka_2.13-3.9.1 && test ! -e /etc/kafka'),
    ("config", "test -f /etc/kafka/server.properties && test -f /etc/zookeeper/zookeeper.properties"),
    ("log-dirs", "test -d /opt/kafka-logs && test -d /var/log/kafka && test -f /var/lib/zookeeper/myid"),
)
BAD_HOSTS = """[kafka]
one id=1 rakc=a
two
one id=3
[zookeper]
three id=1
"""
BAD_SETTINGS = """version: 3.9.1
kafka:
  heep: 1g
  port: many
  properties:
    log.retention.hour: 168
"""


def told(output: str, status: str) -> dict[str, set[tuple[str, str]]]:
    """Return what a run's JSON says with one status: (kind, name) by host."""
    return {
        host["host"]: {(change["kind"], change["name"]) for change in host["changes"] if change["status"] == status}
        for host in json.loads(output)["hosts"]
    }


def seconds(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def connections(site: Site) -> dict[str, int]:
    """Return how many connections each host's sshd has accepted by now."""
    return {host: int(count) for host, count in site.everywhere(ACCEPTED).items()}


def test_a_second_install_changes_nothing_and_says_so(cluster: Site) -> None:
    output = cluster.done("install")
    assert "3 hosts: nothing to change" in output
    assert "changed  " not in output.replace("changed  failed", "")


def test_a_second_install_takes_less_than_seven_tenths_of_a_second(cluster: Site) -> None:
    """Or less than twice what bare connections take, once in ten pairs: a busy machine delays single runs."""
    floor: list[str | Path] = [
        sys.executable,
        "-m",
        "bench.floor",
        cluster.folder / "ssh_config",
        ",".join(cluster.hosts),
        "true",
    ]
    cluster.done("install")
    pairs = []
    for _ in range(10):
        install = seconds(lambda: cluster.done("install"))
        bare = seconds(lambda: subprocess.run(floor, cwd=ROOT, check=True))
        pairs.append((install, bare))
        if install < max(0.7, 2 * bare):
            return
    pytest.fail(f"install and bare connections, in seconds: {pairs}")


def test_a_second_install_opens_one_connection_to_each_host(cluster: Site) -> None:
    cluster.done("install")
    before = connections(cluster)
    cluster.done("install")
    after = connections(cluster)
    assert {host: after[host] - before[host] for host in cluster.hosts} == dict.fromkeys(cluster.hosts, 1)


def test_a_second_install_touches_no_file(cluster: Site) -> None:
    before = cluster.everywhere(TRACES)
    cluster.done("install")
    assert cluster.everywhere(TRACES) == before


def test_a_changed_property_is_installed_without_a_restart(cluster: Site) -> None:
    before = cluster.everywhere(PIDS)
    with cluster.changed(*OTHER_RETENTION):
        output = cluster.done("install")
    cluster.done("install")
    assert "3 changes" in output
    assert cluster.everywhere(PIDS) == before


def test_install_and_status_name_who_needs_a_restart_and_for_which_key(cluster: Site) -> None:
    first, second, third = cluster.hosts
    with cluster.changed(*OTHER_RETENTION):
        installed = cluster.done("-H", first, "install")
        status = cluster.done("status", "--json")
    cluster.done("install")
    kafka = {line["host"]: line["config"] for line in json.loads(status)["services"] if line["service"] == "kafka"}
    assert f"{first}: kafka runs an outdated configuration" in installed
    assert kafka == {first: "restart needed", second: "current", third: "current"}
    assert "restart needed" not in cluster.done("status")


def test_a_changed_property_is_shown_by_plan_as_a_diff(cluster: Site) -> None:
    with cluster.changed(*OTHER_RETENTION):
        lines = [line.strip() for line in cluster.done("plan").splitlines()]
    assert "all hosts: file /etc/kafka/server.properties" in lines
    assert [line for line in lines if line.startswith(("-l", "+l"))] == [
        "-log.retention.hours=168",
        "+log.retention.hours=24",
    ]
    assert lines[-1].startswith("3 changes on 3 of 3 hosts")


def test_plan_touches_nothing(cluster: Site) -> None:
    with cluster.changed(*OTHER_RETENTION):
        before = cluster.everywhere(TRACES)
        cluster.done("plan")
        assert cluster.everywhere(TRACES) == before


def test_plan_touches_nothing_where_nothing_is_installed(trouble: Site) -> None:
    before = trouble.everywhere(TRACES)
    trouble.done("plan")
    assert trouble.everywhere(TRACES) == before


def test_plan_check_exits_with_two_where_something_would_change(cluster: Site) -> None:
    unchanged = cluster.fab("plan", "--check").returncode
    with cluster.changed(*OTHER_RETENTION):
        changed = cluster.fab("plan", "--check").returncode
    assert (unchanged, changed) == (0, 2)


def test_plan_and_install_agree_on_hosts_that_know_nothing(trouble: Site) -> None:
    planned, installed = trouble.done("plan", "--json"), trouble.done("install", "--json")
    assert told(planned, "would") == told(installed, "changed")
    assert all(len(changes) > 15 for changes in told(planned, "would").values())


def test_plan_and_install_agree_on_a_changed_property(cluster: Site) -> None:
    with cluster.changed(*OTHER_RETENTION):
        planned, installed = cluster.done("plan", "--json"), cluster.done("install", "--json")
    cluster.done("install")
    expected = {host: {("file", "/etc/kafka/server.properties")} for host in cluster.hosts}
    assert told(planned, "would") == told(installed, "changed") == expected


@pytest.fixture
def edited(cluster: Site) -> Iterator[str]:
    """Let somebody edit a file by hand on the second host."""
    host = cluster.hosts[1]
    cluster.on(host, "echo '# by hand' >>/etc/kafka/server.properties")
    yield host
    cluster.done("-H", host, "install")
    cluster.on(host, "rm -f /etc/kafka/*.kept")


def test_a_file_edited_by_hand_is_shown_in_the_plan(cluster: Site, edited: str) -> None:
    plan = cluster.done("plan")
    assert f"{edited}: file /etc/kafka/server.properties  (edited by hand, a copy is kept)" in plan
    assert "    -# by hand" in plan.splitlines()


def test_a_file_edited_by_hand_is_replaced_and_a_copy_kept(cluster: Site, edited: str) -> None:
    cluster.done("install")
    assert "# by hand" not in cluster.on(edited, "cat /etc/kafka/server.properties")
    assert "# by hand" in cluster.on(edited, "cat /etc/kafka/server.properties.*.kept")


def test_a_file_that_install_itself_replaces_leaves_no_copy(cluster: Site) -> None:
    with cluster.changed(*OTHER_RETENTION):
        cluster.done("install")
    cluster.done("install")
    assert set(cluster.everywhere("ls /etc/kafka").values()) == {"log4j.properties\nserver.properties\n"}


def test_the_steps_of_an_install_are_tasks_of_their_own(trouble: Site) -> None:
    for step, proof in STEPS:
        trouble.done(step)
        trouble.everywhere(proof)
    # Tuning has no task of its own.
    left = {("file", "/etc/sysctl.d/90-kafka-fab.conf")}
    assert told(trouble.done("install", "--json"), "changed") == dict.fromkeys(trouble.hosts, left)
    assert "3 hosts: nothing to change" in trouble.done("install")


def test_each_step_changes_nothing_the_second_time(trouble: Site) -> None:
    steps = [step for step, _ in STEPS]
    trouble.done(*steps)
    assert trouble.done(*steps).count("3 hosts: nothing to change") == len(steps)


@pytest.mark.parametrize(("step", "before"), [("extract", "download"), ("symlink", "extract")])
def test_a_step_too_early_names_the_step_before_it(trouble: Site, step: str, before: str) -> None:
    ended = trouble.fab(step)
    assert ended.returncode == 1
    assert ended.stdout.count(f"run fab {before} first") >= 3
    assert "failed" in ended.stdout


def test_a_group_is_a_name_for_its_hosts(trouble: Site) -> None:
    first, second, third = trouble.hosts
    with trouble.changed("hosts.ini", f"{second} id=2\n", ""), trouble.changed("hosts.ini", f"{third} id=3\n", ""):
        hosts = [host["host"] for host in json.loads(trouble.done("-H", "zookeeper", "plan", "--json"))["hosts"]]
    assert hosts == [first]


def test_a_host_named_by_h_is_the_only_one_touched(trouble: Site) -> None:
    first, *others = trouble.hosts
    trouble.done("-H", first, "log-dirs")
    assert trouble.on(first, "ls -d /opt/kafka-logs")
    assert [trouble.on(host, "ls /opt") for host in others] == ["", ""]


def test_a_host_named_by_h_still_knows_the_whole_cluster(trouble: Site) -> None:
    first = trouble.hosts[0]
    trouble.done("-H", first, "config")
    connect = trouble.on(first, "grep zookeeper.connect= /etc/kafka/server.properties").strip()
    assert connect == "zookeeper.connect=" + ",".join(f"{host}:2181" for host in trouble.hosts) + "/kafka"


@pytest.fixture
def listener(trouble: Site) -> Iterator[socket.socket]:
    """Lead all of a site's hosts to a socket that shows whether anybody has connected."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        port = server.getsockname()[1]
        (trouble.folder / "ssh_config").write_text(f"Host *\n    HostName 127.0.0.1\n    Port {port}\n")
        yield server


def nobody_came(listener: socket.socket) -> bool:
    with pytest.raises(BlockingIOError):
        listener.accept()
    return True


def test_the_listener_notices_a_connection(trouble: Site, listener: socket.socket) -> None:
    trouble.fab("plan", FABRIC_TIMEOUTS_CONNECT="1")
    listener.accept()


def test_a_host_outside_hosts_ini_is_refused_before_any_connection(trouble: Site, listener: socket.socket) -> None:
    ended = trouble.fab("-H", f"{trouble.hosts[0]},stranger", "install")
    assert ended.returncode == 1
    assert "stranger is not in " in ended.stderr
    assert "    stranger id=4" in ended.stderr
    assert nobody_came(listener)


def test_bad_input_is_refused_before_any_connection_with_all_problems_at_once(
    trouble: Site, listener: socket.socket
) -> None:
    (trouble.folder / "hosts.ini").write_text(BAD_HOSTS)
    trouble.settings(BAD_SETTINGS)
    ended = trouble.fab("install")
    problems = ended.stderr.splitlines()
    expected = (
        ("hosts.ini:2", "did you mean rack?"),
        ("hosts.ini:3", "two has no id"),
        ("hosts.ini:5", "did you mean zookeeper?"),
        ("conf/cluster.yaml:3", "did you mean heap?"),
        ("conf/cluster.yaml:4", "a whole number is wanted"),
        ("conf/cluster.yaml:6", "did you mean log.retention.hours?"),
    )
    for place, words in expected:
        assert any(f"{place}: " in line and words in line for line in problems), (place, words, problems)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert nobody_came(listener)
