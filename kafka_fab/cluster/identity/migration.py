"""Migration: what ZooKeeper's /migration says of a migration to KRaft, and why no controller is formatted then. Pure.

With an offset in /migration, new controllers do not copy ZooKeeper's metadata: theirs is empty, and once they lead,
they delete every topic from ZooKeeper to match.
"""

import json
from collections.abc import Iterable, Mapping

from kafka_fab.cluster.running_config import Running
from kafka_fab.frozen_value import dataclass

ZNODE = "/migration"
CONNECT = "zookeeper.connect"
NOT_BEGUN = -1


@dataclass(frozen=True)
class Migration:
    """Up to which offset of the controllers' log a ZooKeeper has the metadata, -1 where nothing was copied.

    `error` says why the ZooKeeper did not answer.
    """

    servers: str
    offset: int = NOT_BEGUN
    error: str = ""


def offset_of(content: bytes | None) -> int:
    """Return the offset in the content of /migration, which is missing before a migration."""
    found: Mapping[str, object] = json.loads(content) if content else {}
    return int(str(found.get("kraft_metadata_offset", NOT_BEGUN)))


def servers(running: Iterable[Running]) -> tuple[str, ...]:
    """Return each zookeeper.connect that a service runs with, or has in its file."""
    files = (each for one in running for each in (one.properties, one.on_disk))
    return tuple(dict.fromkeys(each[CONNECT] for each in files if each.get(CONNECT)))


def refusal(migration: Migration, high_watermark: int | None) -> tuple[str, str] | None:
    """Return why a controller must not be formatted and what to do, None if it may.

    Without a leader of the quorum its high watermark is unknown.
    """
    place = f"{ZNODE} in ZooKeeper {migration.servers}"
    danger = "a formatted controller that leads would delete every topic from ZooKeeper"
    if migration.error:
        found = f"services have {CONNECT} in their files, and {place} cannot be read ({migration.error}): {danger}"
        return found, "Start ZooKeeper, or remove the key from the files once the migration is over"
    if migration.offset < 0:
        return None
    if high_watermark is not None and high_watermark < migration.offset:
        found = (
            f"the quorum's high watermark is {high_watermark}, below the offset {migration.offset} of {place}: it is "
            f"not the quorum to which the metadata was copied, and {danger}"
        )
        return found, "Stop these controllers, and start those of the migration with their disks"
    found = f"{place} has offset {migration.offset}, so ZooKeeper's metadata would not be copied again: {danger}"
    return found, (
        f"Restore the controller's disk from a backup. To migrate again, go back to ZooKeeper first and delete {ZNODE}"
    )
