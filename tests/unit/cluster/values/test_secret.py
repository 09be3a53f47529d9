"""What is secret: one rule, read by Python and by every awk that is here."""

import os
import shutil
import subprocess
import time
from pathlib import Path
from shlex import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kafka_fab.cluster.change import ChangeReader
from kafka_fab.cluster.schema.problem import Problem
from kafka_fab.cluster.values import secret
from kafka_fab.remote import script
from kafka_fab.remote.ssh.connection import HostFailure
from lab.types import ordinary

PLANTED = "pl4nted"
LONG = f"{PLANTED}+AAAABBBBCCCC/=="
JWT = f"eyJhbGciOiJI.eyJzdWIiOiIx.{PLANTED}"
# Texts that hold a secret whatever is said around them.
ANYWHERE = (
    f"http://user:{PLANTED}@mirror.example.net/kafka",
    f"fetching https://{PLANTED}@mirror/x failed",
    f"jdbc:postgresql://u:{PLANTED}/with/slashes@db:5432/x",
    f"-Djavax.net.ssl.trustStorePassword={PLANTED}",
    f"-Djavax.net.ssl.keyStorePassword={PLANTED} -Xmx1g",
    f"KAFKA_OPTS=-Dapi.key={PLANTED}",
    f'Plain required username="admin" password="{PLANTED}";',
    f"Plain required username=admin password={PLANTED};",
    f'Plain required user_alice="{PLANTED}";',
    f"Plain required user_alice = '{PLANTED}' ;",
    f"curl -H 'Authorization: Bearer {LONG}' http://x",
    f"Authorization: Basic {PLANTED}",
    f"sent Bearer {LONG}",
    f"sent basic {LONG}",
    f"https://store/blob?sv=1&sig={PLANTED}&se=2",
    f"https://store/blob?X-Amz-Signature={PLANTED}",
    f"https://store/blob?access_token={PLANTED}",
    f"http://x/?apiKey={PLANTED};more",
    f'{{"password": "{PLANTED}"}}',
    f"{{'secret_key' : '{PLANTED}'}}",
    f"-----BEGIN PRIVATE KEY-----{PLANTED}-----END PRIVATE KEY-----",
    f"-----BEGIN RSA PRIVATE KEY----- {PLANTED}",
    f"-----BEGIN PGP PRIVATE KEY BLOCK----- {PLANTED}",
    f"token {JWT} was refused",
    f"db_password='{PLANTED} with blanks'",
    f'passphrase="{PLANTED} not closed',
    f"mysql --password {PLANTED} -h db",
    f"tool --token-file {PLANTED}",
    f"connecting to admin:{PLANTED}@db:9200",
    f"//u:{PLANTED}@host",
    f"-javaagent:/x.jar=host=h,pass={PLANTED}",
    f"-Dzookeeper.DigestAuthenticationProvider.superDigest=super:{PLANTED}=",
    f"found ghp_abcdefgh{PLANTED} in it",
    f"xoxb-123456789-{PLANTED}",
    f"AKIAABCDEFGH{PLANTED}",
    f"-javaagent:/x.jar=key={PLANTED}",
    f"-javaagent:/x.jar=host=h,token={PLANTED},port=1",
    f"-javaagent:/x.jar=host=h,key={PLANTED}",
    f"-Dgithub.pat={PLANTED}",
    f"azure.sas.uri={PLANTED}",
    f'{{"azure.sas": "{PLANTED}"}}',
    f"-Dencryption.master={PLANTED}",
    f"totp={PLANTED}",
    f"https://store/blob?sas={PLANTED}",
    f"-----begin private key-----{PLANTED}",
    f"AlterableConfig(name='listener.name.a.ssl.key.password', configOperation=0, value='{PLANTED} x')",
    f"ConfigRecord(resourceType=4, resourceName='1', name='ssl.keystore.password', value='{PLANTED}')",
)
# What Kafka logs of a request that fails: bytes as numbers.
NUMBERS = "[11, -22, 33, 0, -128]"
BYTES = (
    f"body=AlterUserScramCredentialsRequestData(deletions=[], upsertions=[(salt=[1, 2], saltedPassword={NUMBERS} )])",
    f"UserScramCredentialRecord(name='alice', salt=[1, 2], storedKey={NUMBERS}, serverKey={NUMBERS} )",
    f"SaslAuthenticateRequestData(authBytes={NUMBERS} )",
    f"RenewDelegationTokenRequestData(hmac={NUMBERS} , renewPeriodMs=1)",
)
# Lines of settings whose value is a secret by the key.
KEYS = (
    "ssl.key.password", "ssl.keystore.password", "ssl.truststore.password", "ssl.keystore.key", "sasl.jaas.config",
    "ssl.keystore.certificate.chain", "ssl.truststore.certificates", "password.encoder.secret",
    "password.encoder.old.secret", "delegation.token.secret.key", "delegation.token.master.key",
    "listener.name.external.scram-sha-512.sasl.jaas.config", "listener.name.internal.ssl.key.password",
    "sasl.oauthbearer.client.credentials.client.secret", "zookeeper.ssl.keystore.password",
    "plugin.api.key", "api_key", "apiKey", "aws.access.key", "aws.secret.access.key", "x.private.key",
    "jwt.signing.key",
    "encryption.key", "azure.account.key", "shared-key", "ldap.bind.pwd", "cluster.passphrase", "ssl.key.passcode",
    "vendor.license", "vendor.licence", "http.authorization", "schema.registry.basic.auth.user.info", "my.credentials",
    "db.pass", "pass", "dbpass", "user.pw", "plugin.psk", "session.cookie", "ssl.key.pem", "x.bearer", "x.jwt", "x.pin",
    "my.hmac", "x.auth", "otp.seed", "vault.unseal", "clientkey", "plugin.dsn", "slack.webhook",
    "github.token", "servicebus.connection.string", "github.pat", "pat", "azure.sas", "sas", "blob-sas-uri",
    "otp.seed", "mfa.totp", "totp", "wallet_seed", "encryption.master", "vault.key", "hash.salt",
)  # fmt: skip
INNOCENT = (
    "num.partitions=3",
    "listeners=PLAINTEXT://:9092,CLIENT://h:9093",
    "zookeeper.connect=a:2181,b:2181/kafka",
    "controller.quorum.voters=1@a:9093,2@b:9093",
    'Environment="KAFKA_HEAP_OPTS=-Xms1g -Xmx1g"',
    "# Written by kafka-fab. Change conf/cluster.yaml or conf/server.properties.j2, not this file.",
    "ssl.keystore.location=/etc/kafka/keystore.p12",
    "ssl.client.auth=required",
    "sasl.oauthbearer.jwks.endpoint.url=https://idp/keys",
    "quorum voters 1@a:9093,2@b:9093 since 12:30:00 by root@here",
    "authorizer.class.name=kafka.security.authorizer.AclAuthorizer",
    "log.dirs=/data/bypass,/data/compass",
    "kafka1: sudo asks ops for a password: use fab --prompt-for-sudo-password",
    "1@kafka1:9092, 2@kafka2:9092",
    "sasl.oauthbearer.token.endpoint.url=https://idp/oauth",
    "+listener.name.ext.oauthbearer.sasl.oauthbearer.token.endpoint.url=https://idp/oauth",
    '    "connection.failed.authentication.delay.ms": 100,',
    "sasl.enabled.mechanisms=PLAIN",
    "zookeeper.sasl.client=true",
    "log.message.path=x pattern=y",
    "Partition state replicas=[1, 2, 3], isr=[1, 2]",
    "AlterableConfig(name='retention.ms', configOperation=0, value='1')",
)
AWKS = [name for name in ("mawk", "gawk", "busybox awk", "original-awk") if shutil.which(name.split()[0])]


def in_awk(function: str, text: str, tmp_path: Path, awk: str = "awk") -> str:
    """What the awk functions of library/secrets.sh make of each line."""
    (tmp_path / "bin").mkdir(exist_ok=True)
    shim = tmp_path / "bin" / "awk"
    if awk != "awk":
        shim.write_text(f'#!/bin/sh\nexec {awk} "$@"\n')
        shim.chmod(0o755)
    (tmp_path / "text").write_bytes(text.encode() + b"\n")
    body = f"APPLY=1\n{script.library()}\nhiding {quote(function)} {tmp_path / 'text'}\n"
    done = subprocess.run(
        ["sh", "-s"], input=body.encode(), capture_output=True, check=True, timeout=30,
        env={"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert not done.stderr
    return done.stdout.decode(errors="surrogateescape").removesuffix("\n")


@pytest.mark.parametrize("text", ANYWHERE)
def test_what_looks_like_a_secret_is_hidden_wherever_it_stands(text: str) -> None:
    assert PLANTED not in secret.hidden(text)
    assert secret.HIDDEN in secret.hidden(text)
    assert PLANTED not in secret.hidden(f"before {text} after")


@pytest.mark.parametrize("text", BYTES)
def test_the_bytes_of_a_secret_are_hidden_and_the_rest_is_shown(text: str) -> None:
    said = secret.hidden(text)
    assert said == text.replace(NUMBERS, secret.HIDDEN)
    assert "-22" not in secret.hidden(text[: text.rindex("0, -128")]), "cut off"


@pytest.mark.parametrize("awk", AWKS)
def test_every_awk_hides_the_same(awk: str, tmp_path: Path) -> None:
    text = "\n".join([*ANYWHERE, *BYTES, *INNOCENT])
    expected = "\n".join(map(secret.hidden_in_line, text.split("\n")))
    assert in_awk("{ print shaped($0) }", text, tmp_path, awk) == expected


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(
            st.one_of(
                st.sampled_from([*"=:;&?'\"@ \t,-", "://", "password", "token", "api.key"]),
                st.sampled_from(["Bearer ", "user_a", "eyJa."]),
                st.sampled_from(["authBytes=[1, -2", ", 3]", "hmac=[1, 2]", "name='pass', value='"]),
                st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), max_size=6),
                st.sampled_from(ANYWHERE),
            ),
            max_size=8,
        ).map(lambda parts: "".join(parts).replace("\x85", "")),
        min_size=1, max_size=12,
    )
)  # fmt: skip
def test_awk_and_python_agree_on_any_line(tmp_path: Path, lines: list[str]) -> None:
    expected = "\n".join(map(secret.hidden_in_line, lines))
    assert in_awk("{ print shaped($0) }", "\n".join(lines), tmp_path) == expected


@pytest.mark.parametrize("text", INNOCENT)
def test_innocent_texts_are_shown(text: str) -> None:
    assert secret.hidden(text) == text


@pytest.mark.parametrize("key", KEYS)
def test_a_key_tells_of_a_secret(key: str) -> None:
    assert secret.is_secret(key)
    assert secret.is_secret(key.upper())


@pytest.mark.parametrize("key", ["num.partitions", "log.dirs", "ssl.keystore.location", "authorizer.class.name"])
def test_other_keys_do_not(key: str) -> None:
    assert not secret.is_secret(key)


@pytest.mark.parametrize("separator", ["=", " = ", ":", ": ", " "])
def test_the_value_of_a_secret_key_is_hidden_in_a_diff(separator: str, tmp_path: Path) -> None:
    (tmp_path / "old").write_text("a=1\n")
    (tmp_path / "new").write_text("a=2\n" + "".join(f"{key}{separator}{PLANTED} {PLANTED}\n" for key in KEYS))
    body = f"APPLY=0\n{script.library()}\nmasked 1 {tmp_path / 'old'} {tmp_path / 'new'}\n"
    said = subprocess.run(["sh", "-s"], input=body, text=True, capture_output=True, check=True, timeout=10).stdout
    assert PLANTED not in said
    assert said.count("(hidden)") == len(KEYS)


def test_a_private_key_over_several_lines_is_hidden_as_a_whole(tmp_path: Path) -> None:
    key = f"chain: |\n-----BEGIN EC PRIVATE KEY-----\n{PLANTED}\n{PLANTED}==\n-----END EC PRIVATE KEY-----\nnext=1"
    assert PLANTED not in secret.hidden(key)
    assert secret.hidden(key).endswith("\nnext=1")
    (tmp_path / "new").write_text(key + "\n")
    body = f"APPLY=0\n{script.library()}\nmasked 1 /dev/null {tmp_path / 'new'}\n"
    said = subprocess.run(["sh", "-s"], input=body, text=True, capture_output=True, check=True, timeout=10).stdout
    assert PLANTED not in said
    assert said.endswith("next=1\n")


def test_whatever_a_host_says_is_shown_without_secrets() -> None:
    change = ChangeReader().feed(f"failed\tdownload\thttp://u:{PLANTED}@m/k.tgz\tcurl: http://u:{PLANTED}@m/k.tgz: 404")
    assert change
    assert PLANTED not in str(change)
    assert PLANTED not in str(HostFailure(f"mirror http://u:{PLANTED}@m is away"))
    assert PLANTED not in str(Problem("conf/cluster.yaml", 3, f"mirror: found `ftp://u:{PLANTED}@m`"))


def test_a_diff_in_which_only_secrets_differ_says_so(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_text(f"url=http://u:{PLANTED}1@m/\n")
    body = f"APPLY=0\n{script.library()}\nwanted='url=http://u:{PLANTED}2@m/\n'\nfile_diff {file} 0\n"
    said = subprocess.run(["sh", "-s"], input=body, text=True, capture_output=True, check=True, timeout=10).stdout
    assert said == "diff\t(only hidden values differ)\n"


@pytest.mark.parametrize(
    "types", sorted((Path(secret.__file__).parent / "../release/names").glob("types-*.txt")), ids=lambda f: f.stem
)
def test_every_key_that_kafka_types_as_a_password_is_secret(types: Path) -> None:
    passwords = [line.split("\t")[0] for line in types.read_text().splitlines() if line.split("\t")[1] == "PASSWORD"]
    assert [key for key in passwords if not secret.is_secret(key)] == []
    # 0.8.0 has neither TLS nor SASL.
    assert passwords or "0.8.0" in types.name


def test_no_other_key_of_kafka_is_secret() -> None:
    kinds: dict[str, set[str]] = {}
    for file in (Path(secret.__file__).parent / "../release/names").glob("*.txt"):
        for line in file.read_text().splitlines():
            name, kind = [*line.split("\t"), ""][:2]
            kinds.setdefault(name, set()).add(kind)
    plain = [name for name, kind in kinds.items() if "PASSWORD" not in kind]
    assert len(plain) > 400
    assert [name for name in plain if secret.is_secret(name)] == []
    assert [name for name in plain if secret.hidden(f"{name}=1") != f"{name}=1"] == []


@pytest.mark.parametrize("awk", AWKS)
def test_every_awk_shows_what_an_operator_needs_to_read(awk: str, tmp_path: Path) -> None:
    lines = [
        "sasl.oauthbearer.token.endpoint.url=https://idp/oauth",
        "connection.failed.authentication.delay.ms 100",
        "  password.encoder.iterations : 4096",
    ]
    program = '{ at = value_at($0); print (at ? "hidden" : shaped($0)) }'
    assert in_awk(program, "\n".join(lines), tmp_path, awk).split("\n") == lines
    secrets = ["sas=x", "  pat: x", "vault.key=x", "password.encoder.secret=x", "my.token.endpoint.url=x"]
    assert in_awk(program, "\n".join(secrets), tmp_path, awk).split("\n") == ["hidden"] * len(secrets)


@pytest.mark.parametrize("awk", AWKS)
def test_every_awk_knows_a_private_key_by_the_same_words(awk: str, tmp_path: Path) -> None:
    kinds = ("", "RSA ", "EC ", "ENCRYPTED ", "OPENSSH ", "PGP ", "X25519 ")
    text = "\n".join(
        f"-----BEGIN {kind}PRIVATE KEY-----\n{PLANTED}\n-----END {kind}PRIVATE KEY-----\nplain" for kind in kinds
    )
    expected = secret.hidden(text)
    assert PLANTED not in expected
    assert expected.count("plain") == len(kinds)
    said = in_awk('{ print private_key($0) ? "(hidden)" : shaped($0) }', text, tmp_path, awk)
    assert said == expected
    assert in_awk('{ print private_key($0) ? "(hidden)" : shaped($0) }', text.lower(), tmp_path, awk) == expected


@pytest.mark.parametrize("word", ["a" * 50_000, "api." * 10_000, "://" * 10_000])
def test_a_long_word_is_looked_through_in_bounded_time(word: str) -> None:
    began = time.process_time()
    assert secret.hidden(word) == word
    assert time.process_time() - began < 3


def test_the_table_of_names_that_only_seem_to_tell_of_a_secret_is_that_of_the_types() -> None:
    assert ordinary.FILE.read_text() == ordinary.found(), "python -m lab.types writes it anew"
