"""Blocks of properties in conf/cluster.yaml as they were read, with the places of their entries."""

from kafka_fab.cluster.schema.dataclass_loader import Tree


def block(tree: Tree, section: str, key: str = "properties") -> Tree:
    """Return a block of properties as it was read, with the places of its entries."""
    outer = tree[section].value if section in tree else {}
    properties = outer.get(key) if isinstance(outer, dict) else None
    return properties.value if properties and isinstance(properties.value, dict) else {}
