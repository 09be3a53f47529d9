"""Way back: what a rollback restores, what it leaves at the new version, and why it cannot go; nothing is changed."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.release import release
from kafka_fab.cluster.resource import Resource
from kafka_fab.cluster.roles import owner
from kafka_fab.cluster.upgrade import path, service_upgrade
from kafka_fab.cluster.upgrade.service_version import ServiceVersion
from kafka_fab.cluster.values.role import Role
from kafka_fab.frozen_value import dataclass
from kafka_fab.operate.hosts import services
from kafka_fab.operate.roll.preview import Preview
from kafka_fab.operate.roll.preview import as_dict as preview_as_dict
from kafka_fab.operate.roll.preview import text as preview_text
from kafka_fab.operate.roll.service_ref import ServiceRef
from kafka_fab.operate.upgrade.upgrade_problems import UpgradeProblem
from kafka_fab.operate.upgrade.upgrade_reading import UpgradeReading
from kafka_fab.remote.converge import converge
from kafka_fab.remote.fleet import Fleet
from kafka_fab.remote.node import cluster_of, node_of
from kafka_fab.remote.ssh.connection import Connection
from kafka_fab.runbook.codes import UpgradeCode
from kafka_fab.typed_command import FAB


@dataclass(frozen=True)
class WayBack:
    """What leads back: to which version, what stays at the new one, and what is in the way."""

    newest: str
    before: str
    notes: tuple[str, ...] = ()
    problems: tuple[UpgradeProblem, ...] = ()


def read(hosts: Fleet, found: UpgradeReading, todo: Sequence[ServiceRef]) -> WayBack:
    """Ask each host whether its saved files can be restored, and return that with what stays."""
    affected = list(dict.fromkeys(one.host for one in todo))
    compared = hosts.run(lambda c: _compare(c, todo), "upgrade", affected)
    missing = (UpgradeProblem(UpgradeCode.NO_WAY_BACK, f"{one.host}: {one.error}") for one in compared if one.error)
    return WayBack(found.state.newest, before(found), (*joined(found), *staying(found)), tuple(missing))


def _compare(c: Connection, todo: Sequence[ServiceRef]) -> None:
    cluster, node = cluster_of(c), node_of(c)
    files = [item for one in todo if one.host == node.host for item in restored(cluster, one)]
    converge(c, [owner.of(cluster, node), *files], apply=False)


def restored(cluster: Cluster, target: ServiceRef) -> Sequence[Resource]:
    """Return what brings a service that is down back to its files of before."""
    node = cluster.nodes[target.host]
    return service_upgrade.restored_files(cluster, node, services.service_of(cluster, node, target.role))


def before(found: UpgradeReading) -> str:
    """Return the version that a rollback leads to, or nothing."""
    return min((one.saved_version for one in found.services.values() if one.saved), key=release.numbers, default="")


def going_back(found: UpgradeReading) -> list[ServiceRef]:
    """Return the services that have files of before and can go back to them."""
    return [ref for ref, one in found.services.items() if one.saved and not _stays(ref, one)]


def staying(found: UpgradeReading) -> Iterator[str]:
    """Say that ZooKeeper servers stay at the new version, where those of before cannot take its place."""
    servers = [one for ref, one in found.services.items() if _stays(ref, one)]
    if servers:
        names, one = ", ".join(one.host for one in servers), servers[0]
        yield (
            f"ZooKeeper on {names} stays at {one.version}, and serves brokers of {one.saved_version}, too: servers of "
            "before cannot form an ensemble with these (ZOOKEEPER-1633), nor read every transaction in their logs"
        )


def _stays(ref: ServiceRef, one: ServiceVersion) -> bool:
    # A server before 3.4 cannot read the transactions of several operations (ZOOKEEPER-965) that newer brokers write.
    return ref.role is Role.ZOOKEEPER and path.splits_ensemble(one.saved_version, one.version)


def joined(found: UpgradeReading) -> Iterator[str]:
    """Yield the services that were installed in the middle of the upgrade: they have no files of before."""
    earlier = before(found)
    for ref, one in found.services.items():
        if not one.saved and one.version != earlier:
            yield (
                f"{ref.name} was installed at {one.version} in the middle of the upgrade and has no files of before: "
                f"it stays at {one.version}. To have it at {earlier}, too, move its replicas to other brokers, then "
                f"`{FAB} -H {ref.host} stop`, `{FAB} -H {ref.host} uninstall --data`, write `version: {earlier}`, and "
                f"`{FAB} -H {ref.host} install start`"
            )


def text(way: WayBack, preview: Preview) -> str:
    """Return the plan of a way back as an operator reads it."""
    lines = [f"back: {way.newest} -> {way.before}", *(f"note: {note}" for note in way.notes), preview_text(preview)]
    if way.problems:
        lines += ["the way back cannot begin:", *(f"  {problem}" for problem in way.problems)]
    return "\n".join(lines)


def as_dict(way: WayBack, preview: Preview) -> dict[str, Any]:
    """Return the plan of a way back for JSON: its files are those of before, whatever they were."""
    versions = {"from": way.newest, "to": way.before}
    said = {"notes": list(way.notes), "problems": [asdict(problem) for problem in way.problems]}
    return {**versions, "path": [], "java": [], "pins": {}, **said, "files": [], **preview_as_dict(preview)}
