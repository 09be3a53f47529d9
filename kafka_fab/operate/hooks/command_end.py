"""Command end: how a hook's command ended, wherever it ran."""

from dataclasses import dataclass

# The end of what a command printed is shown.
SHOWN = 300


@dataclass(frozen=True)
class CommandEnd:
    """The exit status of a command, None where it was killed at its time limit, and the end of what it printed."""

    status: int | None
    output: str

    def failure(self, seconds: int) -> str:
        """Return why a command with this time limit failed, or nothing where it succeeded."""
        if self.status == 0:
            return ""
        why = f"timed out after {seconds} s and was killed" if self.status is None else f"exit status {self.status}"
        return f"{why}: {shown(self.output) or 'no output'}"


def shown(output: str) -> str:
    """Return the end of an output on one line."""
    printable = "".join(letter if letter.isprintable() else " " for letter in output)
    return " ".join(printable.split())[-SHOWN:]
