"""Desired users: the SCRAM users of conf/users.yaml as frozen values."""

import re
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from kafka_fab.cluster.settings import checked
from kafka_fab.cluster.settings.setting import keyed
from kafka_fab.cluster.topics.desired_topics import QUOTA_KEYS, Entity, entity_of, quota
from kafka_fab.cluster.users.scram import ITERATIONS, LEAST_ITERATIONS, LOCKED, MOST_ITERATIONS, Mechanism
from kafka_fab.cluster.values.secret_source import SecretSource
from kafka_fab.cluster.values.validator import Validator, within
from kafka_fab.frozen_value import dataclass

NAME = re.compile(r"[!-+\--<>-~]([ -+\--<>-~]{0,254}[!-+\--<>-~])?")


def wrong_name(name: str) -> str:
    """Return why a name is none of a SCRAM user, or nothing: Kafka stores others, and then refuses their login."""
    if NAME.fullmatch(name):
        return ""
    return (
        "a SCRAM user name must have 1 to 256 ASCII characters, without `,` and `=`: Kafka refuses the login of others"
    )


user_name = Validator("a SCRAM user name", wrong_name)
_iterations = within(LEAST_ITERATIONS, MOST_ITERATIONS)
iterations = Validator(
    _iterations.wanted, lambda count: f"{LOCKED} marks locked users" if count == LOCKED else _iterations(count)
)


class Manage(StrEnum):
    """Whose entries are deleted: only of those that the file names, or also all others'."""

    LISTED = "listed"
    ALL = "all"


@dataclass(frozen=True)
class Rates:
    """The quotas of a user."""

    producer_byte_rate: str = quota()
    consumer_byte_rate: str = quota()
    request_percentage: str = quota()
    controller_mutation_rate: str = quota()

    def values(self) -> dict[str, float]:
        """Return the rates that are given."""
        return {key: float(getattr(self, key)) for key in QUOTA_KEYS if getattr(self, key)}


@dataclass(frozen=True)
class CredentialBody:
    """A second credential of a user, by the other mechanism."""

    password_from: SecretSource = checked(SecretSource(), None)
    generate: bool = False
    iterations: int = checked(ITERATIONS, iterations)


@dataclass(frozen=True)
class UserBody:
    """A user's block in the file; its own password is that of SCRAM-SHA-512."""

    password_from: SecretSource = checked(SecretSource(), None)
    generate: bool = False
    iterations: int = checked(ITERATIONS, iterations)
    sha_256: CredentialBody = field(default_factory=CredentialBody)
    quotas: Rates = field(default_factory=Rates)
    absent: bool = False


@dataclass(frozen=True)
class UsersBody:
    """All of conf/users.yaml."""

    manage: Manage = Manage.LISTED
    users: Mapping[str, UserBody] = keyed("users", {}, "", check_name=user_name)


@dataclass(frozen=True)
class Credential:
    """A credential that a user must have: where its password comes from, or that it is generated here."""

    mechanism: Mechanism
    iterations: int = ITERATIONS
    source: SecretSource = SecretSource()
    generate: bool = False


@dataclass(frozen=True)
class DesiredUser:
    """A user that must exist or, if `absent`, must not; without quotas they are left as they are."""

    name: str
    credentials: tuple[Credential, ...] = ()
    quotas: Mapping[str, float] | None = None
    absent: bool = False

    @property
    def entity(self) -> Entity:
        """Return the entity of its quotas."""
        return entity_of(self.name, "")


@dataclass(frozen=True)
class DesiredUsers:
    """The users of the file; with `manage_all` others are deleted, too. `lines` are for messages."""

    users: tuple[DesiredUser, ...] = ()
    manage_all: bool = False
    file: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)

    def where(self, name: str) -> str:
        """Return the prefix `FILE:LINE: ` of a user."""
        return f"{self.file}:{self.lines[name]}: " if name in self.lines else ""
