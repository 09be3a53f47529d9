"""Failure: what goes wrong on one host."""

from kafka_fab.cluster.values.secret import hidden


class HostFailure(Exception):
    """What went wrong on one host, in a sentence, without secrets that a command on the host has repeated."""

    def __init__(self, words: str) -> None:
        super().__init__(hidden(words))
