"""Java home: the Java that a service's unit names, whatever template its unit is of."""

import re
from collections.abc import Iterable

from kafka_fab.cluster.resource import File, Resource
from kafka_fab.cluster.values.unit_names import unit_file

JAVA_HOME = re.compile(r'^Environment="?JAVA_HOME=([^"\n]*)"?$', re.MULTILINE)


def of_unit(config: Iterable[Resource], unit: str) -> str:
    """Return the JAVA_HOME in a unit among a service's files, or nothing where it starts the java in PATH."""
    contents = (item.content for item in config if isinstance(item, File) and item.path == unit_file(unit))
    return next((found for content in contents for found in JAVA_HOME.findall(content)[-1:]), "")
