"""Serve a folder over HTTP like a mirror, or like a bad one: python -m lab.mirror --root DIR --port PORT."""

from __future__ import annotations

import argparse
import io
import os
import re
import signal
import sys
import threading
import time
from dataclasses import dataclass
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingTCPServer
from urllib.parse import unquote, urlsplit

SENDFILE_BYTES = 1 << 22
TICK_SECONDS = 0.05


@dataclass(frozen=True)
class Trouble:
    """How the mirror misbehaves: patterns are of paths below the root, such as `*.tgz`."""

    truncate: tuple[tuple[str, int], ...] = ()
    corrupt: tuple[str, ...] = ()
    bytes_per_second: int = 0

    def cut(self, path: str) -> int | None:
        """Return after how many bytes the connection is to close, or None."""
        return next((count for pattern, count in self.truncate if fnmatch(path, pattern)), None)

    def spoils(self, path: str) -> bool:
        """Tell whether one byte of this file is to be wrong."""
        return any(fnmatch(path, pattern) for pattern in self.corrupt)


class Mirror(ThreadingTCPServer):
    """A threading HTTP server of one folder's files."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], root: Path, trouble: Trouble | None = None) -> None:
        super().__init__(address, Handler)
        self.root, self.trouble = root.resolve(), trouble or Trouble()


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD, also of a part of a file (Range: bytes=FIRST-LAST)."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Mirror

    def do_HEAD(self) -> None:
        """Answer with the headers alone."""
        self._answer(body=False)

    def do_GET(self) -> None:
        """Answer with a file or the asked part of it."""
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        path = unquote(urlsplit(self.path).path).lstrip("/")
        file = self.server.root / path
        if ".." in path.split("/") or not file.is_file():
            self.send_error(404)
            return
        with file.open("rb") as content:
            size = os.fstat(content.fileno()).st_size
            span = self._span(size)
            if span is None:
                self.send_error(416)
            else:
                self._head(size, span)
            if span and body:
                self._send(content, path, span)

    def _span(self, size: int) -> range | None:
        """Return which bytes are asked for; None where the file does not reach that far."""
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if asked is None or asked[0] == "bytes=-":
            return range(size)
        if not asked[1]:
            return range(max(size - int(asked[2]), 0), size)
        end = min(int(asked[2]) + 1, size) if asked[2] else size
        return range(int(asked[1]), end) if int(asked[1]) < end else None

    def _head(self, size: int, span: range) -> None:
        part = len(span) < size
        self.send_response(206 if part else 200)
        if part:
            self.send_header("Content-Range", f"bytes {span.start}-{span.stop - 1}/{size}")
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(span)))
        self.end_headers()

    def _send(self, content: io.BufferedReader, path: str, span: range) -> None:
        """Send the span, or what the trouble asked for leaves of it."""
        trouble = self.server.trouble
        if (cut := trouble.cut(path)) is not None:
            span, self.close_connection = span[:cut], True
        content.seek(span.start)
        try:
            if trouble.spoils(path):
                self._paced(io.BytesIO(_spoilt(content.read(len(span)))), len(span))
            elif trouble.bytes_per_second:
                self._paced(content, len(span))
            else:
                self._fast(content.fileno(), span)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _fast(self, content: int, span: range) -> None:
        """Let the kernel copy from file to socket."""
        offset = span.start
        while offset < span.stop:
            count = min(span.stop - offset, SENDFILE_BYTES)
            sent = os.sendfile(self.connection.fileno(), content, offset, count)
            if sent == 0:
                raise BrokenPipeError("the file became shorter meanwhile")
            offset += sent

    def _paced(self, content: io.BufferedIOBase, left: int) -> None:
        """Send no more bytes per second than asked for."""
        rate = self.server.trouble.bytes_per_second
        chunk = max(int(rate * TICK_SECONDS), 1) if rate else SENDFILE_BYTES
        while left and (data := content.read(min(chunk, left))):
            self.wfile.write(data)
            left -= len(data)
            time.sleep(len(data) / rate if rate else 0)


def _spoilt(data: bytes) -> bytes:
    """Return the data with the byte in its middle turned over."""
    middle = len(data) // 2
    return data[:middle] + bytes(byte ^ 0xFF for byte in data[middle : middle + 1]) + data[middle + 1 :]


def _truncation(text: str) -> tuple[str, int]:
    pattern, _, count = text.rpartition("=")
    return pattern, int(count)  # argparse words the ValueError


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.mirror", description="Serve a folder over HTTP.")
    parser.add_argument("--bind", default="127.0.0.1", metavar="ADDRESS")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--root", type=Path, required=True, metavar="DIR")
    parser.add_argument("--truncate", type=_truncation, action="append", default=[], metavar="PATTERN=BYTES")
    parser.add_argument("--corrupt", action="append", default=[], metavar="PATTERN")
    parser.add_argument("--slow", type=int, default=0, metavar="BYTES_PER_SECOND")
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    given = _arguments(words)
    trouble = Trouble(tuple(given.truncate), tuple(given.corrupt), given.slow)
    try:
        mirror = Mirror((given.bind, given.port), given.root, trouble)
    except OSError as problem:
        print(f"mirror: cannot listen on {given.bind}:{given.port}: {problem.strerror}", file=sys.stderr)
        return 1
    with mirror:
        for number in (signal.SIGTERM, signal.SIGINT):
            # shutdown() waits for the loop that the signal interrupts, so it needs a thread of its own.
            signal.signal(number, lambda *_: threading.Thread(target=mirror.shutdown).start())
        print(f"mirror: http://{given.bind}:{mirror.server_address[1]}/ serves {mirror.root}", flush=True)
        mirror.serve_forever(poll_interval=0.1)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
