"""Socket table: addresses as the kernel prints them in /proc/net/tcp and tcp6."""

from ipaddress import IPv4Address, IPv6Address

WORD = 4


def address(text: str) -> str:
    """Return the address of hexadecimal digits: words of 32 bits, each in the host's byte order (little-endian).

    One of IPv4 on a socket of IPv6 (::ffff:10.0.0.1) is that of IPv4. Raise ValueError where it is none.
    """
    raw = bytes.fromhex(text)
    packed = b"".join(raw[at : at + WORD][::-1] for at in range(0, len(raw), WORD))
    if len(packed) == WORD:
        return str(IPv4Address(packed))
    found = IPv6Address(packed)
    return str(found.ipv4_mapped or found)
