"""The schemas of docs/schemas: one for each task with --json, and what the tasks' formatters make passes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from inspect import signature
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

import fabfile
from kafka_fab.canary.canary_log import CanaryLog, Gaps, Ranges, ReadBack, Written
from kafka_fab.canary.canary_verdict import judge
from kafka_fab.cluster.acls.acl import Acl, Operation, Pattern, PatternType, ResourceType
from kafka_fab.cluster.acls.acls_plan import AclsPlan
from kafka_fab.cluster.acls.authorizer import Authorizer
from kafka_fab.cluster.acls.desired_acls import DesiredAcls
from kafka_fab.cluster.acls.evaluator import Request
from kafka_fab.cluster.acls.seen_requests import Seen
from kafka_fab.cluster.change import Change
from kafka_fab.cluster.dynamic.dynamic_keys import PendingChange
from kafka_fab.cluster.preflight.finding import ERROR, Finding
from kafka_fab.cluster.topics.topic_change import Create, Delete, Note, QuotaChange, RejectedChange, ValueChange
from kafka_fab.cluster.topics.topics_state import TopicState
from kafka_fab.cluster.users.desired_users import Credential
from kafka_fab.cluster.users.scram import Mechanism
from kafka_fab.cluster.users.users_plan import DeleteCredential, SetCredential
from kafka_fab.cluster.values.role import Role
from kafka_fab.cluster.values.secret_source import SecretSource
from kafka_fab.gate.state import Blocker, Partition, State
from kafka_fab.locking import journal
from kafka_fab.locking.journal import JournalEntry
from kafka_fab.locking.run_record import Run
from kafka_fab.operate.acls import acls_text, audit, listening, prediction
from kafka_fab.operate.elect.elect_leaders import ElectionResult
from kafka_fab.operate.explain import explain_code
from kafka_fab.operate.logs.log_event import LogEvent, Source
from kafka_fab.operate.logs.log_line import LogPrinter
from kafka_fab.operate.placement import as_json
from kafka_fab.operate.placement.placement import Placement, placement
from kafka_fab.operate.placement.segments import PartitionFolder, SegmentFile
from kafka_fab.operate.roll import preview
from kafka_fab.operate.roll.roll_record import Record, RestartStep
from kafka_fab.operate.roll.service_ref import ServiceRef
from kafka_fab.operate.status import status, version
from kafka_fab.operate.status.health import FileSystem, HealthProblem, Level
from kafka_fab.operate.status.operation import LastOperation, OperationState
from kafka_fab.operate.status.service_line import ServiceLine
from kafka_fab.operate.topics import plan_and_apply, show_topics
from kafka_fab.operate.topics.compare import Plan
from kafka_fab.operate.topics.file_sections import QUOTAS, TOPICS
from kafka_fab.operate.upgrade import upgrade_plan, upgrade_text, way_back
from kafka_fab.operate.upgrade.upgrade_plan import UpgradePlan
from kafka_fab.operate.upgrade.upgrade_problems import UpgradeProblem
from kafka_fab.operate.upgrade.way_back import WayBack
from kafka_fab.operate.users import users_text
from kafka_fab.operate.validate.expectation import same
from kafka_fab.operate.validate.smoke import SmokeResult
from kafka_fab.output import report
from kafka_fab.output.json_document import document
from kafka_fab.output.progress import HostProgress
from kafka_fab.runbook import catalogue
from kafka_fab.runbook.codes import RollCode, StatusCode, UpgradeCode
from tests import json_schemas
from tests.json_schemas import FOLDER, faults
from tests.unit.folders import COMBINED, written
from tests.unit.operate.placement.placements import partition, placements, state, three
from tests.unit.operate.upgrade.readings import all_at

HOST_TASKS = (
    "install", "download", "extract", "symlink", "config", "log-dirs", "plan", "start", "stop", "restart",
    "reconfigure", "run", "uninstall", "certificates.renew",
    "certificates.requests", "certificates.install", "prune",
)  # fmt: skip
# Those that others refer to, and those of documents that a switch of the task prints.
SHARED = {
    "hosts", "topics-changes", "users-changes", "acls-changes", "placement-partition", "rolling-restart-plan",
    "upgrade-plan", "upgrade-status",
}  # fmt: skip
FILES = sorted(FOLDER.glob("*.json"))


def tasks_with_json() -> set[str]:
    """Return the tasks with --json, but those of the lab, which is no part of the product."""
    names = (name for name in fabfile.namespace.task_names if not name.startswith("lab."))
    return {name for name in names if "json" in signature(fabfile.namespace[name].body).parameters}


def test_every_task_with_json_has_a_schema_and_every_schema_a_task() -> None:
    assert {file.stem for file in FILES} == tasks_with_json() | SHARED


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_schema_is_one_of_the_draft_that_it_names(file: Any) -> None:
    schema = json.loads(file.read_text())
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == file.name
    assert schema["title"]
    Draft202012Validator.check_schema(schema)


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield every schema of an object with keys of its own."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for inner in schema.values():
            yield from objects(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from objects(inner)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_keys_can_be_added_and_numbers_have_their_units(file: Any) -> None:
    for one in objects(json.loads(file.read_text())):
        assert one.get("additionalProperties", True) is True
        assert set(one.get("required", ())) <= set(one["properties"])
        units = {key: value for key, value in one["properties"].items() if "number" in str(value.get("type"))}
        assert all(value.get("description") for value in units.values()), units


def test_a_document_without_a_key_or_of_another_type_does_not_pass() -> None:
    good = {"task": "smoke", "cluster": "orders", "ok": True, "brokers": []}
    assert faults("smoke", good) == []
    assert faults("smoke", {**good, "more": 1}) == []
    assert faults("smoke", {key: value for key, value in good.items() if key != "ok"})
    assert faults("smoke", {**good, "ok": "yes"})
    assert faults("smoke", {**good, "task": "status"})
    assert faults("install", {"task": "install", "cluster": "orders", "hosts": [{"host": "k1"}]})


# What the formatters make


def check(task: str, content: dict[str, Any]) -> None:
    json_schemas.check(task, json.loads(document(task, "orders", content)))


@pytest.mark.parametrize("task", HOST_TASKS)
def test_what_was_done_on_hosts(task: str) -> None:
    progress = HostProgress("k1", [Change("changed", "file", "/f", "x", ("+a",))], error="no", ended=1.0)
    json_schemas.check(task, json.loads(report.as_json([progress], task, "orders")))


def test_a_status() -> None:
    line = ServiceLine("k1", "kafka", 1, "active", pending=PendingChange(("num.io.threads",), ("port",)))
    state = State(frozenset({1}), frozenset({1}), (Partition("o", 0, 1, (1,), frozenset({1})),))
    problem = HealthProblem(Level.DEGRADED, StatusCode.DISK_FULL, "k1: /d is 91 % full", ("k1",))
    last = LastOperation("r", "stop", "bo@lap", OperationState.DONE, "ten", 3)
    found = status.Status(
        (line,), state, (FileSystem("k1", "/d", 10, 1),), last, (problem,), {"k2": "no"}, {"k1": ("f",)}
    )
    check("status", status.as_dict(found))
    check("status", status.as_dict(status.Status((), state, (), None, (), {})))


def test_versions() -> None:
    lines = [version.Versions("k1", "kafka", "3.9.1", "3.9.1", "-")]
    check("version", version.as_dict(lines, [HostProgress("k2", error="no route")]))


def test_a_history() -> None:
    entries = (JournalEntry("r", hosts=("k1",)), JournalEntry("s", planned=("k1",), of=1, done=1, seconds=2.5, exit=0))
    check("history", {"operations": [journal.as_dict(one) for one in entries], "unreachable": {"k2": "no"}})


def test_checks() -> None:
    check("validate", {"ok": False, "checks": [asdict(same("myid", "k1", "1", "2"))]})
    check("preflight", {"ok": False, "checks": [asdict(Finding("disk", "k1:/d", ERROR, "full", "room", "make room"))]})
    check("smoke", {"ok": True, "brokers": [asdict(SmokeResult("k1", 1, "ok", 1.5, 2.0))]})


def test_entries_of_the_runbook() -> None:
    entries = [explain_code.as_dict(one) for one in catalogue.ENTRIES.values()]
    json_schemas.check("explain", json.loads(document("explain", None, {"entries": entries})))


def test_an_event_of_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    source = Source("k1", "kafka")
    printer = LogPrinter([source], as_json=True, colours=False)
    printer.show(LogEvent(source, "2026-11-28 06:00:00,000", ("[2026-11-28 06:00:00,000] ERROR x", "\tat y")))
    printer.show_line(source, "no time")
    json_schemas.check_output(["logs", "--json"], capsys.readouterr().out)


def test_topics() -> None:
    topic = TopicState("t", ((1, 2), (2,)), (frozenset({1}), frozenset()), (1, -1), {"retention.ms": "1"})
    check("topics.list", {"topics": [show_topics._summary(topic)]})
    check("topics.describe", show_topics._as_dict(topic))


@pytest.mark.parametrize("task", ["topics.plan", "topics.apply"])
def test_changes_of_topics(task: str) -> None:
    quota = QuotaChange("q", (("user", "q"),), {"producer_byte_rate": ValueChange(None, 5.0)})
    steps = (Create("t", 2, 1, {}, ((1,), (2,))), Delete("d"), RejectedChange("u", "no"), Note("v", "left"))
    plan = Plan((*((TOPICS, step) for step in steps), (QUOTAS, quota)))
    check(task, plan_and_apply.as_dict(plan, {"t": "no"}, ("a warning",), 0.0))


@pytest.mark.parametrize("task", ["users.plan", "users.apply"])
def test_changes_of_users(task: str) -> None:
    credential = Credential(Mechanism.SHA_512, source=SecretSource("env:A"))
    quota = QuotaChange("a", (("user", "a"),), {"producer_byte_rate": ValueChange(None, 5.0)})
    locked = DeleteCredential("c", Mechanism.SHA_256, locks=True)
    steps = (SetCredential("a", credential, None, "new"), quota, DeleteCredential("b", Mechanism.SHA_256), locked)
    done = {"failures": {"b": "no"}, "warnings": [], "seconds": 0.1}
    check(task, {"ok": False, **users_text.as_dict((*steps, Note("c", "left"))), **done})


ACL = Acl(Pattern(ResourceType.TOPIC, "t", PatternType.PREFIXED), "User:a", Operation.READ)
SEEN = Seen(Request("User:b", "10.0.0.1", Operation.READ, ResourceType.TOPIC, "t"), "Fetch")


@pytest.mark.parametrize("task", ["acls.plan", "acls.apply"])
def test_changes_of_acls(task: str) -> None:
    denials = prediction.predict([SEEN], [ACL], Authorizer())
    done = {"denied": acls_text.denials_as_dict(denials), "failures": {"x": "no"}, "warnings": [], "seconds": 0.1}
    check(task, {"ok": False, **acls_text.as_dict(AclsPlan((ACL,), (ACL,), notes=("note",))), **done})


def test_acls_and_an_audit_of_them() -> None:
    check("acls.list", {"acls": [acls_text.acl_as_dict(ACL)]})
    service = SimpleNamespace(role=Role.CONTROLLER, id=1)
    target: Any = listening.Target(SimpleNamespace(host="k1"), service, None)  # type: ignore[arg-type]
    found = audit.Audited(
        (listening.Heard(target, (SEEN,), 3, 1),),
        {"broker 2 on k2": "no"},
        (SEEN,),
        prediction.predict([SEEN], (), Authorizer()),
        (ACL,),
    )
    check("acls.audit", audit.as_dict(found, DesiredAcls({ACL: 7}), 0.5))


@given(placements())
def test_a_placement(found: Placement) -> None:
    check("placement", as_json.placement(found))


def test_a_partition_with_its_folders() -> None:
    [placed] = placement(state(partition(0, 1, 2, 3)), three()).partitions
    files = (SegmentFile("00000000000000000000.log", 5), SegmentFile("partition.metadata", 43))
    folder = PartitionFolder("k1", 1, "/d1/orders-0", files, (5, 5))
    content = {**as_json.partition(placed), "folders": as_json.folders([folder]), "unreachable": {"k2": "no"}}
    json_schemas.check("placement-partition", json.loads(document("placement", "orders", content)))


def the_canary() -> dict[str, Any]:
    """Return what a canary has found, as a roll's record has it."""
    gaps = Gaps(0)
    for moment in (1.0, 1.1, 3.0):
        gaps.tick(moment)
    log = CanaryLog(0.0, {0: Written(gaps, acknowledged=Ranges())}, {0: ReadBack(error="timed out")})
    found = judge(log, "r", "topic", idempotent=True, ended=5.0).to_json()
    return found | {"during": "k1", "reasons": list(found["reasons"]), "unchecked": ""}


def test_a_roll() -> None:
    run = Run("r", "bo", "lap", "ten", "rolling-restart", ("k1:kafka",))
    target = ServiceRef("k1", Role.BROKER, "kafka", 1)
    step = RestartStep(target, 1.0, 9.0, 0.5, 5.0, None, clean=True)
    done = Record(run, 1.0, 9.0, 0, "", (step,))
    failed = Record(
        run, 1.0, 9.0, 4, "k1 is not back", (step,), (target,), {"orders": 1.5}, the_canary(),
        message_code=RollCode.NOT_BACK,
    )  # fmt: skip
    check("rolling-restart", done.as_dict())
    check("rolling-restart", failed.as_dict())
    assert json.loads(json.dumps(failed.as_dict()))["code"] == "R34"


def test_the_plan_of_a_roll() -> None:
    blocker = Blocker(RollCode.TOO_FEW_LEFT, "orders-0", "orders-0 has too few")
    step = preview.PreviewStep(
        (ServiceRef("k1", Role.BROKER, "kafka", 1),), False, False, (blocker,), ("orders-0 ...",)
    )
    content = preview.as_dict(preview.Preview((step,), None, ""))
    json_schemas.check("rolling-restart-plan", json.loads(document("rolling-restart", "orders", content)))


def test_an_upgrade(tmp_path: Path) -> None:
    cluster = written(tmp_path, COMBINED, "version: 4.3.1\n")
    found = all_at(cluster, "3.9.1", {"metadata.version": 21}, saved="3.9.1")
    progress = HostProgress("a", [Change("would", "file", "/f", "x", ("+a",))])
    problem = UpgradeProblem(UpgradeCode.UNFIT, "a: Java 11")
    rolled = preview.Preview((), None, "")
    plan = UpgradePlan(found, (problem,), [progress])
    run = Run("r", "bo", "lap", "ten", "upgrade", ("a:kafka",))
    check("upgrade", Record(run, 1.0, 9.0, 0, "").as_dict())
    for content in (
        upgrade_plan.as_dict(cluster, plan, rolled),
        upgrade_plan.as_dict(cluster, UpgradePlan(found, (problem,)), None),
        way_back.as_dict(WayBack("4.3.1", "3.9.1", ("b stays",), (problem,)), rolled),
    ):
        json_schemas.check("upgrade-plan", json.loads(document("upgrade", "orders", content)))
    status_of = upgrade_text.as_dict(found)
    json_schemas.check("upgrade-status", json.loads(document("upgrade", "orders", status_of)))
    done = {"ok": True, "version": "4.3.1", "seconds": 1.0, "levels": {"metadata.version": 30}, "pins_removed": []}
    check("finalize", done)


def test_an_election() -> None:
    row = ElectionResult("orders", 0, 2, 1, "elected")
    check("elect-leaders", {"ok": True, "partitions": [asdict(row)], "seconds": 0.5})
