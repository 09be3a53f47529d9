"""The pages: marked blocks, what the check finds without hosts, and the page of settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab.machine import LabError
from tools.pages import check, commands, links, page, settings_page, site
from tools.pages.__main__ import main, refresh
from tools.pages.page import Block
from tools.pages.page import Lab as Wanted
from tools.pages.site import Differs, Site

PAGE = """\
<!-- lab: hosts=4 bare -->
# A page

<!-- run: fab status -->
```console
old
```

<!-- run exit=2:
before: sed -i s/3/6/ conf/cluster.yaml
fab install
fab plan --check
after: fab status
-->
```console
```
"""


def test_the_pages_are_as_they_should_be() -> None:
    assert list(check.problems()) == []


def test_blocks_in_their_order() -> None:
    first, second = page.blocks(PAGE)
    assert first == Block(4, ("fab status",))
    assert second == Block(
        9, ("fab install", "fab plan --check"), ("sed -i s/3/6/ conf/cluster.yaml",), ("fab status",), 2
    )


def test_the_number_of_lines_that_are_shown() -> None:
    [block] = page.blocks("<!-- run exit=1 last=9: fab install -->\n```console\n```\n")
    assert (block.code, block.first, block.last) == (1, 0, 9)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (PAGE, Wanted(4, bare=True)),
        ("# no word of it\n", Wanted(3, bare=False)),
        ("<!-- lab: bare -->\n", Wanted(3, True)),
    ],
)
def test_the_hosts_of_a_page(text: str, wanted: Wanted) -> None:
    assert page.lab(text) == wanted


def test_a_page_is_filled_again_and_again() -> None:
    once = page.filled(PAGE, lambda block: f"$ {block.shown[-1]}\nsaid on line {block.line} \n")
    assert "```console\n$ fab status\nsaid on line 4\n```\n" in once
    assert "```console\n$ fab plan --check\nsaid on line 9\n```\n" in once
    assert "old" not in once
    assert page.filled(once, lambda _: "other").count("```console\nother\n```") == 2


def test_an_output_with_backslashes_is_taken_as_it_is() -> None:
    assert r"\1 \g<0> \n" in page.filled(PAGE, lambda _: r"\1 \g<0> \n")


def test_lines_stay_where_they_were_without_the_outputs() -> None:
    bare = page.without_outputs(PAGE)
    assert bare.count("\n") == PAGE.count("\n")
    assert "fab" not in bare


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("```\n$ fab status\n```\n", ["2: looks like a command's output"]),
        ("    $ fab status\n", ["1: looks like a command's output"]),
        ("so:\n\n    kafka1: it broke\n", ["3: looks like a command's output"]),
        ("```\nhost    service  id\n```\n", ["2: looks like a command's output"]),
        ("<!-- run: fab status -->\n\n```console\n```\n", ["1: no ```console block follows this marker"]),
        ("    [kafka]\n    kafka1 id=1\n", []),
        ("    fab status   what runs where\n", []),
        (PAGE, []),
    ],
)
def test_a_block_without_a_marker(text: str, found: list[str]) -> None:
    assert [line.split(", and")[0] for line in check.unmarked(text)] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("`fab status --watch`", []),
        ("`fab -H kafka1,kafka2 install start --no-preflight`", []),
        ("`fab --prompt-for-sudo-password install`", []),
        ("`fab lab.up --hosts 'kafka*5'`", []),
        ("`fab run 'uname -a'`", []),
        ("`fab -H kafka3 run 'systemctl kill --signal=KILL kafka'`", []),
        ("`fab statsu`", ["there is no task statsu"]),
        ("`fab status --plan`", ["there is no --plan there"]),
        ("    fab plan --chek            what it would do\n", ["there is no --chek there"]),
        ("<!-- run: fab plan --chek -->\n```console\n```\n", ["there is no --chek there"]),
        ("`--resume` goes on, `--resmue` does not", ["nothing has the switch --resmue"]),
        ("with --resmue it does not", ["no program has the switch --resmue"]),
        ("`./demo --clean`, `docs/refresh --check`, `pytest --hosts=kafka1`", []),
        ("`./demo --claen`", ["nothing has the switch --claen"]),
        ("`kafka-configs.sh --entity-default`: another program's", []),
    ],
)
def test_a_task_or_switch_that_is_not_there(text: str, found: list[str]) -> None:
    assert [problem.split(": ")[-1] for problem in commands.problems(text)] == found


def test_a_table_that_lacks_a_task_and_has_another(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    rows = "".join(f"| `{name}` | |\n" for name in commands.TASKS if name != "plan")
    readme.write_text(
        f"# All\n\n## The tasks\n\n| task | |\n|---|---|\n{rows}| `plane` | |\n\n## More\n\n| `other` | |\n"
    )
    assert list(commands.in_table(readme)) == [
        "the table of tasks lacks plan",
        "the table of tasks has plane, which is no task",
    ]


@pytest.mark.parametrize(
    ("target", "leads"),
    [
        ("other.md", True),
        ("other.md#the-one--true-heading", True),
        ("#here", True),
        ("https://example.org/", True),
        ("missing.md", False),
        ("other.md#missing", False),
        ("#missing", False),
    ],
)
def test_links(target: str, leads: bool, tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# The `one`: true heading\n\n## The one / true heading\n")
    here = tmp_path / "page.md"
    here.write_text(f"# Here\n\n[words]({target})\n\n    [code](nowhere.md)\n")
    assert list(links.problems(here)) == ([] if leads else [f"3: the link {target} leads nowhere"])


def test_the_page_of_settings_has_every_key_with_its_help() -> None:
    rows = [line for line in settings_page.text().splitlines() if line.startswith("| `")]
    without = [line for line in rows if line.split(" | ")[-1] in ("", "|", " |")]
    assert len(rows) > 60
    assert not without
    assert "| `kafka.port` | 1 to 65535 | `9092` | the port of the listener for clients and brokers |" in rows
    assert "| `kafka.log_dirs_are_mounts` | true or false | `false` |" in settings_page.text()


@pytest.fixture
def here(tmp_path: Path) -> Site:
    (tmp_path / "cluster").mkdir()
    return Site(tmp_path / "cluster", tmp_path / "bin")


def test_commands_are_run_in_their_order(here: Site) -> None:
    block = Block(
        1, ("echo two >>log; echo said", "cat log; exit 3"), ("echo one >log",), ("echo three >>log",), code=3
    )
    assert here.answer(block) == "$ echo two >>log; echo said\nsaid\n\n$ cat log; exit 3\none\ntwo"
    assert (here.folder / "log").read_text() == "one\ntwo\nthree\n"


@pytest.mark.parametrize(
    ("block", "shown"),
    [
        (Block(1, ("seq 4",), first=2), "1\n2\n..."),
        (Block(1, ("seq 4",), last=2), "...\n3\n4"),
        (Block(1, ("seq 2",), first=2), "1\n2"),
        (Block(1, ("seq 2",), last=2), "1\n2"),
    ],
)
def test_a_long_output_is_cut(block: Block, shown: str, here: Site) -> None:
    assert here.answer(block).partition("\n")[2] == shown


@pytest.mark.parametrize(
    "block",
    [
        Block(1, ("exit 1",)),
        Block(1, ("true",), code=2),
        Block(1, ("exit 2", "exit 2"), code=2),
        Block(1, ("true",), before=("false",)),
        Block(1, ("true",), after=("false",)),
    ],
)
def test_another_exit_code_than_the_declared_one(block: Block, here: Site) -> None:
    with pytest.raises(Differs, match="ended with"):
        here.answer(block)


def test_what_a_command_says_on_its_way_out_is_told(here: Site) -> None:
    with pytest.raises(Differs, match="it broke"):
        here.done("echo it broke >&2; exit 1")


def test_places_of_this_machine_are_not_written_down(here: Site) -> None:
    with pytest.raises(Differs, match="tells a place of this machine"):
        here.done('dirname "$PWD"')
    assert here.done("pwd") == site.FOLDER, "the cluster's folder has a name of its own there"


def test_who_ran_it_is_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site, "MASKED", {"me@mine": "ops@admin"})
    assert site.masked("by me@mine  \nsince\n", ()) == "by ops@admin\nsince"


@pytest.fixture
def booted(here: Site, monkeypatch: pytest.MonkeyPatch) -> list[Wanted]:
    """Pages are refreshed in a folder without hosts; which hosts each wanted is kept."""
    asked: list[Wanted] = []

    @contextmanager
    def pretended(wanted: Wanted) -> Iterator[Site]:
        asked.append(wanted)
        yield here

    monkeypatch.setattr("tools.pages.__main__.site", pretended)
    monkeypatch.setattr("tools.pages.__main__.CHECKOUT", here.folder.parent)
    return asked


def test_a_page_is_written_when_all_its_commands_have_run(booted: list[Wanted], tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("<!-- lab: bare -->\n<!-- run: echo new -->\n```console\nold\n```\n")
    refresh(file)
    assert file.read_text() == "<!-- lab: bare -->\n<!-- run: echo new -->\n```console\n$ echo new\nnew\n```\n"
    assert booted == [Wanted(3, bare=True)]


def test_a_page_stays_as_it_was_where_a_command_differs(booted: list[Wanted], tmp_path: Path) -> None:
    file, text = (
        tmp_path / "page.md",
        "".join(f"<!-- run: {line} -->\n```console\nold\n```\n" for line in ("true", "false")),
    )
    file.write_text(text)
    with pytest.raises(Differs):
        refresh(file)
    assert file.read_text() == text


def test_a_page_that_was_changed_meanwhile_is_left_alone(booted: list[Wanted], tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("<!-- run: echo other words >../page.md -->\n```console\nold\n```\n")
    with pytest.raises(Differs, match="changed meanwhile"):
        refresh(file)
    assert file.read_text() == "other words\n"


def test_a_page_without_commands_wants_no_hosts(booted: list[Wanted], tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# Words\n")
    refresh(tmp_path / "page.md")
    assert booted == []


def test_a_refused_lab_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(_: Path) -> None:
        raise LabError("lab other is up and has kafka1 too")

    monkeypatch.setattr("tools.pages.__main__.refresh", refused)
    monkeypatch.setattr("tools.pages.__main__.ensure", lambda *_: None)
    assert main(["README.md"]) == 1
    assert capsys.readouterr().err == "docs/refresh: lab other is up and has kafka1 too\n"


def test_check_tells_what_is_wrong(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(check, "problems", lambda: iter(["README.md:3: the link x leads nowhere"]))
    assert main(["--check"]) == 1
    assert "leads nowhere" in capsys.readouterr().out


def test_a_page_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["docs/nowhere.md"])
    assert left.value.code == 2
    assert "there is no page docs/nowhere.md: see docs/" in capsys.readouterr().err
