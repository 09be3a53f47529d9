"""A cluster's folder and the hosts that it names: all that is needed to begin to connect."""

import os
from pathlib import Path

from kafka_fab.cluster.inventory import Inventory, parse
from kafka_fab.cluster.schema import text_file
from kafka_fab.cluster.schema.problem import ConfigError, Problem
from kafka_fab.typed_command import FAB

_PACKAGE = Path(__file__).resolve().parents[1]
# Where conf/ with our templates and fabric.yaml are: a wheel holds them as data of the package (pyproject.toml).
HOME = _PACKAGE if (_PACKAGE / "conf").is_dir() else _PACKAGE.parent
NOWHERE = (
    "is neither here nor in a folder above: go to your cluster's folder (cd), or name it by KAFKA_FAB_CLUSTER; "
    f"`{FAB} init` makes a new one here, `{FAB} init FOLDER` elsewhere"
)


def folder() -> Path:
    """Return the cluster's folder: $KAFKA_FAB_CLUSTER, else the nearest one upwards with a hosts.ini.

    Where there is none it is a checkout's own.
    """
    named = os.environ.get("KAFKA_FAB_CLUSTER")
    if named == "":
        # An unset variable in a script would otherwise mean another cluster.
        raise ConfigError([Problem("KAFKA_FAB_CLUSTER", 0, "is empty: name a cluster's folder, or unset it")])
    if named:
        return Path(os.path.realpath(named))  # Path.resolve raises where links go in a circle
    here = _here()
    for place in (here, *here.parents, HOME):
        if os.path.lexists(place / "hosts.ini"):
            return place
    raise ConfigError([Problem("hosts.ini", 0, NOWHERE)])


def _here() -> Path:
    """Return where the user stands; raise ConfigError where that folder has been deleted."""
    try:
        return Path.cwd()
    except OSError as error:
        words = "the working directory is gone, or may not be read: change to a folder that is there (cd)"
        raise ConfigError([Problem(os.environ.get("PWD", "."), 0, words)]) from error


def inventory_of(place: Path) -> Inventory:
    """Return what the hosts.ini of a folder says, with its problems."""
    missing = (
        "write the hosts below [kafka] and [zookeeper], one a line, such as `kafka1 id=1`; "
        "or let `init` make a folder with a sample"
    )
    content, problems = text_file.read(place / "hosts.ini", "hosts.ini", missing)
    if problems:
        return Inventory("hosts.ini", problems=tuple(problems))
    return parse(content)


def valid_hosts(place: Path, wanted: str | None) -> tuple[str, ...]:
    """Return the hosts of -H, or of a folder's hosts.ini; none where anything is wrong with them."""
    found = inventory_of(place)
    if not all(problem.warning for problem in found.problems):
        return ()
    try:
        return found.hosts if wanted is None else found.select([name.strip() for name in wanted.split(",")])
    except KeyError:
        return ()
