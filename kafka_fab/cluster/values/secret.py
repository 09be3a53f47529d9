"""Secret: which names and texts are those of a secret, and how to redact a text; secrets.sh gets this same rule.

The patterns are read by Python's `re` and by every awk: no classes, no counts, no backslashes, no `%` and `#`.
It is better to hide too much than to show too much: what is hidden is still in the file.
"""

import re
from functools import cache

from kafka_fab.cluster.release.property_type import NAMES
from kafka_fab.frozen_value import dataclass

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
    "totp",
    "seed",
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
# Parts that are a secret only as whole words of a name (not in path or sasl), and those that are only as its last.
WHOLE, LAST = "(pat|sas)", "(key|master|salt)"
NAME_WORDS = f"({'|'.join(WORDS)})"
NAME = f"({'|'.join(WORDS)}|(^|[._-]){WHOLE}([._-]|$)|(^|[._-]){LAST}$)"
KEY_LETTER = "[a-z0-9._-]"
KEY = f"{KEY_LETTER}*{NAME_WORDS}{KEY_LETTER}*"
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


# A private key begins and ends so, on lines of its own or not.
KEY_BEGINS, KEY_ENDS = "-----begin [a-z0-9 ]*private key", "-----end [a-z0-9 ]*private key"
# In the requests that Kafka logs where it fails: what it keeps of a password, a login, a token, byte by byte.
BYTES = f"[,[]-?[0-9]+(, -?[0-9]+)+{KEY_LETTER}*[]]?"
LOGGED = f"({NAME_WORDS}|storedkey|serverkey|authbytes)"
SHAPES = (
    Shape("://", "[^ \t\"'<>]*@", "@"),
    Shape(f"{KEY_BEGINS}[a-z ]*-----", ".*"),
    Shape("authorization[\"']?[ \t]*[:=][ \t]*", ".+"),
    Shape("(bearer|basic)[ \t]+", LETTER * 16 + f"{LETTER}*"),
    Shape(f"{KEY_LETTER}*{LOGGED}{KEY_LETTER}*=", BYTES),
    # A setting of such a request, or of a record.
    Shape(f"name='{KEY}',[a-z0-9 =,]*value=", "'[^']*'?"),
    Shape(f"{KEY}[\"']?[ \t]*=[ \t]*", VALUE),
    Shape(f"{KEY}[\"'][ \t]*:[ \t]*", VALUE),
    # `--password WORD` of a command; fab's own switches begin with --prompt.
    Shape(f"[._-]{WHOLE}([._-]{KEY_LETTER}*)?[\"']?[ \t]*=[ \t]*", VALUE),
    Shape(f"[._-]{WHOLE}([._-]{KEY_LETTER}*)?[\"'][ \t]*:[ \t]*", VALUE),
    Shape(f"[._-]{LAST}[\"']?[ \t]*=[ \t]*", VALUE),
    Shape(f"[._-]{LAST}[\"'][ \t]*:[ \t]*", VALUE),
    Shape(f"--{NAME_WORDS}[a-z0-9-]*[ \t]+", VALUE),
    Shape(f"{KEY_LETTER}+:", "[^ \t/@\"',:]+@", "@"),
    Shape("user_[a-z0-9._@-]*[ \t]*=[ \t]*", VALUE),
    # Parameters of an address, and options of a Java agent.
    Shape("[?&;,=][a-z0-9._-]*(sig|signature|auth|pat|sas|key)=", "[^ \t&;\"']+"),
    # Keys of GitHub, Slack and AWS tell of themselves.
    Shape("", f"(gh[opsur]_|xox[abeoprs]-|akia){'[a-z0-9-]' * 8}[a-z0-9-]*"),
    # A JSON Web Token (RFC 7519): two objects in base64url begin with `{"`.
    Shape("", "eyj[a-z0-9_-]+[.]eyj[a-z0-9_-]+[.][a-z0-9_-]*"),
)
# Every shape has one of these, or a sign and a stem: most lines of a log do not, and need no more than this look.
SURE = (
    *("://", "@", "-----begin ", "authorization", "bearer", "basic", "--"),
    *("gho_", "ghp_", "ghs_", "ghu_", "ghr_", "xox", "akia", "eyj"),
)
SIGNS = ("=", "'", '"')
STEMS = (
    *("pass", "pw", "pin", "psk", "secret", "credential", "token", "jaas", "jwt", "cookie", "hmac", "otp", "seed"),
    *("unseal", "webhook", "dsn", "superdigest", "pem", "auth", "key", "certificate", "licen", "connection", "pat"),
    *("sas", "master", "salt", "user_", "sig"),
)
# How the shapes reach awk as one word: neither separator stands in a pattern.
SEPARATOR, PART = "#", "%"
# Kafka's own keys whose names tell of a secret, and whose values are none.
ORDINARY = "ordinary.txt"


@cache
def ordinary() -> str:
    """Return the pattern of Kafka's own keys that only look like a secret's: their type says otherwise."""
    shown = (NAMES / ORDINARY).read_text(encoding="utf-8").split()
    return f"(listener[.]name[.]{KEY_LETTER}*[.])?({'|'.join(name.replace('.', '[.]') for name in shown)})"


@cache
def begins_ordinary() -> str:
    """Return the pattern of a line that begins with such a key."""
    return f"^[ \t+-]*[\"']?{ordinary()}[\"']?[ \t]*[=: \t]"


def is_secret(name: str) -> bool:
    """Return whether a key's name is that of a secret."""
    return bool(_compiled(NAME).search(name)) and not _compiled(ordinary()).fullmatch(name)


class Redactor:
    """Hides what looks like a secret, line by line; a private key's lines as a whole."""

    def __init__(self) -> None:
        self._in_key = False

    def hidden(self, line: str) -> str:
        """Return the next line without what looks like a secret."""
        was = self._in_key
        self._in_key = not _compiled(KEY_ENDS).search(line) and (was or begins_key(line))
        return HIDDEN if was or self._in_key else hidden_in_line(line)


def hidden(text: str) -> str:
    """Return a text without what looks like a secret."""
    return "\n".join(map(Redactor().hidden, text.split("\n")))


def begins_key(line: str) -> bool:
    """Return whether a private key begins in a line."""
    return bool(_compiled(KEY_BEGINS).search(line))


def hidden_in_line(line: str) -> str:
    """Return a line without what looks like a secret."""
    if not _may_hold_one(line.lower()):
        return line
    known = _compiled(begins_ordinary()).match(line)
    key, line = (known[0], line[known.end() :]) if known else ("", line)
    for shape in SHAPES:
        # A key begins where its letters do: tried at each of them, a long word without one would take minutes.
        begin = f"(?<!{KEY_LETTER})" if shape.lead.startswith(KEY_LETTER) else ""
        line = _compiled(f"{begin}(?P<lead>{shape.lead}){shape.body}").sub(rf"\g<lead>{HIDDEN}{shape.tail}", line)
    return key + line


def _may_hold_one(low: str) -> bool:
    return any(part in low for part in SURE) or (
        any(sign in low for sign in SIGNS) and any(stem in low for stem in STEMS)
    )


def for_shell() -> dict[str, str]:
    """Return the rule as the variables that secrets.sh hands to awk."""
    shapes = SEPARATOR.join(PART.join((shape.lead, shape.body, shape.tail)) for shape in SHAPES)
    return {
        "SECRET_NAME": NAME,
        "SECRET_WORDS": NAME_WORDS,
        "SECRET_SHAPES": shapes,
        "SECRET_NOT": begins_ordinary(),
        "SECRET_BEGINS": KEY_BEGINS,
        "SECRET_ENDS": KEY_ENDS,
    }


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.ASCII)
