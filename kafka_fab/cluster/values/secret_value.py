"""Secret value: a text that no message, log or repr shows."""

from kafka_fab.cluster.values.secret import HIDDEN
from kafka_fab.frozen_value import dataclass


@dataclass(frozen=True)
class Secret:
    """A password or passphrase; only `reveal` returns the text."""

    _text: str

    def reveal(self) -> str:
        """Return the text, for the one place that needs it."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __str__(self) -> str:
        return HIDDEN

    __repr__ = __str__
