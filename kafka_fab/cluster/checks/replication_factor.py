"""Replication factor: what is configured, against the number of brokers: a broker starts, its topics do not."""

from collections.abc import Iterator, Mapping

from kafka_fab.cluster.inventory import Inventory
from kafka_fab.cluster.release.release import Release
from kafka_fab.cluster.schema import dataclass_loader
from kafka_fab.cluster.schema.problem import Problem
from kafka_fab.cluster.settings import Settings
from kafka_fab.cluster.values.role import Role
from kafka_fab.cluster.values.validator import decimal

FACTORS = (
    "default.replication.factor",
    "offsets.topic.replication.factor",
    "transaction.state.log.replication.factor",
    "share.coordinator.state.topic.replication.factor",
)
# What a write with acks=all waits for, and the replicas that there are at most.
IN_SYNC = {
    "min.insync.replicas": "default.replication.factor",
    "transaction.state.log.min.isr": "transaction.state.log.replication.factor",
    "share.coordinator.state.topic.min.isr": "share.coordinator.state.topic.replication.factor",
}
# Kafka's own, of the topics without which no group and no transaction works.
DEFAULTS = {
    "offsets.topic.replication.factor": 3,
    "transaction.state.log.replication.factor": 3,
    "transaction.state.log.min.isr": 2,
}


def problems(tree: dataclass_loader.Tree, settings: Settings, inventory: Inventory) -> Iterator[Problem]:
    """Yield a warning of each number that no topic could have: of all hosts, or of a line of hosts.ini."""
    brokers, common = len(inventory.group(Role.BROKER)), settings.kafka.properties
    if not brokers:
        return
    for name, text in _too_many(common, brokers):
        place = dataclass_loader.place(tree, f"kafka.properties.{name}", "conf/cluster.yaml")
        yield Problem(*place, f"kafka.properties.{name} {text}", warning=True)
    for member in inventory.group(Role.BROKER):
        own = dict(member.properties)
        for name, text in _too_many({**common, **own}, brokers) if own.keys() & {*FACTORS, *IN_SYNC} else ():
            if name in own:
                yield Problem(inventory.file, member.line, f"{member.host}: {name} {text}", warning=True)


def _too_many(said: Mapping[str, str], brokers: int) -> Iterator[tuple[str, str]]:
    for name in FACTORS:
        wanted = said.get(name, "")
        if decimal(wanted) == 0:
            yield name, "is 0: such topics cannot be created"
        elif decimal(wanted) > brokers:
            yield name, f"is {wanted}, but [kafka] has {brokers}: such topics cannot be created"
    for name, copies in IN_SYNC.items():
        wanted, there = said.get(name, ""), said.get(copies, "")
        most = min(decimal(there), brokers) if decimal(there) > 0 else brokers
        if decimal(wanted) > most:
            limit = f"{copies} is {there}" if most < brokers else f"[kafka] has {brokers}"
            yield name, f"is {wanted}, but {limit}: such topics take no writes with acks=all"


def unsaid(tree: dataclass_loader.Tree, settings: Settings, inventory: Inventory, rules: Release) -> Iterator[Problem]:
    """Yield a warning of Kafka's own numbers where nothing else is said and there are too few brokers for them."""
    brokers, said = len(inventory.group(Role.BROKER)), settings.kafka.properties
    known = {name: number for name, number in DEFAULTS.items() if name in rules.property_names and name not in said}
    high = [f"{name} ({number})" for name, number in known.items() if number > brokers]
    if high:
        words = f"Kafka's own {', '.join(high)} need more brokers than [kafka] has ({brokers})"
        remedy = f"groups or transactions cannot work; set them to {brokers}, or less"
        place = dataclass_loader.place(tree, "kafka.properties", "conf/cluster.yaml")
        yield Problem(*place, f"kafka.properties: {words}: {remedy}", warning=True)
