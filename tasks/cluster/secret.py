"""Secret: which names and which texts tell of a secret, and a text without them; lib.sh gets this same rule.

The patterns are read by Python's `re` and by every awk: no classes, no counts, no backslashes, no `%` and `#`.
It is better to hide too much than to show too much: what is hidden is still in the file.
"""

import re
from dataclasses import dataclass
from functools import cache

HIDDEN = "(hidden)"
# Parts of a key's name, in lower case. They cover every key that Kafka itself types as PASSWORD (ConfigDef.Type).
WORDS = (
    "pass",
    "pwd",
    "[._-]pw",
    "[._-]pin",
    "psk",
    "secret",
    "credential",
    "token",
    "jaas",
    "jwt",
    "[._-]bearer",
    "cookie",
    "hmac",
    "otp[._-]",
    "unseal",
    "webhook",
    "[._-]dsn",
    "superdigest",
    "[._-]pem",
    # But not ssl.client.auth, which says whether clients must show a certificate.
    "[^t][._-]auth",
    "keystore[._-]?key",
    "certificate[._-]?chain",
    "truststore[._-]?certificates",
    "basic[._-]?auth",
    "(api|access|account|client|private|signing|encryption|shared|master|session)[._-]?key",
    "licen[cs]e",
    "authorization",
    "connection[._-]?string",
)
NAME = f"({'|'.join(WORDS)})"
KEY_LETTER = "[a-z0-9._-]"
KEY = f"{KEY_LETTER}*{NAME}{KEY_LETTER}*"
VALUE = "(\"[^\"]*\"?|'[^']*'?|[^ \t;&\"']+)"
LETTER = "[a-z0-9+/_=.~-]"


@dataclass(frozen=True)
class Shape:
    """A text that is a secret whatever its key: what comes before it, itself, and what stands for its end."""

    lead: str
    body: str
    tail: str = ""

    @property
    def pattern(self) -> str:
        """Return both in one pattern, for text in lower case."""
        return f"{self.lead}{self.body}"


SHAPES = (
    Shape("://", "[^ \t\"'<>]*@", "@"),
    Shape("-----begin [a-z0-9 ]*private key[a-z ]*-----", ".*"),
    Shape("authorization[\"']?[ \t]*[:=][ \t]*", ".+"),
    Shape("(bearer|basic)[ \t]+", LETTER * 16 + f"{LETTER}*"),
    Shape(f"{KEY}[\"']?[ \t]*=[ \t]*", VALUE),
    Shape(f"{KEY}[\"'][ \t]*:[ \t]*", VALUE),
    # `--password WORD` of a command; fab's own switches begin with --prompt.
    Shape(f"--{NAME}[a-z0-9-]*[ \t]+", VALUE),
    Shape(f"{KEY_LETTER}+:", "[^ \t/@\"',:]+@", "@"),
    Shape("user_[a-z0-9._@-]*[ \t]*=[ \t]*", VALUE),
    Shape("[?&;][a-z0-9._-]*(sig|signature|auth|key)=", "[^ \t&;\"']+"),
    # Keys of GitHub, Slack and AWS tell of themselves.
    Shape("", f"(gh[opsur]_|xox[abeoprs]-|akia){'[a-z0-9-]' * 8}[a-z0-9-]*"),
    # A JSON Web Token (RFC 7519): two objects in base64url begin with `{"`.
    Shape("", "eyj[a-z0-9_-]+[.]eyj[a-z0-9_-]+[.][a-z0-9_-]*"),
)
# How the shapes reach awk as one word: neither separator stands in a pattern.
SEPARATOR, PART = "#", "%"
KEY_BEGINS = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----", re.IGNORECASE)
KEY_ENDS = re.compile(r"-----END [A-Z0-9 ]*PRIVATE KEY", re.IGNORECASE)


def is_secret(name: str) -> bool:
    """Return whether a key's name tells of a secret."""
    return bool(_compiled(NAME).search(name))


def hidden(text: str) -> str:
    """Return a text without what looks like a secret, line by line; a private key's lines are hidden as a whole."""
    lines, in_key = [], False
    for line in text.split("\n"):
        was, in_key = in_key, not KEY_ENDS.search(line) and (in_key or bool(KEY_BEGINS.search(line)))
        lines.append(HIDDEN if was or in_key else hidden_in_line(line))
    return "\n".join(lines)


def hidden_in_line(line: str) -> str:
    """Return a line without what looks like a secret."""
    for shape in SHAPES:
        # A key begins where its letters do: tried at each of them, a long word without one would take minutes.
        begin = f"(?<!{KEY_LETTER})" if shape.lead.startswith(KEY_LETTER) else ""
        line = _compiled(f"{begin}(?P<lead>{shape.lead}){shape.body}").sub(rf"\g<lead>{HIDDEN}{shape.tail}", line)
    return line


def for_shell() -> dict[str, str]:
    """Return the rule as the variables that lib.sh hands to awk."""
    shapes = SEPARATOR.join(PART.join((shape.lead, shape.body, shape.tail)) for shape in SHAPES)
    return {"SECRET_NAME": NAME, "SECRET_SHAPES": shapes}


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.ASCII)
