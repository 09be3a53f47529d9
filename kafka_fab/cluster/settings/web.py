"""Addresses on the web, as curl and wget on a host and Python here read them alike."""

import re
from urllib.parse import urlsplit

from kafka_fab.cluster.values import address
from kafka_fab.cluster.values.validator import Validator

WANTED, JAR = "an http(s) address", "a .jar file or its http(s) address"
# Without what no address has (RFC 3986), and not ending in a slash.
FORM = re.compile(r"https?://[^\s\"<>\\^`{|}]*[^\s\"<>\\^`{|}/]")


def wrong(text: str) -> str:
    """Return why a text is no http(s) address, or nothing."""
    if not FORM.fullmatch(text) or not text.isascii():
        return f"{WANTED} is wanted, found `{text}`"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        return f"{WANTED} is wanted, found `{text}`: {error}"
    if not host or port == 0:
        return f"{WANTED} is wanted, found `{text}`: it names {'the port 0' if host else 'no host'}"
    if parts.fragment or "#" in text:
        return f"{WANTED} is wanted, found `{text}`: what follows # is sent to nobody; write %23 for the letter"
    amiss = address.wrong(f"[{host}]" if ":" in host else host)
    return f"{WANTED} is wanted, found `{text}`: {amiss}" if amiss else ""


def _wrong_jar(text: str) -> str:
    if not re.fullmatch(r"(https?://)?[A-Za-z0-9._/+:?=&,~\[\]-]+\.jar", text):
        return f"{JAR} is wanted, found `{text}`"
    return wrong(text) if text.startswith(("http://", "https://")) else ""


web_address = Validator(WANTED, wrong)
jar = Validator(JAR, _wrong_jar)
