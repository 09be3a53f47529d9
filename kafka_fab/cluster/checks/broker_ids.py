"""Broker ids that a broker itself would refuse. Pure."""

from collections.abc import Iterator

from kafka_fab.cluster.inventory import Inventory
from kafka_fab.cluster.release.release import Release
from kafka_fab.cluster.schema.problem import Problem
from kafka_fab.cluster.settings import Settings
from kafka_fab.cluster.values.role import Role

HIGHEST, GENERATED = "reserved.broker.max.id", "broker.id.generation.enable"
DEFAULT = "1000"


def problems(rules: Release, settings: Settings, inventory: Inventory) -> Iterator[Problem]:
    """Yield each broker of a cluster with ZooKeeper whose id lies where brokers without one get theirs."""
    written = settings.kafka.properties
    highest = written.get(HIGHEST, DEFAULT)
    asked = HIGHEST in rules.property_names and not inventory.kraft and highest.isdecimal()
    if not asked or written.get(GENERATED, "true").lower() == "false":
        return
    for member in inventory.group(Role.BROKER):
        if member.id > int(highest):
            text = f"id={member.id}: a broker with ZooKeeper refuses an id above {HIGHEST}, which is {highest}"
            remedy = f"lower the id, or set kafka.properties.{GENERATED}: false"
            yield Problem(inventory.file, member.line, f"{text}: {remedy}")
