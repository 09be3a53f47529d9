"""Background thread: work in a daemon thread, which does not keep the process alive."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def run_in_thread(name: str, work: Callable[[], T]) -> "Future[T]":
    """Start work in a daemon thread, and return the future of its result.

    A process waits for the threads of a pool when it ends, even after Ctrl-C.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True, name=name).start()
    return future
