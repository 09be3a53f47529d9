"""Move: a live change of the listeners of a running cluster, pass by pass: each is a roll past the safety check."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from invoke.context import Context

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.resource import Resource
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.security import transition
from kafka_fab.cluster.security.transition import MovePass, NotPossible
from kafka_fab.cluster.upgrade.service_version import unfinished
from kafka_fab.gate.state import Waivers
from kafka_fab.live import topic
from kafka_fab.locking.lock_refusal import SECURING, how_to_continue
from kafka_fab.locking.operation_error import DONE, GATE, NOT_BACK, PREFLIGHT, OperationError
from kafka_fab.locking.run_record import Run
from kafka_fab.operate import ending
from kafka_fab.operate.certificates import authorities, tool_certificate
from kafka_fab.operate.certificates.deliver import deliver
from kafka_fab.operate.hosts import running, versions
from kafka_fab.operate.roll import roll_command, roll_table, runs
from kafka_fab.operate.roll.options import Changes, Options
from kafka_fab.operate.roll.service_ref import ServiceRef
from kafka_fab.operate.security import (
    authorizer_change,
    change_text,
    leftovers,
    listener_changes,
    pass_checks,
    znode_migration,
)
from kafka_fab.operate.security.listener_changes import ListenerChange
from kafka_fab.output.counted import counted
from kafka_fab.remote.fleet import Fleet, fleet
from kafka_fab.runbook.codes import AccessCode, LockCode, MoveCode, UpgradeCode
from kafka_fab.typed_command import FAB


@dataclass(frozen=True)
class MoveArguments:
    """The options as typed; `idle` in seconds."""

    plan: bool = False
    accept_downtime: Sequence[str] = ()
    min_replicas: int = 2
    accept_quorum_outage: bool = False
    wait: int = 1800
    canary: bool = True
    drop_clients: bool = False
    deny_users: bool = False
    idle: int = 600


def move(c: Context, typed: MoveArguments) -> None:
    """Bring a running cluster to the listeners of the settings; end with an error where a pass cannot be taken."""
    hosts = fleet(c, quiet=True)
    ending.finish(lambda: _carry_out(hosts, typed))


def _carry_out(hosts: Fleet, typed: MoveArguments) -> int:
    running.require_own(hosts)
    found = listener_changes.read(hosts.cluster)
    if typed.plan:
        return _show(hosts, found, typed)
    _refuse_unready(hosts, found, typed)
    left, closed, before = _left(hosts), pass_checks.closing(found), found
    # An interrupted roll is ended even where its services have all been restarted meanwhile.
    while (step := listener_changes.due(found)) or left:
        code = _take(hosts, found, step or MovePass.REMOVE, typed, left)
        if code:
            return code
        left = None
        running.read(hosts)
        found = listener_changes.read(hosts.cluster)
    pass_checks.require_closed(hosts.cluster, closed)
    if znode_migration.secure(hosts, found):
        print("znodes that were there before have ACLs now")
    if unused := leftovers.files(hosts.cluster, before, found):
        leftovers.remove(hosts, unused)
        print(leftovers.text(unused))
    print("\n".join(change_text.ends(found)))
    return DONE


def _show(hosts: Fleet, found: Sequence[ListenerChange], typed: MoveArguments) -> int:
    """Print the passes that are left; raise OperationError with what the move would refuse now."""
    print(change_text.plan(found))
    _refuse_stopped(found)
    if step := listener_changes.due(found):
        authorizer_change.require_acls(found, typed.deny_users)
        if typed.canary:
            pass_checks.require_names(hosts.cluster)
        if hosts.cluster.settings.security.tls:
            authorities.trusted(hosts.cluster)
            _require_tool_certificate(hosts.cluster)
        _refuse_impossible(hosts, found, step)
        pass_checks.require(hosts, found, step, typed.drop_clients, idle=0)
    return DONE


def _refuse_unready(hosts: Fleet, found: Sequence[ListenerChange], typed: MoveArguments) -> None:
    """Raise OperationError where no pass can be taken to its end, before the first; deliver certificates."""
    # Files are delivered outside the locks: hosts would refuse them one by one, in fewer words.
    runs.refuse_held(hosts)
    _refuse_stopped(found)
    _refuse_upgrade(hosts)
    authorizer_change.require_acls(found, typed.deny_users)
    if typed.canary:
        pass_checks.require_names(hosts.cluster)
    if hosts.cluster.settings.security.tls:
        deliver(hosts)
        _require_tool_certificate(hosts.cluster)


def _require_tool_certificate(cluster: Cluster) -> None:
    """Raise OperationError where kafka-fab could not connect after the first pass."""
    file = endpoint.tool_store(cluster)
    if tool_certificate.current(cluster) is None:
        text = (
            f"nothing was restarted: {file.name}, kafka-fab's own certificate and key, is not there or cannot be read: "
            "copy it from the folder where it was made, since keys are not in version control; with pki/ca.key and its "
            f"passphrase `{FAB} certificates.init` makes it"
        )
        raise OperationError(PREFLIGHT, text, AccessCode.NO_CERTIFICATE_FILE)


def _left(hosts: Fleet) -> Run | None:
    """Return the interrupted run that is to be continued; raise OperationError where it is another task's."""
    left = runs.interrupted(hosts)
    if left and left.task != SECURING:
        text = f"{left.task} {left.id} was interrupted: {how_to_continue(left.task)}"
        raise OperationError(PREFLIGHT, text, LockCode.UNFINISHED)
    return left


def _refuse_stopped(found: Sequence[ListenerChange]) -> None:
    down = listener_changes.stopped(found)
    if len(down) == len(found):
        text = f"no service runs: start them as they were ({FAB} start); of a new cluster `{FAB} install start` is all"
        raise OperationError(PREFLIGHT, text, MoveCode.STOPPED)
    if down:
        names = ", ".join(change.target.name for change in down)
        text = f"{names}: stopped. A change of listeners is led by what runs: start all services first ({FAB} start)"
        raise OperationError(PREFLIGHT, text, MoveCode.STOPPED)


def _refuse_upgrade(hosts: Fleet) -> None:
    """Raise OperationError in the middle of an upgrade: its way back would bring the listeners of before, too."""
    reason = unfinished(versions.read(hosts).services, hosts.cluster.tree)
    if reason:
        raise OperationError(PREFLIGHT, reason, UpgradeCode.UNFINALIZED)


def _take(hosts: Fleet, found: Sequence[ListenerChange], step: MovePass, typed: MoveArguments, left: Run | None) -> int:
    """Take one pass, and return the exit code of its roll."""
    earlier = _interrupted(hosts, found, step, left) if left else None
    if earlier:
        print(f"{change_text.title(earlier)}: its services were restarted before it was interrupted; it is ended first")
    else:
        _prepare(hosts, found, step, typed)
    step = earlier or step
    options = replace(_options(typed), while_down=_changes(hosts, step))
    if left:
        options = runs.resumed(options, left)
    run = left or runs.new_run(options, [change.target for change in found if change.due is step])
    record = roll_command.shown(hosts, run, options, resume=bool(left))
    print(roll_table.text(record))
    if record.code == NOT_BACK:
        print(change_text.way_out(step))
    return record.code


def _interrupted(hosts: Fleet, found: Sequence[ListenerChange], step: MovePass, left: Run) -> MovePass | None:
    """Return the pass that an interrupted run belongs to, where that is the one before the pass that is due.

    What a run has restarted is not due for its pass any more.
    """
    done = runs.progress(hosts, left).done
    is_earlier = step is not MovePass.ADD and any(change.due is step for change in found if change.target in done)
    return list(MovePass)[list(MovePass).index(step) - 1] if is_earlier else None


def _prepare(hosts: Fleet, found: Sequence[ListenerChange], step: MovePass, typed: MoveArguments) -> None:
    """Say what a pass does, and make sure that it can; raise OperationError."""
    count = counted(sum(change.due is step for change in found), "service")
    print("\n".join([f"{change_text.title(step)}: {count}", *authorizer_change.lines(found, step)]))
    _refuse_impossible(hosts, found, step)
    pass_checks.require(hosts, found, step, typed.drop_clients, typed.idle)
    if step is MovePass.SWITCH and znode_migration.unsecure(hosts, found):
        print("znodes have no ACLs any more: brokers without a certificate can change them")


def _changes(hosts: Fleet, step: MovePass) -> Changes:
    """Return what is changed while a service is down: its files in the pass, by what it has run with until then."""

    def files(target: ServiceRef) -> Sequence[Resource]:
        change = next(one for one in listener_changes.read(hosts.cluster) if one.target == target)
        return listener_changes.files(hosts.cluster, change, step)

    return files


def _refuse_impossible(hosts: Fleet, found: Sequence[ListenerChange], step: MovePass) -> None:
    """Raise OperationError where a file of the pass cannot be written, before anything is restarted."""
    for change in found:
        try:
            listener_changes.files(hosts.cluster, change, step)
        except NotPossible as problem:
            remedy = "" if problem.port is None else _port_alone(hosts, found, problem.port)
            text = f"{change.target.name}: {problem}{remedy}"
            raise OperationError(GATE, text, MoveCode.NOT_POSSIBLE) from problem


def _port_alone(hosts: Fleet, found: Sequence[ListenerChange], port: int) -> str:
    """Return how the port of a listener is changed: not before a move that has begun is at its end."""
    alone = all(transition.is_port_alone(change.running, change.wanted) for change in found)
    ended = alone and runs.interrupted(hosts) is None
    first = "" if ended else f"write port {port} again, take this move to its end (`{FAB} security.move`), then "
    return f"; or {first}change the port alone: `{FAB} install`, then `{FAB} rolling-restart --changed`"


def _options(typed: MoveArguments) -> Options:
    topics = frozenset(word.strip() for text in typed.accept_downtime for word in text.split(",") if word.strip())
    allowed = Waivers(topics, typed.min_replicas, False, typed.accept_quorum_outage, topic.OURS)
    return Options(task=SECURING, allowed=allowed, wait=float(typed.wait), canary=typed.canary)
