"""Dynamic keys: which keys of server.properties a running broker takes, and what a difference therefore calls for."""

from kafka_fab.cluster.change import key_values
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.release.tree_name import version_of
from kafka_fab.frozen_value import dataclass
from kafka_fab.typed_command import FAB

MAIN = "server.properties"
RECONFIGURE = f"{FAB} reconfigure"
RESTART = f"{FAB} rolling-restart --changed"

# What a broker takes while it runs, and is left to a restart all the same.
LEFT_TO_A_RESTART = (
    # The broker takes them for one listener alone (listener.name...), and many are secrets: an override of one
    # stands in plain text in a KRaft log, and needs password.encoder.secret with ZooKeeper.
    "ssl.",
    "sasl.",
    "principal.builder.class",
    # Clients, the other brokers and this tool are connected there; a start looks at the ports first.
    "listeners",
    "advertised.listeners",
    "listener.security.protocol.map",
    # Classes that read keys of their own, which are not dynamic.
    "metric.reporters",
    "config.providers",
)
# The controllers decide by them, not the broker; where it keeps an ELR (4.1 and later) it refuses the second.
LEFT_TO_CONTROLLERS = ("unclean.leader.election.enable", "min.insync.replicas")


@dataclass(frozen=True)
class PendingChange:
    """What a service does not run with yet: keys that it can take while it runs, and what needs a restart."""

    reconfigure: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()


CURRENT = PendingChange()


def visible(cluster: Cluster) -> frozenset[str]:
    """Return the keys that the version's brokers take while they run, and whose values are no secrets."""
    return frozenset(key for key in cluster.release.dynamic_names if not key.startswith(LEFT_TO_A_RESTART))


def keys(cluster: Cluster) -> frozenset[str]:
    """Return the keys that are changed in running brokers of the cluster."""
    return visible(cluster) - frozenset(LEFT_TO_CONTROLLERS if cluster.kraft else ())


def due(cluster: Cluster, unit: str, detail: str) -> PendingChange:
    """Return the pending change from the report of want_running_config: `FILE=KEY,KEY FILE=KEY ...`."""
    takes = keys(cluster) if unit == cluster.kafka.service else frozenset()
    taken: list[str] = []
    rest: list[str] = []
    for file, names in key_values(detail).items():
        if file == "deleted":
            rest.append(f"{names}: deleted while it is open")
            continue
        dynamic = [name for name in names.split(",") if file == MAIN and name in takes]
        taken += dynamic
        others = [version_of(name) for name in names.split(",") if name not in dynamic]
        rest += [f"{file}: {', '.join(others)}"] if others else []
    return PendingChange(tuple(taken), tuple(rest))


def words(due: PendingChange) -> str:
    """Return the pending change, and the command that applies it."""
    if not due.restart:
        return f"{MAIN}: {', '.join(due.reconfigure)}; dynamic change pending: {RECONFIGURE}"
    needed = f"{'; '.join(due.restart)}; restart needed: {RESTART}"
    return f"{needed}; the restart also applies {', '.join(due.reconfigure)}" if due.reconfigure else needed
