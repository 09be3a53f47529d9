"""Local command: a hook's shell command on this machine, with a time limit."""

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from kafka_fab.operate.hooks.command_end import SHOWN, CommandEnd

# Seconds from SIGTERM to SIGKILL, as `timeout -k` has them on a host.
GRACE = 5.0


def run(command: str, folder: Path, environment: Mapping[str, str], seconds: float) -> CommandEnd:
    """Run a command in a folder, kill it and all that it has started at its time limit, and return how it ended."""
    # Into a file: what a command leaves running may hold a pipe open for ever.
    with TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                ["sh", "-c", "--", command], cwd=folder, env={**os.environ, **environment},
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            return CommandEnd(127, f"it cannot be started: {error}")
        return CommandEnd(_status(process, seconds), _end_of(output))


def _status(process: "subprocess.Popen[bytes]", seconds: float) -> int | None:
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        # Also where Ctrl-C ends the wait.
        if process.returncode is None:
            _kill(process)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End a command and its children."""
    os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)
    # Children may have stayed.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _end_of(output: IO[bytes]) -> str:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - 4 * SHOWN))
    return output.read().decode(errors="replace")
