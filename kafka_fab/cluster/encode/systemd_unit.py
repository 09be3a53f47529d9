"""Systemd's unit files: specifiers, quotes and backslashes, within words in quotes or without."""

from kafka_fab.cluster.encode import Unsayable, controls

LETTERS = {"%": "%%", "\\": "\\\\", '"': '\\"', "'": "\\'"}


def text(value: str) -> str:
    """Return a value as it is written in Environment= and the like, where systemd takes quotes and escapes away."""
    control = controls(value)
    if control:
        raise Unsayable(f"a unit file cannot say a value with a control character ({control})")
    return "".join(LETTERS.get(letter, letter) for letter in value)


def argument(value: str) -> str:
    """Return a value as it is written in a word of ExecStart=, where a dollar begins a variable."""
    return text(value).replace("$", "$$")
