"""Upgrade plan: path, pins, changed files, order, duration, and what cannot go; nothing is changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.release import metadata_version
from kafka_fab.cluster.resource import File, Java, Resource
from kafka_fab.cluster.roles import node_resources, owner
from kafka_fab.cluster.upgrade import level, path, service_upgrade
from kafka_fab.cluster.upgrade.path import NoPath
from kafka_fab.frozen_value import dataclass
from kafka_fab.live import broker_view
from kafka_fab.operate.hosts import services
from kafka_fab.operate.roll.preview import Preview
from kafka_fab.operate.roll.preview import as_dict as preview_as_dict
from kafka_fab.operate.roll.preview import text as preview_text
from kafka_fab.operate.roll.service_ref import ServiceRef
from kafka_fab.operate.upgrade import upgrade_problems
from kafka_fab.operate.upgrade.upgrade_problems import UpgradeProblem
from kafka_fab.operate.upgrade.upgrade_reading import UpgradeReading
from kafka_fab.operate.upgrade.upgrade_text import java_named
from kafka_fab.output import report
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote.converge import converge
from kafka_fab.remote.fleet import Fleet
from kafka_fab.remote.node import node_of
from kafka_fab.remote.ssh.connection import Connection
from kafka_fab.runbook.codes import UpgradeCode

LOOK = 5.0


@dataclass(frozen=True)
class UpgradePlan:
    """What an upgrade would do: its problems come first, and without a path there is nothing else."""

    found: UpgradeReading
    problems: tuple[UpgradeProblem, ...]
    compared: Sequence[HostProgress] = ()


def read(hosts: Fleet, found: UpgradeReading, todo: Sequence[ServiceRef]) -> UpgradePlan:
    """Compare the hosts with the new version's files, and return that with all problems."""
    cluster = hosts.cluster
    problems = upgrade_problems.problems(cluster, found, unexpected(cluster))
    if any(one.code in (UpgradeCode.NO_PATH, UpgradeCode.CONTRADICTION) for one in problems):
        return UpgradePlan(found, problems)
    problems += upgrade_problems.ensemble_split(found, todo, cluster.settings.version)
    affected = list(dict.fromkeys(one.host for one in todo))
    compared = hosts.run(lambda c: _compare(c, cluster, found, todo), "upgrade", affected)
    unfit = [UpgradeProblem(UpgradeCode.UNFIT, f"{one.host}: {one.error}") for one in compared if one.error]
    return UpgradePlan(found, (*problems, *unfit), compared)


def unexpected(cluster: Cluster) -> frozenset[int]:
    """Return the brokers that the cluster has and hosts.ini does not."""
    known = {node.broker.id for node in cluster.brokers if node.broker}
    return frozenset(number for node in cluster.brokers for number in _registered(cluster, node) if number not in known)


def _registered(cluster: Cluster, node: Any) -> Mapping[int, str]:
    return broker_view.view(cluster, node, seconds=LOOK).brokers


def _compare(c: Connection, cluster: Cluster, found: UpgradeReading, todo: Sequence[ServiceRef]) -> None:
    """Ask a host whether it could run the new version, and what would change in the files of its services."""
    node = node_of(c)
    steps = node_resources.steps(cluster, node)
    java = [item for item in steps["java"] if isinstance(item, Java)]
    files = [item for one in todo if one.host == node.host for item in changes(cluster, found, one)]
    wanted: list[Resource] = [owner.of(cluster, node), *steps["invariants"], *java]
    converge(c, [*wanted, *(item for item in files if isinstance(item, File))], apply=False)


def changes(cluster: Cluster, found: UpgradeReading, target: ServiceRef) -> tuple[Resource, ...]:
    """Return what is changed while a service is down on its way to the new version."""
    node, version = cluster.nodes[target.host], found.services[target]
    service = services.service_of(cluster, node, target.role)
    pinned = upgrade_problems.pinned(cluster, target, version) if not cluster.kraft else {}
    return service_upgrade.upgrade_files(cluster, node, service, pinned)


def text(cluster: Cluster, plan: UpgradePlan, preview: Preview | None) -> str:
    """Return the plan as an operator reads it."""
    lines = [*_head(cluster, plan.found), *_files(plan.compared)]
    lines += [preview_text(preview)] if preview else []
    if plan.problems:
        lines += ["the upgrade cannot begin:", *(f"  {problem}" for problem in plan.problems)]
    return "\n".join(lines)


def _head(cluster: Cluster, found: UpgradeReading) -> Iterator[str]:
    start, end = upgrade_problems.stages(cluster, found)
    try:
        yield f"path: {path.text(path.path(start, end))}"
    except NoPath:
        return
    yield from _javas(found)
    for key, value in _pinned(cluster, found).items():
        yield f"until finalize brokers keep {key}={value}"
    current = (found.state.finalized or {}).get(level.METADATA)
    if current:
        yield f"until finalize metadata.version stays {metadata_version.name_of(current)}"
    yield from (f"note: {note}" for note in upgrade_problems.notes(start, end))


def _javas(found: UpgradeReading) -> Iterator[str]:
    """Yield each change of the Java that services start with, and on which hosts."""
    changes: dict[tuple[str, str], dict[str, None]] = {}
    for change in _java_changes(found):
        changes.setdefault((change["from"], change["to"]), {})[change["host"]] = None
    for (before, after), hosts in changes.items():
        yield f"Java: {java_named(before)} -> {java_named(after)} on {', '.join(hosts)}"


def _java_changes(found: UpgradeReading) -> list[dict[str, str]]:
    wanted = {one.name: one.java for one in found.state.services}
    return [
        {"host": ref.host, "service": str(ref.role), "from": java, "to": wanted[ref.name]}
        for ref, one in found.services.items()
        for java in sorted(one.javas)
        if ref.name in wanted and java != wanted[ref.name]
    ]


def _pinned(cluster: Cluster, found: UpgradeReading) -> dict[str, str]:
    """Return what brokers are pinned to: the same on all of them, but for an upgrade that goes on."""
    if cluster.kraft:
        return {}
    each = (upgrade_problems.pinned(cluster, ref, one) for ref, one in found.services.items())
    return {key: value for pinned in each for key, value in pinned.items()}


def _files(compared: Sequence[HostProgress]) -> Iterator[str]:
    for who, change in report.grouped(compared, ("would",)):
        if change.kind == "file":
            # Of a file that is there already the detail says another owner or mode, and whether it was edited by hand.
            detail = "new" if _is_new(change.diff) else change.detail
            yield f"{who}: {change.name}{f' ({detail})' if detail else ''}"
            yield from (f"    {line}" for line in change.diff if not _is_new(change.diff))


def _is_new(diff: Sequence[str]) -> bool:
    return any(line.startswith("@@ -0,0 ") for line in diff[:3])


def as_dict(cluster: Cluster, plan: UpgradePlan, preview: Preview | None) -> dict[str, Any]:
    """Return the plan for JSON."""
    start, end = upgrade_problems.stages(cluster, plan.found)
    try:
        stages = [{"version": one.version, "mode": str(one.mode)} for one in path.path(start, end)]
    except NoPath:
        stages = []
    files = [
        {"host": one.host, "path": change.name, "diff": list(change.diff)}
        for one in plan.compared
        for change in one.changes
        if change.kind == "file" and change.status == "would"
    ]
    rolled = preview_as_dict(preview) if preview else {"steps": [], "seconds": None, "last": ""}
    return {
        "from": start.version,
        "to": end.version,
        "path": stages,
        "java": _java_changes(plan.found),
        "pins": _pinned(cluster, plan.found),
        "notes": list(upgrade_problems.notes(start, end)),
        "problems": [asdict(problem) for problem in plan.problems],
        "files": files,
        **rolled,
    }
