"""What a setting is made of: a default, a check that its value must pass, and a line that says what it is for."""

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from ipaddress import ip_address
from typing import Any

from kafka_fab.cluster.values import address, path_rules
from kafka_fab.cluster.values.validator import Validator, matching, within

_path = matching(r"/[A-Za-z0-9._/+-]*", "an absolute path without blanks")


def _refused_path(path: str) -> str:
    complaint = _path(path)
    malformed = "" if complaint else path_rules.malformed(path)
    return complaint or (f"{_path.wanted} is wanted, found `{path}`: {malformed}" if malformed else "")


absolute_path = Validator(_path.wanted, _refused_path)
# It stands in file names, prompts and the hosts' records.
cluster_name = matching(
    r"[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?",
    "a name of 1 to 64 letters, digits, dots, hyphens and underscores, with a letter or digit at both ends,",
)
# Of a version: an archive's name has no zeros before a number.
PART = "(0|[1-9][0-9]{0,3})"
kafka_version = matching(rf"{PART}\.{PART}\.{PART}(\.{PART})?", "a version such as 3.9.1")
_chroot = matching(r"(/[A-Za-z0-9._-]+)*", "a path such as /kafka, or nothing,")


def _refused_chroot(path: str) -> str:
    names, complaint = path.split("/")[1:], _chroot(path)
    if complaint:
        return complaint
    if {".", ".."} & set(names):
        # PathUtils.validatePath of ZooKeeper.
        return f"{_chroot.wanted} is wanted, found `{path}`: ZooKeeper has no names . and .."
    if len(path) > LONGEST_CHROOT:
        return f"{_chroot.wanted} is wanted, found one of {len(path)} letters: {LONGEST_CHROOT} are enough"
    own = "ZooKeeper's own corner, where its quotas and members stand: name another, such as /kafka"
    return f"{path} is in {own}" if names[:1] == ["zookeeper"] else ""


chroot_or_none = Validator(_chroot.wanted, _refused_chroot)
log_size = matching(r"[1-9][0-9]{0,5}[KMG]B", "a size such as 100MB or 1GB")
# The virtual machine's own log takes up to 1000 files.
log_count = within(1, 1000)
port_number = within(1, 65535)
port_or_none = within(0, 65535)
open_files = within(1024, 2**30)

# A client sends it before each of its paths.
LONGEST_CHROOT = 200


def bound_address(address: str) -> str:
    """Return why a service must not be bound to an address, or nothing."""
    if address == "host":
        return ""
    try:
        unspecified = ip_address(address).is_unspecified
    except ValueError:
        return f"an IP address, or `host` for each host's own address, is wanted, found `{address}`"
    remedy = "write 127.0.0.1, or `host` for each host's own address"
    return f"{address} would open it on every network: {remedy}" if unspecified else ""


def password(text: str) -> str:
    """Return why a text is no password that Java reads from a file, or nothing; the text itself is never told."""
    if not all("!" <= letter <= "~" and letter != "\\" for letter in text):
        return "printable ASCII letters are wanted, without blanks and backslashes"
    # Java takes an `=` or `:` before a value for the end of the key.
    return "it begins with = or :, which Java does not read as a part of it" if text.startswith(("=", ":")) else ""


one_address = Validator("an IP address, or `host` for each host's own; not all addresses", bound_address)
java_password = Validator("printable ASCII letters, without blanks and backslashes; not = or : first", password)


def _wrong_pattern(text: str) -> str:
    host, port = address.parted(text)
    number = int(port) if re.fullmatch("[0-9]{1,5}", port) else 0
    if port and not 1 <= number <= 65535:
        return f"{host_pattern.wanted} is wanted, found `{text}`"
    return _wrong_name(host)


def _wrong_name(text: str) -> str:
    filled = text.replace(address.HOST, "host")
    if "{" in filled or "}" in filled:
        return f"{host_pattern.wanted} is wanted, found `{text}`: {address.HOST} is the one word in braces"
    return address.wrong(filled)


host_pattern = Validator("a host name or address, with {host} in it or not, and a port or not", _wrong_pattern)
host_names = Validator(
    "a list, each a host name with {host} in it or not", lambda names: next(filter(None, map(_wrong_name, names)), "")
)
# Kafka parts them at semicolons, and reads what is before the colon as their type (KafkaPrincipal).
# Super users are compared as they are written: there is no User:* among them.
_principal = matching(r"User:[^;\s:*][^;\n]*", "a principal such as User:ops")
principals = Validator(
    f"a list, each {_principal.wanted}", lambda names: next(filter(None, map(_principal, names)), "")
)


def absent_or(check: Validator) -> Validator:
    """Return a check that a text is empty, or passes another check."""
    return Validator(f"{check.wanted}, or nothing", lambda text: check(text) if text else "")


def checked(default: Any, check: Callable[[Any], str] | None, help: str = "", secret: bool = False) -> Any:  # noqa: A002
    """Return a field with a default, a check that its value must pass (or none), and what it is for."""
    return field(default=default, repr=not secret, metadata={"check": check, "help": help})


def names(help: str) -> Any:  # noqa: A002
    """Return a field for a block of names and values of the user's own."""
    return field(default_factory=dict, metadata={"help": help})


def keyed(key: str, default: Any, help: str, check_name: Callable[[str], str] | None = None) -> Any:  # noqa: A002
    """Return a field that stands in the file under a key of its own; `check_name` is for the names of a block."""
    metadata = {"key": key, "check_name": check_name, "help": help}
    if isinstance(default, Mapping):
        return field(default_factory=lambda: dict(default), metadata=metadata)
    return field(default=default, metadata=metadata)
