"""Upgrade problems: why an upgrade cannot begin or go on, all at once, before any service is stopped. Pure."""

from collections.abc import Iterable, Iterator
from itertools import chain

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.release import metadata_version, release
from kafka_fab.cluster.upgrade import level, path, pins
from kafka_fab.cluster.upgrade.path import Mode, Stage
from kafka_fab.cluster.upgrade.service_version import ServiceVersion
from kafka_fab.cluster.upgrade.upgrade_state import Contradiction, Phase
from kafka_fab.cluster.values.role import Role
from kafka_fab.frozen_value import dataclass
from kafka_fab.operate.roll.service_ref import ServiceRef
from kafka_fab.operate.upgrade.upgrade_reading import UpgradeReading
from kafka_fab.operate.upgrade.upgrade_text import way_out
from kafka_fab.runbook.codes import Code, UpgradeCode, coded
from kafka_fab.typed_command import FAB

# The lowest metadata version that 4.0 and later start with.
LOWEST_METADATA = "3.3-IV3"
# The property that a static quorum alone has.
STATIC_VOTERS = "controller.quorum.voters"


@dataclass(frozen=True)
class UpgradeProblem:
    """Why an upgrade cannot go, with what to do."""

    code: Code
    text: str

    def __str__(self) -> str:
        return coded(self.text, self.code)


def mode_running(cluster: Cluster) -> Mode:
    """Return where the running services keep their metadata; as hosts.ini says where none runs."""
    known = [one.properties for one in cluster.running.values() if one.properties]
    if any("process.roles" in properties for properties in known):
        return Mode.KRAFT
    if any("zookeeper.connect" in properties for properties in known):
        return Mode.ZOOKEEPER
    return Mode.KRAFT if cluster.kraft else Mode.ZOOKEEPER


def stages(cluster: Cluster, found: UpgradeReading) -> tuple[Stage, Stage]:
    """Return what the cluster runs, and what the settings have."""
    wanted = Stage(cluster.settings.version, Mode.KRAFT if cluster.kraft else Mode.ZOOKEEPER)
    return Stage(found.state.oldest, mode_running(cluster)), wanted


def mode_change(cluster: Cluster, found: UpgradeReading) -> tuple[UpgradeProblem, ...]:
    """Return why hosts.ini cannot have another mode than the one that runs, with the path."""
    start, end = stages(cluster, found)
    return () if start.mode is end.mode else (UpgradeProblem(UpgradeCode.NO_PATH, path.refusal(start, end)),)


def problems(cluster: Cluster, found: UpgradeReading, unexpected: Iterable[int] = ()) -> tuple[UpgradeProblem, ...]:
    """Return all reasons; `unexpected` are registered brokers that hosts.ini does not have."""
    start, end = stages(cluster, found)
    refusal = path.refusal(start, end)
    if refusal and not _is_behind(start, end):
        return (UpgradeProblem(UpgradeCode.NO_PATH, refusal),)
    contradiction = _contradiction(found)
    if contradiction:
        return (contradiction,)
    if refusal:
        return (UpgradeProblem(UpgradeCode.NO_PATH, refusal),)
    return tuple(
        chain(
            _unfinalized(found),
            _low_metadata(found, end),
            _other_quorum(cluster, found),
            _not_prepared(cluster, found),
            _pinned_by_hand(cluster, found),
            _unexpected(unexpected),
        )
    )


def _is_behind(start: Stage, end: Stage) -> bool:
    """Return whether settings that are older than what runs may be those of an upgrade that is taken back."""
    return end.numbers < start.numbers and start.mode is end.mode


def _contradiction(found: UpgradeReading) -> UpgradeProblem | None:
    try:
        _ = found.state.phase
    except Contradiction as problem:
        return UpgradeProblem(UpgradeCode.CONTRADICTION, f"{problem}{way_out(found.state)}")
    return None


def _unfinalized(found: UpgradeReading) -> Iterator[UpgradeProblem]:
    earlier = found.state.unfinalized
    if earlier:
        text = (
            f"{earlier} is not finalized: write `version: {found.state.oldest}` again and run `{FAB} finalize`, or "
            f"`{FAB} upgrade --rollback`; only then the next one begins"
        )
        yield UpgradeProblem(UpgradeCode.UNFINALIZED, text)


def _low_metadata(found: UpgradeReading, end: Stage) -> Iterator[UpgradeProblem]:
    current = (found.state.finalized or {}).get(level.METADATA)
    if not found.state.kraft or found.state.phase is not Phase.NOT_BEGUN:
        return
    if current is None:
        yield UpgradeProblem(UpgradeCode.METADATA_VERSION, "no broker tells the finalized metadata.version")
    elif end.numbers >= path.WITHOUT_ZOOKEEPER and current <= metadata_version.NAMES.index(LOWEST_METADATA):
        text = f"metadata.version is {metadata_version.name_of(current)}, and {end.version} needs {LOWEST_METADATA}"
        yield UpgradeProblem(UpgradeCode.METADATA_VERSION, f"{text}: finalize the release that runs first")


def _other_quorum(cluster: Cluster, found: UpgradeReading) -> Iterator[UpgradeProblem]:
    files = (file for one in cluster.running.values() for file in (one.properties, one.on_disk))
    is_static = any(file.get(STATIC_VOTERS) for file in files)
    # A finalized kraft.version is that of a quorum that was made a dynamic one.
    if cluster.dynamic_quorum and is_static and not (found.state.finalized or {}).get(level.NEVER_RAISED):
        text = (
            f"the quorum is static ({STATIC_VOTERS}), and {cluster.settings.version} has a dynamic one by default, in "
            "which these controllers would find no voters: write `quorum: static` under `controller` in "
            "conf/cluster.yaml"
        )
        yield UpgradeProblem(UpgradeCode.STATIC_QUORUM, text)


def _not_prepared(cluster: Cluster, found: UpgradeReading) -> Iterator[UpgradeProblem]:
    hosts = sorted({ref.host for ref, one in found.services.items() if cluster.tree not in one.trees})
    if hosts:
        text = f"{', '.join(hosts)}: {cluster.tree} is not there: run `{FAB} install`, which prepares the hosts"
        yield UpgradeProblem(UpgradeCode.NOT_PREPARED, text)


def _pinned_by_hand(cluster: Cluster, found: UpgradeReading) -> Iterator[UpgradeProblem]:
    reasons: dict[str, None] = {}
    for ref, one in found.services.items():
        if ref.role is Role.BROKER and not found.state.kraft and one.version != cluster.settings.version:
            own = cluster.own(cluster.nodes[ref.host])
            reasons |= dict.fromkeys(filter(None, [pins.contradiction(one.version, one.running_pins, own)]))
    yield from (UpgradeProblem(UpgradeCode.PIN_IN_SETTINGS, reason) for reason in reasons)


def ensemble_split(found: UpgradeReading, todo: Iterable[ServiceRef], wanted: str) -> tuple[UpgradeProblem, ...]:
    """Return why some ZooKeeper servers cannot be upgraded without the others, where they cannot."""
    together = old_servers(found, wanted)
    left = [ref.host for ref in together if ref not in set(todo)]
    if not left or len(left) == len(together):
        return ()
    text = (
        f"ZooKeeper servers of {found.state.oldest} and {wanted} cannot form one ensemble (ZOOKEEPER-1633), so all are "
        f"upgraded in one step: add {', '.join(left)} to the hosts"
    )
    return (UpgradeProblem(UpgradeCode.ENSEMBLE_SPLIT, text),)


def old_servers(found: UpgradeReading, wanted: str) -> tuple[ServiceRef, ...]:
    """Return the ZooKeeper servers that cannot form an ensemble with those of the new version: none usually."""
    servers = ((ref, one) for ref, one in found.services.items() if ref.role is Role.ZOOKEEPER)
    return tuple(ref for ref, one in servers if path.splits_ensemble(one.version, wanted))


def _unexpected(unexpected: Iterable[int]) -> Iterator[UpgradeProblem]:
    named = ", ".join(map(str, sorted(unexpected)))
    if named:
        text = (
            f"broker {named} is registered, but hosts.ini does not have it: it would stay at its version, and finalize "
            f"would be refused. Add it to hosts.ini, or stop it, and in KRaft unregister it (`{FAB} unregister ID`)"
        )
        yield UpgradeProblem(UpgradeCode.UNEXPECTED_BROKER, text)


def notes(start: Stage, end: Stage) -> Iterator[str]:
    """Yield what no check can find out, and an operator must know before this hop."""
    if start.numbers < path.WITHOUT_ZOOKEEPER <= end.numbers:
        yield f"clients older than 2.1 cannot connect to {end.version} (KIP-896)"
    if path.splits_ensemble(start.version, end.version):
        yield (
            f"ZooKeeper servers of {start.version} and {end.version} cannot form one ensemble (ZOOKEEPER-1633): all "
            "stop and start in one step. Meanwhile brokers go on, but no leader is elected, and clients that keep "
            f"offsets in ZooKeeper wait. A rollback leaves ZooKeeper at {end.version}, which serves brokers of "
            f"{start.version}"
        )
    if release.numbers(start.version) < level.LAST_FORMAT <= end.numbers:
        yield (
            f"after finalize messages are written in the new format: clients of {start.version} get them converted, "
            f"which costs brokers time; {pins.FORMAT} in conf/cluster.yaml keeps the old one"
        )


def pinned(cluster: Cluster, target: ServiceRef, one: ServiceVersion) -> dict[str, str]:
    """Return what a broker with ZooKeeper is pinned to until finalize; nothing of other services."""
    if target.role is not Role.BROKER:
        return {}
    before = one.saved_version or one.version
    return pins.of_hop(before, cluster.settings.version, one.pins, cluster.own(cluster.nodes[target.host]))
