"""Znode ACLs: which of the cluster's znodes anybody could change, and which only the nodes can."""

from collections.abc import Iterable, Iterator
from typing import Any

from kafka_fab.cluster.model import Cluster
from kafka_fab.frozen_value import dataclass
from kafka_fab.live.zookeeper import four_letter_words

# ZkData.SecureRootPaths, the chroot itself, and the SCRAM credentials, which others must not even read.
ROOTS = (
    "/",
    "/admin",
    "/brokers",
    "/brokers/ids",
    "/brokers/topics",
    "/cluster",
    "/config",
    "/config/users",
    "/controller",
    "/controller_epoch",
    "/isr_change_notification",
    "/kafka-acl",
    "/latest_producer_id_block",
    "/log_dir_event_notification",
)
ANYBODY = "anyone"
READ = 1


@dataclass(frozen=True)
class ZnodeAcls:
    """The znodes that anybody can change, and those that only an identity can; what does not exist is in neither."""

    open: tuple[str, ...]
    closed: tuple[str, ...]


def read(cluster: Cluster, seconds: float = 10) -> ZnodeAcls:
    """Return the ACLs of the znodes at the top of Kafka's tree; raise Unreachable."""
    with four_letter_words.client(cluster, seconds) as kazoo:
        return sorted_out(_acls(kazoo))


def sorted_out(acls: Iterable[tuple[str, bool]]) -> ZnodeAcls:
    """Return znodes by whether anybody can change them."""
    found = tuple(acls)
    return ZnodeAcls(
        tuple(path for path, is_open in found if is_open), tuple(path for path, is_open in found if not is_open)
    )


def _acls(kazoo: Any) -> Iterator[tuple[str, bool]]:
    from kazoo.exceptions import NoAuthError, NoNodeError

    for path in ROOTS:
        try:
            acls, _ = kazoo.get_acls(path)
        except NoNodeError:
            continue
        except NoAuthError:
            # Not even its ACL may be read.
            yield path, False
            continue
        yield path, any(one.id.id == ANYBODY and one.perms & ~READ for one in acls)
