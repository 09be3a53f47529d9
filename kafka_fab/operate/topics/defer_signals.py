"""Signals: Ctrl-C and its like end a move by an exception, so that it can be taken back, and do not cut that off."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let a closed terminal and a polite kill end the work as Ctrl-C does."""

    def interrupt(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    with _handled(interrupt):
        yield


@contextmanager
def ignore_signals() -> Iterator[None]:
    """Let no second Ctrl-C cut the clearing off."""
    with _handled(signal.SIG_IGN):
        yield


@contextmanager
def defer_signals() -> Iterator[None]:
    """Let a request come to its end before Ctrl-C counts: brokers carry out what was cut off all the same, later."""
    asked: list[int] = []
    with _handled(lambda number, _frame: asked.append(number)):
        yield
    if asked:
        raise KeyboardInterrupt


@contextmanager
def _handled(handler: Any) -> Iterator[None]:
    try:
        before = {number: signal.signal(number, handler) for number in ENDS}
    except ValueError:  # not in the main thread: there is no Ctrl-C to take
        yield
        return
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
