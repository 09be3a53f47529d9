"""Trust probe: whether a listener accepts a client certificate of some CA: a handshake, and an answer after it.

With TLS 1.3 a client learns that it was refused when it first reads, not in the handshake.
"""

from dataclasses import replace
from pathlib import Path

from kafka_fab.cluster.roles.endpoint import ZOOKEEPER
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.cluster.values.connection_security import Tls
from kafka_fab.live.client import api_versions
from kafka_fab.live.client.broker_connection import SECONDS, BrokerConnection, Unreachable, four_letters


def answers(name: str, where: Endpoint, ca: Path, certificate: Path | None, seconds: float = SECONDS) -> str:
    """Return why a listener does not answer a client with a certificate, or with none; nothing where it does."""
    shown = replace(where, tls=Tls(ca, certificate))
    try:
        if name == ZOOKEEPER:
            four_letters(shown, "ruok", seconds)
        else:
            with BrokerConnection(shown, seconds) as connection:
                api_versions.finalized_features(connection.ask)
    except Unreachable as error:
        return str(error)
    return ""
