"""Desired ACLs: the rows of conf/acls.yaml as frozen values."""

from collections.abc import Mapping
from dataclasses import field

from kafka_fab.cluster.acls.acl import Acl, Operation, ResourceType
from kafka_fab.cluster.settings import checked
from kafka_fab.cluster.settings.setting import keyed
from kafka_fab.frozen_value import dataclass

# AclEntry.supportedOperations, without those that only another Kafka version has.
OPERATIONS: Mapping[ResourceType, tuple[Operation, ...]] = {
    ResourceType.TOPIC: (
        Operation.READ,
        Operation.WRITE,
        Operation.CREATE,
        Operation.DELETE,
        Operation.ALTER,
        Operation.DESCRIBE,
        Operation.DESCRIBE_CONFIGS,
        Operation.ALTER_CONFIGS,
    ),
    ResourceType.GROUP: (Operation.READ, Operation.DESCRIBE, Operation.DELETE),
    ResourceType.CLUSTER: (
        Operation.CREATE,
        Operation.CLUSTER_ACTION,
        Operation.DESCRIBE,
        Operation.ALTER,
        Operation.DESCRIBE_CONFIGS,
        Operation.ALTER_CONFIGS,
        Operation.IDEMPOTENT_WRITE,
    ),
    ResourceType.TRANSACTIONAL_ID: (Operation.DESCRIBE, Operation.WRITE),
    ResourceType.DELEGATION_TOKEN: (Operation.DESCRIBE,),
}


@dataclass(frozen=True)
class RowBody:
    """A row of the file: one resource, and what the principal may, or must not, do with it."""

    topic: str = ""
    group: str = ""
    transactional: str = ""
    cluster: bool = False
    delegation_token: str = ""
    prefixed: bool = False
    may: tuple[str, ...] = checked((), None)
    deny: tuple[str, ...] = checked((), None)
    source: str = keyed("from", "", "")


@dataclass(frozen=True)
class DesiredAcls:
    """The rows of the file with their lines, and whose they are; with `manage_all` all others' are deleted, too."""

    rows: Mapping[Acl, int] = field(default_factory=dict)
    principals: frozenset[str] = frozenset()
    manage_all: bool = False
    file: str = ""
