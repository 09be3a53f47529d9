"""Expectation: one check of the live cluster: the expected value and the found one."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from kafka_fab.frozen_value import dataclass
from kafka_fab.runbook.codes import ValidateCode

CODES = {
    "files on the host": ValidateCode.HOST_UNREADABLE,
    "server mode": ValidateCode.SERVER_MODE,
    "server id": ValidateCode.SERVER_ID,
    "ensemble members": ValidateCode.MEMBERS,
    "ensemble leader": ValidateCode.ENSEMBLE_LEADER,
    "synced followers": ValidateCode.FOLLOWERS_BEHIND,
    "duplicate session id": ValidateCode.SESSION_IDS,
    "myid": ValidateCode.ID_ON_DISK,
    "broker.id": ValidateCode.ID_ON_DISK,
    "node.id": ValidateCode.ID_ON_DISK,
    "cluster.id": ValidateCode.CLUSTER_ID_ON_DISK,
    "registered brokers": ValidateCode.REGISTERED_BROKERS,
    "unexpected broker": ValidateCode.UNEXPECTED_BROKER,
    "listeners": ValidateCode.LISTENER,
    "duplicate listener": ValidateCode.DUPLICATE_LISTENER,
    "rack": ValidateCode.RACK,
    "controller": ValidateCode.CONTROLLER,
    "controller in metadata": ValidateCode.CONTROLLER,
    "controller epoch": ValidateCode.CLUSTER_ID,
    "cluster id": ValidateCode.CLUSTER_ID,
    "metadata request": ValidateCode.METADATA,
    "brokers in metadata": ValidateCode.BROKERS_IN_METADATA,
    "unfenced brokers": ValidateCode.BROKERS_IN_METADATA,
    "quorum leader": ValidateCode.QUORUM_LEADER,
    "voters": ValidateCode.VOTERS,
    "voter caught up": ValidateCode.VOTER_BEHIND,
    "voter directory id": ValidateCode.VOTER_DIRECTORY,
    "metadata version": ValidateCode.METADATA_VERSION,
    "metrics exporter": ValidateCode.EXPORTER,
    "certificate": ValidateCode.CERTIFICATE,
    "closed to plaintext": ValidateCode.OPEN_TO_PLAINTEXT,
    "closed without certificate": ValidateCode.OPEN_WITHOUT_CERTIFICATE,
    "plaintext port": ValidateCode.PLAINTEXT_PORT,
    "files of Kafka's folder": ValidateCode.CONTENTS,
}


@dataclass(frozen=True)
class Expectation:
    """One check, and whether it passed; the check must have a code."""

    check: str
    where: str
    expected: str
    found: str
    ok: bool
    code: ValidateCode = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "code", CODES[self.check])


def same(check: str, where: str, expected: object, found: object) -> Expectation:
    """Return the check that two values are equal."""
    return Expectation(check, where, str(expected), str(found), expected == found)


def unread(hosts: Mapping[str, str]) -> Iterator[Expectation]:
    """Yield a failed check for each host whose files could not be read, with the reason."""
    for host, reason in hosts.items():
        yield Expectation("files on the host", host, "readable over SSH", reason, ok=False)


def listed(items: Iterable[str]) -> str:
    """Return words, sorted, with commas."""
    return ", ".join(sorted(items))


def numbers(items: Iterable[int]) -> str:
    """Return numbers, sorted, with commas."""
    return ", ".join(map(str, sorted(items)))
