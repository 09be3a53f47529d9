"""What an operator can type, and how it runs: every host at once, a failing one alone, then a stop."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fabric
import pytest
from fabric.main import Fab
from invoke.collection import Collection
from invoke.tasks import task as cluster_task

import fabfile
from kafka_fab.cluster import load
from kafka_fab.cluster.folder import HOME
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote import fleet as fleet_module
from kafka_fab.remote.executor import Executor
from kafka_fab.remote.fleet import fleet
from kafka_fab.remote.ssh.connection import Connection, HostFailure
from tasks.namespace import GROUPS

ROOT = HOME


def tasks(collection: Collection, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, task in collection.tasks.items():
        yield prefix + collection.transform(name), task
    for name, inner in collection.collections.items():
        yield from tasks(inner, f"{prefix}{collection.transform(name)}.")


TASKS = dict(tasks(fabfile.namespace))


@pytest.mark.parametrize("name", TASKS)
def test_a_task_says_what_it_does_in_a_line(name: str) -> None:
    text = TASKS[name].__doc__ or ""
    line = text.strip().splitlines()[0]
    assert len(line) <= 100
    assert line.endswith(".")


@pytest.mark.parametrize("name", TASKS)
def test_a_task_explains_each_of_its_flags(name: str) -> None:
    unexplained = [arg.name for arg in TASKS[name].get_arguments() if not (arg.help or "").strip()]
    assert not unexplained


def test_the_tasks_that_the_readme_promises() -> None:
    promised = "download extract symlink config log-dirs install start stop restart status validate plan uninstall"
    assert set(promised.split()) <= set(TASKS)
    assert {"lab.up", "lab.down", "lab.archive", "lab.status"} <= set(TASKS)


def fab(*words: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("fab")
    return subprocess.run([program, *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)


def test_fab_list_has_every_task_of_an_operator_in_its_group_and_not_the_lab() -> None:
    listed = fab("--list").stdout
    names = {line.split()[0] for line in listed.splitlines() if line.startswith("  ") and line[2] != " "}
    assert names == {name for name in TASKS if not name.startswith("lab.")}
    assert [line for line in listed.splitlines() if line.endswith(":")] == [f"{title}:" for title in GROUPS]
    assert "`fab --list lab`" in listed


def test_the_lab_is_listed_when_asked_for() -> None:
    listed = fab("--list", "lab").stdout
    assert {".up", ".down", ".archive", ".status"} <= set(listed.split())


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["instal"], "'instal' is! Did you mean install?"),
        (["topics.aply"], "Did you mean topics.apply?"),
        (["rolling_restart"], "Did you mean rolling-restart?"),
        (["install", "--jsn"], "Did you mean --json?"),
        (["topics.create", "a", "--partitons", "3"], "Did you mean --partitions?"),
        (["--lst"], "Did you mean --list?"),
        (["xyzzy"], "See `fab --list`."),
    ],
)
def test_a_misspelt_name_gets_a_suggestion(words: list[str], hint: str) -> None:
    ended = fab(*words)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.rstrip().endswith(hint)


def test_listing_imports_nothing_heavy() -> None:
    code = "import sys; import fabfile; print(*sys.modules)"
    words = [sys.executable, "-c", code]
    loaded = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30).stdout.split()
    assert not {"kazoo", "kafka", "rich", "jinja2", "kafka_fab.live"} & set(loaded)


# The executor, with connections that lead nowhere


class Stub(Connection):
    """A connection that is never opened."""

    opened: list[str]
    closed: list[Any]

    def open_ahead(self) -> None:
        if self.original_host not in self.opened:
            self.opened.append(self.original_host)

    def close(self) -> None:
        self.closed.append(self)


HOSTS = "[kafka]\n" + "".join(f"k{n} id={n}\n" for n in range(1, 10)) + "[zookeeper]\nz1 id=1\n"


class Site:
    """A cluster's folder and `fab` in this process, with tasks of the test's own."""

    def __init__(self, folder: Path, output: pytest.CaptureFixture[str]) -> None:
        self.folder, self.output = folder, output
        self.limit = 50
        self.log: list[Any] = []

    def fab(self, *words: str, **works: Callable[..., Any]) -> SimpleNamespace:
        """Run fab; a task's function gets the connection, or the context where its name begins with all_."""
        namespace = Collection()
        for name, work in works.items():
            namespace.add_task(self._task(name, work))
        config = type("Config", (fabric.Config,), {"global_defaults": staticmethod(self._defaults)})
        program = Fab(name="fab", version="0", executor_class=Executor, config_class=config, namespace=namespace)
        code = 0
        try:
            program.run(["fab", *words])
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = self.output.readouterr()
        return SimpleNamespace(code=code, out=said.out, err=said.err)

    def _defaults(self) -> dict[str, Any]:
        return {**fabric.Config.global_defaults(), "parallel": self.limit}

    def _task(self, name: str, work: Callable[..., Any]) -> Any:
        def body(c: Any, json: bool = False) -> Any:
            return work(c)

        body.__name__ = name
        return cluster_task(body) if name.startswith("all_") else fabric.task(body)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Site:
    (tmp_path / "conf").mkdir()
    (tmp_path / "hosts.ini").write_text(HOSTS)
    (tmp_path / "conf/cluster.yaml").write_text("version: 3.9.1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KAFKA_FAB_CLUSTER", raising=False)
    monkeypatch.setattr(Stub, "opened", [], raising=False)
    monkeypatch.setattr(Stub, "closed", [], raising=False)
    monkeypatch.setattr(fleet_module, "Connection", Stub)
    load.cluster.cache_clear()
    return Site(tmp_path, capsys)


ALL = [*(f"k{n}" for n in range(1, 10)), "z1"]


def rows(out: str) -> dict[str, str]:
    """Each host's result in the table of hosts."""
    lines = [line.split() for line in out.splitlines()]
    return {line[0]: line[1] for line in lines if len(line) >= 6 and line[0] in ALL}


def test_a_task_runs_on_every_host_at_once(site: Site) -> None:
    meeting = threading.Barrier(len(ALL), timeout=5)
    ended = site.fab("meet", meet=lambda c: meeting.wait())
    assert ended.code == 0
    assert rows(ended.out) == dict.fromkeys(ALL, "ok")
    assert ended.out.splitlines()[-1].startswith("10 hosts: nothing to change, ")


@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_than_the_limit_at_once(limit: int, site: Site) -> None:
    site.limit, lock, at_work, most = limit, threading.Lock(), 0, 0
    reached = threading.Event()

    def work(c: Any) -> None:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
            if most >= limit:
                reached.set()
        # The first ones wait for each other, however busy the machine is; then a moment, in which no other may join.
        reached.wait(10)
        time.sleep(0.01)
        with lock:
            at_work -= 1

    assert site.fab("work", work=work).code == 0
    assert most == limit


def test_a_failing_host_stops_the_run_and_not_the_others(site: Site) -> None:
    def first(c: Any) -> None:
        if c.original_host == "k2":
            raise HostFailure("disk full")
        time.sleep(0.02)
        site.log.append(c.original_host)

    ended = site.fab("first", "second", first=first, second=lambda c: site.log.append("second"))
    assert ended.code == 1
    assert sorted(site.log) == [host for host in ALL if host != "k2"]
    assert rows(ended.out) == dict.fromkeys(ALL, "ok") | {"k2": "failed"}
    assert "k2: disk full" in ended.out.splitlines()
    assert ended.out.splitlines()[-1].startswith("1 of 10 hosts failed, after ")


def test_an_error_of_our_own_fails_the_host_with_its_name(site: Site) -> None:
    nothing: dict[str, str] = {}
    ended = site.fab("-H", "k1,k2", "work", work=lambda c: nothing["missing"])
    assert (ended.code, "k1: KeyError: 'missing'" in ended.out) == (1, True)


def test_tasks_run_in_order_over_the_same_connections(site: Site) -> None:
    first = lambda c: site.log.append(("first", c))  # noqa: E731
    second = lambda c: site.log.append(("second", c))  # noqa: E731
    assert site.fab("-H", "k1,k2", "first", "second", first=first, second=second).code == 0
    assert [name for name, _ in site.log] == ["first"] * 2 + ["second"] * 2
    assert len({id(c) for _, c in site.log}) == 2, "one connection a host"
    assert sorted(Stub.opened) == sorted(c.original_host for c in Stub.closed) == ["k1", "k2"]


@pytest.mark.parametrize(
    ("wanted", "hosts"),
    [
        ("k1", ["k1"]),
        ("k3, k1", ["k1", "k3"]),
        ("kafka", ALL[:9]),
        ("zookeeper", ["z1"]),
        ("zookeeper,k1", ["k1", "z1"]),
    ],
)
def test_hosts_are_limited(wanted: str, hosts: list[str], site: Site) -> None:
    assert site.fab("-H", wanted, "work", work=lambda c: site.log.append(c.original_host)).code == 0
    assert sorted(site.log) == hosts


@pytest.mark.parametrize("wanted", ["", " ", ",,,", " , ", "k1,", "k1,,k2"])
@pytest.mark.parametrize("name", ["work", "all_work"])
def test_an_empty_name_of_a_host_does_not_mean_all_hosts(wanted: str, name: str, site: Site) -> None:
    works = {name: (lambda c: site.log.append(fleet(c).hosts)) if name == "all_work" else site.log.append}
    ended = site.fab("-H", wanted, name.replace("_", "-"), **works)
    assert (ended.code, site.log) == (1, [])
    assert ended.err.strip() == f"-H '{wanted}' has an empty name: name hosts or groups, or leave -H out for all hosts"


def test_an_empty_name_of_a_folder_does_not_mean_another_cluster(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_FAB_CLUSTER", "")
    ended = site.fab("work", work=site.log.append)
    assert (ended.code, site.log) == (1, [])
    assert "KAFKA_FAB_CLUSTER: is empty" in ended.err


def test_a_host_outside_hosts_ini(site: Site) -> None:
    ended = site.fab("-H", "k1,k77", "work", work=site.log.append)
    assert (ended.code, site.log) == (1, [])
    assert f"k77 is not in {site.folder / 'hosts.ini'}" in ended.err
    assert ended.err.splitlines()[-1] == "    k77 id=10"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("*", "name hosts or groups of hosts.ini"),
        ("k1 k2", "separate names with commas"),
        ("-x", "name hosts or groups of hosts.ini"),
        ("K1", "did you mean k1?"),
        ("Kafka", "did you mean kafka?"),
        ("root@k1", "set user and port in ssh_config"),
        ("k1:22", "set user and port in ssh_config"),
    ],
)
def test_no_line_is_proposed_that_hosts_ini_would_refuse(name: str, said: str, site: Site) -> None:
    ended = site.fab("-H", name, "work", work=site.log.append)
    assert (ended.code, site.log) == (1, [])
    assert said in ended.err
    assert "id=" not in ended.err


def test_a_cluster_that_is_refused(site: Site) -> None:
    (site.folder / "hosts.ini").write_text("[kafka]\nk1\n[zookeper]\n")
    ended = site.fab("work", work=site.log.append)
    assert (ended.code, site.log) == (1, [])
    assert [line.split(": ")[0] for line in ended.err.splitlines()] == ["hosts.ini:2", "hosts.ini:3"]


def test_warnings_are_said_once_and_do_not_stop(site: Site) -> None:
    (site.folder / "hosts.ini").write_text(HOSTS + "z2 id=2\n")
    ended = site.fab("-H", "k1", "one", "two", one=lambda c: None, two=lambda c: None)
    assert ended.code == 0
    assert ended.err.count("hosts.ini:13: warning: 2 ZooKeeper hosts") == 1


def test_a_task_about_the_cluster_runs_once(site: Site) -> None:
    def whole(c: Any) -> None:
        done = fleet(c).run(lambda c: c.original_host, "x")
        site.log.append([progress.value for progress in done])

    assert site.fab("-H", "k1,k2", "all-tasks", all_tasks=whole).code == 0
    assert site.log == [["k1", "k2"]]


def reported(c: Any, work: Callable[[Any], Any]) -> Any:
    return fleet_module.run_and_report(c.executor.connect_ahead(), work, "work", json=True)


def test_json(site: Site) -> None:
    ended = site.fab("-H", "k1,k2", "all-work", all_work=lambda c: reported(c, lambda host: None))
    told = json.loads(ended.out)
    assert (ended.code, told["task"], [host["host"] for host in told["hosts"]]) == (0, "work", ["k1", "k2"])


def test_json_of_a_failure(site: Site) -> None:
    def work(c: Any) -> None:
        raise HostFailure("no")

    ended = site.fab("-H", "k1", "all-work", all_work=lambda c: reported(c, work))
    assert (ended.code, json.loads(ended.out)["hosts"][0]["error"]) == (1, "no")


def test_an_interruption_ends_at_once_and_says_what_was_under_way(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(c: Any) -> None:
        c.progress.doing, c.progress.connected = "tree /opt", True
        time.sleep(2)

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kafka_fab.output.screen.Screen.refresh", interrupt)
    began = time.monotonic()
    ended = site.fab("-H", "k1", "work", work=work)
    assert time.monotonic() - began < 1
    assert ended.code == 130
    assert "k1: interrupted in tree /opt" in ended.err
    assert "run `fab work` again" in ended.err


def test_a_refused_password_is_known_to_all_connections_of_a_run_and_to_no_other_run(site: Site) -> None:
    def refused(c: Any) -> dict[Any, Any]:
        one = fleet(c)
        found: dict[Any, Any] = one._connection(HostProgress("k1")).refused
        assert (
            found
            is one._connection(HostProgress("k2")).refused
            is one.duplicate()._connection(HostProgress("k1")).refused
        )
        site.log.append(found)
        return found

    for _ in range(2):
        assert site.fab("all-look", all_look=refused).code == 0
    assert site.log[0] is not site.log[1]


@pytest.mark.parametrize("parallel", [0, -1])
def test_a_limit_that_makes_no_sense_is_refused(parallel: int, site: Site) -> None:
    site.limit = parallel
    made = fleet_module.Fleet(fabric.Config(overrides={"parallel": parallel}))
    assert made._limit > 0


def test_a_reader_that_has_gone_away_is_no_traceback() -> None:
    snippet = (
        "import sys\nfrom invoke.exceptions import Exit\nfrom kafka_fab.remote.executor import user_errors\n"
        "try:\n    with user_errors():\n        sys.stdout.write('x' * 100000); sys.stdout.flush()\n"
        "except Exit as ended:\n    sys.exit(ended.code)\n"
    )
    argv = [sys.executable, "-c", snippet]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as writing:
        assert writing.stdout
        assert writing.stderr
        writing.stdout.close()
        assert writing.stderr.read() == ""
    assert writing.returncode == 141
