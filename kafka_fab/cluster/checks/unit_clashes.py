"""Unit clashes: no two services of one host have the same name."""

from collections.abc import Iterator

from kafka_fab.cluster.inventory import Inventory


def clashes(inventory: Inventory, names: dict[str, str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the settings and the problem of each name that one host would need twice; `names` is by group."""
    told: set[str] = set()
    for host in inventory.hosts:
        groups = {member.group for member in inventory.members if member.host == host}
        # A combined node is its broker's process.
        groups -= {"controller"} if "kafka" in groups else set()
        taken: dict[str, str] = {}
        for group in (group for group in names if group in groups):
            other = taken.setdefault(names[group], group)
            if other != group and group not in told:
                told.add(group)
                both = (f"{group}.service", f"{other}.service")
                yield both, f"{group}.service and {other}.service are both {names[group]} on one host"
