import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from lab import archive
from lab.dist import checksum
from lab.dist.release import releases
from lab.mirror import Mirror, Trouble

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for version, kind in (("3.9.1", "sha512"), ("0.8.0", "md5")):
        file = tmp_path / version / releases()[version].file
        file.parent.mkdir()
        file.write_bytes(CONTENT)
        beside = file.with_name(f"{file.name}.{kind}")
        beside.write_text(checksum.written(file.name, checksum.digest(file, kind)))
    return tmp_path


@contextmanager
def serving(root: Path, trouble: Trouble | None = None) -> Iterator[int]:
    with Mirror(("127.0.0.1", 0), root, trouble) as mirror:
        thread = threading.Thread(target=mirror.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield mirror.server_address[1]
        mirror.shutdown()
        thread.join()


def fetched(port: int, version: str, tmp_path: Path) -> bytes:
    made = tmp_path / "made"
    archive.from_apache(releases()[version], made, lambda _: None, f"http://127.0.0.1:{port}")
    return made.read_bytes()


@pytest.mark.parametrize("version", ["3.9.1", "0.8.0"])
def test_an_archive_comes_from_apache_by_its_checksum(root: Path, tmp_path: Path, version: str) -> None:
    with serving(root) as port:
        assert fetched(port, version, tmp_path) == CONTENT


@pytest.mark.parametrize("trouble", [Trouble(truncate=(("*.tgz", 99),)), Trouble(corrupt=("*.tgz",))])
def test_a_bad_download_is_not_taken(root: Path, tmp_path: Path, trouble: Trouble) -> None:
    with serving(root, trouble) as port, pytest.raises(ValueError, match="another sha512"):
        fetched(port, "3.9.1", tmp_path)


@pytest.mark.parametrize("asked", ["bytes=5-9", "bytes=10000-", "bytes=-7", "bytes=10239-99999"])
def test_a_part_is_served(root: Path, asked: str) -> None:
    first, last = asked.removeprefix("bytes=").split("-")
    expected = CONTENT[int(first) : int(last) + 1 if last else None] if first else CONTENT[-int(last) :]
    with serving(root) as port:
        url = f"http://127.0.0.1:{port}/3.9.1/kafka_2.13-3.9.1.tgz"
        with urlopen(Request(url, headers={"Range": asked}), timeout=5) as reply:
            assert (reply.status, reply.read()) == (206, expected)


def test_one_connection_asks_several_times(root: Path) -> None:
    with serving(root) as port:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        answers = []
        for method, path in [
            ("HEAD", "/3.9.1/kafka_2.13-3.9.1.tgz"),
            ("GET", "/nothing"),
            ("GET", "/../etc/passwd"),
        ]:
            connection.request(method, path)
            reply = connection.getresponse()
            answers.append((reply.status, reply.headers["Content-Length"] if method == "HEAD" else ""))
            reply.read()
        connection.close()
    assert answers == [(200, str(len(CONTENT))), (404, ""), (404, "")]


def test_a_truncated_answer_promises_more_than_it_sends(root: Path) -> None:
    with serving(root, Trouble(truncate=(("*.tgz", 99),))) as port:
        reply = urlopen(f"http://127.0.0.1:{port}/3.9.1/kafka_2.13-3.9.1.tgz", timeout=5)
        with reply, pytest.raises(IncompleteRead) as short:
            reply.read()
    assert short.value.partial == CONTENT[:99]


def test_a_slow_answer_takes_its_time(root: Path) -> None:
    with serving(root, Trouble(bytes_per_second=len(CONTENT) * 5)) as port:
        begun = time.monotonic()
        with urlopen(f"http://127.0.0.1:{port}/3.9.1/kafka_2.13-3.9.1.tgz", timeout=5) as reply:
            assert reply.read() == CONTENT
    assert time.monotonic() - begun > 0.15


def test_a_link_within_the_root_is_followed(root: Path) -> None:
    (root / "latest.tgz").symlink_to("3.9.1/kafka_2.13-3.9.1.tgz")
    with serving(root) as port, urlopen(f"http://127.0.0.1:{port}/latest.tgz", timeout=5) as reply:
        assert reply.read() == CONTENT
