"""Principals: the names in the certificates of the nodes and of kafka-fab, and as Kafka prints them."""

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.settings.security_settings import LoginMethod
from kafka_fab.cluster.values.subject import ORGANIZATION, Subject

# Of clients: never that of nodes, whose principal is a super user at every listener.
CLIENTS = f"{ORGANIZATION}-clients"
NODE, TOOL = "kafka-node", "fab"
# The SCRAM users of the canary and of the smoke test: each run sets a random password that nobody else has.
CANARY_USER, SMOKE_USER = "fab", "fab-smoke"


def organizational_unit(cluster: Cluster) -> str:
    """Return what the certificates of one cluster have in common; a cluster's name has no letter to escape."""
    return cluster.name


def node_subject(cluster: Cluster) -> Subject:
    """Return the subject of every node: one for all, so that a new host needs no roll of the others."""
    return Subject(NODE, organizational_unit(cluster))


def tool_subject(cluster: Cluster) -> Subject:
    """Return the subject of kafka-fab's own certificate."""
    return Subject(TOOL, organizational_unit(cluster))


def client_subject(cluster: Cluster, name: str) -> Subject:
    """Return the subject of a client: of another organization, so that no client can have the name of a node."""
    return Subject(name, organizational_unit(cluster), CLIENTS)


def node_principal(cluster: Cluster) -> str:
    """Return the principal of every node."""
    return node_subject(cluster).principal


def tool_principal(cluster: Cluster) -> str:
    """Return the principal of kafka-fab."""
    return tool_subject(cluster).principal


def super_users(cluster: Cluster) -> tuple[str, ...]:
    """Return who passes every ACL: the nodes, kafka-fab with its users, and the admins of the settings."""
    security = cluster.settings.security
    has_scram = any(one.login is LoginMethod.SCRAM for one in security.listeners.values())
    users = [f"User:{CANARY_USER}", f"User:{SMOKE_USER}"] if has_scram else []
    users += [f"User:{security.tool.login.user}"] if security.tool.login.user else []
    return tuple(dict.fromkeys((node_principal(cluster), tool_principal(cluster), *users, *security.admins)))
