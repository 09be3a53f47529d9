"""Outside load: a client of librdkafka that writes while a cluster is changed, and reads everything back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.integration.conftest import ROOT


@contextmanager
def client(*pairs: str, topic: str = "orders") -> Iterator[dict[str, Any]]:
    """Let a client of its own write until the end of the block; its verdict is in the mapping afterwards."""
    command = [sys.executable, "-m", "tests.outside_client", topic, *pairs]
    verdict: dict[str, Any] = {}
    with subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writing:
        try:
            yield verdict
        finally:
            output, _ = writing.communicate("\n", timeout=180)
            verdict.update(json.loads(output or "{}"))


def servers(hosts: Iterable[str], port: int) -> str:
    """Return the setting of librdkafka that names some brokers."""
    return "bootstrap.servers=" + ",".join(f"{host}:{port}" for host in hosts)
