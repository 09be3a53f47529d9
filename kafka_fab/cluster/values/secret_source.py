"""Secret source: where a secret comes from, as a setting names it; the secret itself is never in a file of ours."""

import re

from kafka_fab.frozen_value import dataclass

ENVIRONMENT, FILE, KEYRING = "env", "file", "keyring"
PLACES = {ENVIRONMENT: r"[A-Za-z_][A-Za-z0-9_]*", FILE: r"[^\s].*", KEYRING: r".+/[^/]+"}
FORMS = "env:NAME, file:PATH, keyring:SERVICE/USER or {command: [PROGRAM, ARGUMENT, ...]}"
# What was written instead may be the secret: it is not shown.
WRONG = f"must be {FORMS}; the secret itself must not be in this file"


@dataclass(frozen=True)
class SecretSource:
    """A source: the text of one of the short forms, or a command whose standard output is the secret."""

    text: str = ""
    command: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.text or self.command)

    def __str__(self) -> str:
        # An argument may be an address or a key's name, which are nobody else's business.
        return f"command: {self.command[0]}" if self.command else self.text

    @property
    def scheme(self) -> str:
        """Return env, file, keyring, or nothing for a command."""
        return self.text.partition(":")[0]

    @property
    def place(self) -> str:
        """Return what the scheme needs: a variable, a path, or SERVICE/USER."""
        return self.text.partition(":")[2]


def refused(source: SecretSource) -> str:
    """Return why a source cannot be used, or nothing; what was written is not shown."""
    if source.command:
        return WRONG if source.text or not source.command[0] else ""
    pattern = PLACES.get(source.scheme)
    return "" if pattern and re.fullmatch(pattern, source.place) else WRONG
