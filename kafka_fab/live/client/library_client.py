"""Library client: what kafka-python's own clients need to connect as an endpoint says."""

from collections.abc import Iterable
from typing import Any

from kafka_fab.cluster.roles.endpoint import place
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.live.client.tls_context import context_for


def config(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """Return the servers to begin with, and TLS and login, which one client has for all; raise OSError."""
    asked = list(endpoints)
    servers, first = [place(one) for one in asked], asked[0]
    if first.tls is None:
        return {"bootstrap_servers": servers}
    secured = {"bootstrap_servers": servers, "security_protocol": first.protocol, "ssl_context": context_for(first.tls)}
    if first.login is None:
        return secured
    return {
        **secured,
        "sasl_mechanism": first.login.mechanism,
        "sasl_plain_username": first.login.user,
        "sasl_plain_password": first.login.password.reveal(),
    }
