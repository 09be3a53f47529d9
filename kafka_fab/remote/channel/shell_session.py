"""Shell session: a channel on which a root shell reads a script, and what it says between its two marks."""

import time
from collections.abc import Callable, Iterator
from select import select

from paramiko import Channel

from kafka_fab.remote.channel.frame import FrameReader

SECONDS_TO_LOG_IN = 60
OnLine = Callable[[str], bytes | None]


class ShellSession:
    """A channel to a host on which a root shell reads a script; what it says stands between two marks."""

    def __init__(self, channel: Channel, mark: str) -> None:
        self.channel, self.mark = channel, mark
        self.out, self._err = FrameReader(mark), FrameReader(mark)
        self._stderr: list[str] = []
        # Whether what has the password has not come to the shell: what begins later reads the end of all input.
        self.rejected = False

    def authenticate(self, asks: str) -> bool:
        """Wait until sudo has taken the password; return False where it asks for it once more."""
        ends, told = time.monotonic() + SECONDS_TO_LOG_IN, b""
        while not self.out.begun and told.count(asks.encode()) < 2 and not _is_over(self.channel):
            if not select([self.channel], [], [], max(0, ends - time.monotonic()))[0]:
                return False
            if self.channel.recv_ready():
                list(self.out.feed(self.channel.recv(65536)))
            if self.channel.recv_stderr_ready():
                told += self._read_stderr(self.channel.recv_stderr(65536))
        return self.out.begun

    def listen(self, on_line: OnLine, idle_timeout: int | None = None) -> str:
        """Return all that the script says; `on_line` gets each line as it comes, and may reply."""
        lines: list[str] = []
        self.channel.settimeout(SECONDS_TO_LOG_IN)
        # Up to the last mark: what the login has left running may keep the stream open for good.
        while self.out.status is None and (data := self.channel.recv(65536)):
            for line in self._fed(data, idle_timeout):
                lines.append(line)
                reply = on_line(line)
                if reply:
                    self.channel.sendall(reply)
        return "\n".join([*lines, *self.out.end])

    def _fed(self, data: bytes, idle_timeout: int | None) -> Iterator[str]:
        if self.out.begun:
            return self.out.feed(data)
        found = list(self.out.feed(data))
        if self.out.begun:
            self.channel.settimeout(idle_timeout)
        return iter(found)

    def stderr(self) -> str:
        """Return what came on standard error: the script's, or all where it has never begun."""
        while self._err.status is None and (data := self.channel.recv_stderr(65536)):
            self._read_stderr(data)
        if not self._err.begun:
            return self._err.foreign.decode(errors="replace")
        return "\n".join([*self._stderr, *self._err.end])

    def _read_stderr(self, data: bytes) -> bytes:
        self._stderr += self._err.feed(data)
        return data

    def sendall(self, data: bytes) -> None:
        """Send to the script."""
        self.channel.sendall(data)

    def close(self) -> None:
        """End it."""
        self.channel.close()


def _is_over(channel: Channel) -> bool:
    return bool(
        channel.closed or (channel.eof_received and not channel.recv_ready() and not channel.recv_stderr_ready())
    )
