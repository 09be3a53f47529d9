"""Signals: Ctrl-C, SIGTERM and SIGHUP end a move by an exception, so that it can be cancelled."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise KeyboardInterrupt on SIGTERM and SIGHUP, too."""

    def interrupt(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    with _handled(interrupt):
        yield


@contextmanager
def ignore_signals() -> Iterator[None]:
    """Ignore the signals: nothing interrupts the removal of throttles."""
    with _handled(signal.SIG_IGN):
        yield


@contextmanager
def defer_signals() -> Iterator[None]:
    """Raise KeyboardInterrupt only after a request: brokers apply an interrupted one anyway, later."""
    received: list[int] = []
    with _handled(lambda number, _frame: received.append(number)):
        yield
    if received:
        raise KeyboardInterrupt


@contextmanager
def _handled(handler: Any) -> Iterator[None]:
    try:
        before = {number: signal.signal(number, handler) for number in ENDS}
    except ValueError:  # only the main thread gets signals
        yield
        return
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
