"""Listeners: Kafka's `listeners` and `advertised.listeners` as values."""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from kafka_fab.cluster.values import address
from kafka_fab.frozen_value import dataclass

# As Kafka's own parser; a name may hold anything but what parts it from its protocol.
FORM = re.compile(r"([A-Za-z0-9_.-]+)://(?:\[([0-9a-fA-F:.%]*)\]|([0-9a-zA-Z._%-]*)):([0-9]{1,5})")
# What kafka-fab calls the controllers' own; the one with TLS has a name of its own, since both are open while a cluster
# changes from one to the other.
CONTROLLER, CONTROLLER_TLS = "CONTROLLER", "CONTROLLER_TLS"
EVERYWHERE = ("", "0.0.0.0", "::")
PAIR = re.compile(r"([A-Za-z0-9_.-]+)\s*:\s*(\w+)")
PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")


@dataclass(frozen=True)
class Listener:
    """A listener: its name, in capitals as Kafka reads it, the host that it is bound to or advertised by, its port."""

    name: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.name}://{self.place}"

    @property
    def place(self) -> str:
        """Return host and port."""
        return address.place(self.host, self.port)


def read(text: str) -> tuple[Listener, ...]:
    """Return the listeners in a list of Kafka's; raise ValueError with what is wrong."""
    return tuple(_one(item.strip()) for item in text.split(",") if item.strip())


def legible(text: str) -> tuple[Listener, ...]:
    """Return those listeners of a list that can be read: of a file that another hand has written."""
    found: list[Listener] = []
    for item in text.split(","):
        with suppress(ValueError):
            found += read(item)
    return tuple(found)


def _one(item: str) -> Listener:
    found = FORM.fullmatch(item)
    if not found:
        raise ValueError(f"{item} is not NAME://HOST:PORT (an IPv6 address in brackets; no host for all addresses)")
    name, ipv6, host, port = found.groups()
    if not 1 <= int(port) <= 65535:
        raise ValueError(f"{item}: a port is 1 to 65535")
    return Listener(name.upper(), address.normal(ipv6 or host or ""), int(port))


def write(listeners: Iterable[Listener]) -> str:
    """Return listeners as Kafka's list."""
    return ",".join(map(str, listeners))


def advertised(listeners: Iterable[Listener], host: str) -> tuple[Listener, ...]:
    """Return what is advertised where nothing else is said: each listener by its own host, or by that of the node."""
    return tuple(replace(one, host=host) if one.host in EVERYWHERE else one for one in listeners)


def ports(text: str) -> frozenset[int]:
    """Return the ports of a list of listeners."""
    return frozenset(one.port for one in read(text))


def protocols(text: str) -> dict[str, str]:
    """Return the protocols by the listeners' names, of a listener.security.protocol.map."""
    pairs = (item.strip().rpartition(":") for item in text.split(",") if item.strip())
    return {name.strip().upper(): protocol.strip() for name, _, protocol in pairs}


def read_protocols(text: str) -> dict[str, str]:
    """Return the protocols by the listeners' names, as `protocols`; raise ValueError with what is wrong."""
    found: dict[str, str] = {}
    for item in map(str.strip, text.rstrip(", ").split(",") if text.strip() else ()):
        pair = PAIR.fullmatch(item)
        if not pair:
            raise ValueError(f"`{item}` is not NAME:PROTOCOL, such as CLIENT:PLAINTEXT")
        name, protocol = pair[1].upper(), pair[2].upper()
        if protocol not in PROTOCOLS:
            raise ValueError(f"{item}: the protocols are {', '.join(PROTOCOLS)}")
        if found.setdefault(name, protocol) != protocol:
            raise ValueError(f"{name} is given twice, with different protocols; Kafka reads names in capitals")
    return found
