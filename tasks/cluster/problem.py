"""Problems in what the user wrote, gathered so that all are said at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from tasks.cluster.secret import hidden


@dataclass(frozen=True)
class Problem:
    """One thing wrong at one place; a warning is said and does not stop."""

    file: str
    line: int
    text: str
    warning: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {'warning: ' if self.warning else ''}{hidden(self.text)}"


class Refused(Exception):
    """Input that cannot be used; carries every problem found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean X?)` for the known word nearest to this one, else nothing."""
    names = list(known)
    near = get_close_matches(word, names, n=1, cutoff=0.6) or get_close_matches(
        word.lower().replace("_", "."), names, n=1, cutoff=0.6
    )
    return f" (did you mean {near[0]}?)" if near else ""


def refuse_errors(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Raise Refused if any problem is more than a warning; return the warnings."""
    found = tuple(sorted(problems, key=lambda problem: (problem.file, problem.line)))
    if any(not problem.warning for problem in found):
        raise Refused(found)
    return found
