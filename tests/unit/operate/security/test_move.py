"""A move as it is called: what its plan shows and refuses, and what it says of each pass."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from invoke.exceptions import Exit

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.security.transition import MovePass
from kafka_fab.locking import host_locks, lock_refusal
from kafka_fab.locking.operation_error import NOT_BACK, OperationError
from kafka_fab.locking.run_record import new_run
from kafka_fab.operate.certificates import authorities, tool_certificate
from kafka_fab.operate.hosts import running
from kafka_fab.operate.roll import roll_operation, runs
from kafka_fab.operate.roll.roll_record import Record, RestartStep
from kafka_fab.operate.security import leftovers, listener_changes, move, pass_checks, znode_migration
from kafka_fab.operate.security.listener_changes import ListenerChange
from kafka_fab.operate.security.move import MoveArguments
from tests.unit.folders import written

HOSTS = "[kafka]\na id=1\nb id=2\n[controller]\nc id=11\n"
SECURED = "version: 4.3.1\nsecurity:\n  internal: mtls\n  listeners: {clients: {port: 9094, login: tls%s}}\n"
PLAN = MoveArguments(plan=True, canary=False)
Plan = Callable[..., None]


def cluster(path: Path, settings: str) -> Cluster:
    path.mkdir()
    return written(path, HOSTS, settings)


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """Return what calls the task with --plan, where services run by some settings and are to have others."""

    def call(before: str, after: str = SECURED % "", typed: MoveArguments = PLAN) -> None:
        runs, wanted = cluster(tmp_path / "runs", before), cluster(tmp_path / "wanted", after)
        now = {one.target: one.wanted for one in listener_changes.read(runs)}
        found = tuple(replace(one, running=now[one.target]) for one in listener_changes.read(wanted))
        monkeypatch.setattr(move, "fleet", lambda *_, **__: SimpleNamespace(cluster=wanted))
        monkeypatch.setattr(running, "require_own", lambda _: None)
        monkeypatch.setattr(listener_changes, "read", lambda _: found)
        monkeypatch.setattr(authorities, "trusted", lambda _: ())
        monkeypatch.setattr(tool_certificate, "current", lambda _: object())
        move.move(SimpleNamespace(), typed)  # type: ignore[arg-type]

    return call


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[tuple[MovePass, int]]:
    """Return the passes whose checks were asked for, with the seconds without clients."""
    asked: list[tuple[MovePass, int]] = []

    def require(_hosts: Any, _found: Sequence[ListenerChange], step: MovePass, _drop: bool, idle: int) -> None:
        asked.append((step, idle))

    monkeypatch.setattr(pass_checks, "require", require)
    return asked


def test_a_plan_asks_what_the_pass_would_ask_and_waits_for_nobody(
    plan: Plan, taken: list[tuple[MovePass, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    plan("version: 4.3.1\n")
    assert taken == [(MovePass.ADD, 0)]
    assert "pass 3 of 3" in capsys.readouterr().out


def test_a_port_in_use_ends_a_plan_after_its_table(
    plan: Plan, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    used = [SimpleNamespace(host="a", error="port 9094: sshd listens")]
    hosts = SimpleNamespace(run=lambda *_: used)
    free_ports = pass_checks._require_free_ports
    monkeypatch.setattr(pass_checks, "_require_free_ports", lambda _, found: free_ports(hosts, found))  # type: ignore[arg-type]
    with pytest.raises(Exit, match=r"a: port 9094: sshd listens \[M2\]") as ended:
        plan("version: 4.3.1\n")
    assert ended.value.code == 3
    assert "CLIENTS:9094" in capsys.readouterr().out


@pytest.mark.parametrize(("step", "back"), [(MovePass.ADD, True), (MovePass.SWITCH, False), (MovePass.REMOVE, False)])
def test_a_service_that_is_not_back_gets_its_files_by_an_install(
    step: MovePass, back: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hosts: Any = SimpleNamespace(cluster=cluster(tmp_path / "wanted", SECURED % ""))
    monkeypatch.setattr(pass_checks, "require", lambda *_: None)
    monkeypatch.setattr(znode_migration, "unsecure", lambda *_: False)
    record = Record(new_run("security.move", ()), 0.0, 1.0, NOT_BACK, "a (broker 1) is not back")
    monkeypatch.setattr(roll_operation, "roll", lambda *_, **__: record)
    assert move._take(hosts, (), step, MoveArguments(), None) == NOT_BACK
    said = capsys.readouterr().out.splitlines()[-1]
    assert "correct conf/cluster.yaml, `fab -H HOST install` writes them" in said
    assert ("[M7], write the `security:` of before the move" in said) is back


def test_a_changed_name_of_a_listener_is_shown_with_what_applies_it(
    plan: Plan, taken: list[tuple[MovePass, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    plan(SECURED % "", SECURED % ", advertise: '{host}.example.org:19094'")
    said = capsys.readouterr().out
    assert not taken
    words = "CLIENTS is advertised as a:9094 and is to be advertised as a.example.org:19094"
    assert f"a (broker 1): {words}\n" in said
    assert said.splitlines()[-1].endswith("fab install, then fab rolling-restart --changed")


def test_a_changed_name_is_shown_beside_the_passes_that_apply_it_too(
    plan: Plan, taken: list[tuple[MovePass, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    plan(SECURED % "" + "  plaintext: {port: 9092, until: moved}\n", SECURED % ", advertise: '{host}.example.org'")
    said = capsys.readouterr().out
    assert taken == [(MovePass.REMOVE, 0)]
    assert "b (broker 2): CLIENTS is advertised as b:9094 and is to be advertised as b.example.org:9094\n" in said
    assert "rolling-restart" not in said


def authorizing(word: str) -> str:
    return SECURED % "" + f"  authorize: '{word}'\n  admins: [User:ops]\n"


def test_acls_that_cannot_exist_yet_are_not_enforced(
    plan: Plan, taken: list[tuple[MovePass, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Exit, match=r"Write `authorize: audit` first and move; then `fab acls\.apply`") as refused:
        plan("version: 4.3.1\n", authorizing("true"))
    assert refused.value.code == 2
    assert str(refused.value.message).endswith("[M9]")
    assert not taken
    said = capsys.readouterr().out
    assert "all users are denied but the super users User:CN=kafka-node," in said
    assert said.rstrip().endswith("User:ops")


def test_the_move_itself_refuses_to_enforce_acls_that_cannot_exist_yet(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(move, "_refuse_upgrade", lambda _: None)
    monkeypatch.setattr(runs, "refuse_held", lambda _: None)
    monkeypatch.setattr(move, "deliver", lambda _: pytest.fail("certificates were delivered"))
    with pytest.raises(Exit, match=r"nothing was restarted: .*\[M9\]"):
        plan("version: 4.3.1\n", authorizing("true"), MoveArguments(canary=False))


def test_users_are_denied_by_a_switch(
    plan: Plan, taken: list[tuple[MovePass, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    plan("version: 4.3.1\n", authorizing("true"), replace(PLAN, deny_users=True))
    assert taken
    assert "all users are denied but" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("version: 4.3.1\n", authorizing("audit"), "logged, and nobody is denied"),
        (
            authorizing("audit") + "  plaintext: {port: 9092, until: moved}\n",
            authorizing("true"),
            "from the next restart on ACLs are enforced: `fab acls.audit`",
        ),
        (authorizing("true"), "version: 4.3.1\n", "ACLs are enforced no more from the next restart on"),
    ],
)
def test_a_plan_says_what_it_does_to_acls(
    before: str,
    after: str,
    words: str,
    plan: Plan,
    taken: list[tuple[MovePass, int]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    plan(before, after)
    assert taken
    assert words in capsys.readouterr().out.splitlines()[-1]


def test_a_pass_says_what_it_does_to_acls_before_its_roll(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs, wanted = cluster(tmp_path / "runs", SECURED % ""), cluster(tmp_path / "wanted", authorizing("audit"))
    now = {one.target: one.wanted for one in listener_changes.read(runs)}
    found = tuple(replace(one, running=now[one.target]) for one in listener_changes.read(wanted))
    said: list[str] = []

    def require(*_: Any) -> None:
        said.append(capsys.readouterr().out)

    monkeypatch.setattr(pass_checks, "require", require)
    record = Record(new_run("security.move", ()), 0.0, 1.0, NOT_BACK, "a (broker 1) is not back")
    monkeypatch.setattr(roll_operation, "roll", lambda *_, **__: record)
    hosts: Any = SimpleNamespace(cluster=wanted)
    move._take(hosts, found, MovePass.REMOVE, MoveArguments(), None)
    assert "nobody is denied" in said[0]


def changed_port(runs: Path, wanted: Path, before: str, after: str) -> tuple[Cluster, tuple[ListenerChange, ...]]:
    """Return the services that run by some settings, and are to have others."""
    now = {one.target: one.wanted for one in listener_changes.read(cluster(runs, before))}
    model = cluster(wanted, after)
    return model, tuple(replace(one, running=now[one.target]) for one in listener_changes.read(model))


@pytest.mark.parametrize(
    ("more", "is_left", "begun"),
    [("", False, False), ("", True, True), ("  plaintext: {port: 9092, until: moved}\n", False, True)],
    ids=["no pass but the port", "a pass was interrupted", "the last pass is left"],
)
def test_a_port_is_changed_alone_only_after_the_move(
    more: str, is_left: bool, begun: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    after = SECURED.replace("9094", "9194") % ""
    model, found = changed_port(tmp_path / "runs", tmp_path / "wanted", SECURED % "" + more, after)
    hosts: Any = SimpleNamespace(cluster=model)
    monkeypatch.setattr(runs, "interrupted", lambda _: new_run("security.move", ()) if is_left else None)
    with pytest.raises(OperationError) as refused:
        move._refuse_impossible(hosts, found, MovePass.ADD)
    assert refused.value.code == "M2"
    again = "or write port 9094 again, take this move to its end (`fab security.move`), then change the port alone: "
    assert (again in refused.value.text) is begun
    assert "change the port alone: `fab install`, then `fab rolling-restart --changed`" in refused.value.text


HOLDER = {"run": "r7", "task": "security.move", "user": "ana", "machine": "admin", "since": "ten"}


def test_a_second_move_is_refused_once_by_the_lock_before_files_are_delivered(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = {"holder": HOLDER, "owner": HOLDER}
    monkeypatch.setattr(host_locks, "look", lambda *_: {"a": held, "b": held})
    monkeypatch.setattr(lock_refusal, "steps", lambda *_: {})
    monkeypatch.setattr(move, "deliver", lambda _: pytest.fail("certificates were delivered"))
    with pytest.raises(
        Exit, match=r"another operation is in progress: security\.move r7 by ana@admin.*\[L1\]"
    ) as ended:
        plan("version: 4.3.1\n", typed=MoveArguments(canary=False))
    assert ended.value.code == 2
    assert str(ended.value.message).count("r7") == 1


@pytest.mark.parametrize(("is_done", "title"), [(True, "pass 2 of 3, switch"), (False, "pass 3 of 3, remove")])
def test_an_interrupted_pass_is_ended_before_the_next_one_is_asked_for(
    is_done: bool, title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = SECURED % "" + "  plaintext: {port: 9092, until: moved}\n"
    model, found = changed_port(tmp_path / "runs", tmp_path / "wanted", before, SECURED % "")
    step = RestartStep(found[0].target, 100.0, 106.5, 0.5, 5.0, 0.25, clean=True)
    assert listener_changes.due(found) is MovePass.REMOVE
    asked: list[MovePass] = []
    monkeypatch.setattr(pass_checks, "require", lambda _hosts, _found, step, *_: asked.append(step))
    monkeypatch.setattr(runs, "progress", lambda *_: runs.RunProgress((step,) if is_done else (), (), ()))
    record = Record(new_run("security.move", ()), 0.0, 1.0, 0, "")
    monkeypatch.setattr(roll_operation, "roll", lambda *_, **__: record)
    hosts: Any = SimpleNamespace(cluster=model)
    assert move._take(hosts, found, MovePass.REMOVE, MoveArguments(), new_run("security.move", ())) == 0
    assert capsys.readouterr().out.startswith(title)
    assert asked == ([] if is_done else [MovePass.REMOVE])


def test_what_no_service_uses_any_more_is_removed_after_the_last_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model, found = changed_port(tmp_path / "runs", tmp_path / "wanted", SECURED % "", "version: 4.3.1\n")
    ended = tuple(replace(one, running=one.wanted) for one in found)
    did: list[Any] = []
    readings = iter((found, ended))
    monkeypatch.setattr(listener_changes, "read", lambda _: next(readings))
    for module, name, answer in (
        (running, "require_own", None),
        (running, "read", None),
        (move, "_refuse_unready", None),
        (move, "_left", None),
        (pass_checks, "require_closed", None),
        (znode_migration, "secure", False),
    ):
        monkeypatch.setattr(module, name, lambda *_, answer=answer: answer)

    def take(*_: Any) -> int:
        did.append("pass")
        return 0

    monkeypatch.setattr(move, "_take", take)
    monkeypatch.setattr(leftovers, "remove", lambda _, unused: did.append(unused))
    hosts: Any = SimpleNamespace(cluster=model)
    assert move._carry_out(hosts, MoveArguments()) == 0
    [first, unused] = did
    assert first == "pass"
    assert all("/etc/kafka/node.pem" in unused[host] for host in ("a", "b", "c"))
    assert "removed the keys and certificates that no service uses any more, on a, b, c" in capsys.readouterr().out
