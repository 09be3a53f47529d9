"""Outside load: a client of librdkafka that writes while a cluster is changed, and reads everything back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import outside_total
from tests.outside_client import MARK

ROOT = Path(__file__).resolve().parents[2]


class Load(dict[str, Any]):
    """A client at work; its verdict is in the mapping when it has ended."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        super().__init__()
        self._process = process

    def mark(self) -> dict[str, Any]:
        """Return what has come since the mark before: messages acknowledged, longest stall, errors so far."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{MARK}\n")
        self._process.stdin.flush()
        said: dict[str, Any] = json.loads(self._process.stdout.readline())
        return said


@contextmanager
def client(*pairs: str, topic: str = "orders", patience: float = 300) -> Iterator[Load]:
    """Let a client of its own write until the end of the block; its verdict is in the mapping afterwards.

    Each partition has acknowledged a message when the block begins. `rate=` sets another rate than that of all tests,
    and `topic` may name several, with commas between.
    """
    command = [sys.executable, "-m", "tests.outside_client", topic, *pairs]
    with subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writing:
        load = Load(writing)
        try:
            assert writing.stdout
            writing.stdout.readline()
            yield load
        finally:
            output, _ = writing.communicate("\n", timeout=patience)
            load.update(json.loads(output or "{}"))
            outside_total.note(load)


def servers(hosts: Iterable[str], port: int) -> str:
    """Return the setting of librdkafka that names some brokers."""
    return "bootstrap.servers=" + ",".join(f"{host}:{port}" for host in hosts)
