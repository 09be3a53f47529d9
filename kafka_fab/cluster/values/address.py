"""Addresses: what a host is reached by, and how one is written where a port follows."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address

LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?")
# DNS takes no longer names, and no longer labels between the dots.
LONGEST, LONGEST_LABEL = 253, 63
# What stands for a host's name in hosts.ini, in a name that each host fills in.
HOST = "{host}"
BROADCAST = IPv4Address("255.255.255.255")
# As /etc/hosts has them on today's distributions; RFC 6761 gives all of .localhost to the host itself.
OWN_NAMES = frozenset(
    {"localhost", "localhost.localdomain", "localhost4", "localhost6", "ip6-localhost", "ip6-loopback"}
)


def wrong(text: str) -> str:
    """Return why a text is no address of one host, or nothing."""
    bare = _bare(text)
    try:
        if ":" in text or bare != text:
            return _unusable(IPv6Address(bare), text)
        if re.fullmatch(r"[0-9]+", text.rpartition(".")[2]):
            return _unusable(IPv4Address(text), text)
    except AddressValueError as error:
        return f"{text} is not an address: {error}"
    return wrong_name(text)


def wrong_name(text: str) -> str:
    """Return why a text is no name that a host could have in the DNS, or nothing."""
    labels = text.split(".")
    if len(text) > LONGEST or max(map(len, labels)) > LONGEST_LABEL:
        return f"{text} is too long for a name: {LONGEST} letters, and {LONGEST_LABEL} between two dots"
    if not all(map(LABEL.fullmatch, labels)):
        return f"{text} is not a name: letters, digits and - between single dots are wanted"
    return ""


def _unusable(address: IPv4Address | IPv6Address, text: str) -> str:
    if getattr(address, "scope_id", None):
        return f"{text} is not an address: the part after % is known to one host alone"
    plain = _plain(address)
    if plain.is_unspecified or plain.is_multicast or plain == BROADCAST:
        return f"{text} is not the address of one host"
    if plain.version == 6 and plain.is_link_local:
        return f"{text} is known on one network card alone: use another address of the host, or its name"
    return ""


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return an address as Java takes it: one of IPv4 that is written as IPv6 (::ffff:10.0.0.1) is that of IPv4."""
    return getattr(address, "ipv4_mapped", None) or address


def _bare(text: str) -> str:
    return text[1:-1] if text.startswith("[") and text.endswith("]") else text


def normal(text: str) -> str:
    """Return an address in the one form in which it is compared: IPv6 without brackets, as short as it can be."""
    try:
        return _plain(IPv6Address(_bare(text))).compressed
    except AddressValueError:
        return text


def is_loopback(text: str) -> bool:
    """Return whether an address, or a name, means to each host that host itself."""
    try:
        return ip_address(normal(text)).is_loopback
    except ValueError:
        return text.lower().rstrip(".") in OWN_NAMES or text.lower().rstrip(".").endswith(".localhost")


def is_ip(text: str) -> bool:
    """Return whether a text is an address of IPv4 or IPv6, not a name."""
    try:
        ip_address(normal(text))
    except ValueError:
        return False
    return True


def is_ipv6(text: str) -> bool:
    """Return whether an address in its normal form is one of IPv6."""
    return ":" in text


def enclosed(address: str) -> str:
    """Return an address as it is written where a port follows: IPv6 in brackets."""
    return f"[{address}]" if is_ipv6(address) else address


def parted(text: str) -> tuple[str, str]:
    """Return the host and the port of a text, the port empty where there is none; IPv6 before a port is in brackets."""
    if text.count(":") > 1 and not text.startswith("["):
        return text, ""
    host, colon, port = text.rpartition(":")
    return (host, port) if colon and not text.endswith("]") else (text, "")


def place(address: str, port: int | str) -> str:
    """Return an address with a port."""
    return f"{enclosed(address)}:{port}"
