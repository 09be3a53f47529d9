"""Judgement of a chain, against what `openssl verify -x509_strict` says of the same files."""

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from kafka_fab.cluster.pki import authority, keys, pem
from kafka_fab.cluster.pki.alternative_names import AlternativeNames
from kafka_fab.cluster.pki.authority import Authority, Leaf
from kafka_fab.cluster.pki.certificate import Certificate, Chain, read, written
from kafka_fab.cluster.pki.distinguished_name import encoded
from kafka_fab.cluster.pki.judgement import Expected, problems
from kafka_fab.cluster.values.subject import Subject

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
NODE = Subject("kafka-node", "orders")
NAMES = AlternativeNames.of(["kafka1", "kafka1.example.org", "10.0.0.1"])
OWN = authority.new(Subject("kafka-fab CA", "orders"), NOW)
OTHER = authority.new(Subject("kafka-fab CA", "orders"), NOW)
KEY = keys.new_key()
LEAF = Leaf(NODE, 90, NAMES)
EXPECTED = Expected((OWN.certificate,), NAMES, KEY.public_key(), str(NODE))


def intermediate(above: Authority, is_ca: bool = True, path_length: int | None = None, signs: bool = True) -> Authority:
    """Return a CA that another has issued, perhaps one that must not be one."""
    key = keys.new_key()
    subject = encoded(Subject("between", "orders"))
    usage = x509.KeyUsage(not signs, False, False, False, False, signs, signs, False, False)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above.certificate.x509.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(hours=1))
        .not_valid_after(NOW + timedelta(days=1000))
        .add_extension(x509.BasicConstraints(is_ca, path_length if is_ca else None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above.key.public_key()), critical=False)
        .sign(above.key, hashes.SHA256())
    )
    return Authority(Certificate(made), key)


# As a corporate root is: with CAs below it.
def root(path_length: int | None) -> Authority:
    base = authority.new(Subject("root", "corp", "corp"), NOW)
    key = base.key
    made = (
        x509.CertificateBuilder()
        .subject_name(base.certificate.x509.subject)
        .issuer_name(base.certificate.x509.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=10))
        .not_valid_after(NOW + timedelta(days=3000))
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(Certificate(made), key)


class Case(NamedTuple):
    """What is issued, by whom, and when it is looked at."""

    through: str
    days_later: int
    roles: tuple[str, ...]
    names: tuple[str, ...]
    shown: str
    trusts_own: bool


# A case without a fault, and up to two of its parts changed.
GOOD = Case("own", 0, ("server", "client"), ("kafka1", "kafka1.example.org", "10.0.0.1"), "all", trusts_own=True)
NAME = st.sampled_from([*GOOD.names, "*.example.org", "10.0.0.2"])
CHANGED: dict[str, st.SearchStrategy[Any]] = {
    "through": st.sampled_from(["root", "other", "root with pathlen 0", "no CA", "CA that may not sign"]),
    "days_later": st.sampled_from([30, 89, -1, 91, 4000]),
    "roles": st.sampled_from([("server",), ("client",)]),
    "names": st.just(("kafka1", "*.example.org", "10.0.0.1")) | st.sets(NAME).map(lambda names: tuple(sorted(names))),
    "shown": st.just("leaf alone"),
    "trusts_own": st.just(False),
}
CASES = st.lists(st.sampled_from(sorted(CHANGED)), max_size=2, unique=True).flatmap(
    lambda parts: st.fixed_dictionaries({part: CHANGED[part] for part in parts}).map(lambda new: GOOD._replace(**new))
)


def built(case: Case) -> tuple[Chain, Chain]:
    """Return the chain of a case and the CAs that are trusted."""
    leaf = replace(LEAF, roles=case.roles, names=AlternativeNames.of(case.names))
    if case.through in ("own", "other"):
        issuer = OWN if case.through == "own" else OTHER
        trusted = (OWN if case.trusts_own else OTHER).certificate
        return (issuer.issue(KEY.public_key(), leaf, NOW),), (trusted,)
    above = root(0 if case.through == "root with pathlen 0" else None)
    if case.through == "root with pathlen 0":
        # The one between is itself below a CA, so that it is one too many.
        top, above = above, intermediate(above)
    else:
        top = above
    between = intermediate(above, case.through != "no CA", signs=case.through != "CA that may not sign")
    more = (between.certificate,) if above is top else (between.certificate, above.certificate)
    chain = (between.issue(KEY.public_key(), leaf, NOW), *(more if case.shown == "all" else ()))
    return chain, ((top if case.trusts_own else OWN).certificate,)


def openssl(folder: Path, chain: Chain, trusted: Sequence[Certificate], now: datetime) -> bool:
    """Return whether openssl takes the chain as a server's and as a client's, for every name."""
    (folder / "ca.pem").write_text(written(trusted))
    (folder / "leaf.pem").write_text(chain[0].pem)
    (folder / "more.pem").write_text(written(chain[1:]))
    common = [
        "openssl",
        "verify",
        "-x509_strict",
        "-no-CApath",
        "-CAfile",
        "ca.pem",
        "-attime",
        f"{now.timestamp():.0f}",
    ]
    common += ["-untrusted", "more.pem"] if chain[1:] else []
    asked = [
        ["-purpose", "sslclient"],
        *(["-purpose", "sslserver", "-verify_hostname", name] for name in NAMES.dns),
        *(["-purpose", "sslserver", "-verify_ip", address] for address in NAMES.addresses),
    ]
    return all(
        subprocess.run([*common, *more, "leaf.pem"], cwd=folder, capture_output=True, check=False).returncode == 0
        for more in asked
    )


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=CASES)
def test_it_agrees_with_openssl(case: Case, tmp_path: Path) -> None:
    chain, trusted = built(case)
    then = NOW + timedelta(days=case.days_later)
    found = problems(chain, Expected(trusted, NAMES, KEY.public_key()), then)
    event(f"usable: {not found}")
    assert (not found) == openssl(tmp_path, chain, trusted, then), found


def issued(**changed: object) -> Chain:
    return (OWN.issue(KEY.public_key(), replace(LEAF, **changed), NOW),)  # type: ignore[arg-type]


def test_what_we_issue_is_accepted() -> None:
    assert problems(issued(), EXPECTED, NOW) == ()


@pytest.mark.parametrize(
    ("chain", "expected", "now", "words"),
    [
        ((), EXPECTED, NOW, "has no certificate"),
        (issued(), EXPECTED, NOW + timedelta(days=91), "expired on 2027-02-26"),
        (issued(), EXPECTED, NOW - timedelta(hours=2), "is not valid before 2026-11-28 11:00 UTC"),
        (issued(), replace(EXPECTED, key=keys.new_key().public_key()), NOW, "of another key"),
        (issued(), replace(EXPECTED, authorities=(OTHER.certificate,)), NOW, "none of the CAs in use"),
        (issued(names=AlternativeNames.of(["kafka1"])), EXPECTED, NOW, "is not valid for kafka1.example.org, 10.0.0.1"),
        (issued(names=AlternativeNames()), EXPECTED, NOW, "(subject alternative names: none)"),
        (issued(roles=("server",)), EXPECTED, NOW, "lacks the extended key usage clientAuth"),
        (issued(subject=Subject("x")), EXPECTED, NOW, "has the subject CN=x,O=kafka-fab"),
        ((OWN.certificate,), replace(EXPECTED, key=None), NOW, "is a CA's own certificate"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_fault_is_named(chain: Chain, expected: Expected, now: datetime, words: str) -> None:
    assert words in "; ".join(problems(chain, expected, now))


def test_a_renewal_keeps_subject_and_names() -> None:
    before = issued(names=AlternativeNames.of(["kafka1", "kafka1.example.org", "10.0.0.1", "old"]))[0]
    assert "drops names of the one before (old)" in "; ".join(problems(issued(), replace(EXPECTED, before=before), NOW))
    other = issued(subject=Subject("other", "orders"))[0]
    assert "another subject than the one before" in "; ".join(problems(issued(), replace(EXPECTED, before=other), NOW))


def test_keys_that_kafka_cannot_read() -> None:
    assert "Ed25519" in keys.unusable(ed25519.Ed25519PrivateKey.generate().public_key())
    assert "1024 bits" in keys.unusable(rsa.generate_private_key(65537, 1024).public_key())
    assert keys.unusable(rsa.generate_private_key(65537, 2048).public_key()) == ""


def test_a_certificate_ends_before_its_authority() -> None:
    short = authority.new(Subject("short"), NOW, timedelta(days=10))
    assert short.issue(KEY.public_key(), LEAF, NOW).ends == short.certificate.ends


def test_the_subject_reads_as_kafka_prints_it() -> None:
    assert issued()[0].subject == "CN=kafka-node,OU=orders,O=kafka-fab"


def test_a_key_is_opened_by_its_passphrase_alone() -> None:
    text = keys.encrypted(KEY, "secret")
    assert keys.public_pem(keys.opened(text, "secret").public_key()) == keys.public_pem(KEY.public_key())
    assert "ENCRYPTED" in text
    for wrong in ("", "other"):
        with pytest.raises(pem.PemError):
            keys.opened(text, wrong)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (keys.plain(KEY), ""),
        (keys.encrypted(KEY, "x"), "encrypted"),
        ("-----BEGIN EC PRIVATE KEY-----\n", "not in PKCS#8"),
        ("", "no private key"),
    ],
)
def test_only_a_plain_pkcs8_key_goes_to_kafka(form: str, words: str) -> None:
    assert words in keys.malformed(form)
    assert bool(words) == bool(keys.malformed(form))


def test_a_chain_is_read_in_order_and_written_as_it_was() -> None:
    chain = (*issued(), OWN.certificate)
    assert read(written(chain)) == chain
    assert pem.certificates(f"Bag Attributes\n{keys.plain(KEY)}{written(chain)}") == written(chain)
    with pytest.raises(pem.PemError):
        read("nothing")
