"""Proxy command: the ProxyCommand that leads to a host, and how it has ended."""

import os
import signal
import socket
import subprocess
from contextlib import suppress
from tempfile import TemporaryFile
from typing import Any

SECONDS_TO_END = 1
LONGEST = 200


class Proxy:
    """A command whose standard input and output are the way to a host."""

    def __init__(self, command: str) -> None:
        self.command = command
        self._words = TemporaryFile()  # noqa: SIM115  it lasts as long as the connection
        self.socket, its = socket.socketpair()
        shell = os.environ.get("SHELL") or "/bin/sh"
        with its:
            its_end: Any = its
            self._process = subprocess.Popen(
                [shell, "-c", f"exec {command}"], stdin=its_end, stdout=its_end, stderr=self._words
            )

    def ending(self) -> str:
        """Return how it has ended, and its last words; nothing where it has not."""
        try:
            status = self._process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            return ""
        how = f"by signal {-status}" if status < 0 else f"with status {status}"
        return f"its ProxyCommand `{self.command}` has ended {how}{self._said() or ', without output'}"

    def silence(self) -> str:
        """Return what is to be told of one that goes on, but has not led to an SSH server."""
        return f"its ProxyCommand `{self.command}` leads to nothing that speaks SSH{self._said()}"

    def _said(self) -> str:
        self._words.seek(0)
        lines = self._words.read().decode(errors="replace").split("\n")
        told = [line.strip() for line in lines if line.strip()]
        return f": {told[-1][-LONGEST:]}" if told else ""

    def close(self) -> None:
        """End it, as `ssh` does."""
        self.socket.close()
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGHUP)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(SECONDS_TO_END)
        self._words.close()
