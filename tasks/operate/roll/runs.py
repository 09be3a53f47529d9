"""Runs: what a roll is to restart, its name and terms, how far it is, and what becomes of one left half-way."""

import getpass
import json
import re
import secrets
import socket
import time
from collections.abc import Iterable, Sequence

from tasks.cluster import dynamic
from tasks.cluster.model import Cluster
from tasks.operate import services
from tasks.operate.roll import locks
from tasks.operate.roll.choice import Group
from tasks.operate.roll.locks import Held, Locks
from tasks.operate.roll.options import Options
from tasks.operate.roll.record import PREFLIGHT, Ended, Run, run_of, stamp
from tasks.operate.roll.target import Target, targets
from tasks.remote.fleet import Fleet, finished

ROLES = ("controller", "kafka")
WITH_ZOOKEEPER = ("zookeeper", *ROLES)
ROLLING = Options().task


def wanted(hosts: Fleet, zookeeper: bool, changed: bool) -> tuple[Target, ...]:
    """Return what a roll restarts: all Kafka services on the chosen hosts, or those that run on an older state."""
    every = targets(hosts.cluster, hosts.hosts, WITH_ZOOKEEPER if zookeeper or changed else ROLES)
    due = outdated(hosts, every) if changed else every
    return tuple(one for one in every if one in due)


def outdated(hosts: Fleet, every: Sequence[Target]) -> set[Target]:
    """Return those that need a restart to run with the configuration and version on disk."""
    cluster = hosts.cluster
    done = finished(hosts.run(lambda c: services.say(c, services.state_commands(cluster, services.node_of(c))), "look"))
    due = {
        (progress.host, change.name)
        for progress in done
        for change in progress.changes
        if change.status == "restart" and dynamic.due(cluster, change.name, change.detail).restart
    }
    return {one for one in every if (one.host, one.unit) in due}


def new_run(options: Options, todo: Iterable[Target]) -> Run:
    """Return a new run with a name of its own, by this user of this machine."""
    user, machine = (re.sub(r"[^\w.@-]", "_", name) for name in (getpass.getuser(), socket.gethostname()))
    names = tuple(f"{one.host}:{one.role}" for one in todo)
    identity = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
    accepted = tuple(sorted(options.allowed.downtime))
    return Run(identity, user, machine, stamp(), options.task, names, options.batch, accepted, options.leaders)


def named(cluster: Cluster, names: Iterable[str]) -> tuple[Target, ...]:
    """Return the targets that a run has written down as host:role."""
    pairs = {tuple(name.split(":")) for name in names}
    return tuple(one for one in targets(cluster, cluster.nodes, WITH_ZOOKEEPER) if (one.host, one.role) in pairs)


def unfinished(hosts: Fleet) -> Run:
    """Return the newest run that has not come to its end on the hosts; raise Ended where there is none."""
    found = locks.look(hosts, lambda _: [])
    runs = {run.id: run for run in (run_of(o["owner"]) for o in found.values() if o.get("owner", {}).get("run"))}
    if not runs:
        raise Ended(PREFLIGHT, "no operation is unfinished on these hosts: begin a new one without --resume")
    newest = runs[max(runs)]
    if newest.task != ROLLING:
        raise Ended(PREFLIGHT, f"{newest.task} {newest.id} has not come to its end: {way_on(newest.task)}")
    return newest


def way_on(task: str) -> str:
    """Return how to go on with an operation that was left half-way; another task than a roll clears up by itself."""
    if task != ROLLING:
        return f"`fab {task}` clears up what it has left"
    return "go on with it by `fab rolling-restart --resume`, or give it up by `fab rolling-restart --abandon`"


def progress(hosts: Fleet, run: Run) -> tuple[Group, Group]:
    """Return which of a run's targets are done, and which are on their way, as their hosts have written down."""
    todo = named(hosts.cluster, run.targets)
    found = locks.look(hosts, lambda host: [one.unit for one in todo if one.host == host])
    steps = {one: found[one.host].get(one.unit, {}) for one in todo}
    mine = {one: words.get("phase", "") for one, words in steps.items() if words.get("run") == run.id}
    done = tuple(one for one in todo if mine.get(one) == "started")
    begun = tuple(one for one in todo if mine.get(one) in ("triggered", "stopping", "stopped", "starting"))
    return done, begun


def locked(hosts: Fleet, run: Run, new: bool) -> Locks:
    """Return the locks of all hosts; raise Ended that tells who holds them, and how far that run is."""
    held = Locks(hosts, run)
    take(hosts, held, new)
    return held


def take(hosts: Fleet, locks: Locks, new: bool) -> None:
    """Take the locks of all hosts; raise Ended that tells who holds them, and how far that run is."""
    try:
        locks.take(new)
    except Held as taken:
        raise Ended(taken.code, refusal(hosts, taken)) from taken


def refusal(hosts: Fleet, taken: Held) -> str:
    """Return who holds the locks, since when, how far that run is, and what to do."""
    run = taken.run
    done, under_way = progress(hosts, run)
    at = f", now at {', '.join(one.host for one in under_way)}" if under_way else ""
    far = f"{len(done)} of {len(run.targets)} restarted"
    who = f"{run.task} {run.id} of {run.user}@{run.machine}, since {run.since}"
    if run.targets:
        who += f": {far}{at}"
    if taken.how == "held":
        return f"another operation is under way: {who}. Wait for its end"
    return f"an earlier operation has not come to its end: {who}; {way_on(run.task)}"


def abandon(hosts: Fleet) -> str:
    """Give up the run that has not come to its end, and return what became of it in a sentence."""
    run = unfinished(hosts)
    done, under_way = progress(hosts, run)
    held = locked(hosts, run, new=False)
    held.end(json.dumps({"run": run.id, "task": run.task, "abandoned": stamp(), "steps": []}))
    at = f"; look after {', '.join(one.host for one in under_way)}, where a step had begun" if under_way else ""
    return f"{run.task} {run.id} is given up after {len(done)} of {len(run.targets)} services{at}"
