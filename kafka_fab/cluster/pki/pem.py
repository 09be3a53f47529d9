"""PEM: what is wrong with a text that should hold keys or certificates, and its certificate blocks."""

import re

CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----\n.*?-----END CERTIFICATE-----\n?", re.DOTALL)
REQUEST = re.compile("-----BEGIN CERTIFICATE REQUEST-----\n.*?-----END CERTIFICATE REQUEST-----\n?", re.DOTALL)


class PemError(Exception):
    """A text that cannot be used, with the reason in a sentence."""


def certificates(text: str) -> str:
    """Return the certificates of a text, one after the other, without keys and comments."""
    blocks = CERTIFICATE.findall(text.replace("\r\n", "\n"))
    return "".join(block.rstrip("\n") + "\n" for block in blocks)
