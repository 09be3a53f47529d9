"""Users task: conf/users.yaml compared with the cluster's SCRAM users, and applied."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from kafka_fab.cluster.schema.problem import Problem
from kafka_fab.cluster.schema.secret_reader import secret
from kafka_fab.cluster.topics.topic_change import QuotaChange
from kafka_fab.cluster.users import scram, users_file, users_plan
from kafka_fab.cluster.users.desired_users import Credential, DesiredUsers
from kafka_fab.cluster.users.scram import Deletion, Mechanism
from kafka_fab.cluster.users.users_plan import Choices, DeleteCredential, SetCredential, UserChange, UserStep
from kafka_fab.cluster.users.users_state import Checked, PasswordCheck, UsersState
from kafka_fab.cluster.values.connection_security import Login
from kafka_fab.cluster.values.secret_value import Secret
from kafka_fab.live import login_check, scram_users
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.client import client_quotas, scram_credentials
from kafka_fab.operate.desired_file.file_task import FileTask
from kafka_fab.operate.users import generated_password, users_text

# As many in one request as a controller with ZooKeeper, which handles one after the other, answers in time.
AT_ONCE = 50
T = TypeVar("T", SetCredential, DeleteCredential)
NOT_GENERATED = Checked(PasswordCheck.WRONG)


@dataclass(frozen=True)
class UsersPlan:
    """The steps to the users of the file."""

    steps: tuple[UserStep, ...]
    listed: int

    @property
    def changes(self) -> tuple[UserChange, ...]:
        """Return the steps that change something."""
        return tuple(step for step in self.steps if isinstance(step, UserChange))

    @property
    def names(self) -> Sequence[str]:
        """Return the name of each change."""
        return [step.name for step in self.changes]

    @property
    def subjects(self) -> Sequence[str]:
        """Return the users that it changes something of."""
        return list(dict.fromkeys(self.names))


@dataclass(frozen=True)
class UsersTask(FileTask[DesiredUsers, UsersPlan]):
    """SCRAM users and their quotas."""

    choices: Choices
    admin: AdminClient

    def wanted(self) -> tuple[DesiredUsers, tuple[Problem, ...]]:
        """Return the users of the file, and warnings; raise ConfigError, also where a password cannot be read."""
        found, warnings = users_file.wanted(self.hosts.cluster)
        for user in found.users:
            for credential in user.credentials:
                self._password(user.name, credential)
        return found, warnings

    def plan(self, wanted: DesiredUsers) -> UsersPlan:
        """Return the steps to the users of the file; raise Unreachable or RequestRejected."""
        there = scram_users.read(self.admin)
        quotas = client_quotas.describe(self.admin.ask) if _has_quotas(wanted) else {}
        state = UsersState(there, self._checks(wanted, there), quotas)
        return UsersPlan(users_plan.plan(wanted, state, self.choices, self._reserved()), len(wanted.users))

    def remaining(self, wanted: DesiredUsers) -> Sequence[str]:
        """Return the names of users that are not yet as the file says, as far as a login can tell."""
        return replace(self, choices=replace(self.choices, set_passwords=False)).plan(wanted).names

    def apply(self, plan: UsersPlan) -> dict[str, str]:
        """Apply a plan, step by step of one kind; return what failed and why."""
        failed: dict[str, str] = {}
        credentials = [step for step in plan.changes if isinstance(step, SetCredential)]
        for some in _each_user_once(credentials):
            failed |= self._set(some)
        quotas = [step for step in plan.changes if isinstance(step, QuotaChange) and step.name not in failed]
        failed |= client_quotas.alter(self.admin.ask, quotas) if quotas else {}
        gone = [step for step in plan.changes if isinstance(step, DeleteCredential) and step.name not in failed]
        for deleted in _each_user_once(gone):
            failed |= self._deleted(deleted)
        return failed

    def lines(self, plan: UsersPlan) -> Iterator[str]:
        """Yield the lines of a plan."""
        return users_text.lines(plan.steps)

    def summary(self, plan: UsersPlan, would: bool) -> str:
        """Return a plan in one line."""
        return users_text.summary(plan.steps, plan.listed, would)

    def as_dict(self, plan: UsersPlan) -> dict[str, Any]:
        """Return a plan as JSON has it; no secret is in it."""
        return users_text.as_dict(plan.steps)

    def _reserved(self) -> tuple[str, ...]:
        return (*users_file.OURS, self.hosts.cluster.settings.security.tool.login.user)

    def _password(self, user: str, credential: Credential) -> Secret | None:
        """Return a password; None where it is yet to be generated."""
        folder = self.hosts.cluster.folder
        if not credential.generate:
            return secret(credential.source, folder)
        if not generated_password.is_there(folder, user, credential.mechanism):
            return None
        return secret(generated_password.source(user, credential.mechanism), folder)

    def _checks(
        self, wanted: DesiredUsers, there: scram_credentials.Credentials
    ) -> dict[tuple[str, Mechanism], Checked]:
        """Return what a login shows of each credential that is there with the right iterations."""
        found = {}
        for user in wanted.users:
            for one in user.credentials:
                if there.get(user.name, {}).get(one.mechanism) == one.iterations:
                    password = self._password(user.name, one)
                    found[user.name, one.mechanism] = (
                        login_check.check(self.hosts.cluster, Login(str(one.mechanism), user.name, password))
                        if password
                        else NOT_GENERATED
                    )
        return found

    def _set(self, steps: Sequence[SetCredential]) -> dict[str, str]:
        folder = self.hosts.cluster.folder
        upsertions = []
        for step in steps:
            one = step.credential
            if one.generate:
                generated_password.generate(folder, step.name, one.mechanism)
            password = self._password(step.name, one)
            assert password
            upsertions.append(scram.upsertion(step.name, password, one.mechanism, one.iterations))
        rejected = scram_credentials.alter(self.admin.ask, upsertions)
        return {name: one.reason for name, one in rejected.items()}

    def _deleted(self, steps: Sequence[DeleteCredential]) -> dict[str, str]:
        locked = [scram.locked(step.name, step.mechanism) for step in steps if step.locks]
        deletions = [Deletion(step.name, step.mechanism) for step in steps if not step.locks]
        rejected = scram_credentials.alter(self.admin.ask, locked, deletions)
        return {name: one.reason for name, one in rejected.items()}


def _has_quotas(wanted: DesiredUsers) -> bool:
    return any(user.quotas is not None or user.absent for user in wanted.users)


def _each_user_once(steps: Sequence[T]) -> Iterator[list[T]]:
    """Yield the steps in portions, each user once in each: Kafka rejects a user that is in a request twice."""
    left = list(steps)
    while left:
        portion: dict[str, T] = {}
        for step in left:
            if len(portion) < AT_ONCE:
                portion.setdefault(step.name, step)
        yield list(portion.values())
        left = [step for step in left if portion.get(step.name) is not step]
