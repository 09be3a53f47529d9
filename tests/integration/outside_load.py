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

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def client(*pairs: str, topic: str = "orders") -> Iterator[dict[str, Any]]:
    """Let a client of its own write until the end of the block; its verdict is in the mapping afterwards.

    Each partition has acknowledged a message when the block begins. `rate=` sets another rate than that of all tests.
    """
    command = [sys.executable, "-m", "tests.outside_client", topic, *pairs]
    verdict: dict[str, Any] = {}
    with subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writing:
        try:
            assert writing.stdout
            writing.stdout.readline()
            yield verdict
        finally:
            output, _ = writing.communicate("\n", timeout=300)
            verdict.update(json.loads(output or "{}"))
            outside_total.note(verdict)


def servers(hosts: Iterable[str], port: int) -> str:
    """Return the setting of librdkafka that names some brokers."""
    return "bootstrap.servers=" + ",".join(f"{host}:{port}" for host in hosts)
