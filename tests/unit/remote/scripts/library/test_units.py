"""units.sh: enabled, started, stopped and removed, in step with the disk, and nobody else's."""

import shutil
import subprocess
from shlex import join

import pytest

from kafka_fab.cluster.change import Change
from tests.unit.remote.scripts.library.clusters import THEM, US, of, records
from tests.unit.remote.scripts.library.host import LIBRARY, Host
from tests.unit.remote.scripts.library.services import Running, systemd


def test_units_that_none_knew_are_asked_about_once_they_are_enabled(host: Host) -> None:
    (host / "units/a.service").touch()
    answer = "Id=a.service\\nUnitFileState=\\nNeedDaemonReload=no\\nDropInPaths=\\nFragmentPath=\\n"
    body = f'echo "$1 $2" >>{host / "called"}; [ "$1" != show ] || printf "{answer}"'
    host.stub("systemctl", body)
    assert host.run("look_units a\nsay changed file x\nwant_units a").words[-1] == ("changed", "units")
    assert (host / "called").read_text().splitlines()[:3] == ["show -p", "--quiet --no-reload", "show -p"]


@pytest.mark.parametrize(
    ("enabled", "reload", "status", "detail"),
    [
        ("enabled", "no", "ok", ""),
        ("enabled", "yes", "would", "reload systemd"),
        ("disabled", "no", "would", "enable a b"),
        ("disabled", "yes", "would", "enable a b, reload systemd"),
    ],
)
def test_units(enabled: str, reload: str, status: str, detail: str, host: Host) -> None:
    systemd(host, enabled, reload)
    assert host.want("units", "a", "b", apply=False) == Change(status, "units", "a b", detail)
    assert not (host / "called").exists()


@pytest.mark.parametrize(
    ("reload", "then", "called"),
    [("yes", "enabled", ["daemon-reload"]), ("no", "disabled", ["daemon-reload"]), ("no", "enabled", [])],
)
def test_units_are_enabled_with_one_reload_if_any(reload: str, then: str, called: list[str], host: Host) -> None:
    for name in "ab":
        (host / f"units/{name}.service").touch()
    systemd(host, "disabled", reload, then)
    assert host.want("units", "a", "b").status == "changed"
    assert (host / "called").read_text().splitlines() == ["--quiet --no-reload enable a b", *called]


def test_a_unit_of_ours_that_hosts_ini_no_longer_gives_the_host_is_unexpected(host: Host) -> None:
    systemd(host, "enabled", "no")
    for name in ("kafka", "zookeeper", "other"):
        (host / f"units/{name}.service").write_text("# Written by kafka-fab.\n")
    of(host, US, ("claim", "kafka"), ("claim", "zookeeper"), "say ok unit x")
    of(host, THEM, ("claim", "other"), "say ok unit x")
    assert [one[0] for one in of(host, US, ("want_units", "kafka", "zookeeper"), apply=False)] == ["ok"]
    [_, unexpected] = of(host, US, ("want_units", "zookeeper"), apply=False)
    remedy = f"stop and remove the service (systemctl disable --now kafka; rm {host / 'units'}/kafka.service)"
    found = "is still installed, but hosts.ini no longer has this host in its group"
    assert unexpected == ("foreign", f"{found}: put the host back, or {remedy}")
    (host / "units/kafka.service").unlink()
    assert [one[0] for one in of(host, US, ("want_units", "zookeeper"), apply=False)] == ["ok"]


def test_what_else_systemd_reads_for_a_unit_is_named(host: Host) -> None:
    ours, other = host / "units/kafka.service", host / "kafka.service.d/own.conf"
    other.parent.mkdir()
    other.write_text("[Service]\nUser=root\nEnvironment=A=1\nEnvironment=B=2\n")
    said = ["Id=kafka.service", "UnitFileState=enabled", "NeedDaemonReload=no", f"FragmentPath={ours}"]
    drop_ins = f"DropInPaths=/usr/lib/systemd/system/service.d/10-all.conf {other}"
    host.stub("systemctl", f"printf '%s\\n' {join([*said, drop_ins])}")
    changes = host.run("look_units kafka\nwant_units kafka", apply=False).changes
    assert [(change.status, change.name) for change in changes] == [("ok", "kafka"), ("foreign", "kafka")]
    assert changes[1].detail.startswith(f"{other} sets Environment, User: ")
    host.stub("systemctl", f"printf '%s\\n' {join([*said[:3], 'FragmentPath=/run/x.service', 'DropInPaths='])}")
    change = host.run("look_units kafka\nwant_units kafka", apply=False).changes[1]
    assert (change.status, change.detail[:45]) == ("foreign", f"systemd reads /run/x.service, not {ours}"[:45])


@pytest.mark.parametrize(
    ("folder", "line", "named"),
    [
        ("units/service.d", "TimeoutStopFailureMode=abort", True),
        ("units/service.d", "User=root", True),
        ("usr/service.d", "TimeoutStopFailureMode=abort", False),
        ("usr/service.d", "Environment=KAFKA_OPTS=x", True),
        ("usr/service.d", "LimitNOFILE=9", True),
        ("usr/service.d", "ExecStart=/bin/true", True),
        ("usr/kafka-.service.d", "Nice=1", True),
    ],
)
def test_what_systemd_reads_for_every_service_is_named(folder: str, line: str, named: bool, host: Host) -> None:
    drop_in = host / folder / "x.conf"
    drop_in.parent.mkdir(parents=True)
    drop_in.write_text(f"[Service]\n{line}\n")
    said = [
        "Id=kafka.service",
        "UnitFileState=enabled",
        "NeedDaemonReload=no",
        "FragmentPath=",
        f"DropInPaths={drop_in}",
    ]
    host.stub("systemctl", f"printf '%s\\n' {join(said)}")
    # What is below units/ stands for /etc/systemd/system.
    etc = f"/etc/*) return 1 ;; {host / 'units'}/*) return 1"
    body = LIBRARY.replace("/etc/*) return 1", etc)
    said_ = host._said(f"APPLY=0\n{body}\nmain() {{\nlook_units kafka\nwant_units kafka\n}}\nmain </dev/null\n")
    assert [change.status for change in said_.changes] == ["ok", *["foreign"] * named]


def test_a_unit_that_is_gone(host: Host) -> None:
    host.stub("systemctl", f'[ "$1" != is-active ] || exit 3; echo "$*" >>{host / "called"}')
    (host / "units/kafka.service").touch()
    assert [host.want("unit_absent", "kafka").status for _ in range(2)] == ["changed", "ok"]
    assert (host / "called").read_text().splitlines() == ["--quiet disable kafka", "daemon-reload"]


def test_a_unit_that_runs_is_not_removed(host: Host) -> None:
    host.stub("systemctl", "exit 0")
    (host / "units/kafka.service").touch()
    assert host.want("unit_absent", "kafka").detail == "is running: stop it first (fab stop)"
    assert (host / "units/kafka.service").exists()


def test_a_unit_without_a_file(host: Host) -> None:
    systemd(host, "")
    assert host.want("units", "no-such-unit-anywhere").detail == "has no unit file: run fab config first"


@pytest.mark.parametrize(
    ("state", "words"), [("active", ("changed", "stop")), ("inactive", ("ok", "stop")), ("failed", ("ok", "stop"))]
)
def test_stop_unit(state: str, words: tuple[str, str], host: Host) -> None:
    host.stub("systemctl", f'[ "$1" = show ] && echo {state} || echo "$*" >>{host / "called"}')
    assert host.run("stop_unit kafka").words == [words]
    assert (host / "called").exists() is (state == "active")


def test_start_unit(host: Host) -> None:
    (host / "units/kafka.service").touch()
    host.stub("systemctl", f'[ "$1" = start ] && touch {host / "on"}; [ -e {host / "on"} ]')
    assert host.run("start_unit kafka\nstart_unit kafka").words == [("changed", "start"), ("ok", "start")]


def test_a_unit_that_does_not_start(host: Host) -> None:
    (host / "units/kafka.service").touch()
    host.stub("systemctl", '[ "$1" = start ] && echo "Job for kafka.service failed" >&2; exit 1')
    assert host.run("start_unit kafka").only.detail == "Job for kafka.service failed"


def test_running_config(running: Running) -> None:
    assert running.running_config() == Change("ok", "running-config", "kafka")


def test_out_of_step_with_a_file(running: Running) -> None:
    (running.host / "a.properties").write_text("one=1\ntwo=3\nthree=3\n")
    assert running.running_config() == Change("restart", "running-config", "kafka", "a.properties=three,two")


def names(running: Running, start: str) -> None:
    """Let the unit's file start this."""
    text = f"[Service]\nUser=kafka\nExecStart=/bin/sh -c 'exec {start}/bin/kafka-server-start.sh /x'\n"
    (running.host / "units/kafka.service").write_text(text)


def test_out_of_step_with_the_version(running: Running) -> None:
    names(running, str(running.host / "kafka_2.13-3.9.0"))
    assert running.running_config().detail == "version=kafka_2.13-3.9.0"
    assert running.host.run("running_tree kafka").output.strip() == str(running.host / "kafka_2.13-3.9.1")


def test_a_link_that_moves_changes_nothing_of_a_unit_that_names_its_tree(running: Running) -> None:
    names(running, str(running.host / "kafka_2.13-3.9.1"))
    (running.host / "kafka").unlink()
    (running.host / "kafka").symlink_to(running.host / "kafka_2.13-3.9.0")
    assert running.running_config().status == "ok"


@pytest.mark.parametrize(
    ("now", "detail"),
    [
        ("kafka_2.13-3.9.1", ""),
        ("kafka_2.13-3.9.0", "version=kafka_2.13-3.9.0"),
        ("kafka_2.13-3.9.1/bin/kafka-run-class.sh kafka.Kafka; echo ", "kafka.service=ExecStart"),
    ],
)
def test_a_unit_that_names_its_tree_where_it_named_the_link_starts_the_same(
    now: str, detail: str, running: Running
) -> None:
    host = running.host
    names(running, f'"$(readlink -f {host / "kafka"})"')
    (host / "run/kafka.service").write_text("# of an older kafka-fab\n" + (host / "units/kafka.service").read_text())
    names(running, str(host / now))
    files = [host / word for word in ("run", "kafka", "log", "units/kafka.service")]
    assert host.want("running_config", "kafka", *files).detail == detail


def test_another_java_than_the_one_that_runs(running: Running) -> None:
    host = running.host
    for name in ("17", "21"):
        (host / name / "bin").mkdir(parents=True)
        shutil.copy(shutil.which("sleep") or "/bin/sleep", host / name / "bin/java")

    def said(home: str) -> str:
        text = f"[Service]\nEnvironment=JAVA_HOME={host / home}\nExecStart=/x\n"
        (host / "units/kafka.service").write_text(text)
        return host.run(f'other_java kafka {process.pid}\nsay ok java x "$found"').only.detail

    process = subprocess.Popen([host / "17/bin/java", "60"])
    try:
        host.stub("systemctl", f"echo {process.pid}")
        assert said("17") == ""
        assert said("21") == str(host / "21/bin/java")
        # As a package does it.
        (host / "17/bin/java").unlink()
        shutil.copy(host / "21/bin/java", host / "17/bin/java")
        assert said("17") == str(host / "17/bin/java")
        assert running.running_config().detail.endswith(f" java={host / '17/bin/java'}")
    finally:
        process.kill()
        process.wait()


def test_a_log_that_was_deleted_under_a_service(running: Running) -> None:
    (running.host / "log").unlink()
    assert running.running_config() == Change("restart", "running-config", "kafka", "deleted=log")
    words = ["kafka", *(running.host / word for word in ("run", "kafka", "elsewhere", "a.properties"))]
    assert running.host.want("running_config", *words).status == "ok", "its settings may have it log elsewhere"


def test_a_unit_that_does_not_run(host: Host) -> None:
    host.stub("systemctl", "echo 0")
    assert (
        host.want("running_config", "kafka", host / "run", host / "l", host / "log", host / "f").detail
        == "does not run"
    )


def test_units_asked_at_once(host: Host) -> None:
    body = "Id=a.service\\nUnitFileState=enabled\\nNeedDaemonReload=no\\n\\nId=b.service\\nUnitFileState=disabled\\n"
    host.stub("systemctl", f'[ "$4" = --value ] && echo "asked anew: $*" >&2\nprintf "{body}"')
    keys = "a.UnitFileState b.UnitFileState a.NeedDaemonReload"
    ask = f"for key in {keys}; do unit_of ${{key%.*}} ${{key#*.}}; echo $found; done"
    assert host.run(f"look_units a b\n{ask}").output.split() == ["enabled", "disabled", "no"]


def test_a_unit_s_name_may_come_after_what_is_told_of_it(host: Host) -> None:
    host.stub("systemctl", 'printf "%s\\n" MainPID=1 Id=a.service NeedDaemonReload=no "" MainPID=2 Id=b.service')
    ask = "for unit in a b; do unit_of $unit MainPID; echo $found; done; unit_kept b NeedDaemonReload || echo nothing"
    assert host.run(f"look_units a b\n{ask}").output.split() == ["1", "2", "nothing"]


def test_a_unit_belongs_to_whom_it_was_made_by(host: Host) -> None:
    of(host, US, ("claim", "kafka"), "say ok x y")
    of(host, US, ("claim", "kafka"), "say ok x y")
    assert records(host) == [("made", "unit:kafka", "id1")]
    other = ("payments", "id2", "h1", "h1", "x", "kafka", "/other")
    ((status, detail),) = of(host, other, ("want_owner", *other))
    assert status == "failed"
    assert detail.startswith("kafka.service belongs to cluster orders (since 20")
    assert "`service` name in conf/cluster.yaml" in detail
    assert of(host, US, ("want_owner", *US)) == [("ok", "folder=id1")]


@pytest.mark.parametrize("call", ["start_unit", "stop_unit", "refuse_foreign"])
def test_another_clusters_unit_is_neither_started_nor_stopped(call: str, host: Host) -> None:
    (host / "units/kafka.service").touch()
    of(host, THEM, ("claim", "kafka"), "say ok x y")
    host.stub("systemctl", f'echo "$*" >>{host / "called"}; echo active')
    assert of(host, US, (call, "kafka"))[0][0] == "failed"
    assert not (host / "called").exists()


def test_another_clusters_unit_is_not_taken_for_ours(host: Host) -> None:
    of(host, THEM, ("claim", "kafka"), "say ok x y")
    (note, state) = of(host, US, ("state", "kafka", "/run/kafka", "/l"))
    assert note[0] == "note"
    assert state == ("ok", "ActiveState=foreign Version= Installed=-")


@pytest.mark.parametrize("text", ["[Unit]\nDescription=theirs\n", ""])
def test_a_unit_made_by_hand_is_refused(text: str, host: Host) -> None:
    (host / "units/kafka.service").write_text(text)
    ((status, detail),) = of(host, US, ("want_owner", *US))
    assert (status, "was not written by kafka-fab" in detail) == ("failed", True)


def test_a_masked_unit_is_refused(host: Host) -> None:
    (host / "units/kafka.service").symlink_to("/dev/null")
    assert of(host, US, ("want_owner", *US))[0][0] == "failed"


def test_a_unit_of_a_package_is_refused_by_name(host: Host) -> None:
    host.stub("systemctl", "echo /lib/systemd/system/kafka.service")
    host.stub("dpkg-query", 'echo "confluent-kafka: $2"')
    ((status, detail),) = of(host, US, ("want_owner", *US))
    assert status == "failed"
    assert "(/lib/systemd/system/kafka.service, of the package confluent-kafka)" in detail


def test_a_unit_from_our_template_is_ours(host: Host) -> None:
    (host / "units/kafka.service").write_text("# Written by kafka-fab. Change x, not this file.\n")
    assert of(host, US, ("want_owner", *US))[0][0] == "ok"
