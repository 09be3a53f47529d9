"""Dial: a TCP connection by the AddressFamily and BindAddress of ssh_config."""

import socket

from tasks.remote.openssh import Answer

FAMILIES = {"inet": socket.AF_INET, "inet6": socket.AF_INET6}


def is_narrowed(answer: Answer) -> bool:
    """Return whether ssh_config says by which addresses to go."""
    return answer.word("addressfamily") in FAMILIES or bool(answer.word("bindaddress"))


def dialled(answer: Answer, host: str, port: int, seconds: float) -> socket.socket:
    """Return a connection to the first address that takes it; raise OSError as the last one refused."""
    family = FAMILIES.get(answer.word("addressfamily"), socket.AF_UNSPEC)
    refused: OSError = socket.gaierror(f"{host} has no address of that family")
    for kind, *_, place in socket.getaddrinfo(host, port, family, socket.SOCK_STREAM):
        made = socket.socket(kind, socket.SOCK_STREAM)
        try:
            made.settimeout(seconds)
            if answer.word("bindaddress"):
                made.bind((answer.word("bindaddress"), 0))
            made.connect(place)
        except OSError as error:
            made.close()
            refused = error
        else:
            return made
    raise refused
