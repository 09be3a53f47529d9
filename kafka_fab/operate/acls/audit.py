"""Audit: `fab acls.audit`: what principals really ask for, who would be denied by conf/acls.yaml, and unused rows."""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.acls import acls_file, acls_plan, seen_requests
from kafka_fab.cluster.acls.acl import Acl
from kafka_fab.cluster.acls.acls_plan import LiveAcls
from kafka_fab.cluster.acls.authorizer import Authorizer
from kafka_fab.cluster.acls.desired_acls import DesiredAcls
from kafka_fab.cluster.acls.seen_requests import Denial, Seen
from kafka_fab.cluster.schema import text_file
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.client import acls
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.locking.guard import Guard
from kafka_fab.operate.acls import acls_text, listening, prediction
from kafka_fab.operate.acls.acls_task import authorizer_of, tool_of
from kafka_fab.operate.acls.listening import Heard
from kafka_fab.operate.acls.prediction import Denials
from kafka_fab.operate.hosts.running import live_fleet
from kafka_fab.operate.topics.defer_signals import interruptible
from kafka_fab.output.counted import counted
from kafka_fab.output.json_document import document
from kafka_fab.remote.fleet import Fleet

TASK = "acls.audit"
LONGEST = 3600
DENIED = 2


@dataclass(frozen=True)
class Audited:
    """What was heard, or could not be and why, all requests, what would be denied, and rows without a use."""

    heard: tuple[Heard, ...]
    failures: Mapping[str, str]
    seen: tuple[Seen, ...]
    denials: Denials
    unused: tuple[Acl, ...]


def audit(c: Context, seconds: int, seen: str, check: bool, json: bool) -> None:
    """Listen to the authorizers, and show who would be denied; exit with 2 with `check` where anybody would be."""
    if not 0 <= seconds <= LONGEST:
        raise Exit(f"--seconds {seconds}: must be 0 to {LONGEST}, for each broker", code=1)
    began, file = time.monotonic(), Path(seen) if seen else None
    before = read(file) if file and file.exists() else ()
    hosts = live_fleet(c)
    wanted, warnings = acls_file.wanted(hosts.cluster)
    for warning in warnings:
        print(warning, file=sys.stderr)
    authorizer = authorizer_of(hosts)
    found = _audited(hosts, wanted, authorizer, seconds, before, quiet=json)
    if file:
        text_file.write(file, seen_requests.dumped(found.seen))
    if json:
        print(document(TASK, hosts.cluster.name, as_dict(found, wanted, time.monotonic() - began)))
    else:
        _print(found, wanted, time.monotonic() - began)
    if found.failures:
        raise Exit("\n".join(f"{name}: {reason}" for name, reason in found.failures.items()), code=1)
    if check and prediction.count(found.denials):
        raise Exit(code=DENIED)


def read(file: Path) -> tuple[Seen, ...]:
    """Return the requests of a file that an audit has written; raise Exit where it is none."""
    text, problems = text_file.read(file, str(file), "run acls.audit --seen with it first")
    if problems:
        raise Exit(str(problems[0]), code=1)
    try:
        return seen_requests.loaded(text)
    except ValueError as error:
        raise Exit(f"{file} {error}", code=1) from error


def _audited(  # noqa: PLR0913 - all of them decide
    hosts: Fleet, wanted: DesiredAcls, authorizer: Authorizer, seconds: int, before: Sequence[Seen], *, quiet: bool
) -> Audited:
    def tell(line: str) -> None:
        if not quiet:
            print(line, flush=True)

    try:
        there = LiveAcls(acls.describe(AdminClient(hosts.cluster).ask))
        heard, failures = _heard(hosts, seconds, tell)
    except (Unreachable, RequestRejected) as problem:
        raise Exit(str(problem), code=1) from problem
    mine = [one for each in heard for one in each.seen if one.request.principal not in authorizer.super_users]
    seen = seen_requests.merged([*before, *mine])
    after = acls_plan.plan(wanted, there, authorizer, tool_of(hosts.cluster)).after
    return Audited(
        heard, failures, seen, prediction.predict(seen, after, authorizer), seen_requests.unused(wanted.rows, seen)
    )


def _heard(hosts: Fleet, seconds: int, tell: Any) -> tuple[tuple[Heard, ...], dict[str, str]]:
    """Return what each process has logged, and which could not be listened to and why."""
    targets = listening.targets(hosts.cluster) if seconds else ()
    with Guard(hosts, TASK, [target.name for target in targets]), interruptible():
        failures = listening.restore_interrupted(hosts, tell)
        found = []
        for at, target in enumerate(targets, 1):
            tell(f"listening to {target.name} for {seconds} s ({at} of {len(targets)})")
            try:
                found.append(listening.listen(hosts, target, seconds))
            except (Unreachable, RequestRejected) as problem:
                failures[target.name] = str(problem)
        return tuple(found), failures


def _print(found: Audited, wanted: DesiredAcls, seconds: float) -> None:
    for one in found.heard:
        left = f"; {one.left} were too many to tell apart" if one.left else ""
        print(f"{one.target.name}: {counted(one.decisions, 'decision')}, {len(one.seen)} different{left}")
    now = [Denial(one) for one in found.seen if one.denied]
    for line in (*acls_text.denied("were denied when they were seen", now), *prediction.lines(found.denials)):
        print(line)
    for acl in found.unused:
        print(f"not used: {wanted.file}:{wanted.rows[acl]}: {acls_text.described(acl)}")
    principals = {one.request.principal for one in found.seen}
    requests, users = counted(len(found.seen), "request"), counted(len(principals), "principal")
    number, unused = prediction.count(found.denials), counted(len(found.unused), "ACL")
    print(f"{requests} of {users} seen: {number} would be denied, {unused} not used ({seconds:.2f} s)")


def as_dict(found: Audited, wanted: DesiredAcls, seconds: float) -> dict[str, Any]:
    """Return an audit as JSON has it."""
    return {
        "listened": [
            {
                "host": one.target.node.host,
                "role": one.target.kind,
                "id": one.target.service.id,
                "decisions": one.decisions,
                "left_out": one.left,
            }
            for one in found.heard
        ],
        "failures": dict(found.failures),
        "requests": [seen_requests.as_dict(one) for one in found.seen],
        "denied": acls_text.denials_as_dict(found.denials),
        "unused": [{"line": wanted.rows[acl], **acls_text.acl_as_dict(acl)} for acl in found.unused],
        "seconds": round(seconds, 3),
    }
