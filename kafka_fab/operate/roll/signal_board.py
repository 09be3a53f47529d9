"""Signal board: a condition that background threads notify and the roll waits for."""

import threading
import time
from collections.abc import Callable

# Time limits are checked at least this often.
POLL = 0.25


class Signal:
    """One condition for all changes of a roll; `count` is how many there were."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self.count = 0

    def notify(self) -> None:
        """Wake up all waiting threads: something has changed."""
        with self._condition:
            self.count += 1
            self._condition.notify_all()

    def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Return True as soon as the condition holds, False if it has not within the time."""
        deadline = time.monotonic() + seconds
        with self._condition:
            while not condition():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._condition.wait(min(left, POLL))
        return True
