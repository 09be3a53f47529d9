"""As JSON: a placement as the content of a JSON document. Pure."""

from collections.abc import Iterable
from typing import Any

from kafka_fab.gate.state import NOBODY
from kafka_fab.live.client.describe_log_dirs import UNKNOWN, LogDir
from kafka_fab.operate.placement import formats, skew
from kafka_fab.operate.placement.placement import Broker, LogOnDisk, PartitionPlacement, Placement, Replica
from kafka_fab.operate.placement.segments import PartitionFolder, offsets
from kafka_fab.operate.placement.skew import Load, Skew


def placement(part: Placement) -> dict[str, Any]:
    """Return a placement, or a part of one, as JSON has it."""
    loads, racks = skew.by_broker(part), skew.by_rack(part)
    return {
        "brokers": [_broker(broker, loads[broker.id]) for broker in part.brokers],
        "racks": [{"rack": name, **_load(load)} for name, load in racks.items()],
        "directories": [_directory(broker, one) for broker in part.brokers for one in broker.directories],
        "skew": {
            "brokers": _skew(skew.skew(tuple(loads.values()))),
            "racks": _skew(skew.skew(tuple(racks.values()))),
        },
        "topics": [_topic(topic, of_topic) for topic, of_topic in part.by_topic().items()],
        "partitions": [partition(one) for one in part.partitions],
        "reassignments": list(formats.reassignments(part)),
        "unknown": list(part.unknown),
    }


def _broker(broker: Broker, load: Load) -> dict[str, Any]:
    return {"id": broker.id, "host": broker.host, "rack": broker.rack, "up": broker.up, **_load(load)}


def _load(load: Load) -> dict[str, Any]:
    return {"leaders": load.leaders, "replicas": load.replicas, "bytes": load.size}


def _skew(found: Skew) -> dict[str, Any]:
    return {"leaders": found.leaders, "replicas": found.replicas, "bytes": found.size}


def _directory(broker: Broker, directory: LogDir) -> dict[str, Any]:
    return {
        "broker": broker.id,
        "host": broker.host,
        "path": directory.path,
        "replicas": len(directory.replicas),
        "bytes": sum(replica.size for replica in directory.replicas),
        "total_bytes": None if directory.total_bytes == UNKNOWN else directory.total_bytes,
        "usable_bytes": None if directory.usable_bytes == UNKNOWN else directory.usable_bytes,
        "error": directory.error,
    }


def _topic(name: str, part: Placement) -> dict[str, Any]:
    loads = tuple(skew.by_broker(part).values())
    return {
        "topic": name,
        "partitions": len(part.partitions),
        "replicas": sum(load.replicas for load in loads),
        "bytes": sum(load.size or 0 for load in loads),
        "offline": sum(one.is_offline for one in part.partitions),
        "under_replicated": sum(one.is_under_replicated for one in part.partitions),
        "with_offline_replica": sum(one.has_offline_replica for one in part.partitions),
        "reassigning": sum(one.moves for one in part.partitions),
        "not_led_by_preferred_leader": sum(one.is_off_preferred for one in part.partitions),
        "skew": _skew(skew.skew(loads)),
    }


def partition(placed: PartitionPlacement) -> dict[str, Any]:
    """Return a partition with its replicas."""
    return {
        "topic": placed.topic,
        "partition": placed.number,
        "leader": None if placed.leader == NOBODY else placed.leader,
        "preferred_leader": placed.preferred,
        "reassigning": placed.moves,
        "replicas": [_replica(replica) for replica in placed.replicas],
    }


def _replica(replica: Replica) -> dict[str, Any]:
    return {
        "broker": replica.broker,
        "state": replica.state,
        "move": replica.move,
        **(_log(replica.log) or {"path": None, "bytes": None, "lag": None}),
        "future": _log(replica.future),
    }


def _log(log: LogOnDisk | None) -> dict[str, Any] | None:
    return {"path": log.path, "bytes": log.size, "lag": log.lag} if log else None


def folders(found: Iterable[PartitionFolder]) -> list[dict[str, Any]]:
    """Return a partition's folders with their files."""
    return [_folder(one) for one in found]


def _folder(found: PartitionFolder) -> dict[str, Any]:
    files = [
        {
            "name": file.name,
            "bytes": file.size,
            "first_offset": span[0] if span else None,
            "last_offset": span[1] if span else None,
        }
        for file, span in offsets(found.files).items()
    ]
    reported = None if found.reported is None else list(found.reported)
    head = {"host": found.host, "broker": found.broker, "path": found.path}
    return {**head, "bytes": found.size, "reported_bytes": reported, "matches": found.matches, "files": files}
