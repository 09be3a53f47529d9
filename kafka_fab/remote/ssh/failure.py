"""Failure: what goes wrong on one host."""

from kafka_fab.cluster.values.secret import hidden
from kafka_fab.runbook.codes import Code, coded


class HostFailure(Exception):
    """What went wrong on one host, in a sentence, without secrets that a command on the host has repeated.

    With a code, where the runbook has more to say.
    """

    def __init__(self, words: str, code: Code | None = None) -> None:
        self.code = code
        super().__init__(coded(hidden(words), code) if code else hidden(words))
