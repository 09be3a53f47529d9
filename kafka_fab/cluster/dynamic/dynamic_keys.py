"""Dynamic keys: the keys of server.properties that a running broker accepts, and what a pending change needs."""

from kafka_fab.cluster.change import key_values
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.release.tree_name import version_of
from kafka_fab.frozen_value import dataclass
from kafka_fab.typed_command import FAB

MAIN = "server.properties"
RECONFIGURE = f"{FAB} reconfigure"
RESTART = f"{FAB} rolling-restart --changed"

# Keys that a running broker accepts, but that are left to a restart.
LEFT_TO_A_RESTART = (
    # The broker accepts them only for one listener (listener.name...), and many are secrets: an override of one
    # is plain text in the KRaft log, and needs password.encoder.secret with ZooKeeper.
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
    """What a service does not run with yet: keys that it accepts while it runs, and what needs a restart."""

    reconfigure: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()


CURRENT = PendingChange()


def describable(cluster: Cluster) -> frozenset[str]:
    """Return the keys that running brokers of the version accept, and whose values are not secret."""
    return frozenset(key for key in cluster.release.dynamic_names if not key.startswith(LEFT_TO_A_RESTART))


def keys(cluster: Cluster) -> frozenset[str]:
    """Return the keys that are changed in running brokers of the cluster."""
    return describable(cluster) - frozenset(LEFT_TO_CONTROLLERS if cluster.kraft else ())


def pending_change(cluster: Cluster, unit: str, detail: str) -> PendingChange:
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


def description(change: PendingChange) -> str:
    """Return the pending change, and the command that applies it."""
    if not change.restart:
        return f"{MAIN}: {', '.join(change.reconfigure)}; dynamic change pending: {RECONFIGURE}"
    needed = f"{'; '.join(change.restart)}; restart needed: {RESTART}"
    return f"{needed}; the restart also applies {', '.join(change.reconfigure)}" if change.reconfigure else needed
