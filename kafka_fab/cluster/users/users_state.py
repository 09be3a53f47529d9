"""Users state: the credentials of SCRAM users as the cluster has them, and what a login has shown."""

from collections.abc import Mapping
from dataclasses import field
from enum import Enum

from kafka_fab.cluster.topics.quota_changes import Quotas
from kafka_fab.cluster.users.scram import LOCKED, Mechanism
from kafka_fab.frozen_value import dataclass


class PasswordCheck(Enum):
    """Whether the password of the file is the one that brokers have."""

    RIGHT = "right"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Checked:
    """The outcome of a login, and why nothing could be learned by one."""

    check: PasswordCheck
    reason: str = ""


@dataclass(frozen=True)
class UsersState:
    """Each user's mechanisms with their iterations, the logins that were tried, and all quotas."""

    credentials: Mapping[str, Mapping[Mechanism, int]] = field(default_factory=dict)
    checks: Mapping[tuple[str, Mechanism], Checked] = field(default_factory=dict)
    quotas: Quotas = field(default_factory=dict)

    def of(self, user: str) -> dict[Mechanism, int]:
        """Return the mechanisms by which a user can log in: what is locked is as good as deleted."""
        there = self.credentials.get(user, {})
        return {mechanism: iterations for mechanism, iterations in there.items() if iterations != LOCKED}
