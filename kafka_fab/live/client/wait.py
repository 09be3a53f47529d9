"""Wait for what the network gives no event for, up to a limit."""

import time
from collections.abc import Callable

PAUSE = 0.1


def until(condition: Callable[[], bool], seconds: float, pause: float = PAUSE) -> bool:
    """Return True as soon as the condition holds, False if it has not within the time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause)
    return True
