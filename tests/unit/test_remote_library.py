"""lib.sh run for real, in temporary folders, as whoever runs the tests, by every shell that is here."""

import grp
import hashlib
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import tarfile
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shlex import join, quote
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kafka_fab.cluster.change import Change, ChangeReader
from kafka_fab.cluster.resource import Data, Directory, File, InStep, Resource, User
from kafka_fab.remote import script

USER = pwd.getpwuid(os.getuid()).pw_name
GROUP = grp.getgrgid(os.getgid()).gr_name
LIBRARY = script.library()
SHELLS = {"sh": ["sh"], "bash": ["bash", "--posix"], "busybox": ["busybox", "sh"]}
HERE = [name for name in SHELLS if shutil.which(name)]


@dataclass
class Said:
    """What a script said, and how it ended."""

    status: int
    changes: list[Change]
    output: str

    @property
    def words(self) -> list[tuple[str, str]]:
        return [(change.status, change.kind) for change in self.changes]

    @property
    def only(self) -> Change:
        [change] = self.changes
        return change


class Host:
    """A temporary folder as a host: stub commands come first on its PATH."""

    def __init__(self, folder: Path, shell: str) -> None:
        self.folder, self.shell = folder, SHELLS[shell]
        (folder / "bin").mkdir()
        (folder / "units").mkdir()
        self.stub("sync", ":")

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def stub(self, name: str, body: str) -> None:
        file = self.folder / "bin" / name
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(0o755)

    def run(self, body: str, apply: bool = True) -> Said:
        return self._said(f"APPLY={int(apply)}\n{LIBRARY}\nmain() {{\n{body}\n}}\nmain </dev/null\n")

    def bring(self, *items: Resource, apply: bool = True) -> Said:
        """Bring resources about by the script that a host gets, which asks at once and keeps the answers."""
        return self._said(script.converging(items, apply))

    def _said(self, text: str) -> Said:
        own = f"STATE={self / 'state'}\nalone() {{ :; }}\nwatch() {{ :; }}\nmain() {{\n"
        text = text.replace("/etc/systemd/system", str(self / "units"))
        done = subprocess.run(
            [*self.shell, "-s"], input=text.replace("main() {\n", own, 1),
            env={"PATH": f"{self / 'bin'}:{os.environ['PATH']}", "HOME": str(self.folder)},
            capture_output=True, text=True, check=False, timeout=20, start_new_session=True,
        )  # fmt: skip
        reader = ChangeReader()
        changes = list(filter(None, map(reader.feed, done.stdout.splitlines())))
        return Said(done.returncode, changes, done.stdout + done.stderr)

    def want(self, function: str, *words: object, apply: bool = True) -> Change:
        return self.run(join([f"want_{function}", *map(str, words)]), apply).only

    def file(self, path: Path, content: str, mode: str = "640", secret: bool = False, apply: bool = True) -> Change:
        return self.run(script.call(File(str(path), content, USER, GROUP, mode, secret)), apply).only

    def differ(self, old: str, new: str, secret: bool = False) -> str:
        """The diff that a plan shows."""
        (self / "f").write_text(old)
        return "\n".join(self.file(self / "f", new, secret=secret, apply=False).diff)

    def tree(self) -> dict[str, tuple[int, int, str]]:
        """Everything below the folder, as it is."""
        return {
            str(path): (path.lstat().st_mode, path.lstat().st_mtime_ns, content(path))
            for path in self.folder.rglob("*")
        }


def content(path: Path) -> str:
    if path.is_symlink():
        return str(path.readlink())
    return path.read_bytes().hex() if path.is_file() else ""


def mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):o}"


@pytest.fixture(params=HERE)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Host:
    return Host(tmp_path, request.param)


def test_busybox_too() -> None:
    if "busybox" not in HERE:
        pytest.skip("busybox is not installed here: its shell was not tried")


# Files


def test_a_new_file(host: Host) -> None:
    change = host.file(host / "f", "one\ntwo\n")
    assert (change.status, change.name, change.detail) == ("changed", str(host / "f"), f"{USER}:{GROUP} 640")
    assert ((host / "f").read_text(), mode(host / "f")) == ("one\ntwo\n", "640")
    assert "+one" in change.diff
    assert not list(host.folder.glob(".f*")), "nothing is left beside it"


def test_a_new_file_starts_no_process_to_look_at_what_is_not_there(host: Host) -> None:
    for name in ("sha256sum", "stat", "diff", "grep", "cat", "sed"):
        host.stub(name, f"echo {name} >>{host / 'called'}")
    change = host.bring(File(str(host / "f"), "one\n", USER, GROUP, "640")).only
    assert change.diff == (f"--- {host / 'f'}", f"+++ {host / 'f'}", "@@ -0,0 +1 @@", "+one")
    assert not (host / "called").exists()


def test_units_that_none_knew_are_asked_about_once_they_are_enabled(host: Host) -> None:
    (host / "units/a.service").touch()
    answer = "Id=a.service\\nUnitFileState=\\nNeedDaemonReload=no\\nDropInPaths=\\nFragmentPath=\\n"
    body = f'echo "$1 $2" >>{host / "called"}; [ "$1" != show ] || printf "{answer}"'
    host.stub("systemctl", body)
    assert host.run("look_units a\nsay changed file x\nwant_units a").words[-1] == ("changed", "units")
    assert (host / "called").read_text().splitlines()[:3] == ["show -p", "--quiet --no-reload", "show -p"]


def test_the_same_file_again(host: Host) -> None:
    host.file(host / "f", "one\n")
    before = host.tree()
    assert host.file(host / "f", "one\n") == Change("ok", "file", str(host / "f"))
    assert host.tree() == before


def test_a_changed_file_that_we_wrote(host: Host) -> None:
    host.file(host / "f", "a=1\nb=2\n")
    change = host.file(host / "f", "a=1\nb=3\n")
    assert (change.status, change.detail) == ("changed", "")
    assert change.diff == (f"--- {host / 'f'}", f"+++ {host / 'f'}", "@@ -1,2 +1,2 @@", " a=1", "-b=2", "+b=3")
    assert not list(host.folder.glob("*.kept"))


def test_a_file_of_another_mode_alone(host: Host) -> None:
    host.file(host / "f", "one\n")
    change = host.file(host / "f", "one\n", mode="600")
    assert (change.status, change.detail, change.diff) == ("changed", f"{USER} {GROUP} 640 -> {USER} {GROUP} 600", ())
    assert mode(host / "f") == "600"


@pytest.mark.parametrize("ours", [True, False], ids=["changed by hand", "never ours"])
def test_a_hand_edited_file_is_kept(ours: bool, host: Host) -> None:
    if ours:
        host.file(host / "f", "one\n")
    (host / "f").write_text("by hand\n")
    (host / "f").chmod(0o640)
    plan = host.file(host / "f", "two\n", apply=False)
    assert (plan.status, plan.detail) == ("would", "edited by hand, a copy is kept")
    assert host.file(host / "f", "two\n").status == "changed"
    [kept] = host.folder.glob("f.*.kept")
    assert (kept.read_text(), (host / "f").read_text()) == ("by hand\n", "two\n")


@pytest.mark.parametrize("text", ["", "\n", "no end", "tab\there", "back\\slash \\n", "%s %d", "-n", "é€", "a\r"])
def test_texts_of_all_kinds(text: str, host: Host) -> None:
    host.file(host / "f", text)
    assert (host / "f").read_bytes().decode() == text.rstrip("\n") + "\n"
    assert host.file(host / "f", text).status == "ok"


def test_a_file_whose_folder_is_missing(host: Host) -> None:
    change = host.file(host / "no/f", "one\n")
    assert (change.status, change.detail) == ("failed", "cannot be written: no space, or no such directory")


def test_a_file_in_the_place_of_a_folder(host: Host) -> None:
    (host / "f").mkdir()
    assert host.file(host / "f", "one\n").status == "failed"
    assert (host / "f").is_dir()


def test_a_file_of_an_owner_who_is_not_there(host: Host) -> None:
    said = host.run(script.call(File(str(host / "f"), "x", "nobody-here")) + "\necho not reached")
    assert said.only.status == "failed"
    assert "nobody-here" in said.only.detail
    assert "not reached" not in said.output


def test_a_file_is_on_the_disk_before_it_takes_an_older_ones_place(host: Host) -> None:
    host.file(host / "f", "one\n")
    host.stub("sync", f'cat {host / "f"} >>{host / "synced"}; echo "$*" >>{host / "synced"}')
    host.file(host / "f", "two\n")
    assert (host / "synced").read_text().splitlines()[:2] == ["one", str(host / ".f.new")]


def test_new_files_are_on_the_disk_at_the_end(host: Host) -> None:
    host.stub("sync", f'echo "$*" >>{host / "synced"}')
    files = [File(str(host / name), "one\n", USER, GROUP) for name in "fg"]
    host.run("\n".join([*map(script.call, files), "settle_new"]))
    assert (host / "synced").read_text().split() == [str(host / "f"), str(host / "g")]


def test_what_is_written_is_remembered_before(host: Host) -> None:
    host.stub("mv", "kill -9 $PPID")
    host.run(script.call(File(str(host / "f"), "one\n", USER, GROUP)))
    assert not (host / "f").exists()
    digest = hashlib.sha256(b"one\n").hexdigest()
    assert (host / "state/written").read_text() == f"{digest} {host / 'f'}\n"


# What a diff must not show

PEM = "".join(f"LINE{n}SECRET{n} \\\n" for n in range(9))
JAAS = 'sasl.jaas.config=org.apache.Plain required \\\n  username="admin" \\\n  user_alice="%s";\nlast=1\n'


@pytest.mark.parametrize(
    "key",
    ["ssl.key.password", "sasl.jaas.config", "ssl.keystore.key", "my.secret", "token", "db.PASSWD", "x.credential"],
)
def test_values_of_secret_keys_are_hidden(key: str, host: Host) -> None:
    diff = host.differ(f"a=1\n{key}=hunter1\nb=2\n", f"a=1\n{key}=hunter2\nb=3\n")
    assert "hunter" not in diff
    assert f"-{key}=(hidden)" in diff
    assert "+b=3" in diff


def test_values_that_go_on_over_lines_are_hidden(host: Host) -> None:
    diff = host.differ("a=1\n", 'a=1\nsasl.jaas.config=x \\\n  user_bob="hunter2" \\\n  and=hunter3;\nb=3\n')
    assert "hunter" not in diff
    assert diff.splitlines()[-1] == "+b=3"


def test_unchanged_secrets_beside_a_change_are_hidden(host: Host) -> None:
    assert "hunter" not in host.differ("ssl.key.password=hunter1\na=1\n", "ssl.key.password=hunter1\na=2\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(JAAS % "hunter1", JAAS % "hunter2", id="the last line of a value alone differs"),
        pytest.param(
            f"ssl.keystore.key={PEM}\nb=1\n", f"ssl.keystore.key={PEM.replace('SECRET8', 'hunter')}\nb=1\n",
            id="the key stands above the diff's context",
        ),
        pytest.param("ssl.key.password: hunter1\n", "ssl.key.password=x\n", id="a colon instead of ="),
        pytest.param("ssl.key.password hunter1\n", "ssl.key.password=x\n", id="a blank instead of ="),
        pytest.param(
            'Environment="KAFKA_OPTS=-Djavax.net.ssl.keyStorePassword=hunter1"\n', "Environment=\n", id="a -D of a unit"
        ),
    ],
)  # fmt: skip
def test_other_forms_of_secrets_are_hidden(old: str, new: str, host: Host) -> None:
    assert "hunter" not in host.differ(old, new).replace("SECRET", "hunter")


def test_of_a_secret_file_the_keys_alone_are_shown(host: Host) -> None:
    diff = host.differ("# c\na=hunter1\nb=hunter2\nsame=hunter3\n", "b=hunter4\nc=hunter5\nsame=hunter3\n", secret=True)
    assert diff.splitlines() == ["- a", "~ b", "+ c"]


def test_of_a_new_secret_file_the_keys_alone_are_shown(host: Host) -> None:
    change = host.file(host / "new", "b=hunter1\na=hunter2\n", secret=True)
    assert change.diff == ("+ a", "+ b")


@pytest.mark.parametrize(
    "text", ["key=x \\\nhunter2\n", "-----BEGIN KEY-----\nhunter2\n"], ids=["continued", "no keys"]
)
def test_lines_without_keys_are_not_shown(text: str, host: Host) -> None:
    assert "hunter" not in host.differ("", text, secret=True)


@pytest.mark.parametrize(
    ("old", "new", "keys"),
    [
        ("a=1\n", "a=1\n", ""),
        ("a=1\n", "a=2\n", "~ a"),
        ("a=1\n", "", "- a"),
        ("", "a=1\nb=2\n", "+ a\n+ b"),
        ("a=1\nb=1\n", "b=2\nc=3\n", "- a\n~ b\n+ c"),
        ("# x\n\n! y\na=1\n", "a=1\n", ""),
        ("a=1=2\n", "a=1=3\n", "~ a"),
        ('Environment="H=1"\nUser=a\n', 'Environment="H=2"\nUser=a\n', "~ H"),
    ],
)
def test_changed_keys(old: str, new: str, keys: str, host: Host) -> None:
    (host / "old").write_text(old)
    (host / "new").write_text(new)
    assert host.run(f"changed_keys {host / 'old'} {host / 'new'}").output.strip() == keys


@pytest.mark.parametrize(
    ("old", "new", "keys"),
    [
        ("a=1\n", "# other words\n a : 1\n", ""),
        ("a=x\\\n  y\n", "a=xy\n", ""),
        ("a=Zürich\n", "a=Z\\u00fcrich\n", "~ a"),
        ("a=1\\\nb=2\n", "a=1\\\\\nb=2\n", "~ a\n+ b"),
        ("a 1\n", "a 2\nb\\ c=1\n", "~ a\n+ b c"),
        ("a=1\nb=1\na=2\n", "b=1\na=2\n", ""),
    ],
)
def test_changed_properties_are_those_that_java_reads(old: str, new: str, keys: str, host: Host) -> None:
    (host / "old.properties").write_text(old)
    (host / "new.properties").write_text(new)
    assert host.run(f"changed_keys {host / 'old.properties'} {host / 'new.properties'}").output.strip() == keys


properties = st.dictionaries(st.from_regex(r"[a-z][a-z.]{0,6}", fullmatch=True), st.sampled_from("123"), max_size=6)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(properties, properties)
def test_changed_keys_is_what_dictionaries_say(tmp_path: Path, old: dict[str, str], new: dict[str, str]) -> None:
    for name, pairs in (("old", old), ("new", new)):
        (tmp_path / name).write_text("".join(f"{key}={value}\n" for key, value in pairs.items()))
    text = f"APPLY=1\n{LIBRARY}\nchanged_keys {tmp_path / 'old'} {tmp_path / 'new'}"
    said = subprocess.run(["sh"], input=text, capture_output=True, text=True, check=True, timeout=10).stdout
    expected = {f"+ {key}" for key in new.keys() - old.keys()} | {f"- {key}" for key in old.keys() - new.keys()}
    assert set(said.splitlines()) == expected | {f"~ {key}" for key in old.keys() & new.keys() if old[key] != new[key]}


# Directories, links, what is gone


def test_directories(host: Host) -> None:
    words = (host / "a/b", USER, GROUP)
    assert host.want("directory", *words, "750").detail == f"{USER}:{GROUP} 750"
    assert mode(host / "a/b") == "750"
    assert host.want("directory", *words, "750").status == "ok"
    assert host.want("directory", *words, "700").detail == f"{USER} {GROUP} 750 -> {USER} {GROUP} 700"
    assert mode(host / "a/b") == "700"


def test_a_file_where_a_directory_should_be(host: Host) -> None:
    (host / "d").write_text("x")
    change = host.want("directory", host / "d", USER, GROUP, "750")
    assert (change.status, change.detail) == ("failed", "is a regular file, not a directory: move it away")


def test_a_directory_behind_a_link_is_one(host: Host) -> None:
    (host / "real").mkdir(mode=0o750)
    (host / "d").symlink_to(host / "real")
    assert host.want("directory", host / "d", USER, GROUP, "750").status == "ok"


def test_a_pipe_where_a_directory_should_be(host: Host) -> None:
    os.mkfifo(host / "d")
    assert host.want("directory", host / "d", USER, GROUP, "750").detail == "is a fifo, not a directory: move it away"


def test_links(host: Host) -> None:
    for name in ("v1", "v2"):
        (host / name).mkdir()
    assert host.want("link", host / "l", host / "v1").detail == f"-> {host / 'v1'}"
    assert host.want("link", host / "l", host / "v1").status == "ok"
    assert host.want("link", host / "l", host / "v2").detail == f"{host / 'v1'} -> {host / 'v2'}"
    assert (host / "l").readlink() == host / "v2"
    assert sorted(path.name for path in host.folder.iterdir()) == ["bin", "l", "state", "units", "v1", "v2"]


def test_a_link_to_what_is_not_there(host: Host) -> None:
    assert "is not there: run extract first" in host.want("link", host / "l", host / "v1").detail
    assert host.want("link", host / "l", host / "v1", apply=False).status == "would"


def test_a_folder_where_a_link_should_be(host: Host) -> None:
    (host / "l").mkdir()
    (host / "v1").mkdir()
    assert host.want("link", host / "l", host / "v1").detail == "is not a link: move it away"


def test_gone(host: Host) -> None:
    host.file(host / "f", "x\n")
    (host / "l").symlink_to(host / "nowhere")
    for name in ("f", "l"):
        assert host.want("gone", host / name, 0).status == "changed"
        assert host.want("gone", host / name, 0).status == "ok"


def test_a_folder_is_gone_only_if_empty_or_with_all_that_is(host: Host) -> None:
    host.want("directory", host / "d", USER, GROUP, "750")
    host.want("directory", host / "d/e", USER, GROUP, "750")
    kept = host.want("gone", host / "d", 0)
    assert (kept.status, kept.detail) == ("ok", "kept: there are files of yours in it")
    assert host.want("gone", host / "d/e", 0).status == "changed"
    (host / "d/f").write_text("x")
    assert host.want("gone", host / "d", 1).status == "changed"
    assert not (host / "d").exists()


def test_a_file_that_is_gone_is_forgotten(host: Host) -> None:
    host.file(host / "f", "x\n")
    host.file(host / "g", "x\n")
    host.want("gone", host / "f", 0)
    assert (host / "state/written").read_text().split()[1:] == [str(host / "g")]


def test_forgetting_one_file_keeps_its_namesakes(host: Host) -> None:
    host.file(host / "f", "x\n")
    host.file(host / "f2", "x\n")
    host.want("gone", host / "f", 0)
    (host / "f2").chmod(0o600)
    assert host.file(host / "f2", "y\n").detail.count("by hand") == 0


# Archives


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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mirror, Any]]:
    folder = tmp_path_factory.mktemp("mirror")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as serving:
        serving.cut = False  # type: ignore[attr-defined]
        threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield Mirror(folder, serving.server_port), serving
        serving.shutdown()


@pytest.fixture
def mirror(server: tuple[Mirror, Any]) -> Mirror:
    for old in server[0].folder.glob("k.tgz.*"):
        old.unlink()
    server[1].cut = False
    return server[0]


def download(host: Host, mirror: Mirror, sha512: str = "", url: str = "", apply: bool = True) -> Change:
    return host.want("download", url or mirror.url, host / "k.tgz", host / "tree", sha512, apply=apply)


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
    assert "has no checksum beside it, neither .sha512" in download(host, mirror).detail


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
    assert "neither curl nor wget is here" in said.only.detail


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


def extracted(host: Host, mirror: Mirror) -> None:
    host.run(f"want_download {mirror.url} {host / 'k.tgz'} {host / 'tree'} {mirror.sum()}")
    host.want("tree", host / "tree", host / "k.tgz")


def test_a_tree(host: Host, mirror: Mirror) -> None:
    download(host, mirror, mirror.sum())
    change = host.want("tree", host / "tree", host / "k.tgz")
    assert (change.status, change.detail) == ("changed", "extracted")
    assert (mode(host / "tree/tool"), mode(host / "tree")) == ("755", "755")
    assert (host / "tree/.kafka-fab").read_text().split() == [mirror.sum(), "listed"]
    assert not list(host.folder.glob("k.tgz*")), "the archive has served"
    assert host.want("tree", host / "tree", host / "k.tgz").status == "ok"


def test_a_tree_spares_the_download(host: Host, mirror: Mirror) -> None:
    extracted(host, mirror)
    assert download(host, mirror, mirror.sum(), "http://127.0.0.1:1/k.tgz").detail == "extracted already"
    assert download(host, mirror, "", "http://127.0.0.1:1/k.tgz").detail == "extracted already"


def test_a_tree_from_another_archive(host: Host, mirror: Mirror) -> None:
    extracted(host, mirror)
    assert f"but conf/cluster.yaml asks for {'0' * 128}" in download(host, mirror, "0" * 128).detail


def test_a_tree_of_somebody_else(host: Host, mirror: Mirror) -> None:
    (host / "tree").mkdir()
    assert "kafka-fab did not extract it: move it away" in download(host, mirror, mirror.sum()).detail
    (host / "tree/.kafka-fab").write_text("adopted\n")
    assert download(host, mirror, mirror.sum()).status == "ok"


@pytest.mark.parametrize("damage", ["cut", "noise"])
def test_an_archive_that_is_damaged(damage: str, host: Host, mirror: Mirror) -> None:
    (host / "k.tgz").write_bytes(mirror.bytes[:60] if damage == "cut" else b"noise")
    change = host.want("tree", host / "tree", host / "k.tgz")
    assert (change.status, change.detail.startswith("cannot be extracted: ")) == ("failed", True)
    assert not list(host.folder.glob("tree*"))


def test_a_tree_without_its_archive(host: Host) -> None:
    assert "is not here: run download first" in host.want("tree", host / "tree", host / "k.tgz").detail


def test_what_a_kill_left_half_extracted_is_swept(host: Host, mirror: Mirror) -> None:
    (host / "tree.partial/old").mkdir(parents=True)
    extracted(host, mirror)
    assert sorted(path.name for path in (host / "tree").iterdir() if path.name[0] != ".") == ["tool"]
    assert not (host / "tree.partial").exists()


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


# Guards


@pytest.mark.parametrize(
    ("text", "key", "status", "detail"),
    [
        (None, "broker.id", "ok", ""),
        ("version=0\nbroker.id=1\n", "broker.id", "ok", ""),
        ("broker.id=2\n", "broker.id", "failed", "says broker.id=2, but a's id is 1: this is another node's data; "),
        ("xbroker.id=1\n", "broker.id", "failed", "says broker.id=, but a's id is 1"),
        ("1\n", "", "ok", ""),
        ("1 \n", "", "ok", ""),
        ("1", "", "ok", ""),
        ("", "", "failed", "says , but a's id is 1"),
        ("12\n", "", "failed", "says 12, but a's id is 1"),
    ],
)
def test_identity(text: str | None, key: str, status: str, detail: str, host: Host) -> None:
    if text is not None:
        (host / "f").write_text(text)
    change = host.want("identity", host / "f", key, "1", "a's id")
    assert change.status == status
    assert change.detail.startswith(detail)


@pytest.fixture
def listening() -> Iterator[int]:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield int(server.getsockname()[1])


@pytest.fixture(params=["ss", "proc"])
def ports(request: pytest.FixtureRequest, host: Host) -> None:
    """A host that has ss, and one that has not."""
    if request.param == "proc":
        host.stub("ss", "exit 127")


@pytest.mark.usefixtures("ports")
def test_a_port_of_a_stranger(listening: int, host: Host) -> None:
    host.stub("systemctl", "echo 0")
    change = host.want("port", listening, "kafka")
    assert change.status == "failed"
    assert f"(process {os.getpid()}) listens on port {listening}, which kafka needs" in change.detail
    assert Path(f"/proc/{os.getpid()}/cmdline").read_bytes().split(b"\0")[0].decode()[:40] in change.detail


@pytest.mark.usefixtures("ports")
def test_a_port_of_the_unit_itself(listening: int, host: Host) -> None:
    host.stub("systemctl", f"echo {os.getpid()}")
    assert host.want("port", listening, "kafka").status == "ok"


@pytest.mark.usefixtures("ports")
def test_a_free_port(host: Host) -> None:
    with closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))
        assert host.want("port", bound.getsockname()[1], "kafka").status == "ok", "bound is not listening"


def test_a_port_whose_end_is_another_s(listening: int, host: Host) -> None:
    host.stub("systemctl", "echo 0")
    assert host.want("port", listening % 10000, "kafka").status == "ok"
    assert host.want("port", f"1{listening}", "kafka").status == "ok"


@pytest.mark.usefixtures("ports")
def test_a_port_over_ipv6(host: Host) -> None:
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 here")
    host.stub("systemctl", "echo 0")
    with closing(server):
        assert host.want("port", server.getsockname()[1], "kafka").status == "failed"


# Users, Java, units: what needs root is a stub


def test_users(host: Host) -> None:
    host.stub("getent", "exit 2")
    host.stub("useradd", f'echo "$*" >{host / "called"}')
    assert host.want("user", "kafka", "/etc/kafka").status == "changed"
    called = (host / "called").read_text()
    assert "--system --no-create-home --home-dir /etc/kafka --shell" in called
    assert called.strip().endswith("nologin --user-group kafka")


def test_a_user_whose_group_is_there(host: Host) -> None:
    host.stub("getent", '[ "$1" = group ]')
    host.stub("useradd", f'echo "$*" >{host / "called"}')
    host.want("user", "kafka", "/etc/kafka")
    assert (host / "called").read_text().strip().endswith("--gid kafka kafka")


@pytest.mark.parametrize(("taken", "called"), [("", "--gid 998 kafka"), ("998", "kafka")])
def test_a_user_whose_group_is_missing(taken: str, called: str, host: Host) -> None:
    """A host that lost power while a user was made may have the user alone; its group's id may be another's by now."""
    host.stub("getent", f'[ "$1 $2" = "group {taken}" ] || {{ [ "$1" = passwd ] && echo kafka:x:999:998::/k:/no; }}')
    host.stub("groupadd", f'echo "$*" >{host / "called"}')
    assert host.want("user", "kafka", "/k", apply=False).status == "would"
    assert not (host / "called").exists()
    assert host.want("user", "kafka", "/k").status == "changed"
    assert (host / "called").read_text().strip() == f"--system {called}"


@pytest.mark.parametrize(
    ("command", "getent"), [("useradd", "exit 2"), ("groupadd", '[ "$1" = passwd ] && echo k:x:9:9')]
)
def test_a_user_is_made_to_the_end_when_its_script_is_ended(command: str, getent: str, host: Host) -> None:
    host.stub("getent", getent)
    host.stub(command, f"kill -- -$(cat {host / 'script'}); echo made >&5")
    said = host.run(f"exec 5>&1; echo $$ >{host / 'script'}; want_user kafka /k")
    assert (said.status, said.output) == (-signal.SIGTERM, "made\n")


def test_a_user_that_cannot_be_made(host: Host) -> None:
    host.stub("getent", "exit 2")
    host.stub("useradd", "echo 'useradd: cannot lock /etc/passwd' >&2; exit 1")
    assert host.want("user", "kafka", "/x") == Change("failed", "user", "kafka", "useradd: cannot lock /etc/passwd")


def java(host: Host, version: str, home: str = "jdk") -> Path:
    (host / home / "bin").mkdir(parents=True)
    binary = host / home / "bin/java"
    binary.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    binary.chmod(0o755)
    return host / home


@pytest.mark.parametrize("source", ["release", "binary"])
@pytest.mark.parametrize(("version", "feature"), [("17.0.9", "17"), ("1.8.0_392", "8"), ("21", "21"), ("11-ea", "11")])
def test_java_versions(source: str, version: str, feature: str, host: Host) -> None:
    home = java(host, version if source == "binary" else "99")
    if source == "release":
        (home / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
    assert host.run(f'java_version {home}\nprintf %s "$found"').output == feature


def test_a_java_in_the_range(host: Host) -> None:
    assert host.want("java", 8, 23, java(host, "17.0.9"), "package") == Change("ok", "java", "17")


def test_a_java_at_home_that_is_too_old(host: Host) -> None:
    home = java(host, "1.7.0")
    assert host.want("java", 8, 23, home).detail == (
        f"Java 7 is {home}, but Java 8 to 23 is needed: install one and name it as java.home in conf/cluster.yaml"
    )


def test_a_home_without_java(host: Host) -> None:
    change = host.want("java", 8, 23, host / "nowhere")
    assert change.detail == "no Java is there: change java.home in conf/cluster.yaml"


def with_java(host: Host, found: str, *packages: str, apply: bool = True) -> Change:
    """want_java where `java` on the PATH is of some version, or of the one in a file that apt-get writes."""
    known = f"java_version() {{ found={found}; [ ! -f {host / 'installed'} ] || found=17; }}"
    return host.run(f"{known}\nwant_java 8 23 '' {' '.join(packages)}", apply).only


def test_a_java_on_the_path_that_is_too_new(host: Host) -> None:
    assert with_java(host, "24", "p").detail == (
        "Java 24 is the one in use, but Java 8 to 23 is needed: "
        "install one and name it as java.home in conf/cluster.yaml"
    )


def test_java_from_the_first_package_that_there_is(host: Host) -> None:
    host.stub("apt-get", f'case "$*" in *" install"*|install*two*) touch {host / "installed"} ;; *) exit 1 ;; esac')
    assert with_java(host, "", "one", "two") == Change("changed", "java", "17", "package two")


def test_java_by_dnf_where_there_is_no_apt_get(host: Host) -> None:
    host.stub("dnf", f'[ "$*" = "install -y -q --setopt=exit_on_lock=True one" ] && touch {host / "installed"}')
    known = f"java_version() {{ found=; [ ! -f {host / 'installed'} ] || found=17; }}\ncommand() {{ [ $2 = dnf ]; }}"
    change = host.run(f"{known}\nwant_java 8 23 '' one").only
    assert (change.status, change.detail) == ("changed", "package one, by dnf: a way that was not run on a live host")


def test_java_that_cannot_be_installed(host: Host) -> None:
    host.stub("apt-get", "echo 'E: Unable to locate package'; exit 100")
    detail = with_java(host, "", "one").detail
    assert detail.startswith("is missing and could not be installed: E: Unable to locate package")


LOCKS = {
    "install": "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4711 (unattended-upgr)",
    "older": "E: Could not get lock /var/lib/dpkg/lock - open (11: Resource temporarily unavailable)",
    "lists": "E: Unable to lock directory /var/lib/apt/lists/",
    "dpkg": "dpkg: error: dpkg frontend lock was locked by another process with pid 4711",
}


@pytest.mark.parametrize("form", LOCKS)
def test_java_waits_for_another_package_manager(form: str, host: Host) -> None:
    """It says so once, and goes on as soon as the lock is free."""
    host.stub("sleep", f"echo >>{host / 'slept'}")
    free = f'[ "$(wc -l <{host / "slept"})" -ge 3 ]'
    host.stub(
        "apt-get",
        f"touch {host / 'slept'}; {free} || {{ echo '{LOCKS[form]}' >&2; exit 100; }}; touch {host / 'installed'}",
    )
    known = f"java_version() {{ found=; [ ! -f {host / 'installed'} ] || found=17; }}"
    note, change = host.run(f"{known}\nwant_java 8 23 '' one").changes
    assert (note.status, note.kind) == ("note", "lock")
    holder = " (unattended-upgr, process 4711)" if form == "install" else ""
    assert note.detail.startswith(f"another package manager is at work on this host{holder}; waiting for its end")
    assert change == Change("changed", "java", "17", "package one")


@pytest.mark.parametrize("manager", ["apt-get", "dnf"])
def test_java_waits_for_another_package_manager_within_limits(manager: str, host: Host) -> None:
    """And not once more for each package that could be taken."""
    host.stub("sleep", f"echo >>{host / 'slept'}")
    host.stub(manager, f"echo '{LOCKS['install']}' >&2; exit 200")
    known = f"java_version() {{ found=; }}\ncommand() {{ [ $2 = {manager} ]; }}"
    note, change = host.run(f"{known}\nwant_java 8 23 '' one two").changes
    assert (note.kind, change.status) == ("lock", "failed")
    assert "another package manager has been at work on this host for ten minutes" in change.detail
    assert len((host / "slept").read_text()) == 120


def test_java_in_a_plan(host: Host) -> None:
    host.stub("apt-get", f"touch {host / 'touched'}")
    change = with_java(host, "", "one", "two", apply=False)
    assert (change.status, change.detail) == ("would", "from the first of these packages: one two")
    assert not (host / "touched").exists()


def systemd(host: Host, enabled: str = "enabled", reload: str = "no", then: str = "") -> None:
    """A systemd that knows each unit, and what it is asked to do is written down; `then` is what it knows later."""
    later = f"[ $last = UnitFileState ] && [ -e {host / 'called'} ] && echo {then} && exit" if then else ":"
    answer = f"{later}; [ $last = UnitFileState ] && echo {enabled}; [ $last = NeedDaemonReload ] && echo {reload}"
    body = f'[ "$1" = show ] || {{ echo "$*" >>{host / "called"}; exit; }}\nlast=$3\n{answer}\nexit 0'
    host.stub("systemctl", body)


@pytest.mark.parametrize(
    ("enabled", "reload", "status", "detail"),
    [
        ("enabled", "no", "ok", ""),
        ("enabled", "yes", "would", "reload systemd"),
        ("disabled", "no", "would", "enable a b"),
        ("disabled", "yes", "would", "enable a b, reload systemd"),
    ],
)
def test_units(enabled: str, reload: str, status: str, detail: str, host: Host) -> None:
    systemd(host, enabled, reload)
    assert host.want("units", "a", "b", apply=False) == Change(status, "units", "a b", detail)
    assert not (host / "called").exists()


@pytest.mark.parametrize(
    ("reload", "then", "called"),
    [("yes", "enabled", ["daemon-reload"]), ("no", "disabled", ["daemon-reload"]), ("no", "enabled", [])],
)
def test_units_are_enabled_with_one_reload_if_any(reload: str, then: str, called: list[str], host: Host) -> None:
    for name in "ab":
        (host / f"units/{name}.service").touch()
    systemd(host, "disabled", reload, then)
    assert host.want("units", "a", "b").status == "changed"
    assert (host / "called").read_text().splitlines() == ["--quiet --no-reload enable a b", *called]


def test_what_else_systemd_reads_for_a_unit_is_named(host: Host) -> None:
    ours, other = host / "units/kafka.service", host / "kafka.service.d/own.conf"
    other.parent.mkdir()
    other.write_text("[Service]\nUser=root\nEnvironment=A=1\nEnvironment=B=2\n")
    said = ["Id=kafka.service", "UnitFileState=enabled", "NeedDaemonReload=no", f"FragmentPath={ours}"]
    drop_ins = f"DropInPaths=/usr/lib/systemd/system/service.d/10-all.conf {other}"
    host.stub("systemctl", f"printf '%s\\n' {join([*said, drop_ins])}")
    changes = host.run("look_units kafka\nwant_units kafka", apply=False).changes
    assert [(change.status, change.name) for change in changes] == [("ok", "kafka"), ("foreign", "kafka")]
    assert changes[1].detail.startswith(f"{other} sets Environment, User: ")
    host.stub("systemctl", f"printf '%s\\n' {join([*said[:3], 'FragmentPath=/run/x.service', 'DropInPaths='])}")
    change = host.run("look_units kafka\nwant_units kafka", apply=False).changes[1]
    assert (change.status, change.detail[:45]) == ("foreign", f"systemd reads /run/x.service, not {ours}"[:45])


@pytest.mark.parametrize(
    ("folder", "line", "named"),
    [
        ("units/service.d", "TimeoutStopFailureMode=abort", True),
        ("units/service.d", "User=root", True),
        ("usr/service.d", "TimeoutStopFailureMode=abort", False),
        ("usr/service.d", "Environment=KAFKA_OPTS=x", True),
        ("usr/service.d", "LimitNOFILE=9", True),
        ("usr/service.d", "ExecStart=/bin/true", True),
        ("usr/kafka-.service.d", "Nice=1", True),
    ],
)
def test_what_systemd_reads_for_every_service_is_named(folder: str, line: str, named: bool, host: Host) -> None:
    drop_in = host / folder / "x.conf"
    drop_in.parent.mkdir(parents=True)
    drop_in.write_text(f"[Service]\n{line}\n")
    said = [
        "Id=kafka.service",
        "UnitFileState=enabled",
        "NeedDaemonReload=no",
        "FragmentPath=",
        f"DropInPaths={drop_in}",
    ]
    host.stub("systemctl", f"printf '%s\\n' {join(said)}")
    # What is below units/ stands for /etc/systemd/system.
    etc = f"/etc/*) return 1 ;; {host / 'units'}/*) return 1"
    body = LIBRARY.replace("/etc/*) return 1", etc)
    said_ = host._said(f"APPLY=0\n{body}\nmain() {{\nlook_units kafka\nwant_units kafka\n}}\nmain </dev/null\n")
    assert [change.status for change in said_.changes] == ["ok", *["foreign"] * named]


def test_a_link_in_place_of_a_units_file_is_replaced(host: Host) -> None:
    unit = host / "units/kafka.service"
    host.file(unit, "one\n")
    unit.rename(host / "k")
    unit.symlink_to(host / "k")
    assert host.file(unit, "one\n", apply=False).detail == "a link in its place"
    assert host.file(unit, "one\n").status == "changed"
    assert (unit.is_symlink(), unit.read_text(), (host / "k").read_text()) == (False, "one\n", "one\n")
    assert host.file(unit, "one\n").status == "ok"


@pytest.mark.parametrize(
    ("name", "word"), [("libs/k.jar", "a start loads all of libs"), ("bin/k", "a new version does")]
)
def test_what_is_told_of_a_file_that_is_not_from_the_archive(name: str, word: str, host: Host) -> None:
    assert word in host.run(f"DRIFT='extra|{name}'\nloaded_by_a_start").output


def test_a_unit_that_is_gone(host: Host) -> None:
    host.stub("systemctl", f'[ "$1" != is-active ] || exit 3; echo "$*" >>{host / "called"}')
    (host / "units/kafka.service").touch()
    assert [host.want("unit_gone", "kafka").status for _ in range(2)] == ["changed", "ok"]
    assert (host / "called").read_text().splitlines() == ["--quiet disable kafka", "daemon-reload"]


def test_a_unit_that_runs_is_not_removed(host: Host) -> None:
    host.stub("systemctl", "exit 0")
    (host / "units/kafka.service").touch()
    assert host.want("unit_gone", "kafka").detail == "runs: stop it first (fab stop)"
    assert (host / "units/kafka.service").exists()


def test_a_unit_without_a_file(host: Host) -> None:
    systemd(host, "")
    assert host.want("units", "no-such-unit-anywhere").detail == "has no unit file: run config first"


@pytest.mark.parametrize(
    ("state", "words"), [("active", ("changed", "stop")), ("inactive", ("ok", "stop")), ("failed", ("ok", "stop"))]
)
def test_stop_unit(state: str, words: tuple[str, str], host: Host) -> None:
    host.stub("systemctl", f'[ "$1" = show ] && echo {state} || echo "$*" >>{host / "called"}')
    assert host.run("stop_unit kafka").words == [words]
    assert (host / "called").exists() is (state == "active")


def test_start_unit(host: Host) -> None:
    (host / "units/kafka.service").touch()
    host.stub("systemctl", f'[ "$1" = start ] && touch {host / "on"}; [ -e {host / "on"} ]')
    assert host.run("start_unit kafka\nstart_unit kafka").words == [("changed", "start"), ("ok", "start")]


def test_a_unit_that_does_not_start(host: Host) -> None:
    (host / "units/kafka.service").touch()
    host.stub("systemctl", '[ "$1" = start ] && echo "Job for kafka.service failed" >&2; exit 1')
    assert host.run("start_unit kafka").only.detail == "Job for kafka.service failed"


class Running:
    """A process that looks like a broker, started from a versioned tree behind a link."""

    def __init__(self, host: Host) -> None:
        self.host = host
        for version in ("kafka_2.13-3.9.0", "kafka_2.13-3.9.1"):
            (host / version / "bin").mkdir(parents=True)
            (host / version / "bin/java").symlink_to(shutil.which("sleep") or "/bin/sleep")
        (host / "kafka").symlink_to(host / "kafka_2.13-3.9.1")
        (host / "run").mkdir()
        for file in (host / "run/a.properties", host / "a.properties"):
            file.write_text("one=1\ntwo=2\n")
        with (host / "log").open("w") as log:
            self.process = subprocess.Popen([host / "kafka_2.13-3.9.1/bin/java", "60"], stdout=log)
        host.stub("systemctl", f"echo {self.process.pid}")

    def in_step(self) -> Change:
        words = ["run", "kafka", "log", "a.properties"]
        return self.host.want("in_step", "kafka", *(self.host / word for word in words))


@pytest.fixture
def running(host: Host) -> Iterator[Running]:
    broker = Running(host)
    yield broker
    broker.process.kill()
    broker.process.wait()


def test_in_step(running: Running) -> None:
    assert running.in_step() == Change("ok", "in-step", "kafka")


def test_out_of_step_with_a_file(running: Running) -> None:
    (running.host / "a.properties").write_text("one=1\ntwo=3\nthree=3\n")
    assert running.in_step() == Change("restart", "in-step", "kafka", "a.properties: three, two")


def test_out_of_step_with_the_version(running: Running) -> None:
    (running.host / "kafka").unlink()
    (running.host / "kafka").symlink_to(running.host / "kafka_2.13-3.9.0")
    assert running.in_step().detail == "version: kafka_2.13-3.9.0"
    assert running.host.run("running_version kafka").output.strip() == "kafka_2.13-3.9.1"


def test_a_log_that_was_deleted_under_a_service(running: Running) -> None:
    (running.host / "log").unlink()
    assert running.in_step() == Change("restart", "in-step", "kafka", "log: deleted while it is open")
    words = ["kafka", *(running.host / word for word in ("run", "kafka", "elsewhere", "a.properties"))]
    assert running.host.want("in_step", *words).status == "ok", "its settings may have it log elsewhere"


def test_what_does_not_run_is_in_step(host: Host) -> None:
    host.stub("systemctl", "echo 0")
    assert host.want("in_step", "kafka", host / "run", host / "l", host / "log", host / "f").detail == "does not run"


def test_storage_tells_a_format_from_a_disk_that_was_in_use(host: Host) -> None:
    new, formatted, used, ran = (host / name for name in ("new", "formatted", "used", "ran"))
    for folder in (formatted, used, ran):
        # A first controller's format leaves a snapshot there; only one that runs writes its quorum's state.
        (folder / "__cluster_metadata-0").mkdir(parents=True)
        (folder / "meta.properties").write_text("#\nversion=1\ncluster.id=c\nnode.id=4\ndirectory.id=D_-4\n")
    (used / "orders-0").mkdir()
    (ran / "__cluster_metadata-0/quorum-state").touch()
    told = {
        Path(one.name).name: one.detail
        for one in host.run(join(("storage", *map(str, (new, formatted, used, ran))))).changes
    }
    words = "formatted=1 cluster.id=c node.id=4 directory.id=D_-4"
    assert told == {
        "new": "formatted=0 used=0",
        "formatted": f"{words} used=0",
        "used": f"{words} used=1",
        "ran": f"{words} used=1",
    }


META = "meta.properties"


@pytest.mark.parametrize(
    ("names", "kept", "status"),
    [(["t-0"], 1, "foreign"), (["t-0"], 0, "ok"), ([], 1, "ok"), (["lost+found"], 1, "ok"), (["t-0", META], 1, "ok")],
)
def test_a_file_that_is_gone_where_partitions_are(names: list[str], kept: int, status: str, host: Host) -> None:
    (host / "data").mkdir()
    for name in names:
        if name == META:
            (host / "data" / name).write_text("broker.id=1\n")
        else:
            (host / "data" / name).mkdir()
    assert host.want("identity", host / "data" / META, "broker.id", 1, "a's id", kept).status == status


def test_what_a_status_looks_at_fails_at_nothing(host: Host) -> None:
    wanted = f"want_link {host / 'units'} /x\nwant_directory {host / 'd'} a b 750"
    said = host.run(f"{script.STATUS.read_text()}\n(\nas_wanted\n{wanted}\n)\nsay ok x y")
    assert said.words == [("foreign", "link"), ("would", "directory"), ("ok", "x")]
    assert not (host / "d").exists()


def kept(host: Host, **files: str) -> None:
    for name, text in files.items():
        (host / name).write_text(text.replace("HERE", str(host.folder)))


def test_what_a_service_runs_with(host: Host) -> None:
    for name in ("d1", "d2/orders-0", "d2/my-topic-12", "d2/gone-1.0a-delete", "d2/not_a_partition", "d3"):
        (host / name).mkdir(parents=True)
    (host / "d1/meta.properties").write_text("version=1\ncluster.id=xyz-1\n")
    kept(
        host,
        snapshot="# a comment\n listeners : A\\://:1,\\\n  B://:2\nlog.dirs=HERE/d1,HERE/d2,HERE/d3\nssl.key.password=secret\n",
        file="listeners=A://:3\nlog.dirs=HERE/d1\n",
    )
    said = host.run(f"running kafka {host / 'snapshot'} {host / 'file'}")
    assert [(change.kind, change.detail.replace(str(host.folder), "")) for change in said.changes] == [
        ("running", ""),
        ("running", "listeners=A://:1,B://:2"),
        ("running", "log.dirs=/d1,/d2,/d3"),
        ("next", "listeners=A://:3"),
        ("next", "log.dirs=/d1"),
        ("cluster-id", "/d1=xyz-1"),
        ("leaves", "/d2 my-topic-12 orders-0"),
    ]
    assert "secret" not in said.output


def test_what_does_not_run_has_nothing_but_the_ids_of_its_data(host: Host) -> None:
    (host / "d1").mkdir()
    (host / "d1/meta.properties").write_text("cluster.id=xyz\n")
    kept(host, file="listeners=A://:3\nlog.dirs=HERE/d1\nserver.1=a:2888:3888\n")
    said = host.run(f"running kafka {host / 'snapshot'} {host / 'file'}\nrunning zookeeper {host / 'no'} {host / 'no'}")
    assert [(change.kind, change.name, change.detail) for change in said.changes] == [
        ("running", "kafka", ""),
        ("next", "kafka", "listeners=A://:3"),
        ("next", "kafka", f"log.dirs={host / 'd1'}"),
        ("next", "kafka", "server.1=a:2888:3888"),
        ("cluster-id", "kafka", f"{host / 'd1'}=xyz"),
        ("running", "zookeeper", ""),
    ]


def test_a_directory_by_another_path_is_not_left(host: Host) -> None:
    (host / "d1/orders-0").mkdir(parents=True)
    (host / "link").symlink_to(host / "d1")
    kept(host, snapshot="log.dirs=HERE/d1\n", file="log.dirs=HERE/link\n")
    said = host.run(f"running kafka {host / 'snapshot'} {host / 'file'}")
    assert "leaves" not in {change.kind for change in said.changes}


def test_keys(host: Host) -> None:
    (host / "m").write_text("version=0\nbroker.id=3\ncluster.id=xyz\n")
    (host / "myid").write_text("7\n")
    said = host.run(f"keys {host / 'm'} broker.id cluster.id\nkeys {host / 'myid'}\nkeys {host / 'no'} x")
    assert [change.detail for change in said.changes] == ["broker.id=3 cluster.id=xyz", "value=7", "missing"]


def test_marks_of_a_clean_stop(host: Host) -> None:
    (host / "m").touch()
    assert host.run(f"marked {host / 'm'} {host / 'n'}").words == [("ok", "mark"), ("note", "mark")]


# Asked at once: the answers that are kept must not outlive what they were about


def whole(host: Host, text: str = "a=1\n") -> list[Resource]:
    step = InStep("kafka", str(host / "run"), (str(host / "d/a.properties"),), str(host / "kafka"), str(host / "log"))
    directory = Directory(str(host / "d"), USER, GROUP, "750")
    return [directory, File(str(host / "d/a.properties"), text, USER, GROUP, "640"), step]


def test_a_second_run_changes_nothing(host: Host) -> None:
    systemd(host)
    assert [status for status, _ in host.bring(*whole(host)).words] == ["changed", "changed", "ok"]
    before = host.tree()
    assert [status for status, _ in host.bring(*whole(host)).words] == ["ok", "ok", "ok"]
    assert host.tree() == before


def test_a_run_that_changes_a_file_sees_the_service_fall_out_of_step(running: Running) -> None:
    host = running.host
    host.bring(*whole(host)[:2])
    (host / "run/a.properties").write_text("a=1\n")
    said = "Id=kafka.service\\nMainPID=%s\\n" % running.process.pid  # noqa: UP031
    host.stub("systemctl", f'case "$*" in *--value*) echo {running.process.pid} ;; *) printf "{said}" ;; esac')
    assert host.bring(*whole(host)).words[-1] == ("ok", "in-step")
    assert host.bring(*whole(host, "a=2\n"), apply=False).words[1:] == [("would", "file"), ("ok", "in-step")]
    changed = host.bring(*whole(host, "a=2\n"))
    assert changed.words == [("ok", "directory"), ("changed", "file"), ("restart", "in-step")]
    assert changed.changes[-1].detail == "a.properties: a"


@pytest.mark.parametrize("name", ["with blank", "quo'te", "dol$lar", "star*", "[a]", "é"])
def test_odd_paths(name: str, host: Host) -> None:
    items = [Directory(str(host / name), USER, GROUP, "750"), File(str(host / name / name), "x", USER, GROUP, "640")]
    assert [status for status, _ in host.bring(*items).words] == ["changed", "changed"]
    assert [status for status, _ in host.bring(*items).words] == ["ok", "ok"]


def test_users_asked_at_once(host: Host) -> None:
    host.stub("getent", '[ "$2" = kafka ] && echo kafka:x:1:1::/:')
    host.stub("id", 'shift; for name; do [ "$name" = kafka ] && echo kafka; done; exit 1')
    said = host.bring(User("kafka", "/k"), User("kafka2", "/k"), User("afka", "/k"), apply=False)
    assert [status for status, _ in said.words] == ["ok", "would", "would"]


def test_users_that_are_all_there_take_one_question(host: Host) -> None:
    host.stub("getent", "exit 2")
    host.stub("id", r'shift; printf "%s\n" "$@"')
    said = host.bring(User("kafka", "/k"), User("zookeeper", "/z"), apply=False)
    assert [status for status, _ in said.words] == ["ok", "ok"]


def test_a_user_with_a_login_or_with_power_is_named(host: Host) -> None:
    host.stub("getent", "printf '%s\\n' kafka:x:1:1::/:/bin/bash zookeeper:x:2:2::/:/usr/sbin/nologin")
    host.stub("id", "printf '%s\\n' 'kafka ssl-cert' 'zookeeper docker'")
    said = host.bring(User("kafka", "/k"), User("zookeeper", "/z"), apply=False)
    assert [(change.status, change.name) for change in said.changes] == [
        ("foreign", "zookeeper"), ("foreign", "kafka"), ("ok", "kafka"), ("ok", "zookeeper")
    ]  # fmt: skip
    assert [change.detail.split(",")[0].split(":")[0] for change in said.changes[:2]] == [
        "is in the group docker", "has the login shell /bin/bash"
    ]  # fmt: skip


def test_a_user_with_another_group_is_looked_at_by_itself(host: Host) -> None:
    host.stub("getent", '[ "$1" = passwd ] && echo kafka:x:1:1::/:')
    host.stub("id", "echo users")
    assert host.bring(User("kafka", "/k"), apply=False).only.status == "would"


def test_units_asked_at_once(host: Host) -> None:
    body = "Id=a.service\\nUnitFileState=enabled\\nNeedDaemonReload=no\\n\\nId=b.service\\nUnitFileState=disabled\\n"
    host.stub("systemctl", f'[ "$4" = --value ] && echo "asked anew: $*" >&2\nprintf "{body}"')
    keys = "a.UnitFileState b.UnitFileState a.NeedDaemonReload"
    ask = f"for key in {keys}; do unit_of ${{key%.*}} ${{key#*.}}; echo $found; done"
    assert host.run(f"look_units a b\n{ask}").output.split() == ["enabled", "disabled", "no"]


def test_a_unit_s_name_may_come_after_what_is_told_of_it(host: Host) -> None:
    host.stub("systemctl", 'printf "%s\\n" MainPID=1 Id=a.service NeedDaemonReload=no "" MainPID=2 Id=b.service')
    ask = "for unit in a b; do unit_of $unit MainPID; echo $found; done; unit_kept b NeedDaemonReload || echo nothing"
    assert host.run(f"look_units a b\n{ask}").output.split() == ["1", "2", "nothing"]


def test_a_change_makes_kept_answers_void(host: Host) -> None:
    (host / "f").write_text("old")
    old, new = (hashlib.sha256(text).hexdigest() for text in (b"old", b"new"))
    tell = f"sum_of {host / 'f'}; echo $found"
    change = f"printf new >{host / 'f'}; {tell}; say changed x y >/dev/null; {tell}"
    assert host.run(f"look_sums {host / 'f'}\n{change}").output.split() == [old, new]


def looking_first(host: Host) -> str:
    items = [Directory(str(host / "d"), USER, GROUP)]
    return script.converging(items, True, over=str(host / "tree"), otherwise=[f"ask_disks {host / 'data'}"])


@pytest.mark.parametrize(("word", "goes"), [("go\n", True), ("no\n", False), ("", False)])
def test_a_host_without_the_folder_is_asked_first_and_waits_for_the_word(word: str, goes: bool, host: Host) -> None:
    text = looking_first(host).replace("main() {\n", "alone() { :; }\nmain() {\n")
    with subprocess.Popen(
        [*host.shell, "-s"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as shell:
        assert shell.stdin
        assert shell.stdout
        shell.stdin.write(text)
        shell.stdin.flush()
        told = [shell.stdout.readline().split("\t")[:3], shell.stdout.readline()]
        assert told == [["fact", "disk", str(host / "data")], "asked\n"]
        assert not (host / "d").exists()
        shell.stdin.write(word)
        shell.stdin.flush()
        if not word:
            shell.stdin.close()
        assert ("changed\tdirectory" in shell.stdout.read()) is goes
    assert ((host / "d").exists(), shell.returncode == 0) == (goes, goes)


def test_a_host_with_the_folder_is_not_asked(host: Host) -> None:
    (host / "tree").mkdir()
    assert host._said(looking_first(host)).words == [("changed", "directory")]


# Plan and failure


def everything(host: Host) -> str:
    """Calls that would all change something."""
    owner = f"{USER} {GROUP}"
    return "\n".join(
        [
            f"want_directory {host / 'd'} {owner} 750",
            f"want_directory {host / 'empty'} {owner} 711",
            script.call(File(str(host / "new"), "x", USER, GROUP)),
            script.call(File(str(host / "edited"), "a=2", USER, GROUP, secret=True)),
            f"want_download http://127.0.0.1:1/k {host / 'k'} {host / 'tree'} ''",
            f"want_tree {host / 'tree'} {host / 'k'}",
            f"want_link {host / 'l'} {host / 'tree'}",
            f"want_gone {host / 'edited'} 0",
        ]
    )


def test_a_plan_touches_nothing(host: Host) -> None:
    (host / "edited").write_text("a=1\n")
    (host / "empty").mkdir()
    (host / "old").mkdir()
    (host / "old/.kafka-fab").write_text("x\n")
    (host / "l").symlink_to(host / "old")
    before = host.tree()
    said = host.run(everything(host), apply=False)
    assert {status for status, _ in said.words} == {"would"}
    assert len(said.changes) == 8
    assert host.tree() == before


def test_a_plan_leaves_what_an_older_run_left(host: Host) -> None:
    for name in ("tree", "tree.partial"):
        (host / name).mkdir()
    (host / "k.tgz").write_text("left over")
    before = host.tree()
    host.want("tree", host / "tree", host / "k.tgz", apply=False)
    assert host.tree() == before


def test_the_first_failure_ends_an_apply_and_not_a_plan(host: Host) -> None:
    (host / "d").write_text("no directory")
    body = f"want_directory {host / 'd'} {USER} {GROUP} 750\nwant_gone {host / 'none'} 0"
    applied, planned = host.run(body), host.run(body, apply=False)
    assert (applied.status, applied.words) == (1, [("failed", "directory")])
    assert planned.words == [("failed", "directory"), ("ok", "gone")]


def test_words_of_a_failure_stay_on_one_line(host: Host) -> None:
    said = host.run("try kind name sh -c 'echo one; echo \"two\tthree\" >&2; exit 1'")
    assert said.only == Change("failed", "kind", "name", "one two three")
    assert host.run("try kind name false").only.detail == "false failed without a word"


def test_two_runs_wait_for_each_other(host: Host) -> None:
    if not shutil.which("flock"):
        pytest.skip("flock is not installed here")
    function = LIBRARY[LIBRARY.index("\nalone() {") :].split("\n}\n")[0] + "\n}\n"
    mine = function.replace("/run/kafka-fab.lock", str(host / "lock"))
    host.stub("hostname", "echo h")
    lock = f"exec 8>{quote(str(host / 'lock'))}; flock 8; (sleep 0.1; flock -u 8) 8>&8 & exec 8>&-\n"
    assert host.run(f"{mine}\n{lock}\nalone\nsay ok a b").words == [("note", "lock"), ("ok", "a")]
    assert host.run(f"{mine}\nalone\nsay ok a b").words == [("ok", "a")]


# What is not changed under data, or under services that run


def log_dir(host: Host, name: str, *entries: str) -> Path:
    folder = host / name
    folder.mkdir(parents=True)
    for entry in entries:
        (folder / entry).mkdir()
    return folder


def data(host: Host, *directories: str, abandoned: str = "") -> Change:
    words = ["kafka", "kafka.log_dirs", host / "snapshot", host / "file", abandoned.replace("HERE", str(host.folder))]
    return host.want("data", *words, *(host / name for name in directories), apply=False)


def test_a_log_directory_with_replicas_is_not_taken_out(host: Host) -> None:
    log_dir(host, "d1", "orders-0")
    log_dir(host, "d2", *(f"orders-{number}" for number in range(12)), "orders-99.5f-delete")
    kept(host, file="log.dirs=HERE/d1,HERE/d2\n")
    assert data(host, "d1", "d2").status == "ok"
    refused = data(host, "d1")
    assert refused.status == "failed"
    assert f"{host / 'd2'}, which holds 12 of its logs (orders-0, orders-1, orders-10 and 9 more)" in refused.detail
    assert f"--abandon-dir {host / 'd2'}" in refused.detail
    assert data(host, "d1", abandoned="HERE/d2").status == "ok"
    assert data(host, "d1", abandoned="HERE/other,HERE/d2").status == "ok"
    assert data(host, "d1", abandoned="HERE/d").status == "failed"


def test_several_directories_are_told_at_once(host: Host) -> None:
    for name in ("d1", "d2", "d3"):
        log_dir(host, name, "orders-0")
    kept(host, file="log.dirs=HERE/d1,HERE/d2,HERE/d3\n")
    told = data(host, "d4").detail
    assert f"--abandon-dir {host / 'd1'},{host / 'd2'},{host / 'd3'}" in told
    assert data(host, "d4", abandoned="HERE/d1,HERE/d2").detail.count("which holds") == 1


@pytest.mark.parametrize("why", ["empty", "gone", "moved by a link", "never started", "nothing installed"])
def test_a_directory_that_holds_nothing_may_go(why: str, host: Host) -> None:
    log_dir(host, "d1")
    if why == "moved by a link":
        (log_dir(host, "new", "orders-0"), (host / "d2").symlink_to(host / "new"))
    elif why != "gone":
        log_dir(host, "d2")
    if why != "nothing installed":
        kept(host, file="log.dirs=HERE/d1,HERE/d2\n")
    assert data(host, "d1", *(["new"] if why == "moved by a link" else [])).status == "ok"


def test_without_a_file_on_disk_the_one_of_the_start_tells_the_directories(host: Host) -> None:
    log_dir(host, "d2", "orders-0")
    kept(host, snapshot="log.dirs=HERE/d2\n")
    assert data(host, "d1").status == "failed"


def test_directories_of_other_services_are_kept_too(host: Host) -> None:
    log_dir(host, "z", "version-2")
    kept(host, file="dataDir=HERE/z\nclientPort=2181\n")
    words = ["zookeeper", "zookeeper.data_dir", host / "snapshot", host / "file", "", host / "other"]
    assert "1 of its logs (version-2)" in host.want("data", *words, apply=False).detail
    log_dir(host, "m", "__cluster_metadata-0")
    kept(host, file="process.roles=controller\nlog.dirs=HERE/m\n")
    words = ["controller", "controller.metadata_dir", host / "snapshot", host / "file", "", host / "other"]
    assert host.want("data", *words, apply=False).status == "failed"


def test_nothing_is_installed_over_a_directory_that_is_kept(host: Host) -> None:
    log_dir(host, "d2", "orders-0")
    kept(host, file="log.dirs=HERE/d2\n")
    given = Data("kafka", "kafka.log_dirs", str(host / "snapshot"), str(host / "file"), (str(host / "d1"),))
    said = host.bring(given, Directory(str(host / "d1"), USER, GROUP, "750"))
    assert said.words == [("failed", "data")]
    assert not (host / "d1").exists()


@pytest.mark.parametrize(
    ("now", "wanted", "way"),
    [
        ("zookeeper.connect=a:1,b:1/kafka\n", "ZooKeeper/other", "set kafka.chroot to '/kafka'"),
        ("zookeeper.connect=a:1,b:1/kafka\n", "ZooKeeper", "set kafka.chroot to '/kafka'"),
        ("zookeeper.connect=a:1,b:1\n", "ZooKeeper/kafka", "set kafka.chroot to ''"),
        ("zookeeper.connect=a:1/x/y\n", "controllers", "a migration"),
        ("process.roles=broker\n", "ZooKeeper/kafka", "a migration"),
    ],
)
def test_metadata_stays_where_it_is(now: str, wanted: str, way: str, host: Host) -> None:
    kept(host, file=now)

    def ask(where: str) -> Change:
        return host.want("metadata", host / "snapshot", host / "file", where, host / "d1", apply=False)

    assert ask(wanted).status == "ok", "nothing has run here"
    log_dir(host, "d1")
    assert ask(wanted).status == "ok", "nothing has run here"
    (host / "d1/meta.properties").touch()
    assert ask(wanted).status == "failed"
    assert way in ask(wanted).detail
    (host / "d1/meta.properties").unlink()
    kept(host, snapshot=now)
    assert ask(wanted).status == "failed", "it runs"


@pytest.mark.parametrize("now", ["zookeeper.connect=a:1,b:1/kafka/\n", "zookeeper.connect=old:1/kafka\n"])
def test_the_same_chroot_by_other_servers(now: str, host: Host) -> None:
    kept(host, file=now, snapshot=now)
    assert host.want("metadata", host / "snapshot", host / "file", "ZooKeeper/kafka", apply=False).status == "ok"


def test_what_a_quorum_shares_is_not_changed_under_it(host: Host) -> None:
    def ask(pattern: str) -> Change:
        words = ["zookeeper", host / "snapshot", host / "file", "server.2", pattern, "zookeeper.peer_port"]
        return host.want("unmoved", *words, apply=False)

    assert ask("*:2888:3888").status == "ok"
    kept(host, file="server.2=a:2888:3888\n")
    assert ask("*:2889:3888").status == "ok", "it does not run"
    kept(host, snapshot="server.2=a:2888:3888\n")
    assert ask("*:2888:3888").status == "ok"
    assert "runs with server.2=a:2888:3888" in ask("*:2889:3888").detail


@pytest.mark.parametrize(
    ("was", "wanted", "runs", "has_data", "why"),
    [
        ("", "3.9.1", False, True, ""),
        ("3.9.1", "3.9.1", True, True, ""),
        ("3.9.1", "3.10.0", False, True, ""),
        ("3.9.1", "4.3.1", True, True, "no task for an upgrade"),
        ("3.9.1", "3.9.10", True, False, "no task for an upgrade"),
        ("3.9.10", "3.9.9", False, True, "is older than"),
        ("3.9.1", "3.9.0", True, False, "is older than"),
        ("4.3.1", "3.9.1", False, False, ""),
        ("4.0", "4.0.0", True, True, "no task for an upgrade"),
        ("4.0.1", "4.0", False, True, "is older than"),
    ],
)
def test_versions(was: str, wanted: str, runs: bool, has_data: bool, why: str, host: Host) -> None:
    host.stub("systemctl", f"echo {4711 if runs else 0}")
    log_dir(host, "d1", *(["orders-0"] if has_data else []))
    if was:
        (host / f"kafka_2.13-{was}").mkdir()
        (host / "kafka").symlink_to(host / f"kafka_2.13-{was}")
    words = [host / "kafka", host / f"kafka_2.13-{wanted}", "kafka", "--", host / "d1"]
    found = host.want("version", *words, apply=False)
    assert found.status == ("failed" if why else "ok")
    assert why in found.detail
    if why:
        assert f"set version to {was} in conf/cluster.yaml" in found.detail


def test_a_plan_tells_what_was_here_from_what_is_new(host: Host) -> None:
    directory = Directory(str(host / "data"), USER, GROUP, "750")
    file = File(str(host / "f"), "a=1\n", USER, GROUP, "640")
    new = [change.detail for change in host.bring(directory, file, apply=False).changes]
    assert new == [f"{USER}:{GROUP} 750", f"{USER}:{GROUP} 640"]
    assert host.bring(directory, file).status == 0
    (host / "data").rmdir()
    (host / "f").unlink()
    gone = [change.detail for change in host.bring(directory, file, apply=False).changes]
    assert gone == [f"{detail}, which was here" for detail in new]
