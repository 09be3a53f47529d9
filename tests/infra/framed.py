"""Framed: the output of a spec's command, separated from what the login prints, in the environment of the tasks."""

import secrets
from shlex import quote
from typing import Any

from testinfra.backend.base import CommandResult
from testinfra.host import Host

from kafka_fab.remote.channel.frame import FrameReader
from kafka_fab.remote.channel.login_shell import as_root


def framed(host: Host) -> Host:
    """Return a host whose commands are framed as those of the tasks are."""
    backend = host.backend
    plain = backend.run

    def run(command: str, *args: str, **kwargs: Any) -> CommandResult:
        mark = secrets.token_hex(16)
        asked = backend.quote(command, *args)
        said = plain(as_root(mark, f"sh -c {quote(asked)}"), **kwargs)
        out, err = FrameReader(mark), FrameReader(mark)
        stdout, stderr = (between(frame, data) for frame, data in ((out, said.stdout_bytes), (err, said.stderr_bytes)))
        if out.status is None:
            # It has not come so far: all that was said is the reason.
            return said
        return backend.result(out.status, asked.encode(), stdout, stderr)

    backend.run = run
    return host


def between(frame: FrameReader, data: bytes) -> bytes:
    """Return what stands between a frame's marks."""
    lines = list(frame.feed(data))
    return "\n".join([*lines, *frame.end]).encode()
