"""Signing requests as openssl on a host makes them."""

import subprocess
from pathlib import Path

import pytest

from kafka_fab.cluster.pki import keys, signing_request
from kafka_fab.cluster.pki.pem import PemError


def request(folder: Path, *kind: str) -> str:
    key = folder / "key"
    subprocess.run(["openssl", "genpkey", *kind, "-out", key], check=True, capture_output=True)
    made = subprocess.run(
        ["openssl", "req", "-new", "-key", key, "-subj", "/CN=x"], check=True, capture_output=True, text=True
    )
    return made.stdout


EC = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")


def test_the_key_of_a_request(tmp_path: Path) -> None:
    text = request(tmp_path, *EC)
    own = keys.opened((tmp_path / "key").read_text()).public_key()
    assert keys.public_pem(signing_request.public_key(text)) == keys.public_pem(own)


def test_a_request_that_was_changed(tmp_path: Path) -> None:
    lines = request(tmp_path, *EC).splitlines()
    # The signature is at the end.
    last = lines[-2]
    lines[-2] = last[:8] + ("A" if last[8] != "A" else "B") + last[9:]
    with pytest.raises(PemError):
        signing_request.public_key("\n".join(lines))


def test_a_request_with_a_key_that_kafka_cannot_read(tmp_path: Path) -> None:
    with pytest.raises(PemError, match="Ed25519"):
        signing_request.public_key(request(tmp_path, "-algorithm", "ED25519"))


def test_something_else(tmp_path: Path) -> None:
    with pytest.raises(PemError, match="no certificate signing request"):
        signing_request.public_key("nothing")
