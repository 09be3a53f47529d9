"""A mirror on loopback, and what is taken from it."""

import hashlib
import tarfile
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

from kafka_fab.cluster.change import Change
from tests.unit.remote.scripts.library.host import Host


class Mirror:
    """A folder with an archive, served over HTTP on loopback."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.url = folder, f"http://127.0.0.1:{port}/k.tgz"
        (folder / "in").mkdir()
        (folder / "in/tool").write_text("#!/bin/sh\n")
        (folder / "in/tool").chmod(0o755)
        with tarfile.open(folder / "k.tgz", "w:gz") as archive:
            archive.add(folder / "in", "kafka_2.13-3.9.1")
        self.bytes = (folder / "k.tgz").read_bytes()

    def publish(self, kind: str, text: str) -> None:
        (self.folder / f"k.tgz.{kind}").write_text(text)

    def sum(self, kind: str = "sha512") -> str:
        return hashlib.new(kind, self.bytes).hexdigest()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        if not (self.server.cut and self.path.endswith(".tgz")):  # type: ignore[attr-defined]
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"x" * 500)
        return None


def download(host: Host, mirror: Mirror, sha512: str = "", url: str = "", apply: bool = True) -> Change:
    return host.want("download", url or mirror.url, host / "k.tgz", host / "tree", sha512, apply=apply)


def extracted(host: Host, mirror: Mirror) -> None:
    host.run(f"want_download {mirror.url} {host / 'k.tgz'} {host / 'tree'} {mirror.sum()}")
    host.want("tree", host / "tree", host / "k.tgz")
