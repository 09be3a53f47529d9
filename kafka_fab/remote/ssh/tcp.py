"""TCP: a TCP connection by the AddressFamily and BindAddress of ssh_config."""

import socket
from typing import Any

from kafka_fab.remote.ssh.failure import HostFailure
from kafka_fab.remote.ssh.openssh import SshConfig
from kafka_fab.runbook.codes import HostCode

FAMILIES = {"inet": socket.AF_INET, "inet6": socket.AF_INET6}
WORDS = {"inet": "IPv4", "inet6": "IPv6"}


def is_narrowed(answer: SshConfig) -> bool:
    """Return whether ssh_config says by which addresses to go."""
    return answer.word("addressfamily") in FAMILIES or bool(answer.word("bindaddress"))


def dialled(answer: SshConfig, host: str, port: int, seconds: float) -> socket.socket:
    """Return a connection to the first address that takes it; raise OSError as the last one refused, or HostFailure."""
    refused: OSError = socket.gaierror(f"{host} has no address")
    for kind, *_, place in _addresses(answer, host, port):
        made = socket.socket(kind, socket.SOCK_STREAM)
        try:
            made.settimeout(seconds)
            _bind(answer, made)
            made.connect(place)
        except (OSError, HostFailure) as error:
            made.close()
            if isinstance(error, HostFailure):
                raise
            refused = error
        else:
            return made
    raise refused


def _addresses(answer: SshConfig, host: str, port: int) -> list[Any]:
    word = answer.word("addressfamily")
    try:
        return socket.getaddrinfo(host, port, FAMILIES.get(word, socket.AF_UNSPEC), socket.SOCK_STREAM)
    except socket.gaierror as error:
        if word not in FAMILIES or not _has_address(host):
            raise
        raise HostFailure(
            f"AddressFamily {word} is set for {answer.name}, but {host} has no {WORDS[word]} address: "
            "set AddressFamily any in its ssh_config, or name such an address by HostName",
            HostCode.SSH_CONFIG,
        ) from error


def _has_address(host: str) -> bool:
    try:
        return bool(socket.getaddrinfo(host, None))
    except socket.gaierror:
        return False


def _bind(answer: SshConfig, made: socket.socket) -> None:
    address = answer.word("bindaddress")
    if not address:
        return
    try:
        made.bind((address, 0))
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        raise HostFailure(
            f"BindAddress {address} is set for {answer.name}, from which this machine cannot come ({words}): "
            "name one of its addresses, or take BindAddress out of its ssh_config",
            HostCode.SSH_CONFIG,
        ) from error
