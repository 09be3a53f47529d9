"""ACL: a row that allows or denies a principal an operation on a resource, in the numbers of Kafka's protocol."""

from enum import IntEnum

from kafka_fab.frozen_value import dataclass

# The one resource of type CLUSTER, and the host and name that match all.
CLUSTER_NAME = "kafka-cluster"
ANY = "*"


class _Named(IntEnum):
    """A number of Kafka's protocol with its name; a newer Kafka may have more of them."""

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    def _missing_(cls, value: object) -> "_Named":
        member = int.__new__(cls, value)  # type: ignore[call-overload]
        member._name_, member._value_ = f"CODE_{value}", value
        return member  # type: ignore[no-any-return]


class ResourceType(_Named):
    """What a resource is."""

    TOPIC = 2
    GROUP = 3
    CLUSTER = 4
    TRANSACTIONAL_ID = 5
    DELEGATION_TOKEN = 6
    USER = 7


class PatternType(_Named):
    """How a resource's name is compared."""

    LITERAL = 3
    PREFIXED = 4


class Operation(_Named):
    """What is done with a resource."""

    ALL = 2
    READ = 3
    WRITE = 4
    CREATE = 5
    DELETE = 6
    ALTER = 7
    DESCRIBE = 8
    CLUSTER_ACTION = 9
    DESCRIBE_CONFIGS = 10
    ALTER_CONFIGS = 11
    IDEMPOTENT_WRITE = 12
    CREATE_TOKENS = 13
    DESCRIBE_TOKENS = 14
    TWO_PHASE_COMMIT = 15


class Permission(_Named):
    """What a row says."""

    DENY = 2
    ALLOW = 3


@dataclass(frozen=True)
class Pattern:
    """The resources of a row: a type, and a name that is compared literally or as a prefix."""

    type: ResourceType
    name: str
    pattern: PatternType = PatternType.LITERAL

    def __str__(self) -> str:
        return f"{self.type}:{self.pattern}:{self.name}"

    def matches(self, type_: ResourceType, name: str) -> bool:
        """Return whether a resource is one of these."""
        if self.type != type_:
            return False
        if self.pattern == PatternType.PREFIXED:
            return name.startswith(self.name)
        return self.name in (name, ANY)


@dataclass(frozen=True)
class Acl:
    """A row: who may, or must not, do what with which resources, and from which host."""

    pattern: Pattern
    principal: str
    operation: Operation
    permission: Permission = Permission.ALLOW
    host: str = ANY

    def __str__(self) -> str:
        source = "" if self.host == ANY else f" from {self.host}"
        return f"{self.principal} {self.permission} {self.operation} on {self.pattern}{source}"
