"""Finalize: `fab finalize`: the end of an upgrade: pins are taken away, or features raised. It cannot be undone."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.release import release
from kafka_fab.cluster.release.release import RELEASES
from kafka_fab.cluster.resource import Absent, Resource
from kafka_fab.cluster.roles import owner
from kafka_fab.cluster.upgrade import level, pins, service_upgrade
from kafka_fab.cluster.upgrade.upgrade_state import Contradiction, Phase
from kafka_fab.cluster.values.role import Role
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.client import update_features
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.live.client.wait import until
from kafka_fab.locking.guard import Guard
from kafka_fab.locking.lock_refusal import FINALIZING, how_to_continue
from kafka_fab.locking.operation_error import DONE, GATE, NOT_BACK, PREFLIGHT, OperationError
from kafka_fab.locking.run_record import Run
from kafka_fab.operate import consent
from kafka_fab.operate.hosts import running, services
from kafka_fab.operate.roll import roll_command, roll_table, runs
from kafka_fab.operate.roll.options import Changes
from kafka_fab.operate.roll.roll_command import RollArguments
from kafka_fab.operate.roll.service_ref import ServiceRef
from kafka_fab.operate.upgrade import upgrade_reading, upgrade_text
from kafka_fab.operate.upgrade.upgrade_reading import UpgradeReading
from kafka_fab.output.json_document import document
from kafka_fab.remote.converge import converge
from kafka_fab.remote.fleet import Fleet, fleet, require_success
from kafka_fab.remote.node import node_of
from kafka_fab.remote.ssh.connection import Connection
from kafka_fab.runbook.codes import LockCode, UpgradeCode
from kafka_fab.typed_command import FAB

READ_BACK_WITHIN = 30.0
BETWEEN_LOOKS = 1.0


@dataclass(frozen=True)
class FinalizeArguments:
    """The options as typed: those of a roll, and whether to ask."""

    roll: RollArguments = field(default_factory=RollArguments)
    yes: bool = False


@dataclass(frozen=True)
class Finalized:
    """What was finalized: features with their levels, or pins that are gone; `code` of a roll that has failed."""

    code: int = DONE
    levels: Mapping[str, int] = field(default_factory=dict)
    removed: Sequence[str] = ()


def finalize(c: Context, typed: FinalizeArguments) -> None:
    """End an upgrade; end with an error where that cannot be done."""
    hosts, began = fleet(c, quiet=True), time.monotonic()
    try:
        done = _carry_out(hosts, typed)
    except OperationError as ended:
        raise Exit(ended.text, code=ended.exit_code) from ended
    except (Unreachable, RequestRejected) as problem:
        raise Exit(str(problem), code=1) from problem
    seconds = round(time.monotonic() - began, 3)
    if typed.roll.json:
        content = {"ok": not done.code, "version": hosts.cluster.settings.version, "seconds": seconds}
        features = {"levels": dict(done.levels), "pins_removed": list(done.removed)}
        print(document(FINALIZING, hosts.cluster.name, content | features))
    if done.code:
        raise Exit(code=done.code)


def _carry_out(hosts: Fleet, typed: FinalizeArguments) -> Finalized:
    running.require_own(hosts)
    found, left = upgrade_reading.read_all(hosts), _left(hosts)
    phase = _phase(found)
    missing = _missing(found)
    if phase is Phase.FINALIZED and not missing:
        return _nothing(found, typed)
    if phase not in (Phase.SOAKING, Phase.FINALIZING, Phase.FINALIZED):
        text = f"{upgrade_text.following(found.state)}. All services must run {found.state.wanted} first"
        raise OperationError(PREFLIGHT, text, UpgradeCode.NOT_COMPLETE)
    if not left:
        consent.agree(hosts.cluster, _question(found, missing), FINALIZING, typed.yes, hosts.cluster.name)
    done = _raise_features(hosts, found, missing) if found.state.kraft else _remove_pins(hosts, found, typed, left)
    if done.code == DONE:
        _forget(hosts)
        _say(hosts, typed)
    return done


def _nothing(found: UpgradeReading, typed: FinalizeArguments) -> Finalized:
    if not typed.roll.json:
        print(upgrade_text.following(found.state))
    return Finalized()


def _say(hosts: Fleet, typed: FinalizeArguments) -> None:
    if not typed.roll.json:
        print(upgrade_text.status(upgrade_reading.read(hosts)))


def _phase(found: UpgradeReading) -> Phase:
    try:
        return found.state.phase
    except Contradiction as problem:
        text = f"{problem}{upgrade_text.way_out(found.state)}"
        raise OperationError(PREFLIGHT, text, UpgradeCode.CONTRADICTION) from problem


def _left(hosts: Fleet) -> Run | None:
    """Return the interrupted finalize that is to be continued; raise OperationError where it is another task's."""
    left = runs.interrupted(hosts)
    if left and left.task != FINALIZING:
        text = f"{left.task} {left.id} was interrupted: {how_to_continue(left.task)}"
        raise OperationError(PREFLIGHT, text, LockCode.UNFINISHED)
    return left


def _missing(found: UpgradeReading) -> dict[str, int]:
    """Return the features that are still below the level of the release."""
    if not found.state.kraft:
        return {}
    if found.state.finalized is None:
        text = "no broker tells the finalized features: start the brokers first"
        raise OperationError(PREFLIGHT, text, UpgradeCode.UNREADABLE)
    wanted = level.features(found.state.wanted)
    return {name: number for name, number in wanted.items() if found.state.finalized.get(name, 0) < number}


def _question(found: UpgradeReading, missing: Mapping[str, int]) -> str:
    """Return what will be done, in a sentence."""
    raised = [level.named(name, number) for name, number in missing.items()]
    gone = sorted({f"{key} {value}" for one in found.state.brokers for key, value in one.pins.items()})
    what = f"raise {', '.join(raised)}" if raised else f"take away {', '.join(gone)}" if gone else ""
    saved = sorted({one.saved for one in found.state.services if one.saved}, key=release.numbers)
    before = saved[0] if saved else ""
    back = " to the Java of before" if before == found.state.wanted else f" to {before}" if before else ""
    words = f"finalize {found.state.wanted}{f': {what}' if what else ''}"
    return f"{words}. There is no way back{back} afterwards"


# In KRaft


def _raise_features(hosts: Fleet, found: UpgradeReading, missing: Mapping[str, int]) -> Finalized:
    """Raise the features, metadata.version first, on which the others depend; read each back from every node."""
    _refuse_unsupported(found, missing)
    first = {name: number for name, number in missing.items() if name == level.METADATA}
    others = {name: number for name, number in missing.items() if name != level.METADATA}
    with Guard(hosts, FINALIZING, [level.named(name, number) for name, number in missing.items()]):
        for levels in filter(None, (first, others)):
            _update(hosts, levels)
    return Finalized(levels=missing)


def _refuse_unsupported(found: UpgradeReading, missing: Mapping[str, int]) -> None:
    """Raise OperationError with the nodes that would refuse a level."""
    refusing = [
        f"{ref.name} does not support {level.named(name, number)}"
        for ref, one in found.features.items()
        for name, number in missing.items()
        if not one.supports(name, number)
    ]
    if refusing:
        raise OperationError(PREFLIGHT, "; ".join(refusing), UpgradeCode.REJECTED)


def _update(hosts: Fleet, levels: Mapping[str, int]) -> None:
    """Raise some features, after a request that is only validated; raise OperationError where that is rejected."""
    ask = AdminClient(hosts.cluster).ask
    for validate_only in (True, False):
        rejected = update_features.update(ask, levels, validate_only)
        if rejected:
            reasons = "; ".join(dict.fromkeys(str(one) for one in rejected.values()))
            named = ", ".join(level.named(name, levels[name]) for name in rejected if name in levels)
            text = f"{named} was rejected: {reasons}. Upgrade that node, or stop and "
            text += f"unregister it (`{FAB} unregister`), then run `{FAB} finalize` again"
            raise OperationError(GATE, text, UpgradeCode.REJECTED)

    def is_read_back() -> bool:
        answers = upgrade_reading.read(hosts).features
        return bool(answers) and all(levels.items() <= dict(one.finalized).items() for one in answers.values())

    if not until(is_read_back, READ_BACK_WITHIN, BETWEEN_LOOKS):
        named = ", ".join(level.named(name, number) for name, number in levels.items())
        text = f"{named}: not every node has it after {READ_BACK_WITHIN:.0f} s: see `{FAB} upgrade --status`"
        raise OperationError(NOT_BACK, text, UpgradeCode.NOT_READ_BACK)


# With ZooKeeper


def _remove_pins(hosts: Fleet, found: UpgradeReading, typed: FinalizeArguments, left: Run | None) -> Finalized:
    """Take the pins away one by one, each by a roll: a message format newer than the protocol is refused."""
    removed: list[str] = []
    while (key := _due(hosts, found)) or left:
        code = _take_away(hosts, found, key, typed.roll, left)
        if code:
            return Finalized(code, removed=removed)
        removed += [key] if key else []
        left = None
        running.read(hosts)
        found = upgrade_reading.read_all(hosts)
    return Finalized(removed=removed)


def _due(hosts: Fleet, found: UpgradeReading) -> str:
    """Return the pin that goes next on any broker."""
    brokers = [(ref, one) for ref, one in found.services.items() if ref.role is Role.BROKER]
    each = {
        pins.due({**one.running_pins, **one.pins}, hosts.cluster.own(hosts.cluster.nodes[ref.host]))
        for ref, one in brokers
    }
    return next((key for key in pins.KEYS if key in each), "")


def _take_away(hosts: Fleet, found: UpgradeReading, key: str, typed: RollArguments, left: Run | None) -> int:
    """Restart the brokers that have a pin without it, and return the exit code of the roll."""
    todo = [ref for ref, one in found.services.items() if key and key in {**one.running_pins, **one.pins}]
    options = replace(roll_command.options_of(typed, FINALIZING), while_down=_without(hosts, found, key))
    options = runs.resumed(options, left) if left else options
    run = left or runs.new_run(options, todo)
    record = roll_command.shown(hosts, run, options, typed.json, resume=bool(left))
    if not typed.json:
        print(roll_table.text(record))
    return record.code


def _without(hosts: Fleet, found: UpgradeReading, key: str) -> Changes:
    """Return a broker's files without a pin, and with those that go later."""

    def files(target: ServiceRef) -> Sequence[Resource]:
        cluster = hosts.cluster
        node = cluster.nodes[target.host]
        kept = {name: value for name, value in found.services[target].pins.items() if name != key}
        return service_upgrade.final_files(cluster, node, services.service_of(cluster, node, target.role), kept)

    return files


def _forget(hosts: Fleet) -> None:
    """Remove the files of before the upgrade from all hosts: nothing leads back any more."""
    cluster = hosts.cluster

    def forget(c: Connection) -> None:
        node = node_of(c)
        saved = service_upgrade.saved_absent(cluster, node)
        converge(c, [owner.of(cluster, node), *saved, *old_log_files(cluster, node)])

    require_success(hosts.run(forget, FINALIZING, cluster.inventory.hosts))


def old_log_files(cluster: Cluster, node: Node) -> tuple[Absent, ...]:
    """Return that the logging configuration of another release does not exist: this one does not read it."""
    others = sorted({line.log4j for line in RELEASES} - {cluster.release.log4j})
    has_kafka = bool(node.broker or node.controller)
    return tuple(Absent(f"{cluster.kafka.config_dir}/{name}") for name in others if has_kafka)
