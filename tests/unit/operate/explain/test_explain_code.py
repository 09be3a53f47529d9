"""fab explain: one entry, or all; without hosts.ini and any host."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from invoke.exceptions import Exit

from kafka_fab.cluster.folder import HOME
from kafka_fab.operate.explain.explain_code import explain
from kafka_fab.runbook import catalogue


def test_an_entry_shows_meaning_causes_commands_and_page(capsys: pytest.CaptureFixture[str]) -> None:
    explain("[r4]")
    said = capsys.readouterr().out
    assert said.startswith("R4: too few replicas to stay writable\n")
    assert "likely causes:\n  - The topic has replication factor 1.\n" in said
    assert "\n  fab rolling-restart --accept-downtime TOPIC\n" in said
    assert said.endswith("\npage: docs/runbook.md#r4\n")


def test_without_a_code_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    explain("")
    said = capsys.readouterr().out
    assert all(f"  {entry.code:<4}  {entry.title}\n" in said for entry in catalogue.ENTRIES.values())


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("R444", "there is no code R444: did you mean\n  R44   no quorum to start with\n  R4    too few"),
        ("min isr", "there is no code min isr: did you mean\n  R5    partition under min ISR"),
        ("xyzzy", "there is no code xyzzy: `fab explain` lists all"),
    ],
)
def test_an_unknown_code_is_refused_with_what_may_be_meant(typed: str, says: str) -> None:
    with pytest.raises(Exit) as refused:
        explain(typed)
    assert refused.value.code == 2
    assert str(refused.value.message).startswith(says)


def test_an_entry_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    explain("S2", json=True)
    [entry] = json.loads(capsys.readouterr().out)["entries"]
    assert (entry["code"], entry["page"]) == ("S2", "docs/runbook.md#s2")
    assert {"command", "purpose"} == set(entry["commands"][0])


def test_all_entries_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    explain("", json=True)
    assert [one["code"] for one in json.loads(capsys.readouterr().out)["entries"]] == list(catalogue.ENTRIES)


def test_it_works_in_an_empty_folder(tmp_path: Path) -> None:
    fab = Path(sys.executable).with_name("fab")
    words: list[str | Path] = [fab, "-r", str(HOME), "explain", "R4"]
    ended = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=30)
    assert (ended.returncode, ended.stdout.splitlines()[0]) == (0, "R4: too few replicas to stay writable")
