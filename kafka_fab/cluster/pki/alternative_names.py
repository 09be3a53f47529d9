"""Alternative names: the DNS names and IP addresses that a certificate is valid for."""

from collections.abc import Iterable, Iterator
from dataclasses import field
from ipaddress import ip_address

from cryptography import x509

from kafka_fab.frozen_value import dataclass


@dataclass(frozen=True)
class AlternativeNames:
    """A set of DNS names and one of addresses, each in one spelling."""

    dns: frozenset[str] = field(default_factory=frozenset)
    addresses: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, texts: Iterable[str]) -> "AlternativeNames":
        """Return the names in texts that are each a DNS name or an IP address."""
        given = [(text, _address(text)) for text in texts if text]
        dns = frozenset(text.lower().rstrip(".") for text, address in given if not address)
        return cls(dns, frozenset(address for _, address in given if address))

    @classmethod
    def within(cls, certificate: x509.Certificate) -> "AlternativeNames":
        """Return the names of a certificate."""
        try:
            extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except x509.ExtensionNotFound:
            return cls()
        dns = extension.get_values_for_type(x509.DNSName)
        addresses = extension.get_values_for_type(x509.IPAddress)
        return cls(frozenset(name.lower() for name in dns), frozenset(map(str, addresses)))

    def encoded(self) -> x509.SubjectAlternativeName:
        """Return the names as they stand in a certificate, always in the same order."""
        names = [x509.DNSName(name) for name in sorted(self.dns)]
        addresses = [x509.IPAddress(ip_address(one)) for one in sorted(self.addresses)]
        return x509.SubjectAlternativeName([*names, *addresses])

    def __or__(self, other: "AlternativeNames") -> "AlternativeNames":
        return AlternativeNames(self.dns | other.dns, self.addresses | other.addresses)

    def __bool__(self) -> bool:
        return bool(self.dns or self.addresses)

    def __iter__(self) -> Iterator[str]:
        return iter((*sorted(self.dns), *sorted(self.addresses)))

    def __str__(self) -> str:
        return ", ".join(self)

    def without(self, others: "AlternativeNames") -> "AlternativeNames":
        """Return those of these names that the others do not cover; `*.` covers one label."""
        dns = frozenset(name for name in self.dns if name not in others.dns and _wildcard(name) not in others.dns)
        return AlternativeNames(dns, self.addresses - others.addresses)


def _wildcard(name: str) -> str:
    _, dot, parent = name.partition(".")
    return f"*{dot}{parent}" if dot else ""


def _address(text: str) -> str:
    try:
        address = ip_address(text.strip("[]"))
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)
