"""security: in conf/cluster.yaml: read into values, and refused with file, line and the nearest right word."""

from pathlib import Path

import pytest

from kafka_fab.cluster.schema.problem import ConfigError
from kafka_fab.cluster.settings.security_settings import (
    Authorize,
    CertificateSource,
    ClientListener,
    Internal,
    LoginMethod,
    Security,
)
from kafka_fab.cluster.values.secret_source import SecretSource
from tests.unit.folders import COMBINED, Load, loader

WHOLE = """\
version: 4.3.1
security:
  internal: mtls
  listeners:
    clients:  {port: 9094, login: scram}
    external: {port: 9096, login: mtls, advertise: '{host}.example.org:19096'}
  certificates:
    from: command
    days: 30
    names: ['{host}.internal']
    command: [step, ca, sign, '-']
    passphrase_from: env:PASSPHRASE
  admins: [User:ops]
  authorize: true
  plaintext: {port: 9092, until: moved}
  tool:
    login: {user: fab, password_from: 'file:/run/secrets/fab'}
    verify_as: '{host}'
"""


@pytest.fixture
def load_it(tmp_path: Path) -> Load:
    return loader(tmp_path, COMBINED)


def test_every_word_of_it(load_it: Load) -> None:
    security = load_it(WHOLE).settings.security
    assert security.internal is Internal.MTLS
    assert security.mtls
    assert security.enabled
    assert security.listeners == {
        "clients": ClientListener(9094, LoginMethod.SCRAM),
        "external": ClientListener(9096, LoginMethod.MTLS, "{host}.example.org:19096"),
    }
    assert list(security.listeners) == ["clients", "external"]  # in the order of the file: the canary uses the first
    certificates = security.certificates
    assert (certificates.source, certificates.days) == (CertificateSource.COMMAND, 30)
    assert (certificates.names, certificates.command) == (("{host}.internal",), ("step", "ca", "sign", "-"))
    assert security.authorize is Authorize.ON
    assert (security.admins, security.plaintext.port) == (("User:ops",), 9092)
    assert security.tool.login.password_from == SecretSource("file:/run/secrets/fab")


def test_nothing_is_secured_without_a_word(load_it: Load) -> None:
    security = load_it("version: 4.3.1\n").settings.security
    assert security == Security()
    assert not security.enabled
    assert (security.replication_port, security.zookeeper_port) == (9091, 2182)


@pytest.mark.parametrize(("word", "wanted"), [("false", "false"), ("no", "false"), ("audit", "audit"), ("on", "true")])
def test_authorize_takes_true_and_false_as_yaml_does(load_it: Load, word: str, wanted: str) -> None:
    text = WHOLE.replace("authorize: true", f"authorize: {word}")
    assert load_it(text).settings.security.authorize == Authorize(wanted)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("internal: mtls", "internal: mtsl", "internal: one of plaintext, mtls is wanted, found `mtsl` (did you mean"),
        ("internal: mtls", "internal: true", "security.internal: one of plaintext, mtls is wanted, found `true`"),
        ("internal: mtls", "internl: mtls", "unknown key security.internl (did you mean internal?)"),
        ("login: scram", "login: scran", "found `scran` (did you mean scram?)"),
        ("login: scram", "login: [scram]", "listeners.clients.login: one of plaintext, tls, scram, mtls, plain, "),
        ("login: scram", "logins: scram", "unknown key security.listeners.clients.logins (did you mean login?)"),
        ("{port: 9094, login: scram}", "9094", "security.listeners.clients: a block of KEY: VALUE lines is wanted"),
        ("port: 9094", "port: 99999", "security.listeners.clients.port: 1 to 65535 is wanted, found 99999"),
        ("clients:", "Clients:", "security.listeners.Clients: a name of small letters, digits and _ is wanted"),
        ("clients:", "replication:", "security.listeners.replication: replication is a listener of kafka-fab's own"),
        ("'{host}.example.org:19096'", "'{node}.example.org'", "{host} is the one word in braces"),
        ("'{host}.example.org:19096'", "'{host}..org'", "letters, digits and - between single dots are wanted"),
        ("'{host}.example.org:19096'", "'{host}.org:0'", "advertise: a host name or address, with {host}"),
        ("from: command", "from: letsencrypt", "security.certificates.from: one of own, command, files is wanted"),
        ("from: command", "source: own", "unknown key security.certificates.source"),
        ("days: 30", "days: 0", "security.certificates.days: 1 to 3650 is wanted, found 0"),
        ("['{host}.internal']", "['a b']", "security.certificates.names: a b is not a name"),
        ("env:PASSPHRASE", "PASSPHRASE", "passphrase_from: must be env:NAME, file:PATH, keyring"),
        ("[User:ops]", "[ops]", "security.admins: a principal such as User:ops is wanted, found `ops`"),
        ("[User:ops]", "['User:*']", "security.admins: a principal such as User:ops is wanted"),
        ("[User:ops]", "['User:a;User:b']", "security.admins: a principal such as User:ops is wanted"),
        (
            "authorize: true",
            "authorize: adit",
            "one of false, audit, true is wanted, found `adit` (did you mean audit?)",
        ),
        ("until: moved", "until: tomorrow", "security.plaintext.until: moved is wanted, found `tomorrow`"),
    ],
)
def test_a_wrong_word_is_named_with_its_line(load_it: Load, before: str, after: str, words: str) -> None:
    line = WHOLE[: WHOLE.index(before)].count("\n") + 1
    with pytest.raises(ConfigError) as refused:
        load_it(WHOLE.replace(before, after, 1))
    found = [problem for problem in refused.value.problems if words in problem.text]
    assert [problem.line for problem in found] == [line], refused.value
    assert found[0].file.endswith("conf/cluster.yaml")
