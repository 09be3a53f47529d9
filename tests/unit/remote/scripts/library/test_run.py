"""All of the library in one run: a second one changes nothing, a plan touches nothing."""

import subprocess

import pytest

from kafka_fab.cluster.resource import Directory, File, Resource, RunningConfig
from kafka_fab.remote import script
from tests.unit.remote.scripts.library.host import GROUP, USER, Host
from tests.unit.remote.scripts.library.services import Running, systemd


def whole(host: Host, text: str = "a=1\n") -> list[Resource]:
    step = RunningConfig(
        "kafka", str(host / "run"), (str(host / "d/a.properties"),), str(host / "kafka"), str(host / "log")
    )
    directory = Directory(str(host / "d"), USER, GROUP, "750")
    return [directory, File(str(host / "d/a.properties"), text, USER, GROUP, "640"), step]


def test_a_second_run_changes_nothing(host: Host) -> None:
    systemd(host)
    assert [status for status, _ in host.bring(*whole(host)).words] == ["changed", "changed", "ok"]
    before = host.tree()
    assert [status for status, _ in host.bring(*whole(host)).words] == ["ok", "ok", "ok"]
    assert host.tree() == before


def test_a_run_that_changes_a_file_sees_the_service_fall_out_of_step(running: Running) -> None:
    host = running.host
    host.bring(*whole(host)[:2])
    (host / "run/a.properties").write_text("a=1\n")
    said = "Id=kafka.service\\nMainPID=%s\\n" % running.process.pid  # noqa: UP031
    host.stub("systemctl", f'case "$*" in *--value*) echo {running.process.pid} ;; *) printf "{said}" ;; esac')
    assert host.bring(*whole(host)).words[-1] == ("ok", "running-config")
    assert host.bring(*whole(host, "a=2\n"), apply=False).words[1:] == [("would", "file"), ("ok", "running-config")]
    changed = host.bring(*whole(host, "a=2\n"))
    assert changed.words == [("ok", "directory"), ("changed", "file"), ("restart", "running-config")]
    assert changed.changes[-1].detail == "a.properties=a"


@pytest.mark.parametrize("name", ["with blank", "quo'te", "dol$lar", "star*", "[a]", "é"])
def test_odd_paths(name: str, host: Host) -> None:
    items: list[Resource] = [
        Directory(str(host / name), USER, GROUP, "750"),
        File(str(host / name / name), "x", USER, GROUP, "640"),
    ]
    assert [status for status, _ in host.bring(*items).words] == ["changed", "changed"]
    assert [status for status, _ in host.bring(*items).words] == ["ok", "ok"]


def looking_first(host: Host) -> str:
    items: list[Resource] = [Directory(str(host / "d"), USER, GROUP)]
    return script.converge(items, True, over=str(host / "tree"), otherwise=[f"ask_disks {host / 'data'}"])


@pytest.mark.parametrize(("word", "goes"), [("go\n", True), ("no\n", False), ("", False)])
def test_a_host_without_the_folder_is_asked_first_and_waits_for_the_word(word: str, goes: bool, host: Host) -> None:
    text = looking_first(host).replace("main() {\n", "lock_host() { :; }\nmain() {\n")
    with subprocess.Popen(
        [*host.shell, "-s"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as shell:
        assert shell.stdin
        assert shell.stdout
        shell.stdin.write(text)
        shell.stdin.flush()
        told = [shell.stdout.readline().split("\t")[:3], shell.stdout.readline()]
        assert told == [["fact", "disk", str(host / "data")], "asked\n"]
        assert not (host / "d").exists()
        shell.stdin.write(word)
        shell.stdin.flush()
        if not word:
            shell.stdin.close()
        assert ("changed\tdirectory" in shell.stdout.read()) is goes
    assert ((host / "d").exists(), shell.returncode == 0) == (goes, goes)


def test_a_host_with_the_folder_is_not_asked(host: Host) -> None:
    (host / "tree").mkdir()
    assert host._said(looking_first(host)).words == [("changed", "directory")]


def everything(host: Host) -> str:
    """Calls that would all change something."""
    owner = f"{USER} {GROUP}"
    return "\n".join(
        [
            f"want_directory {host / 'd'} {owner} 750",
            f"want_directory {host / 'empty'} {owner} 711",
            script.call(File(str(host / "new"), "x", USER, GROUP)),
            script.call(File(str(host / "edited"), "a=2", USER, GROUP, secret=True)),
            f"want_download http://127.0.0.1:1/k {host / 'k'} {host / 'tree'} ''",
            f"want_tree {host / 'tree'} {host / 'k'}",
            f"want_link {host / 'l'} {host / 'tree'}",
            f"want_absent {host / 'edited'} 0",
        ]
    )


def test_a_plan_touches_nothing(host: Host) -> None:
    (host / "edited").write_text("a=1\n")
    (host / "empty").mkdir()
    (host / "old").mkdir()
    (host / "old/.kafka-fab").write_text("x\n")
    (host / "l").symlink_to(host / "old")
    before = host.tree()
    said = host.run(everything(host), apply=False)
    assert {status for status, _ in said.words} == {"would"}
    assert len(said.changes) == 8
    assert host.tree() == before
