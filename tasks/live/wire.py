"""Wire: one question to one server over its own protocol, each with a limit on its time."""

import socket
from typing import Any

from tasks.live.protocol import kafka_python, ready_for_answer

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


class Line:
    """One connection to one broker, for questions one after another; of no more use once it was Silent.

    A client of kafka-python would bootstrap, and send to whichever broker it likes.
    """

    def __init__(self, address: str, port: int, seconds: float = SECONDS) -> None:
        """Connect; raise Silent. Each wait for bytes ends after the seconds."""
        self.address, self.port = address, port
        self._parser = kafka_python().protocol.parser.KafkaProtocol(client_id="kafka-fab")
        try:
            self._socket = socket.create_connection((address, port), seconds)
        except OSError as error:
            raise Silent(_reason(address, port, error)) from error

    def ask(self, request: Any) -> Any:
        """Return the broker's answer to a request of kafka-python's protocol; raise Silent."""
        errors = kafka_python().errors
        self._parser.send_request(request)
        ready_for_answer(request)
        try:
            self._socket.sendall(self._parser.send_bytes())
            while data := self._socket.recv(1 << 20):
                for _, answer in self._parser.receive_bytes(data):
                    return answer
        except OSError as error:
            raise Silent(_reason(self.address, self.port, error)) from error
        except errors.KafkaError as error:
            raise Silent(f"{self.address}:{self.port} answers what is not understood: {error}") from error
        raise Silent(f"{self.address}:{self.port} hangs up instead of answering")

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def ask(address: str, port: int, request: Any, seconds: float = SECONDS) -> Any:
    """Return one broker's answer to one request, over a connection of its own; raise Silent."""
    with Line(address, port, seconds) as line:
        return line.ask(request)


def _reason(address: str, port: int, error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return f"{address} has no address on this machine: add it to the name service or to /etc/hosts"
    if isinstance(error, TimeoutError):
        return f"{address}:{port} does not answer in time"
    return f"{address}:{port} does not answer ({error.strerror or error})"
