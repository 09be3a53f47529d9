"""Wire: one question to one server over its own protocol, each with a limit on its time."""

import socket
from typing import Any

from tasks.live.protocol import kafka_python

SECONDS = 5.0


class Silent(Exception):
    """A server that cannot be asked, with the reason in a sentence."""


def four_letters(address: str, port: int, word: str, seconds: float = SECONDS) -> str:
    """Return a ZooKeeper server's answer to a four-letter word; raise Silent.

    A raw socket per server: kazoo's command() needs a quorum, and reads only once.
    """
    try:
        with socket.create_connection((address, port), seconds) as connection:
            connection.settimeout(seconds)
            connection.sendall(word.encode())
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode(errors="replace")
    except OSError as error:
        raise Silent(_reason(address, port, error)) from error


def ask(address: str, port: int, request: Any, seconds: float = SECONDS) -> Any:
    """Return one broker's answer to a request of kafka-python's protocol; raise Silent.

    An own connection: a client would bootstrap, and send to whichever broker it likes.
    """
    kafka = kafka_python()
    parser = kafka.protocol.parser.KafkaProtocol(client_id="kafka-fab")
    parser.send_request(request)
    try:
        with socket.create_connection((address, port), seconds) as connection:
            connection.settimeout(seconds)
            connection.sendall(parser.send_bytes())
            while data := connection.recv(1 << 20):
                for _, answer in parser.receive_bytes(data):
                    return answer
    except OSError as error:
        raise Silent(_reason(address, port, error)) from error
    except kafka.errors.KafkaError as error:
        raise Silent(f"{address}:{port} answers what is not understood: {error}") from error
    raise Silent(f"{address}:{port} hangs up instead of answering")


def _reason(address: str, port: int, error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return f"{address} has no address on this machine: add it to the name service or to /etc/hosts"
    if isinstance(error, TimeoutError):
        return f"{address}:{port} does not answer in time"
    return f"{address}:{port} does not answer ({error.strerror or error})"
