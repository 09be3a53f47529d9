"""known_hosts as OpenSSH reads it: beside ssh-keygen -F, for lines of all sorts; and what is made of a host's key."""

import base64
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import paramiko
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kafka_fab.remote.ssh import host_certificate, host_key, known_hosts
from kafka_fab.remote.ssh.openssh import SshConfig

KEYS = [paramiko.Ed25519Key(data=b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes([number]) * 32) for number in (1, 2, 3)]
WORDS = [f"{key.get_name()} {key.get_base64()}" for key in KEYS]
NAMES = ["kafka1", "kafka1.example.org", "[kafka1]:2222", "10.0.0.1", "Kafka1"]
patterns = st.lists(
    st.sampled_from([*NAMES, "kafka?", "*", "*.example.org", "!kafka1", "!*", "[kafka*]:2222", "[kafka1]:22", "k*1"]),
    min_size=1, max_size=3,
).map(",".join)  # fmt: skip
markers = st.sampled_from(["", "", "", "@cert-authority ", "@revoked ", "@later ", "#", "  "])
keys = st.sampled_from(
    [*WORDS, WORDS[0] + " a comment", WORDS[0][:40], "ssh-later AAAA", "ssh-rsa !!", "", "1024 35 17"]
)
files = st.lists(st.builds("{}{} {}".format, markers, patterns, keys), max_size=6)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files, st.sampled_from(NAMES[:4]))
def test_lines_are_found_as_ssh_keygen_finds_them(tmp_path: Path, lines: list[str], name: str) -> None:
    file = tmp_path / "known_hosts"
    file.write_text("\n".join(lines) + "\n")
    known_hosts.read.cache_clear()
    said = subprocess.run(["ssh-keygen", "-F", name, "-f", file], capture_output=True, text=True, check=False).stdout
    # It shows lines, too, whose key nobody can use.
    shown = [f"{line} " for line in said.splitlines() if not line.startswith("#")]
    expected = [key for line in shown for key in WORDS if f" {key} " in line]
    found = [f"{line.kind} {base64.b64encode(line.blob).decode()}" for line in known_hosts.of_host([file], name)]
    assert sorted(found) == sorted(expected)


def test_hashes(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"kafka1,10.0.0.1 {WORDS[0]}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", file], check=True, capture_output=True)
    assert [len(known_hosts.of_host([file], name)) for name in ("kafka1", "10.0.0.1", "kafka2")] == [1, 1, 0]


@pytest.mark.parametrize("field", ["|", "|1", "|1|x|y", "|2|AAAA|AAAA", "|1|AAAA|AAAA|", "|1|é|AAAA"])
def test_a_broken_hash_is_nobodys(field: str) -> None:
    assert not known_hosts.is_about(field, "kafka1")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_file(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    text = content.decode("utf-8", "surrogateescape")
    for line in known_hosts.lines(text):
        known_hosts.is_about(line.hosts, "kafka1")


def test_a_file_that_cannot_be_read_knows_nobody(tmp_path: Path) -> None:
    assert known_hosts.of_host([tmp_path, tmp_path / "none"], "kafka1") == []


def place(tmp_path: Path, text: str, **words: str) -> host_key.HostIdentity:
    (tmp_path / "known").write_text(text)
    known_hosts.read.cache_clear()
    given = {"hostname": "kafka1", "port": "22", "userknownhostsfile": str(tmp_path / "known"), **words}
    answer = SshConfig("k", "\n".join(f"{key} {value}" for key, value in given.items()))
    return host_key.HostIdentity(answer, int(answer["port"]))


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("", {}, "the key of kafka1 port 22 is not in known_hosts: connect once with `ssh k`"),
        (
            f"kafka1 {WORDS[1]}\n",
            {},
            "the host was reinstalled, run `ssh-keygen -R kafka1`",
        ),
        (f"[kafka1]:9 {WORDS[1]}\n", {"port": "9"}, "run `ssh-keygen -R [kafka1]:9`"),
        (f"other {WORDS[1]}\n", {"hostkeyalias": "other", "port": "9"}, "run `ssh-keygen -R other`"),
        (f"@revoked * {WORDS[0]}\n", {}, "the key of kafka1 port 22 is marked as revoked in known_hosts"),
        (f"@cert-authority * {WORDS[1]}\n", {}, "has no certificate of the @cert-authority in known_hosts"),
    ],
)
def test_refusals(text: str, words: dict[str, str], said: str, tmp_path: Path) -> None:
    with pytest.raises(host_key.KeyRefused) as refused:
        host_key.check(place(tmp_path, text, **words), KEYS[0])
    assert said in str(refused.value)


def test_the_command_to_run_reads_the_clusters_own_ssh_config(tmp_path: Path) -> None:
    own, known = tmp_path / "my cluster/ssh_config", tmp_path / "known"
    for text, command in (
        ("", f"connect once with `ssh -F '{own}' -o UserKnownHostsFile={known} k`"),
        (f"kafka1 {WORDS[1]}\n", f"run `ssh-keygen -R kafka1 -f {known}` and connect once with `ssh -F '{own}' "),
    ):
        one = place(tmp_path, text)
        one.answer.file = str(own)
        with pytest.raises(host_key.KeyRefused) as refused:
            host_key.check(one, KEYS[0])
        assert command in str(refused.value)


@pytest.mark.parametrize("strict", ["no", "off", "false"])
def test_a_check_that_is_switched_off(strict: str, tmp_path: Path) -> None:
    host_key.check(place(tmp_path, f"kafka1 {WORDS[1]}\n", stricthostkeychecking=strict), KEYS[0])


def test_a_new_key_is_accepted_once(tmp_path: Path) -> None:
    """The second one is another's, in this run as in the next."""
    one = place(tmp_path, "", stricthostkeychecking="accept-new")
    host_key.check(one, KEYS[0])
    host_key.check(one, KEYS[0])
    with pytest.raises(host_key.KeyRefused):
        host_key.check(one, KEYS[1])
    assert (tmp_path / "known").read_text() == f"kafka1 {WORDS[0]}\n"


def test_algorithms_of_known_keys_come_first(tmp_path: Path) -> None:
    allowed = "ssh-ed25519-cert-v01@openssh.com,ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512,sk-ssh-ed25519@openssh.com"
    rsa = paramiko.RSAKey.generate(1024)
    known_by = {f"kafka1 ssh-rsa {rsa.get_base64()}\n": "rsa-sha2-512", f"kafka1 {WORDS[0]}\n": "ssh-ed25519"}
    for text, first in known_by.items():
        found = host_key.algorithms(place(tmp_path, text, hostkeyalgorithms=allowed))
        assert (found[0], sorted(found)) == (first, ["ecdsa-sha2-nistp256", "rsa-sha2-512", "ssh-ed25519"])
    found = host_key.algorithms(place(tmp_path, f"@cert-authority * {WORDS[1]}\n", hostkeyalgorithms=allowed))
    assert found[0] == "ssh-ed25519-cert-v01@openssh.com"


SIGN = {
    "good": (["-h", "-n", "kafka1"], ""),
    "for any": (["-h"], ""),
    "for a pattern": (["-h", "-n", "kafka*"], ""),
    "of a user": (["-n", "kafka1"], "is one of a user, not of a host"),
    "for others": (["-h", "-n", "other,more"], "is for other, more, not for kafka1"),
    "of old": (["-h", "-V", "20200101:20200102"], "is not valid now"),
    "of the future": (["-h", "-V", "20990101:20990102"], "is not valid now"),
}


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a folder with a host's key pair and an authority's, of a kind."""

    @cache
    def made(kind: str) -> Path:
        folder = tmp_path_factory.mktemp(kind)
        bits = ["-b", "2048"] if kind == "rsa" else []
        for name in ("authority", "host"):
            subprocess.run(["ssh-keygen", "-q", "-t", kind, *bits, "-N", "", "-f", folder / name], check=True)
        return folder

    return made


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
@pytest.mark.parametrize("form", SIGN)
def test_certificates(form: str, kind: str, pairs: Callable[[str], Path], tmp_path: Path) -> None:
    options, refusal = SIGN[form]
    keys = pairs(kind)
    (tmp_path / "host.pub").write_text((keys / "host.pub").read_text())
    sign: list[str | Path] = ["ssh-keygen", "-q", "-s", keys / "authority", "-I", "x", *options, tmp_path / "host.pub"]
    subprocess.run(sign, check=True, capture_output=True)
    blob = base64.b64decode((tmp_path / "host-cert.pub").read_text().split()[1])
    allowed = "ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512"
    assert host_certificate.read(blob).refusal("kafka1", allowed) == refusal
    assert host_certificate.read(blob).refusal("kafka1", "none") != ""
    if not refusal:
        torn: Any = bytearray(blob)
        torn[60] ^= 1
        assert "not signed" in host_certificate.read(bytes(torn)).refusal("kafka1", allowed)


def test_a_cert_without_its_authority_is_a_plain_key(tmp_path: Path) -> None:
    key = SimpleNamespace(asbytes=KEYS[0].asbytes, public_blob=None, get_name=KEYS[0].get_name)
    host_key.check(place(tmp_path, f"kafka1 {WORDS[0]}\n@cert-authority * {WORDS[1]}\n"), key)  # type: ignore[arg-type]


def test_a_key_that_is_too_small_or_listed_is_refused_whatever_is_switched_off(tmp_path: Path) -> None:
    """As `ssh` does: StrictHostKeyChecking no lets an unknown key pass, not one that is refused by name."""
    off, small = {"stricthostkeychecking": "no"}, paramiko.RSAKey.generate(1024)
    with pytest.raises(host_key.KeyRefused, match="has 1024 bits, fewer than RequiredRSASize 2048"):
        host_key.check(place(tmp_path, "", requiredrsasize="2048", **off), small)
    (tmp_path / "revoked").write_text(WORDS[0])
    for file in ("revoked", "nowhere"):
        with pytest.raises(host_key.KeyRefused, match="is revoked by"):
            host_key.check(place(tmp_path, "", revokedhostkeys=str(tmp_path / file), **off), KEYS[0])


@pytest.mark.parametrize(("text", "proven"), [(0, True), (1, False), (None, True)])
def test_to_a_changed_key_no_password_is_said(text: int | None, proven: bool, tmp_path: Path) -> None:
    known_by = "" if text is None else f"kafka1 {WORDS[text]}\n"
    assert host_key.check(place(tmp_path, known_by, stricthostkeychecking="no"), KEYS[0]) is proven


@pytest.mark.parametrize(
    ("text", "address", "refused"),
    [
        ("", "10.0.0.1", False),
        ("10.0.0.1 {0}", "10.0.0.1", False),
        ("10.0.0.1 {1}", "10.0.0.1", True),
        ("10.0.0.1 {1}", "", False),
    ],
)
def test_another_key_of_its_address(text: str, address: str, refused: bool, tmp_path: Path) -> None:
    one = place(tmp_path, f"kafka1 {WORDS[0]}\n{text.format(*WORDS)}\n", checkhostip="yes")
    if not refused:
        assert host_key.check(one, KEYS[0], address)
        return
    with pytest.raises(host_key.KeyRefused, match=r"known_hosts of its address 10\.0\.0\.1"):
        host_key.check(one, KEYS[0], address)


@pytest.mark.parametrize(("address", "enters"), [("127.0.0.1", True), ("::1", True), ("10.0.0.1", False), ("", False)])
def test_this_machine_where_its_key_is_not_asked_for(address: str, enters: bool, tmp_path: Path) -> None:
    one = place(tmp_path, "", nohostauthenticationforlocalhost="yes")
    if enters:
        assert host_key.check(one, KEYS[0], address)
        return
    with pytest.raises(host_key.KeyRefused):
        host_key.check(one, KEYS[0], address)


@pytest.mark.parametrize("strict", ["no", "accept-new"])
def test_a_new_key_that_nobody_keeps_is_refused(strict: str, tmp_path: Path) -> None:
    with pytest.raises(host_key.KeyRefused, match="UserKnownHostsFile none"):
        host_key.check(place(tmp_path, "", userknownhostsfile="none", stricthostkeychecking=strict), KEYS[0])


@pytest.mark.parametrize(
    ("text", "number"),
    [("h {0}\r\n", 1), ("h {0}=\n", 0), ("h {0}\rother {1}\n", 0), ("h\r {0}\n", 0), ("h {0}\n", 1)],
)
def test_carriage_returns_and_padding_as_openssh_reads_them(text: str, number: int, tmp_path: Path) -> None:
    (tmp_path / "known").write_bytes(text.format(*WORDS).encode())
    known_hosts.read.cache_clear()
    assert len(known_hosts.of_host([tmp_path / "known"], "h")) == number
