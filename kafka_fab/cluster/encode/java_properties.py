r"""Java's properties: Kafka's, ZooKeeper's and Log4j's files, as java.util.Properties reads and as we write them.

The file is written in ASCII: Java reads bytes as Latin-1, and everything else by `\uXXXX`.
"""

import re
from collections.abc import Iterator

# In a key also what would end it, or make its line a comment.
VALUE = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\f": "\\f"}
KEY = VALUE | {letter: f"\\{letter}" for letter in " =:#!"}
LETTERS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
BLANK = " \t\f"
KEY_OF_LINE = re.compile(r"((?:\\.|[^\\=: \t\f])*)[ \t\f]*(?:[=:][ \t\f]*)?(.*)", re.DOTALL)
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.?))", re.DOTALL)


def key(text: str) -> str:
    """Return a key as it is written."""
    return ascii_only("".join(KEY.get(letter, letter) for letter in text))


def value(text: str) -> str:
    """Return a value as it is written after `=`."""
    written = "".join(VALUE.get(letter, letter) for letter in text)
    # Blanks before a value are no part of it unless they are escaped; tabs and the like are already.
    return ascii_only(f"\\{written}" if written.startswith(" ") else written)


def ascii_only(text: str) -> str:
    r"""Return a text of properties, encoded or not yet, with each letter beyond ASCII as `\uXXXX`."""
    return re.sub(r"(\\*)([^\t\n\f\r -~])", _escaped, text)


def _escaped(found: re.Match[str]) -> str:
    # A backslash that was before the letter already says nothing more: `\ü` is `ü`.
    before = found[1][: len(found[1]) // 2 * 2]
    units = found[2].encode("utf-16-be", "surrogatepass")
    return before + "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def read(text: str) -> dict[str, str]:
    """Return what Java finds in a text of properties; of a key that is there twice the last value."""
    return dict(map(_pair, _lines(text)))


def _lines(text: str) -> Iterator[str]:
    """Yield the logical lines, without comments."""
    whole, goes_on = "", False
    for line in re.split(r"\r\n|\r|\n", text):
        more = line.lstrip(BLANK)
        if not whole and (not more or more[0] in "#!"):
            goes_on = False
            continue
        goes_on = _goes_on(more)
        whole += more[: len(more) - goes_on]
        if not goes_on:
            yield whole
            whole = ""
    if whole or goes_on:
        yield whole


def _goes_on(line: str) -> bool:
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _pair(line: str) -> tuple[str, str]:
    found = KEY_OF_LINE.fullmatch(line)
    assert found, "every line has a key, if only an empty one"
    return _plain(found[1]), _plain(found[2])


def _plain(text: str) -> str:
    plain = ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else LETTERS.get(found[2], found[2]), text)
    # Two halves that were escaped one by one are one letter.
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
