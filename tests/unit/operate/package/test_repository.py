"""The metadata of a repository: what apt and dnf read, signed with a key that nothing keeps."""

import gzip
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from invoke.exceptions import Exit

from kafka_fab.operate.package import apt_repository, dnf_repository, nfpm, signing
from kafka_fab.operate.package.package import Format
from tests.unit.operate.package.test_nfpm import SMALL

needs_gpg = pytest.mark.skipif(not shutil.which("gpg"), reason="gnupg is not installed")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A key ring with the key that key.asc holds, whose pass phrase is `abc`."""
    home = tmp_path_factory.mktemp("keys")
    gpg = ["gpg", "--homedir", str(home), "--batch", "--pinentry-mode", "loopback", "--passphrase", "abc"]
    subprocess.run([*gpg, "--quick-gen-key", "packages@example.org", "ed25519"], check=True, capture_output=True)
    key = subprocess.run([*gpg, "--armor", "--export-secret-keys"], check=True, capture_output=True).stdout
    (home / "key.asc").write_bytes(key)
    yield home
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)


def test_apt_finds_each_package_by_its_sums(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    file = nfpm.build(SMALL, Format.DEB, tmp_path)
    apt_repository.write(tmp_path, None)
    packages = (tmp_path / "Packages").read_text()
    assert "Package: small\n" in packages
    assert f"Filename: ./{file.name}\n" in packages
    assert f"SHA256: {hashlib.sha256(file.read_bytes()).hexdigest()}\n" in packages
    assert gzip.decompress((tmp_path / "Packages.gz").read_bytes()).decode() == packages
    release = (tmp_path / "Release").read_text()
    assert "Date: Tue, 14 Nov 2023 22:13:20 GMT\n" in release
    assert f" {hashlib.sha256(packages.encode()).hexdigest()} {len(packages)} Packages\n" in release


def test_a_time_that_is_none_is_named_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(Exit, match="SOURCE_DATE_EPOCH must be seconds since 1970, but is `yesterday`"):
        apt_repository.write(tmp_path, None)
    assert list(tmp_path.iterdir()) == []


@needs_gpg
def test_a_signature_is_the_key_s_and_goes_with_it(tmp_path: Path, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(signing.VARIABLE, "abc")
    with signing.signer(keys / "key.asc") as signer:
        apt_repository.write(tmp_path, signer)
        assert signer.public().startswith(b"-----BEGIN PGP PUBLIC KEY BLOCK-----")
        home = signer.home
    assert not home.exists()
    for words in (["InRelease"], ["Release.gpg", "Release"]):
        subprocess.run(["gpg", "--homedir", str(keys), "--verify", *words], cwd=tmp_path, check=True)
    apt_repository.write(tmp_path, None)
    assert not (tmp_path / "InRelease").exists()
    assert not (tmp_path / "Release.gpg").exists()


@needs_gpg
def test_a_wrong_pass_phrase_is_said_first(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(signing.VARIABLE, "wrong")
    with pytest.raises(Exit, match=f"pass phrase is read from {signing.VARIABLE}"), signing.signer(keys / "key.asc"):
        pytest.fail("nothing is signed")


def test_without_gpg_and_createrepo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Exit, match="gpg is not installed"), signing.signer(tmp_path / "key.asc"):
        pytest.fail("nothing is signed")
    with pytest.raises(Exit, match="createrepo_c is not installed"):
        dnf_repository.find()


def test_dnf_s_metadata_is_createrepo_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "createrepo_c"
    program.write_text('#!/bin/sh\nfor last; do :; done\nmkdir "$last/repodata" && echo >"$last/repodata/repomd.xml"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "rpm").mkdir()
    dnf_repository.write(tmp_path / "rpm", None)
    assert (tmp_path / "rpm/repodata/repomd.xml").exists()
    with pytest.raises(Exit, match="createrepo_c failed with status 1"):
        dnf_repository.write(tmp_path / "rpm", None)
