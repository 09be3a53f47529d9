"""Unit clashes: no two services of one host have the same name."""

from collections.abc import Iterator

from kafka_fab.cluster.inventory import Inventory
from kafka_fab.cluster.values.role import Role


def clashes(inventory: Inventory, names: dict[Role, str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the settings and the problem of each unit name that one host would have twice; `names` is by role."""
    reported: set[Role] = set()
    for host in inventory.hosts:
        groups = {member.group for member in inventory.members if member.host == host}
        # A combined node is its broker's process.
        groups -= {Role.CONTROLLER} if Role.BROKER in groups else set()
        taken: dict[str, Role] = {}
        for group in (group for group in names if group in groups):
            other = taken.setdefault(names[group], group)
            if other != group and group not in reported:
                reported.add(group)
                both = (f"{group}.service", f"{other}.service")
                yield both, f"{group}.service and {other}.service are both {names[group]} on one host"
