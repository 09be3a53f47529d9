"""Resources as one script: any text arrives as it was, and a script cut off on its way does nothing."""

import os
import re
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kafka_fab.cluster import resource
from kafka_fab.cluster.resource import File
from kafka_fab.remote import script

calm = settings(deadline=None, max_examples=50)  # other work on the machine is no failure

STUB = r"""
want_file() { printf '%s\0' "$#" "$@"; }
want_directory() { printf '%s\0' "$#" "$@"; }
want_user() { printf '%s\0' "$#" "$@"; }
look_paths() { :; }
look_users() { :; }
lock_host() { :; }
watch() { :; }
"""
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
nasty = st.text(st.sampled_from("'\"$`\\\n\t !#()[]{}<>|&;*?~=-EOF_END é"), max_size=60) | texts
paths = nasty.map(lambda text: "/" + text)


def sh(text: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    # In a session of its own: what a script kills with itself must not be the tests.
    return subprocess.run(
        ["/bin/sh", "-s"], input=text.encode(), env=os.environ | environment, start_new_session=True,
        capture_output=True, check=False, timeout=10,
    )  # fmt: skip


def heard(text: str) -> list[str]:
    """The words that a stub function got."""
    number, *words = sh(f"{STUB}\nmain() {{\n{text}\n}}\nmain </dev/null\n").stdout.decode().split("\0")[:-1]
    assert int(number) == len(words)
    return words


@calm
@given(paths, nasty, nasty, st.booleans())
def test_a_file_arrives_as_it_was(path: str, content: str, owner: str, secret: bool) -> None:
    *words, found = heard(script.call(File(path, content, owner, "group", "640", secret)))
    assert found == content.rstrip("\n") + "\n", "a file ends with one end of line"
    assert words == [path, owner, "group", "640", str(int(secret)), sha256(found.encode()).hexdigest()]


@pytest.mark.parametrize(
    "line", ["EOF", "END", "}", "main </dev/null", "END_", "$(touch /x)", "\\", "'", "`id`", "<<'X'", "E\u00e9", "\x81"]
)
def test_lines_that_look_like_shell(line: str) -> None:
    content = f"{line}\n{line}\n"
    assert heard(script.call(File("/f", content)))[-1] == content


@calm
@given(nasty, nasty)
def test_words_arrive_as_they_were(one: str, two: str) -> None:
    assert heard(script.call(resource.User(one, two))) == [one, two]


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (resource.User("kafka", "/etc/kafka"), "want_user kafka /etc/kafka"),
        (resource.Java(8, 23, ("a", "b")), "want_java 8 23 '' a b"),
        (resource.Java(8, 23, (), "/jdk"), "want_java 8 23 /jdk"),
        (resource.Directory("/d"), "want_directory /d root root 755"),
        (resource.Download("http://m/x", "/c/x", "/t"), "want_download http://m/x /c/x /t ''"),
        (resource.Tree("/t", "/c/x"), "want_tree /t /c/x"),
        (resource.Link("/l", "/t"), "want_link /l /t"),
        (resource.Link("/l", "/t", ("a", "b")), "want_link /l /t a b"),
        (resource.Version("/l", "/t", "/j", "kafka", ("/f", "/g"), ("/d",)), "want_version /l /t /j kafka /f /g -- /d"),
        (resource.VersionRecord("/t"), "want_version_record /t"),
        (resource.Saved("kafka", "/l", "/t", "", ("/f", "/g")), "want_saved kafka /l /t '' /f /g"),
        (resource.Restored("kafka", "/l", ("kafka", "zookeeper")), "want_restored kafka /l kafka zookeeper"),
        (resource.TreesAbsent("/opt", "/t"), "want_trees_absent /opt /t"),
        (resource.SavedAbsent("kafka"), "want_saved_absent kafka"),
        (resource.ExtraFiles("kafka", ("/a", "/b")), "want_extra_files kafka /a /b"),
        (resource.ExtraFilesAbsent("kafka", ("/a",)), "want_extra_files_absent kafka /a"),
        (resource.Units(("zookeeper", "kafka")), "want_units zookeeper kafka"),
        (resource.Identity("/m", "broker.id", "1", "a's id"), "want_identity /m broker.id 1 'a'\"'\"'s id' 0"),
        (resource.Port(9092, "kafka"), "want_port 9092 kafka"),
        (
            resource.RunningConfig("kafka", "/run/kafka", ("/a", "/b"), "/l", "/g"),
            "want_running_config kafka /run/kafka /l /g /a /b",
        ),
        (resource.Absent("/d"), "want_absent /d 0"),
        (resource.Absent("/d", with_content=True), "want_absent /d 1"),
        (resource.UnitAbsent("kafka"), "want_unit_absent kafka"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_calls(item: resource.Resource, words: str) -> None:
    assert script.call(item) == words


@pytest.mark.parametrize("kind", get_args(resource.Resource), ids=lambda kind: kind.__name__)
def test_every_kind_has_its_function(kind: type) -> None:
    assert kind in script.call.registry
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()
    assert f"\nwant_{name}() {{\n" in script.library()


def test_something_else_is_refused() -> None:
    with pytest.raises(TypeError, match="no function for 3"):
        script.call(3)  # type: ignore[arg-type]


@pytest.mark.parametrize("apply", [True, False])
def test_plan_and_apply_are_one_script(apply: bool) -> None:
    items: list[resource.Resource] = [resource.User("a", "/a"), File("/f", "text\n")]
    text = script.converge(items, apply)
    assert text.startswith(f"APPLY={int(apply)}\n")
    assert text.removeprefix("APPLY=1").removeprefix("APPLY=0") == script.converge(items, not apply)[7:]


@pytest.fixture
def stubbed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "library", lambda: STUB)


@pytest.mark.usefixtures("stubbed")
@pytest.mark.parametrize("at_once", [1, 7])
def test_a_script_cut_off_does_nothing(at_once: int, tmp_path: Path) -> None:
    target = tmp_path / "made"
    items: list[resource.Resource] = [File("/a", "one\n'two'\n"), resource.Directory("/d")]
    text = script.with_library(f"echo begun\n{script.call(items[0])}\n{script.call(items[1])}\n: >{target}")
    begin = text.index("main() {")
    assert "begun" in sh(text).stdout.decode()
    assert target.exists()
    target.unlink()
    for end in range(begin, text.rindex("(main) </dev/null") + 1, at_once):
        assert sh(text[:end], PATH="/none").stdout == b"", text[:end]
    assert not target.exists()


@pytest.mark.usefixtures("stubbed")
def test_no_command_reads_what_the_script_comes_from() -> None:
    text = script.with_library("cat\nread line\necho still here")
    with subprocess.Popen(["timeout", "5", "sh", "-s"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as shell:
        assert shell.stdin
        assert shell.stdout
        shell.stdin.write(text.encode())
        shell.stdin.flush()
        assert shell.stdout.readline() == b"still here\n", "although more could come"


def test_what_is_asked_at_once() -> None:
    step = resource.RunningConfig("kafka", "/run/kafka", ("/etc/a",), "/opt/kafka", "/var/log/a.log")
    items: list[resource.Resource] = [
        resource.User("u", "/h"),
        File("/f 1", "x"),
        resource.Directory("/d"),
        step,
        resource.Port(1, "kafka"),
    ]
    lines = script.converge(items, apply=True).split("\nmain() {\n")[1].splitlines()
    assert lines[:5] == [
        "lock_host '' ''",
        "look_paths '/f 1' /d",
        "look_sums '/f 1' /run/kafka/a",
        "look_users u",
        "look_units kafka",
    ]


def test_nothing_is_asked_for_nothing() -> None:
    assert "\nmain() {\nlock_host '' ''\nwant_port" in script.converge([resource.Port(1, "kafka")], apply=True)


@pytest.mark.parametrize("shell", ["sh", "dash", "bash", "busybox"])
def test_the_library_is_read_by_every_shell(shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed here")
    words = [shell, "sh"] if shell == "busybox" else [shell]
    read = subprocess.run(
        [*words, "-n"], input=script.library(), capture_output=True, text=True, check=False, timeout=10
    )  # fmt: skip
    assert (read.returncode, read.stderr) == (0, "")


def test_every_function_is_defined_once() -> None:
    names = re.findall(r"^(\w+)\(\) \{", script.library(), re.MULTILINE)
    assert sorted(names) == sorted(set(names))


def test_every_file_of_the_library_is_read_once() -> None:
    assert sorted(script.PARTS) == sorted(file.stem for file in script.LIBRARY.iterdir())


def test_shellcheck_has_nothing_to_say() -> None:
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed here")
    words: list[str | Path] = ["shellcheck", "-s", "sh", "-f", "gcc", *script.LIBRARY.glob("*.sh")]
    checked = subprocess.run(words, capture_output=True, text=True, check=False, timeout=30, env=os.environ)
    assert checked.stdout == ""


def test_what_is_sent_has_no_comments_and_the_same_functions() -> None:
    """Bash prints every function as it has read it: with and without our comments it has read the same."""
    files = [*script.LIBRARY.glob("*.sh"), *script.SCRIPTS.glob("*.sh")]
    for file in files:
        kept, sent = file.read_text(), script.sent(file)
        assert not re.search(r"^\s*(#.*)?$", sent.rstrip("\n"), re.MULTILINE)
        assert _without_comments(_functions(kept)) == _without_comments(_functions(sent)) != "", file.name
    # Of the whole library, with each connection.
    assert len(script.library()) < 0.85 * sum(len((script.LIBRARY / f"{name}.sh").read_text()) for name in script.PARTS)


def _functions(text: str) -> str:
    ended = subprocess.run(
        ["bash", "-c", f"{text}\ndeclare -f"], capture_output=True, text=True, check=True, timeout=10
    )
    return ended.stdout


def _without_comments(text: str) -> str:
    # Those within a program of awk.
    return "\n".join(line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))


# What a function gives back to its callers, or changes for them, beside `found`.
GIVEN_BACK = {
    "adopted": "how",
    "download_fetch": "sum",
    "find_host": "asked",
    "download_of_tree": "sum",
    "keep_levels": "sum",
    "others": "other_name other_folder other_more",
    "set_lock_wait": "lock_wait",
    "package_purge": "beside",
    "patiently": "told ended",
    "published_sum": "sum words",
    "real_place": "to",
    "recorded": "how",
    "start_of": "rest",
    # Its trap reads it when the function is over.
    "step": "unit",
    "storage_words": "words",
    "sysctl_differs": "stuck differs",
    "units_bring": "detail",
    "work_of": "work",
}
ASSIGNED = re.compile(r"^ +(?:for ([a-z]\w*) in|(?:while )?(?:IFS=\S* )?read -r ([a-z_ ]+)|([a-z]\w*)=)", re.MULTILINE)


def test_a_function_says_which_variables_are_its_own() -> None:
    wrong = []
    files = [*script.LIBRARY.glob("*.sh"), *script.SCRIPTS.glob("*.sh")]
    # Without programs of awk, and the arguments on lines after the first.
    text = "".join(re.sub(r"\\\n.*", "", re.sub(r"'[^']*'", "", script.sent(file))) for file in files)
    for name, body in re.findall(r"^(\w+)\(\) \{\n(.*?)^\}$", text, re.MULTILINE | re.DOTALL):
        own = {word for line in re.findall(r"^ +local (.*)$", body, re.MULTILINE) for word in line.split()}
        used = {word for groups in ASSIGNED.findall(body) for word in " ".join(groups).split()}
        wrong += [f"{name}: {word}" for word in used - own - {"found", "_"} - {*GIVEN_BACK.get(name, "").split()}]
    assert wrong == []
