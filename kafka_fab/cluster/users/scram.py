"""SCRAM: a user's credential as a broker keeps it, made here so that the password stays on this machine."""

import hashlib
import secrets
from enum import Enum

from kafka_fab.cluster.values.secret_value import Secret
from kafka_fab.frozen_value import dataclass

# ScramMechanism and ScramControlManager accept these.
LEAST_ITERATIONS, MOST_ITERATIONS = 4096, 16384
ITERATIONS = 8192
SALT_BYTES = 32
# The mark of a credential that is locked: its password is random, and nobody has it. KRaft up to 4.3 must delete none:
# a broker that starts again, and reads the deletion before the other users of the mechanism, forgets all of these.
LOCKED = 4097


class Mechanism(Enum):
    """A mechanism: its name in `sasl.mechanism`, its number in Kafka's protocol, and its hash."""

    SHA_256 = ("SCRAM-SHA-256", 1, "sha256")
    SHA_512 = ("SCRAM-SHA-512", 2, "sha512")

    def __init__(self, text: str, number: int, algorithm: str) -> None:
        self.text, self.number, self.algorithm = text, number, algorithm

    def __str__(self) -> str:
        return self.text

    @staticmethod
    def of(number: int) -> "Mechanism":
        """Return the mechanism with a number of Kafka's protocol."""
        return next(one for one in Mechanism if one.number == number)


@dataclass(frozen=True)
class Upsertion:
    """A credential to set: Kafka never gets the password itself."""

    user: str
    mechanism: Mechanism
    iterations: int
    salt: bytes
    salted_password: Secret


@dataclass(frozen=True)
class Deletion:
    """A credential to delete."""

    user: str
    mechanism: Mechanism


def upsertion(
    user: str, password: Secret, mechanism: Mechanism = Mechanism.SHA_512, iterations: int = ITERATIONS
) -> Upsertion:
    """Return the credential of a password, with a new salt."""
    salt = secrets.token_bytes(SALT_BYTES)
    return Upsertion(user, mechanism, iterations, salt, Secret(salted(password, salt, mechanism, iterations).hex()))


def locked(user: str, mechanism: Mechanism) -> Upsertion:
    """Return a credential by which nobody can log in."""
    return upsertion(user, Secret(secrets.token_urlsafe(SALT_BYTES)), mechanism, LOCKED)


def salted(password: Secret, salt: bytes, mechanism: Mechanism, iterations: int) -> bytes:
    """Return the salted password (RFC 5802); Kafka prepares no text, so its UTF-8 bytes count."""
    return hashlib.pbkdf2_hmac(mechanism.algorithm, password.reveal().encode(), salt, iterations)
