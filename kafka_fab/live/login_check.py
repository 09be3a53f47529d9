"""Login check: whether a password is right, shown by one login at a SCRAM listener with TLS."""

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.cluster.users.users_state import Checked, PasswordCheck
from kafka_fab.cluster.values.connection_security import Login
from kafka_fab.live.client.broker_connection import BrokerConnection, ProtocolMismatch, Unreachable
from kafka_fab.live.client.sasl_login import LoginRejected

RIGHT, WRONG = Checked(PasswordCheck.RIGHT), Checked(PasswordCheck.WRONG)
NO_LISTENER = Checked(PasswordCheck.UNKNOWN, "no broker has a SCRAM listener with TLS for clients")


def check(cluster: Cluster, login: Login) -> Checked:
    """Return whether a broker accepts a login; SCRAM proves it to both sides without sending the password."""
    found = NO_LISTENER
    for node in cluster.brokers:
        listener = endpoint.for_clients(cluster, node, login)
        if listener.login is not login or not listener.tls:
            continue
        found = _tried(listener)
        if found.check is not PasswordCheck.UNKNOWN:
            break
    return found


def _tried(listener: Endpoint) -> Checked:
    try:
        BrokerConnection(listener).close()
    except Unreachable as error:
        # A wrong password and an unknown user: everything else that fails says nothing about the password.
        is_wrong = isinstance(error.__cause__, LoginRejected) and not isinstance(error, ProtocolMismatch)
        return WRONG if is_wrong else Checked(PasswordCheck.UNKNOWN, str(error))
    return RIGHT
