"""Signal board: where the watching threads write down what they see, and the roll waits for it."""

import threading
import time
from collections.abc import Callable

# So that a limit is noticed also where nothing happens any more.
GLANCE = 0.25


class Signal:
    """One condition for all events of a roll; `told` is how many there were."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self.told = 0

    def tell(self) -> None:
        """Wake up whoever waits: something has changed."""
        with self._news:
            self.told += 1
            self._news.notify_all()

    def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Return True as soon as the condition holds, False if it has not within the time."""
        deadline = time.monotonic() + seconds
        with self._news:
            while not condition():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._news.wait(min(left, GLANCE))
        return True
