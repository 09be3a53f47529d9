"""Signals: Ctrl-C, SIGTERM and SIGHUP end a move by an exception, so that it can be cancelled."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from kafka_fab.output.signal_handlers import handled

ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise KeyboardInterrupt on SIGTERM and SIGHUP, too."""

    def interrupt(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    with handled(interrupt, ENDS):
        yield


@contextmanager
def ignore_signals() -> Iterator[None]:
    """Ignore the signals: nothing interrupts the removal of throttles."""
    with handled(signal.SIG_IGN, ENDS):
        yield


@contextmanager
def defer_signals() -> Iterator[None]:
    """Raise KeyboardInterrupt only after a request: brokers apply an interrupted one anyway, later."""
    received: list[int] = []
    with handled(lambda number, _frame: received.append(number), ENDS):
        yield
    if received:
        raise KeyboardInterrupt
