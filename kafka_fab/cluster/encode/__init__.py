"""How a value is written into a file so that its reader finds the same value: one encoder for each format.

Values get into a file through a template alone, and a template encodes whatever it prints by the file's kind
(kafka_fab/cluster/template.py): none of ours, and none of a user's own, can forget it.
"""


class Encoded(str):
    """A text in the form of its file already; a template prints it as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        """Return the text: what Jinja asks for, and does not touch."""
        return str(self)


class Unsayable(ValueError):
    """A value that a format has no way to write, with the reason in a sentence."""


def controls(text: str) -> str:
    """Return the first control character of a text as it is written in a program, or nothing."""
    return next((repr(letter).strip("'") for letter in text if _is_control(letter)), "")


def _is_control(letter: str) -> bool:
    # C0, DEL, C1, and the two that Unicode adds as ends of a line.
    return letter < " " or "\x7f" <= letter <= "\x9f" or letter in "\u2028\u2029"
