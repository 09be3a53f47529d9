"""Problems in what the user wrote, gathered so that all are said at once."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from pathlib import PurePath

from kafka_fab.cluster.values.secret import hidden
from kafka_fab.frozen_value import dataclass
from kafka_fab.runbook.codes import ConfigCode, coded
from kafka_fab.typed_command import FAB

# Nobody mends more at once; looking for the nearest name of each would take minutes.
MOST = 200
LONG_WORD = re.compile(r"\S{257,}")
LONG_TEXT = 2000
LONGEST_NAME = 256
# Where a problem of a typed topic is: it obeys the rules of the file.
TYPED_TOPIC = f"{FAB} topics.create"
CODES = {
    "hosts.ini": ConfigCode.HOSTS,
    "cluster.yaml": ConfigCode.SETTINGS,
    "local.yaml": ConfigCode.SETTINGS,
    "topics.yaml": ConfigCode.TOPICS,
    TYPED_TOPIC: ConfigCode.TOPICS,
    "users.yaml": ConfigCode.USERS,
    "acls.yaml": ConfigCode.ACLS,
}


@dataclass(frozen=True)
class Problem:
    """One thing wrong at one place; a warning is said and does not stop."""

    file: str
    line: int
    text: str
    warning: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        text = f"{place}: {'warning: ' if self.warning else ''}{hidden(shortened(self.text))}"
        return coded(printable(text), self.code)

    @property
    def code(self) -> ConfigCode:
        """Return the code of the kind of file that it is in."""
        name = PurePath(self.file).name
        return CODES.get(name, ConfigCode.TEMPLATE if name.endswith(".j2") else ConfigCode.FOLDER)


class ConfigError(Exception):
    """Input that cannot be used; carries every problem found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def shortened(text: str) -> str:
    """Return a text without its endless words: none of their letters, since half a secret is not known for one."""
    return LONG_WORD.sub(lambda match: f"(a word of {len(match[0])} characters)", text)


def printable(text: str) -> str:
    """Return a line that shows what a user wrote, whatever it was, without control characters."""
    if len(text) > LONG_TEXT:
        text = f"{text[: LONG_TEXT // 2]} ... {text[-LONG_TEXT // 4 :]}"
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(letter: str) -> str:
    return letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean X?)` for the known word nearest to this one, else nothing."""
    near = nearest(word, known)
    return f" (did you mean {near}?)" if near else ""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word nearest to this one, an empty string if none is near."""
    return _nearest(word, tuple(known)) if len(word) <= LONGEST_NAME else ""


@cache
def _nearest(word: str, known: tuple[str, ...]) -> str:
    for spelling in dict.fromkeys((word, word.lower().replace("_", "."))):
        for near in get_close_matches(spelling, known, n=1, cutoff=0.6):
            return near
    return ""


def refuse_errors(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Raise ConfigError if any problem is more than a warning; return the warnings."""
    found = tuple(sorted(problems, key=lambda problem: (problem.file, problem.line)))
    if any(not problem.warning for problem in found):
        raise ConfigError(_most(found))
    return found


def _most(found: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Return the first problems where there are too many, errors before warnings, and say that there are more."""
    if len(found) <= MOST:
        return found
    first = sorted(found, key=lambda problem: problem.warning)[:MOST]
    return (*first, Problem(first[-1].file, 0, f"only the first {MOST} problems are shown: mend these first"))
