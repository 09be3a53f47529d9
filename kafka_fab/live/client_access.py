"""Client access: how the canary and the smoke test reach brokers: as clients do, with a user of their own."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.running_config import SASL_SSL, Endpoint
from kafka_fab.cluster.settings.security_settings import LoginMethod
from kafka_fab.cluster.users.scram import Deletion, Mechanism, upsertion
from kafka_fab.cluster.values.connection_security import Login
from kafka_fab.cluster.values.secret_value import Secret
from kafka_fab.frozen_value import dataclass
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.client import api_versions, connection_pool, scram_credentials
from kafka_fab.live.client.broker_connection import ProtocolMismatch, Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.live.client.wait import until

MECHANISM = Mechanism.SHA_512
# A broker has a new user as soon as it has read the metadata so far.
KNOWN_SECONDS, SECONDS = 5.0, 30.0


@dataclass(frozen=True)
class ClientAccess:
    """The listener that all brokers are reached at, by its name, and the user; without both as the tool asks them."""

    cluster: Cluster
    listener: str = ""
    login: Login | None = None

    def endpoint(self, node: Node) -> Endpoint:
        """Return where a broker is reached."""
        if not self.listener:
            return endpoint.of_broker(self.cluster, node)
        return endpoint.at_listener(self.cluster, node, self.listener, self.login)

    def close(self) -> None:
        """Delete the user, where there is one and that is safe; whoever comes next sets its password again."""
        if self.login:
            with suppress(Unreachable, RequestRejected):
                remove_user(self.cluster, self.login.user)


@contextmanager
def opened(cluster: Cluster, user: str) -> Iterator[ClientAccess]:
    """Make access with a user of this name, and delete the user at the end; as `access`."""
    made = access(cluster, user)
    try:
        yield made
    finally:
        made.close()


def access(cluster: Cluster, user: str) -> ClientAccess:
    """Return access by the first listener of the settings; raise Unreachable or RequestRejected.

    Where that is a SCRAM listener, with a user whose password nobody else has.
    """
    listener = endpoint.shared_listener(cluster)
    bare = ClientAccess(cluster, listener)
    endpoints = [bare.endpoint(node) for node in cluster.brokers]
    if not any(one.protocol == SASL_SSL and one.login is None for one in endpoints):
        return bare
    login = Login(MECHANISM.text, user, Secret(secrets.token_urlsafe(32)))
    made = ClientAccess(cluster, listener, login)
    failures: list[str] = []
    if not until(lambda: _set_and_known(made, login, failures), SECONDS):
        raise Unreachable(f"user {user} cannot log in at every broker after {SECONDS:.0f} s: {failures[-1]}")
    return made


def has_users(cluster: Cluster) -> bool:
    """Return whether access needs a user: whether the first listener of the settings is one with SCRAM."""
    first = next(iter(cluster.settings.security.listeners.values()), None)
    return first is not None and first.login is LoginMethod.SCRAM


def remove_user(cluster: Cluster, user: str) -> None:
    """Delete a user of `access`; raise Unreachable or RequestRejected.

    Not in KRaft (up to 4.3.1 at least): a broker that replays the deletion may forget all other users of the mechanism
    (ScramDelta.apply drops the map of a mechanism that is empty for a moment). Nobody has the password that is left.
    """
    if cluster.kraft or not has_users(cluster):
        return
    rejected = scram_credentials.alter(AdminClient(cluster).ask, deletions=[Deletion(user, MECHANISM)])
    wrong = [one.reason for one in rejected.values() if one.code != scram_credentials.NOT_FOUND]
    if wrong:
        raise RequestRejected(f"user {user} was not deleted: {wrong[0]}")


def _set_and_known(made: ClientAccess, login: Login, failures: list[str]) -> bool:
    """Set the user's password, and return whether every broker soon accepts it, or add why not.

    Two runs may set it at once.
    """
    credential = upsertion(login.user, login.password, MECHANISM)
    rejected = scram_credentials.alter(AdminClient(made.cluster).ask, upsertions=[credential])
    if rejected:
        raise RequestRejected(f"user {login.user} was not created: {next(iter(rejected.values())).reason}")
    return all(until(_accepts(made.endpoint(node), failures), KNOWN_SECONDS) for node in made.cluster.brokers)


def _accepts(asked: Endpoint, failures: list[str]) -> Callable[[], bool]:
    def accepted() -> bool:
        try:
            with connection_pool.borrowed(asked) as connection:
                api_versions.finalized_features(connection.ask)
        except ProtocolMismatch:
            raise
        except Unreachable as error:
            failures.append(str(error))
            return False
        return True

    return accepted
