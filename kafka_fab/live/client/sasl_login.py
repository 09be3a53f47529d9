"""SASL login: a user logged in to a connection (SaslHandshake, SaslAuthenticate)."""

from typing import Any

from kafka_fab.cluster.values.connection_security import SCRAM, Login
from kafka_fab.live.client.protocol import Ask, kafka_python
from kafka_fab.runbook.codes import AccessCode, coded

# Kafka accepts no fewer; a server that asks for fewer wants a proof from which the password can be found.
FEWEST_ITERATIONS = 4096


class LoginRejected(Exception):
    """A login that failed, with the reason in a sentence that follows the server's name.

    A user that was just created may be unknown to a broker for a moment: that alone is not lasting.
    """

    def __init__(self, text: str, code: AccessCode) -> None:
        super().__init__(coded(text, code))
        self.lasting = code is not AccessCode.LOGIN


def log_in(ask: Ask, login: Login, host: str) -> float:
    """Log in, and return after how many seconds the broker ends the session (0: never); raise LoginRejected."""
    protocol = kafka_python().protocol.sasl
    offered = ask(protocol.SaslHandshakeRequest(version=1, mechanism=login.mechanism))
    if offered.error_code:
        mechanisms = ", ".join(sorted(offered.mechanisms)) or "no mechanism"
        text = f"offers {mechanisms}, not {login.mechanism}: set security.listeners or security.tool.login to match it"
        raise LoginRejected(text, AccessCode.MECHANISM)
    client = _client(login, host)
    lifetime = 0
    while not client.is_done():
        answer = ask(protocol.SaslAuthenticateRequest(version=2, auth_bytes=client.auth_bytes()))
        if answer.error_code:
            text = (
                f"rejected the login of user {login.user} by {login.mechanism} (wrong password, or no such user): "
                "see security.tool.login and conf/users.yaml"
            )
            raise LoginRejected(text, AccessCode.LOGIN)
        _receive(client, login, answer.auth_bytes)
        lifetime = answer.session_lifetime_ms
    return lifetime / 1000


def _client(login: Login, host: str) -> Any:
    password = login.password.reveal()
    if not login.user or not password:
        # kafka-python would log in with nothing.
        text = f"requires a login by {login.mechanism}, and there is no user or password: set security.tool.login"
        raise LoginRejected(text, AccessCode.LOGIN_REQUIRED)
    return kafka_python().net.sasl.get_sasl_mechanism(login.mechanism)(
        host=host,
        security_protocol="SASL_SSL",
        sasl_mechanism=login.mechanism,
        sasl_plain_username=login.user,
        sasl_plain_password=password,
    )


def _receive(client: Any, login: Login, answer: bytes) -> None:
    if login.mechanism in SCRAM:
        _refuse_few_iterations(answer)
    try:
        client.receive(answer)
    except (ValueError, KeyError) as error:
        text = f"did not prove that it has the password of user {login.user} ({error}): another server answers there"
        raise LoginRejected(text, AccessCode.SERVER_UNPROVEN) from error


def _refuse_few_iterations(answer: bytes) -> None:
    """Raise LoginRejected where the server's first message asks for too few iterations; its last one has none."""
    asked = [part[2:] for part in answer.split(b",") if part.startswith(b"i=")]
    if asked and not (asked[0].isdigit() and int(asked[0]) >= FEWEST_ITERATIONS):
        text = (
            f"asks for {asked[0].decode(errors='replace')} SCRAM iterations, fewer than {FEWEST_ITERATIONS}: no login"
        )
        raise LoginRejected(text, AccessCode.SERVER_UNPROVEN)
