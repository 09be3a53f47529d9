"""Users plan: the changes that bring a cluster's SCRAM users to what the file says. A pure function.

Users that the file does not name are left alone, unless it manages all. A password in force is changed only where a
login has shown that it is another one, or where that is asked for.
"""

from collections.abc import Collection, Iterator, Mapping

from kafka_fab.cluster.topics import quota_changes
from kafka_fab.cluster.topics.desired_topics import DesiredTopics, Quota
from kafka_fab.cluster.topics.topic_change import Note, QuotaChange
from kafka_fab.cluster.users.desired_users import Credential, DesiredUser, DesiredUsers
from kafka_fab.cluster.users.scram import Mechanism
from kafka_fab.cluster.users.users_state import Checked, PasswordCheck, UsersState
from kafka_fab.frozen_value import dataclass

UNCHECKED = Checked(PasswordCheck.UNKNOWN, "no login was tried")


@dataclass(frozen=True)
class SetCredential:
    """A credential to create or to replace; `before` are its iterations now, None where there is none."""

    name: str
    credential: Credential
    before: int | None
    reason: str


@dataclass(frozen=True)
class DeleteCredential:
    """A credential to delete or, with KRaft, to lock by a password that nobody has."""

    name: str
    mechanism: Mechanism
    locks: bool = False


UserChange = SetCredential | DeleteCredential | QuotaChange
UserStep = UserChange | Note
ORDER: tuple[type, ...] = (SetCredential, QuotaChange, DeleteCredential, Note)


@dataclass(frozen=True)
class Choices:
    """What a run may do: delete, and set passwords of which nothing is known; whether it locks instead of deleting."""

    delete: bool = False
    set_passwords: bool = False
    locks: bool = False


def plan(
    wanted: DesiredUsers, found: UsersState, choices: Choices, reserved: Collection[str] = ()
) -> tuple[UserStep, ...]:
    """Return the steps in the order in which they are applied; reserved users are the tool's own, and stay."""
    steps = [step for user in wanted.users for step in _steps(user, found, choices)]
    if wanted.manage_all:
        steps += _others({user.name for user in wanted.users} | {*reserved}, found, choices)
    return tuple(sorted(steps, key=lambda step: ORDER.index(type(step))))


def _steps(user: DesiredUser, found: UsersState, choices: Choices) -> Iterator[UserStep]:
    there = found.of(user.name)
    for credential in user.credentials:
        checked = found.checks.get((user.name, credential.mechanism), UNCHECKED)
        yield from _credential(user.name, credential, there, checked, choices.set_passwords)
    named = {credential.mechanism for credential in user.credentials}
    for mechanism in sorted(there.keys() - named, key=str):
        yield from _left_over(user, mechanism, choices)
    yield from _quotas(user, found, choices.delete)


def _credential(
    name: str, credential: Credential, there: Mapping[Mechanism, int], checked: Checked, set_anyway: bool
) -> Iterator[UserStep]:
    mechanism, before = credential.mechanism, there.get(credential.mechanism)
    if before is None:
        yield SetCredential(name, credential, None, "new")
    elif before != credential.iterations:
        yield SetCredential(name, credential, before, "other iterations")
    elif checked.check is PasswordCheck.WRONG:
        yield SetCredential(name, credential, before, "other password")
    elif checked.check is PasswordCheck.UNKNOWN and set_anyway:
        yield SetCredential(name, credential, before, "set in any case")
    elif checked.check is PasswordCheck.UNKNOWN:
        text = f"cannot tell whether its {mechanism} password is that of the file: {checked.reason}"
        yield Note(name, f"{text}; --set-passwords sets it")


def _left_over(user: DesiredUser, mechanism: Mechanism, choices: Choices) -> Iterator[UserStep]:
    if choices.delete:
        yield DeleteCredential(user.name, mechanism, choices.locks)
    elif user.absent:
        yield Note(user.name, f"is `absent` in the file, but has {mechanism}: only --delete deletes it")
    else:
        yield Note(user.name, f"has {mechanism}, which is not in the file: only --delete deletes it")


def _quotas(user: DesiredUser, found: UsersState, delete: bool) -> Iterator[UserStep]:
    if user.quotas is None and not user.absent:
        return
    # Quotas that the file gives as `{}` are removed at once; those of a user that goes need --delete.
    quota = Quota(user.entity, user.quotas or {}, user.absent)
    for step in quota_changes.plan(DesiredTopics(quotas=(quota,)), found.quotas, delete):
        if isinstance(step, QuotaChange):
            yield QuotaChange(user.name, step.entity, step.changes, step.removes)
        elif isinstance(step, Note):
            yield Note(user.name, step.text)


def _others(named: Collection[str], found: UsersState, choices: Choices) -> Iterator[UserStep]:
    for name in sorted(found.credentials.keys() - named):
        if choices.delete:
            yield from (DeleteCredential(name, mechanism, choices.locks) for mechanism in found.of(name))
        elif found.of(name):
            yield Note(name, "is not in the file, which manages all users: only --delete deletes it")
