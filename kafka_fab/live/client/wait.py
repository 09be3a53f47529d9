"""Wait: poll a condition that has no event, up to a timeout."""

import time
from collections.abc import Callable

PAUSE = 0.1


def until(condition: Callable[[], bool], seconds: float, pause: float = PAUSE) -> bool:
    """Return True as soon as the condition holds, False after the timeout."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause)
    return True
