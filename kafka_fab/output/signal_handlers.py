"""Signal handlers: how signals are handled during a part of the work, and as before after it."""

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def handled(handler: Any, signals: Iterable[signal.Signals]) -> Iterator[None]:
    """Handle signals by a handler, or by SIG_IGN; in another thread than the main one there are none to handle."""
    try:
        before = {number: signal.signal(number, handler) for number in signals}
    except ValueError:  # only the main thread gets signals
        yield
        return
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
