"""The lab's tasks: what can't be is told in a sentence, with an exit code."""

import json
from pathlib import Path

import pytest
from invoke.context import Context
from invoke.exceptions import Exit

from lab import LabError, machine, registry, report, rootfs, tasks


def test_bad_input_ends_in_one_sentence() -> None:
    with pytest.raises(Exit) as ended:
        tasks.up(Context(), hosts="Kafka1")
    assert ended.value.code == 1
    assert "'Kafka1' is not a name" in str(ended.value.message)


def test_an_unknown_suite_names_the_known_ones() -> None:
    with pytest.raises(Exit, match="bookworm, trixie"):
        tasks.up(Context(), suite="woody")


@pytest.mark.parametrize("task", [tasks.up, tasks.down])
def test_without_root(task: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(Exit, match="a lab needs root"):
        task(Context())  # type: ignore[operator]


def test_missing_packages_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("shutil.which", lambda tool: None if tool in {"ip", "mmdebstrap"} else tool)
    with pytest.raises(LabError, match="apt-get install iproute2 mmdebstrap"):
        machine.require()


def test_a_machine_without_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_argv: str) -> str:
        raise LabError("unshare failed: Operation not permitted")

    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("shutil.which", str)
    monkeypatch.setattr(machine, "run", refuse)
    with pytest.raises(LabError, match=r"(?s)not permitted.*virtual machine"):
        machine.require()


def test_status_without_labs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(registry, "STATE", tmp_path)
    tasks.status(Context())
    assert "no lab on this machine" in capsys.readouterr().out
    tasks.status(Context(), json=True)
    assert json.loads(capsys.readouterr().out) == []


def test_an_unreadable_state_is_no_lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(registry, "STATE", tmp_path)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/lab.json").write_text("{")
    assert registry.known() == {}


def test_status_as_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = [
        {"name": "kafka1", "address": "10.87.0.11", "up": True},
        {"name": "k2", "address": "10.87.0.12", "up": False},
    ]
    monkeypatch.setattr(report, "labs", lambda: [{"name": "demo", "checkout": "/here", "hosts": hosts}])
    assert report.as_text().splitlines() == [
        "lab   host    address     state  checkout",
        "demo  kafka1  10.87.0.11  up     /here",
        "demo  k2      10.87.0.12  down   /here",
    ]


def test_a_change_of_the_recipe_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = rootfs.spec("bookworm")
    assert rootfs.spec("trixie") != before
    monkeypatch.setattr(rootfs, "PACKAGES", (*rootfs.PACKAGES, "vim"))
    assert rootfs.spec("bookworm") != before


def test_a_tree_of_another_recipe_is_not_taken_for_a_finished_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(rootfs, "FOLDER", tmp_path)
    monkeypatch.setattr("lab.debs.FOLDER", tmp_path / "debs")
    assert not rootfs.is_built("bookworm")
    for path, text in (
        ("bookworm/etc/kafka-fab-lab", rootfs.spec("bookworm")),
        ("debs/bookworm/Release", ""),
    ):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(text)
    assert rootfs.is_built("bookworm")
    (tmp_path / "bookworm/etc/kafka-fab-lab").write_text("another")
    assert not rootfs.is_built("bookworm")
