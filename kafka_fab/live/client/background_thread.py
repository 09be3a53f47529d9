"""Background thread: work in a thread of its own, which nobody has to wait for at the end."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def beside(name: str, work: Callable[[], T]) -> "Future[T]":
    """Begin some work in a daemon thread, and return what will hold its result.

    A pool's threads are waited for when the process ends, also after Ctrl-C.
    """
    promised: Future[T] = Future()

    def run() -> None:
        try:
            promised.set_result(work())
        except BaseException as error:
            promised.set_exception(error)

    threading.Thread(target=run, daemon=True, name=name).start()
    return promised
