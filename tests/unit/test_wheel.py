"""The wheel: what is in it, and the command kafka-fab in folders that are no checkout."""

import compileall
import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import fabfile
from kafka_fab import __version__
from kafka_fab.cluster import load
from kafka_fab.cluster.folder import HOME
from kafka_fab.cluster.template import NAMES
from kafka_fab.operate.init import new_folder
from tests.wheels import LOCAL, PARTS, built, elsewhere

ROOT = HOME
COMMAND = "import sys; sys.argv[0] = 'kafka-fab'; from kafka_fab.cli import main; main()"
Ended = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    return zipfile.ZipFile(built(tmp_path_factory.mktemp("wheel")))


@pytest.fixture(scope="module")
def site_packages(wheel: zipfile.ZipFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what pip would have unpacked and compiled."""
    folder = tmp_path_factory.mktemp("site-packages")
    wheel.extractall(folder)
    compileall.compile_dir(folder, quiet=2)
    return folder


@pytest.fixture
def python(site_packages: Path, tmp_path: Path) -> Callable[..., Ended]:
    """Run Python with the wheel's modules, in an empty folder."""

    def run(snippet: str, *words: str, cwd: Path = tmp_path, **environment: str) -> Ended:
        return subprocess.run(
            # -P: not the working directory first, as for a script that pip has made.
            [sys.executable, "-P", "-c", snippet, *words], cwd=cwd, timeout=60, text=True, capture_output=True,
            env=elsewhere(PYTHONPATH=str(site_packages), **environment), stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def kafka_fab(python: Callable[..., Ended]) -> Callable[..., Ended]:
    return lambda *words, **more: python(COMMAND, *words, **more)


def packed() -> set[str]:
    """Return the files that belong into a wheel, by where they stand there."""
    files = (
        file.relative_to(ROOT).as_posix()
        for part in PARTS
        for file in (ROOT / part).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and file.name != "local.yaml"
    )
    return {file if file.startswith("kafka_fab/") else f"kafka_fab/{file}" for file in files}


def test_the_wheel_holds_the_library_the_tasks_and_their_data_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert names == packed() | {"kafka_fab/fabric.yaml"}
    assert {f"kafka_fab/conf/{name}" for name in NAMES} <= names
    assert {"kafka_fab/remote/scripts/library/base.sh", "kafka_fab/operate/roll/page.html.j2"} <= names
    assert {"kafka_fab/cluster/release/names/4.txt", "kafka_fab/tasks/namespace.py"} <= names


def test_a_machine_s_own_settings_stay_out_of_it(wheel: zipfile.ZipFile) -> None:
    assert not [name for name in wheel.namelist() if LOCAL.encode() in wheel.read(name)]


def test_the_version_stands_in_one_place(wheel: zipfile.ZipFile, kafka_fab: Callable[..., Ended]) -> None:
    (metadata,) = (wheel.read(name).decode() for name in wheel.namelist() if name.endswith("/METADATA"))
    assert f"\nVersion: {__version__}\n" in metadata
    assert kafka_fab("--version").stdout.splitlines()[0] == f"kafka-fab {__version__}"
    assert "version" not in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_wheel_needs_what_a_checkout_needs_but_for_the_specs() -> None:
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    lines = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    assert needed == [line for line in lines if not line.startswith("pytest")]


def test_the_list_is_grouped_and_has_every_task_but_the_lab_s(kafka_fab: Callable[..., Ended]) -> None:
    listed = kafka_fab("--list").stdout
    titles = [line for line in listed.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert titles == [
        "Build:", "Operate:", "Upgrade:", "Inspect:", "Security:", "Topics:", "Users and ACLs:", "KRaft quorum:"
    ]  # fmt: skip
    named = [line.split()[0] for line in listed.splitlines() if line.startswith("  ") and line[2] != " "]
    assert sorted(named) == sorted(name for name in fabfile.namespace.task_names if not name.startswith("lab."))


def test_a_part_of_the_list_and_the_list_for_programs(kafka_fab: Callable[..., Ended]) -> None:
    assert ".describe" in kafka_fab("--list", "topics").stdout
    told = json.loads(kafka_fab("--list", "-F", "json").stdout)
    assert {"acls", "certificates", "quorum", "security", "topics", "users"} == {
        part["name"] for part in told["collections"]
    }


def test_listing_imports_nothing_heavy(python: Callable[..., Ended]) -> None:
    snippet = "import sys; from kafka_fab.program import of_package; of_package(); print(*sys.modules)"
    loaded = set(python(snippet).stdout.split())
    assert "kafka_fab.tasks.namespace" in loaded
    assert not {"kazoo", "kafka", "jinja2", "kafka_fab.live", "tasks", "lab"} & loaded


def test_our_settings_are_in_force_and_the_user_s_win(python: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/.fabric.yaml").write_text("parallel: 7\n")
    snippet = "from kafka_fab.program import PackagedConfig as Config; c = Config(); print({})"
    shown = "c.parallel, c.run.hide, c.run.in_stream, c.tasks.executor_class"
    said = python(snippet.format(shown), HOME=str(tmp_path / "home")).stdout.split()
    assert said == ["7", "True", "False", "kafka_fab.remote.executor.Executor"]


@pytest.mark.parametrize("words", [("plan",), ("-H", "kafka1", "install"), ("status",)])
def test_a_folder_without_a_cluster_is_told_the_way_out(
    words: tuple[str, ...], kafka_fab: Callable[..., Ended]
) -> None:
    ended = kafka_fab(*words)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("hosts.ini: is neither here nor in a folder above: ")
    assert "`kafka-fab init` makes a new one here" in ended.stderr


def test_the_cluster_s_folder_is_the_working_directory_or_one_that_is_named(
    kafka_fab: Callable[..., Ended], tmp_path: Path
) -> None:
    for name in ("one", "two"):
        assert kafka_fab("init", name).returncode == 0
    (tmp_path / "one/hosts.ini").write_text("[kafka]\none\n")
    (tmp_path / "one/deeper").mkdir()
    for where, told in (("one", ""), ("one/deeper", "../"), ("two", "../one/")):
        named = {"KAFKA_FAB_CLUSTER": str(tmp_path / "one")} if where == "two" else {}
        ended = kafka_fab("plan", cwd=tmp_path / where, **named)
        assert (ended.returncode, ended.stdout) == (1, "")
        assert f"{told}hosts.ini:2: " in ended.stderr


def test_templates_are_the_package_s_where_the_folder_has_none(python: Callable[..., Ended], tmp_path: Path) -> None:
    new_folder.make(str(tmp_path / "mine"))
    (tmp_path / "mine/conf/kafka.service.j2").write_text("[Service]\n# mine\n")
    shown = "from kafka_fab.cluster import load; t = load.cluster().templates"
    file = "print(t._file('kafka.service.j2'), t._file('server.properties.j2'), *t.missing(), sep='\\n')"
    own, ours = python(f"{shown}; {file}", cwd=tmp_path / "mine").stdout.split()
    assert own == str(tmp_path / "mine/conf/kafka.service.j2")
    assert ours.endswith("/kafka_fab/conf/server.properties.j2")
    assert "site-packages" in ours


def test_a_user_s_own_tasks_are_not_in_the_way(kafka_fab: Callable[..., Ended], tmp_path: Path) -> None:
    for name in ("tasks.py", "fabfile.py", "kafka_fab.py", "lab.py"):
        (tmp_path / name).write_text("raise SystemExit('read')\n")
    assert kafka_fab("--list").returncode == 0


def test_fabric_s_own_way_to_run_a_command_is_refused(kafka_fab: Callable[..., Ended]) -> None:
    ended = kafka_fab("-H", "kafka1", "--", "uptime")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "`kafka-fab run 'COMMAND'`" in ended.stderr


def test_dry_is_refused_as_by_fab(kafka_fab: Callable[..., Ended]) -> None:
    kafka_fab("init")
    assert kafka_fab("--dry", "plan").returncode == 2


def test_completion_is_for_the_command_s_own_name(kafka_fab: Callable[..., Ended]) -> None:
    script = kafka_fab("--print-completion-script", "bash").stdout
    assert [line.split()[-1] for line in script.splitlines() if line.startswith("complete ")] == ["kafka-fab"]
    assert "rolling-restart" in kafka_fab("--complete", "--", "kafka-fab ").stdout.split()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_each_shell_that_the_page_names(
    shell: str, kafka_fab: Callable[..., Ended], tmp_path: Path
) -> None:
    script = tmp_path / "completion"
    script.write_text(kafka_fab("--print-completion-script", shell).stdout)
    assert "kafka-fab" in script.read_text()
    assert f"kafka-fab --print-completion-script {shell} >" in (ROOT / "docs/install.md").read_text()
    if program := shutil.which(shell):
        assert subprocess.run([program, "-n", script], capture_output=True, check=False, timeout=60).returncode == 0


def test_switches_are_completed(kafka_fab: Callable[..., Ended]) -> None:
    offered = kafka_fab("--complete", "--", "kafka-fab rolling-restart --").stdout.split()
    assert {"--plan", "--resume", "--changed"} <= set(offered)


@pytest.mark.parametrize("words", ["--list", "--help", "help upgrade", "--print-completion-script bash", "explain"])
def test_a_reader_that_ends_early_is_no_traceback(words: str, site_packages: Path, tmp_path: Path) -> None:
    line = f'{sys.executable} -P -c "{COMMAND}" {words} | true; exit ${{PIPESTATUS[0]}}'
    ended = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, timeout=60, text=True, capture_output=True, check=False,
        env=elsewhere(PYTHONPATH=str(site_packages)), stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert ended.returncode in {0, 141}, ended.stderr
    assert ended.stderr == ""


def test_help_says_the_command_that_was_typed(kafka_fab: Callable[..., Ended]) -> None:
    said = kafka_fab("help", "upgrade").stdout
    assert said.startswith("Usage: kafka-fab upgrade ")
    assert "  kafka-fab upgrade --rollback\n" in said
    assert not re.search(r"(?<![-\w])fab ", said)


# init

MADE = ("hosts.ini", "conf/cluster.yaml", "README.md", ".gitignore")


def test_a_new_folder_is_a_cluster_without_a_complaint(tmp_path: Path) -> None:
    new_folder.make(str(tmp_path / "a/b"))
    cluster = load.cluster(tmp_path / "a/b")
    assert not cluster.warnings
    assert cluster.kraft
    assert cluster.name == "b"
    assert {"/conf/local.yaml", "/.kafka-fab/", "/passwords/"} <= set(
        (tmp_path / "a/b/.gitignore").read_text().splitlines()
    )


def test_init_says_what_it_has_made_and_what_comes_next(kafka_fab: Callable[..., Ended], tmp_path: Path) -> None:
    for words, place in (((), ""), (("prod",), "prod/"), (("--folder", "test"), "test/")):
        *made, following = kafka_fab("init", *words).stdout.splitlines()
        assert made == [f"made {place}{name}" for name in MADE]
        assert following.startswith("next: " + (f"cd {place[:-1]}, " if place else "write "))
        assert (tmp_path / place / "hosts.ini").is_file()


@pytest.mark.parametrize("name", ["hosts.ini", "conf/cluster.yaml"])
def test_init_overwrites_nothing(name: str, kafka_fab: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / name).write_text("mine\n")
    ended = kafka_fab("init")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"{name} is there already, nothing was written" in ended.stderr
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [tmp_path / name]
    assert (tmp_path / name).read_text() == "mine\n"


def test_init_keeps_a_gitignore_and_says_what_it_should_name(kafka_fab: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n")
    ended = kafka_fab("init")
    assert ended.returncode == 0
    assert "kept .gitignore; it should name: /conf/local.yaml /.kafka-fab/ " in ended.stdout
    assert (tmp_path / ".gitignore").read_text() == "mine\n"


def test_an_empty_name_does_not_mean_the_working_directory(kafka_fab: Callable[..., Ended], tmp_path: Path) -> None:
    ended = kafka_fab("init", "")
    assert (ended.returncode, list(tmp_path.iterdir())) == (1, [])
    assert "the folder's name is empty" in ended.stderr


def test_a_named_folder_without_a_cluster_is_told_of_init(kafka_fab: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    said = kafka_fab("plan", KAFKA_FAB_CLUSTER=str(tmp_path / "empty")).stderr.splitlines()
    assert [line.partition(": is missing: ")[0] for line in said] == ["empty/conf/cluster.yaml", "empty/hosts.ini"]
    assert all("`init`" in line for line in said)


def test_init_in_a_folder_that_is_not_empty_writes_nothing_unless_told_to(
    kafka_fab: Callable[..., Ended], tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine\n")
    ended = kafka_fab("init", "--hosts", "a,b,c")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "is not empty (notes.txt), nothing was written: name a new folder, or use --keep" in ended.stderr
    assert list(tmp_path.iterdir()) == [tmp_path / "notes.txt"]
    assert kafka_fab("init", "--keep", "--hosts", "a,b,c").returncode == 0
    assert "[kafka]\na id=1\nb id=2\nc id=3\n" in (tmp_path / "hosts.ini").read_text()


def test_init_where_no_folder_can_be_made_is_a_sentence(kafka_fab: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = kafka_fab("init", "file")
    assert (ended.returncode, "Traceback" in ended.stderr, "file" in ended.stderr) == (1, False, True)
