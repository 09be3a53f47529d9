"""archives.sh: only what has the right checksum is taken."""

import hashlib
import shutil
import socket
import subprocess
import textwrap
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.remote.scripts.library.host import LIBRARY, Host
from tests.unit.remote.scripts.library.mirror import Mirror, download, extracted


def apache(text: str, name: str = "k.tgz") -> str:
    """A checksum as gpg --print-md writes it: upper case, in groups, over lines."""
    groups = " ".join(textwrap.wrap(text.upper(), 8))
    return textwrap.fill(f"{name}: {groups}", 75, subsequent_indent=" " * (len(name) + 2)) + "\n"


def test_a_given_checksum_that_is_right(host: Host, mirror: Mirror) -> None:
    change = download(host, mirror, mirror.sum())
    assert (change.status, change.detail) == ("changed", "checksum matches")
    assert (host / "k.tgz").read_bytes() == mirror.bytes
    assert download(host, mirror, mirror.sum()).status == "ok"


@pytest.mark.parametrize("kind", ["sha512", "sha1", "md5"])
@pytest.mark.parametrize("form", [apache, "{}  k.tgz\n".format, "{}".format], ids=["gpg", "sum", "bare"])
def test_a_checksum_beside_the_archive(kind: str, form: Callable[[str], str], host: Host, mirror: Mirror) -> None:
    mirror.publish(kind, form(mirror.sum(kind)))
    assert download(host, mirror).detail == "checksum matches"
    assert download(host, mirror).status == "ok", "no second fetch"


def test_a_checksum_where_openssl_cannot_help(host: Host, mirror: Mirror) -> None:
    host.stub("openssl", "echo 'unknown option' >&2; exit 1")
    assert download(host, mirror, mirror.sum()).detail == "checksum matches"
    assert download(host, mirror, "0" * 128).status == "failed"


def test_a_checksum_that_is_wrong(host: Host, mirror: Mirror) -> None:
    change = download(host, mirror, "0" * 128)
    assert (change.status, change.name) == ("failed", mirror.url)
    assert change.detail == f"wrong checksum: expected {'0' * 128}, got {mirror.sum()}; nothing was extracted"
    assert not list(host.folder.glob("k.tgz*"))


def test_no_checksum_anywhere(host: Host, mirror: Mirror) -> None:
    assert "has no .sha512, .sha1 or .md5 file" in download(host, mirror).detail


def test_an_archive_that_is_not_there(host: Host, mirror: Mirror) -> None:
    change = download(host, mirror, "0" * 128, mirror.url.replace("k.tgz", "none.tgz"))
    assert (change.status, "404" in change.detail) == ("failed", True)


def test_a_mirror_that_is_gone(host: Host, mirror: Mirror) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as unused:
        port = unused.getsockname()[1]
    change = download(host, mirror, "0" * 128, f"http://127.0.0.1:{port}/k.tgz")
    assert (change.status, f"127.0.0.1 port {port}" in change.detail) == ("failed", True)


def test_an_answer_cut_off(host: Host, mirror: Mirror, server: tuple[Mirror, Any]) -> None:
    server[1].cut = True
    change = download(host, mirror, mirror.sum())
    assert (change.status, change.kind) == ("failed", "download")
    assert not list(host.folder.glob("k.tgz*"))


def test_neither_curl_nor_wget(host: Host, mirror: Mirror) -> None:
    hide = "command() { return 1; }"
    said = host.run(f"{hide}\nwant_download {mirror.url} {host / 'k.tgz'} {host / 'tree'} {'0' * 128}")
    assert "neither curl nor wget is installed" in said.only.detail


def test_wget_where_there_is_no_curl(host: Host, mirror: Mirror) -> None:
    if not shutil.which("wget"):
        pytest.skip("wget is not installed here")
    hide = "command() { [ $2 = wget ]; }"
    said = host.run(f"{hide}\nwant_download {mirror.url} {host / 'k.tgz'} {host / 'tree'} {mirror.sum()}")
    assert said.only.detail == "checksum matches"


def test_a_file_url(host: Host, mirror: Mirror) -> None:
    mirror.publish("sha512", apache(mirror.sum()))
    assert download(host, mirror, url=f"file://{mirror.folder}/k.tgz").status == "changed"


@pytest.mark.parametrize(("digest", "status"), [("right", "changed"), ("0" * 128, "failed")])
def test_a_pushed_archive(digest: str, status: str, host: Host, mirror: Mirror) -> None:
    (host / "k.tgz.part").write_bytes(mirror.bytes)
    (host / "k.tgz.pushed").write_text((mirror.sum() if digest == "right" else digest) + "\n")
    assert download(host, mirror, url="k.tgz, sent from here").status == status
    assert (host / "k.tgz").exists() is (status == "changed")


def test_a_tree_spares_the_download(host: Host, mirror: Mirror) -> None:
    extracted(host, mirror)
    assert download(host, mirror, mirror.sum(), "http://127.0.0.1:1/k.tgz").detail == "extracted already"
    assert download(host, mirror, "", "http://127.0.0.1:1/k.tgz").detail == "extracted already"


def test_a_tree_from_another_archive(host: Host, mirror: Mirror) -> None:
    extracted(host, mirror)
    assert f"but conf/cluster.yaml has sha512: {'0' * 128}" in download(host, mirror, "0" * 128).detail


def test_a_tree_of_somebody_else(host: Host, mirror: Mirror) -> None:
    (host / "tree").mkdir()
    assert "kafka-fab did not extract it: move it away" in download(host, mirror, mirror.sum()).detail
    (host / "tree/.kafka-fab").write_text("adopted\n")
    assert download(host, mirror, mirror.sum()).status == "ok"


FORMS = {
    "sha512sum": "{hex}  {name}\n",
    "binary": "{hex} *{name}\n",
    "with a path": "{hex}  ./dist/{name}\n",
    "upper case": "{HEX}  {name}\n",
    "bare": "{hex}\n",
    "bsd": "SHA512 ({name}) = {hex}\n",
    "openssl": "SHA512({name})= {hex}\n",
    "gpg": "{name}: {groups}\n",
    "gpg, name alone": "{name}: \n{lines}\n",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("length", [32, 40, 64, 128])
def test_forms_of_checksums(form: str, length: int, host: Host) -> None:
    found, name = hashlib.sha512(b"x").hexdigest()[:length], "kafka_2.13-3.9.1.tgz"
    pairs = textwrap.wrap(found.upper(), 8 if length == 128 else 2)
    half = len(pairs) // 2
    groups = f"{' '.join(pairs[:half])}  {' '.join(pairs[half:])}"
    lines = "\n ".join(textwrap.wrap(" ".join(pairs), 40))
    text = FORMS[form].format(hex=found, HEX=found.upper(), name=name, groups=groups, lines=lines)
    assert host.run(f"read_sum {name} <<X\n{text}\nX").output == found


@pytest.mark.parametrize(
    "text", ["", "<html>Not found</html>", "abc  k.tgz", "g" * 128, "k.tgz: AB CD", "0" * 127, "k.tgz: " + "AB " * 65]
)
def test_what_is_no_checksum(text: str, host: Host) -> None:
    said = host.run(f"read_sum k.tgz <<X\n{text}\nX")
    assert (said.status, said.output) == (1, "")


def test_the_line_of_this_file_among_others(host: Host) -> None:
    text = f"{'1' * 128}  other.tgz\n{'2' * 128}  k.tgz\n"
    assert host.run(f"read_sum k.tgz <<X\n{text}\nX").output == "2" * 128


@settings(max_examples=40, deadline=None)
@given(
    st.binary(min_size=64, max_size=64), st.integers(2, 8), st.lists(st.sampled_from(["\n", "\n  ", "  "]), max_size=9)
)
def test_however_gpg_wraps_it(data: bytes, size: int, breaks: list[str]) -> None:
    groups = textwrap.wrap(data.hex().upper(), size)
    gaps = (breaks + [" "] * len(groups))[: len(groups)]
    text = "k.tgz: " + "".join(gap + group for gap, group in zip(gaps, groups, strict=True))
    body = f"APPLY=1\n{LIBRARY}\nread_sum k.tgz <<X\n{text}\nX\n"
    said = subprocess.run(["sh"], input=body, capture_output=True, text=True, check=False, timeout=10)
    assert said.stdout == data.hex()
