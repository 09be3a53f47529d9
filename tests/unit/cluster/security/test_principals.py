"""The names in certificates, and as Kafka prints them."""

from pathlib import Path

from kafka_fab.cluster.security import principals
from tests.unit.folders import written

HOSTS = "[kafka]\na id=1\n[controller]\na id=1\n"


def test_the_principals_of_nodes_and_tool(tmp_path: Path) -> None:
    settings = (
        "name: payments\nversion: 4.3.1\nsecurity: {admins: ['User:ops', 'User:CN=fab,OU=payments,O=kafka-fab']}\n"
    )
    cluster = written(tmp_path, HOSTS, settings)
    node, tool = "User:CN=kafka-node,OU=payments,O=kafka-fab", "User:CN=fab,OU=payments,O=kafka-fab"
    assert principals.node_principal(cluster) == node
    assert principals.super_users(cluster) == (node, tool, "User:ops")


def test_the_user_of_the_tool_is_a_super_user(tmp_path: Path) -> None:
    tool = "tool: {login: {user: robot, password_from: env:ROBOT}}"
    settings = f"version: 4.3.1\nsecurity:\n  listeners: {{clients: {{port: 9094, login: plain}}}}\n  {tool}\n"
    jaas = "kafka: {properties: {listener.name.clients.plain.sasl.jaas.config: 'x.Module required;'}}\n"
    cluster = written(tmp_path, HOSTS, settings + jaas)
    assert principals.super_users(cluster)[2:] == ("User:robot",)
