"""Ctrl-C in a roll: it may come while an event is being written, and is announced behind that one."""

from __future__ import annotations

import signal
import threading
from types import SimpleNamespace
from typing import Any, cast

from kafka_fab.operate.roll import roll_operation
from kafka_fab.operate.roll.roll_context import Stop


class Stream:
    """Events that, like a buffered stream, cannot be entered twice by one thread."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.announced = threading.Event()
        self._lock, self._writer = threading.Lock(), 0

    def emit(self, _host: str, kind: str, _text: str) -> None:
        if self._writer == threading.get_ident():
            raise RuntimeError("reentrant call")
        with self._lock:
            self._writer = threading.get_ident()
            if kind == "step":
                signal.raise_signal(signal.SIGINT)
            self.kinds.append(kind)
            self._writer = 0

    def notify(self) -> None:
        self.announced.set()


def test_ctrl_c_in_the_middle_of_a_written_event_only_asks_for_the_end() -> None:
    stream, stop = Stream(), Stop()
    context = SimpleNamespace(stop=stop, events=stream, board=stream)
    with roll_operation._stop_on_interrupt(cast("Any", context)):
        stream.emit("k1", "step", "restarting broker 1")
        assert stream.announced.wait(10)
    assert (stop.asked, stream.kinds) == (True, ["step", "interrupt"])
