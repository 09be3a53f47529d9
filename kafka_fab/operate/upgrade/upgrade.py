"""Upgrade: `fab upgrade`: one roll to the version of the settings, its status, and the way back."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from invoke.context import Context

from kafka_fab.live import cluster_state
from kafka_fab.locking import host_locks
from kafka_fab.locking.host_locks import Held
from kafka_fab.locking.lock_refusal import ROLLING_BACK, UPGRADING, takes_over
from kafka_fab.locking.operation_error import DONE, PREFLIGHT, OperationError
from kafka_fab.operate import ending
from kafka_fab.operate.hosts import running
from kafka_fab.operate.roll import preview, roll_command, runs
from kafka_fab.operate.roll.options import Changes, Options
from kafka_fab.operate.roll.roll_command import RollArguments
from kafka_fab.operate.roll.service_ref import ServiceRef
from kafka_fab.operate.upgrade import upgrade_plan, upgrade_problems, upgrade_reading, upgrade_text, way_back
from kafka_fab.operate.upgrade.upgrade_problems import UpgradeProblem
from kafka_fab.operate.upgrade.upgrade_reading import UpgradeReading
from kafka_fab.output.json_document import document
from kafka_fab.remote.fleet import Fleet, fleet
from kafka_fab.runbook.codes import RollCode, UpgradeCode


@dataclass(frozen=True)
class UpgradeArguments:
    """The options as typed: those of a roll, and those of an upgrade."""

    roll: RollArguments = field(default_factory=RollArguments)
    status: bool = False
    rollback: bool = False
    limit: Sequence[str] = ()


def upgrade(c: Context, typed: UpgradeArguments) -> None:
    """Bring a running cluster to the version of the settings, or back; end with an error where that cannot go."""
    hosts = fleet(c, quiet=True)
    ending.finish(lambda: _carry_out(hosts, typed))


def _carry_out(hosts: Fleet, typed: UpgradeArguments) -> int:
    if typed.roll.abandon:
        print(runs.abandon(hosts))
        return DONE
    running.require_own(hosts)
    if typed.status:
        return _status(hosts, typed.roll.json)
    if typed.roll.resume:
        return _resume(hosts, typed)
    found = upgrade_reading.read(hosts)
    # Services of another mode are not installed: what to write instead is said first.
    _refuse(upgrade_problems.mode_change(hosts.cluster, found))
    upgrade_reading.require_all(found)
    return _go_back(hosts, found, typed) if typed.rollback else _go(hosts, found, typed)


def _status(hosts: Fleet, json: bool) -> int:
    found = upgrade_reading.read(hosts)
    found = upgrade_reading.with_joined(found, cluster_state.look(hosts.cluster))
    content = upgrade_text.as_dict(found)
    text = "" if json else upgrade_text.status(found, _operation(hosts, found))
    print(document(UPGRADING, hosts.cluster.name, content) if json else text)
    return 1 if found.unknown else DONE


def _operation(hosts: Fleet, found: UpgradeReading) -> Held | None:
    """Return the operation that is in progress or was interrupted; unknown where a host does not answer."""
    return None if found.unknown else host_locks.held(hosts)


def _resume(hosts: Fleet, typed: UpgradeArguments) -> int:
    """Continue an interrupted upgrade, or the way back from one: whichever it is."""
    run = runs.unfinished(hosts, (UPGRADING, ROLLING_BACK))
    found = upgrade_reading.read_all(hosts)
    if run.task == UPGRADING:
        _refuse(upgrade_plan.read(hosts, found, _behind(found)).problems)
    elif found.state.rollback_refusal and any(one.saved for one in found.services.values()):
        raise OperationError(PREFLIGHT, found.state.rollback_refusal, UpgradeCode.NO_WAY_BACK)
    options = runs.resumed(_options(hosts, found, typed.roll, run.task), run)
    return _ended(hosts, roll_command.take(hosts, run, options, typed.roll), typed)


def _go(hosts: Fleet, found: UpgradeReading, typed: UpgradeArguments) -> int:
    todo = _limited(hosts, _behind(found), typed.limit)
    options = _options(hosts, found, typed.roll, UPGRADING)
    plan = upgrade_plan.read(hosts, found, todo)
    if typed.roll.plan:
        return _show_plan(hosts, plan, todo, options, typed.roll.json)
    _refuse(plan.problems)
    if not todo:
        return roll_command.nothing(hosts, options, upgrade_text.following(found.state), typed.roll.json)
    return _ended(hosts, roll_command.take(hosts, runs.new_run(options, todo), options, typed.roll), typed)


def _show_plan(
    hosts: Fleet, plan: upgrade_plan.UpgradePlan, todo: Sequence[ServiceRef], options: Options, json: bool
) -> int:
    possible = bool(plan.compared) or not plan.problems
    rolled = preview.preview(hosts, todo, options) if possible else None
    content = upgrade_plan.as_dict(hosts.cluster, plan, rolled)
    print(document(UPGRADING, hosts.cluster.name, content) if json else upgrade_plan.text(hosts.cluster, plan, rolled))
    return PREFLIGHT if plan.problems else rolled.code if rolled else DONE


def _go_back(hosts: Fleet, found: UpgradeReading, typed: UpgradeArguments) -> int:
    if found.state.rollback_refusal:
        raise OperationError(PREFLIGHT, found.state.rollback_refusal, UpgradeCode.NO_WAY_BACK)
    todo = _limited(hosts, way_back.going_back(found), typed.limit)
    options = _options(hosts, found, typed.roll, ROLLING_BACK)
    way = way_back.read(hosts, found, todo)
    left = runs.interrupted(hosts)
    taken_over = takes_over(ROLLING_BACK, left)
    if typed.roll.plan:
        rolled = preview.preview(hosts, todo, options)
        if left and taken_over:
            way = replace(way, notes=(*way.notes, f"{left.name} was interrupted: this takes it over"))
        content = way_back.as_dict(way, rolled)
        print(document(UPGRADING, hosts.cluster.name, content) if typed.roll.json else way_back.text(way, rolled))
        return PREFLIGHT if way.problems else rolled.code
    _refuse(way.problems)
    for note in way.notes:
        print(f"note: {note}", file=sys.stderr)
    if taken_over:
        # What was on its way forward goes back: nobody has to abandon it first. JSON goes to standard output.
        print(runs.abandon(hosts), file=sys.stderr)
    return _ended(hosts, roll_command.take(hosts, runs.new_run(options, todo), options, typed.roll), typed)


def _options(hosts: Fleet, found: UpgradeReading, typed: RollArguments, task: str) -> Options:
    options = roll_command.options_of(typed, task)
    if task == ROLLING_BACK:
        return replace(options, while_down=partial(way_back.restored, hosts.cluster), backwards=True)
    outage = bool(upgrade_problems.old_servers(found, hosts.cluster.settings.version))
    allowed = replace(options.allowed, ensemble_outage=outage)
    return replace(options, allowed=allowed, while_down=_upgraded(hosts, found))


def _upgraded(hosts: Fleet, found: UpgradeReading) -> Changes:
    """Return what brings a service that is down to the new version."""
    return lambda target: upgrade_plan.changes(hosts.cluster, found, target)


def _behind(found: UpgradeReading) -> list[ServiceRef]:
    """Return the services that the upgrade restarts: those that run or start with another version."""
    behind = {one.name for one in found.state.behind}
    return [ref for ref in found.services if ref.name in behind]


def _limited(hosts: Fleet, todo: Sequence[ServiceRef], limit: Sequence[str]) -> list[ServiceRef]:
    """Return those on the chosen hosts, by -H and by --limit; raise OperationError for a host that is not there."""
    names = [word.strip() for text in limit for word in text.split(",") if word.strip()]
    inventory = hosts.cluster.inventory
    try:
        chosen = set(inventory.select(names)) if names else set(hosts.hosts)
    except KeyError as error:
        text = inventory.unknown_host(error.args[0], str(hosts.cluster.folder / "hosts.ini"))
        raise OperationError(PREFLIGHT, text, RollCode.WRONG_SWITCH) from error
    return [one for one in todo if one.host in chosen & set(hosts.hosts)]


def _refuse(problems: Sequence[UpgradeProblem]) -> None:
    """Raise OperationError with all reasons why an upgrade cannot begin."""
    if problems:
        first, *others = problems
        raise OperationError(PREFLIGHT, "\n".join([first.text, *map(str, others)]), first.code)


def _ended(hosts: Fleet, code: int, typed: UpgradeArguments) -> int:
    """Print what comes next after a roll that has succeeded, and return its exit code."""
    if code == DONE and not typed.roll.json:
        running.read(hosts)
        print(upgrade_text.following(upgrade_reading.read(hosts).state))
    return code
