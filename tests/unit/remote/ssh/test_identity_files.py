"""Identities: which keys a host is offered, in which order, and what is told of the others."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kafka_fab.remote.ssh import identity_files
from kafka_fab.remote.ssh.identity_files import Identities
from kafka_fab.remote.ssh.openssh import OpenSSH


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    passphrases = {"closed": "secret"}
    for name in ("one", "two", "closed", "ecdsa", "rsa"):
        kind = name if name in ("ecdsa", "rsa") else "ed25519"
        argv = ["ssh-keygen", "-q", "-t", kind, "-N", passphrases.get(name, ""), "-C", name, "-f", folder / name]
        subprocess.run(argv, check=True)
    return folder


@pytest.fixture(autouse=True)
def _own_folder(keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(keys, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


def identities(text: str, *given: str, passphrase: str | None = None) -> Identities:
    Path("given").write_text(text.replace("~", str(Path.cwd())))
    answer = OpenSSH(Path("nothing"), "given").ask("kafka1")
    return Identities(answer, [f"{Path.cwd()}/{name}" for name in given], passphrase)


def blob(name: str) -> str:
    return Path(f"{name}.pub").read_text().split()[1]


def names(found: Identities) -> list[str]:
    """Return the keys that are offered, by name, with a + where a certificate goes with one."""
    by_blob = {blob(file.stem): file.stem for file in Path().glob("*.pub") if "-cert" not in file.name}
    return [by_blob[key.get_base64()] + "+" * bool(key.public_blob) for key in found.get_keys()]


def test_files_in_order_those_of_the_command_line_first() -> None:
    assert names(identities("IdentityFile ~/one\nIdentityFile ~/two\n", "two")) == ["two", "one"]


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        ("rm one", "is not there"),
        ("chmod 644 one", "can be read by others: chmod 600"),
        ("echo x >one", "holds no private key that can be used here"),
        ("printf '\\377\\376' >one", "holds no private key that can be used here"),
        ("rm one; mkdir -m 700 one", "cannot be read (is a directory)"),
        ("cp closed one", "is encrypted: load it with ssh-add, or use fab --prompt-for-passphrase"),
    ],
)
def test_a_file_that_is_no_key_is_passed_over_and_told(prepare: str, said: str) -> None:
    """As `ssh` does it: the next key may be the right one."""
    subprocess.run(["sh", "-c", prepare], check=True)
    found = identities("IdentityFile ~/one\nIdentityFile ~/two\n")
    assert names(found) == ["two"]
    assert found.words() == f" (offered {Path.cwd()}/two; {found.left_out[0]})"
    assert f"{Path.cwd()}/one {said}" in found.left_out[0]


def test_a_passphrase_opens() -> None:
    assert names(identities("IdentityFile ~/closed\nIdentityFile ~/one\n", passphrase="secret")) == ["closed", "one"]


def test_of_the_files_that_ssh_looks_for_by_itself_none_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity_files, "_is_usual", lambda path: path.name.startswith("id_"))
    found = identities("IdentityFile ~/id_rsa\nIdentityFile ~/mine\n")
    assert names(found) == []
    assert found.words() == f" (no key was offered; {Path.cwd()}/mine is not there)"


@pytest.mark.parametrize("words", ["PubkeyAuthentication no", "PreferredAuthentications password"])
def test_no_keys_where_ssh_config_offers_none(words: str) -> None:
    assert names(identities(f"IdentityFile ~/one\n{words}\n")) == []


@pytest.mark.parametrize(
    ("words", "key", "said"),
    [
        (
            "PubkeyAcceptedAlgorithms ssh-ed25519",
            "ecdsa",
            "ecdsa is of a kind that PubkeyAcceptedAlgorithms leaves out",
        ),
        ("PubkeyAcceptedAlgorithms rsa-sha2-256", "rsa", ""),
        ("PubkeyAcceptedAlgorithms rsa-sha2-256", "one", "one is of a kind that PubkeyAcceptedAlgorithms leaves out"),
        ("RequiredRSASize 8192", "rsa", "bits, fewer than RequiredRSASize 8192"),
    ],
)
def test_kinds_and_sizes_of_keys(words: str, key: str, said: str) -> None:
    found = identities(f"IdentityFile ~/{key}\n{words}\n")
    assert names(found) == [] if said else [key]
    assert said in found.words("")


@pytest.fixture
def agent() -> Iterator[str]:
    """An agent that holds one, closed and two."""
    started = subprocess.run(["ssh-agent", "-s"], capture_output=True, text=True, check=True).stdout
    sock, process = re.findall(r"=([^;]+);", started)
    environment = os.environ | {"SSH_AUTH_SOCK": sock, "SSH_ASKPASS_REQUIRE": "force", "SSH_ASKPASS": "./ask"}
    Path("ask").write_text("#!/bin/sh\necho secret\n")
    Path("ask").chmod(0o700)
    try:
        for name in ("one", "closed", "two"):
            subprocess.run(["ssh-add", "-q", name], env=environment, check=True, capture_output=True)
        yield f"IdentityAgent {sock}\n"
    finally:
        os.kill(int(process), signal.SIGTERM)


@pytest.mark.parametrize(
    ("words", "kept", "expected"),
    [
        ("", "", ["one", "closed", "two"]),
        ("IdentityFile ~/two", "two", ["two", "one", "closed"]),
        ("IdentityFile ~/two\nIdentitiesOnly yes", "two", ["two"]),
        ("IdentityFile ~/two\nIdentitiesOnly yes", "two.pub", ["two"]),
        ("IdentityFile ~/two.pub\nIdentitiesOnly yes", "two.pub", ["two"]),
        # Its public half is in the clear.
        ("IdentityFile ~/closed\nIdentitiesOnly yes", "closed", ["closed"]),
        ("IdentityFile none\nIdentitiesOnly yes", "", []),
    ],
)
def test_the_agents_keys(words: str, kept: str, expected: list[str], agent: str) -> None:
    found = identities(f"{agent}{words}\n")
    by_blob = {blob(name): name for name in ("one", "two", "closed")}
    for name in ("one", "two", "closed", "one.pub", "two.pub", "closed.pub"):
        if name != kept and words:
            Path(name).unlink()
    offered = list(found.get_keys())
    found.close()
    assert [by_blob[key.get_base64()] for key in offered] == expected
    assert not found.left_out


def sign(name: str, to: str) -> None:
    argv = ["ssh-keygen", "-q", "-s", "two", "-I", "x", "-n", "root", f"{name}.pub"]
    subprocess.run(argv, check=True, capture_output=True)
    Path(f"{name}-cert.pub").rename(to)


@pytest.mark.parametrize("key", ["one", "ecdsa", "rsa"])
@pytest.mark.parametrize("to", ["-cert.pub", "elsewhere"])
def test_a_certificate_goes_with_its_key_alone(key: str, to: str) -> None:
    to = key + to if to == "-cert.pub" else to
    sign(key, to)
    found = identities(f"IdentityFile ~/{key}\nIdentityFile ~/two\nCertificateFile ~/elsewhere\n")
    assert names(found) == [f"{key}+", key, "two"]
    assert found.offered[0] == f"{Path.cwd()}/{key} with {Path.cwd()}/{to}"


def test_a_certificate_goes_with_a_key_of_the_agent(agent: str) -> None:
    sign("one", "elsewhere")
    assert names(identities(f"{agent}CertificateFile ~/elsewhere\n")) == ["one+", "one", "closed", "two"]


@pytest.mark.parametrize("content", ["", "x", "ssh-ed25519-cert-v01@openssh.com AAAA", "\xff"])
def test_what_is_no_certificate_is_passed_over(content: str) -> None:
    Path("elsewhere").write_text(content, encoding="latin-1")
    assert names(identities("IdentityFile ~/one\nCertificateFile ~/elsewhere\n")) == ["one"]
