"""bundle.sh run for real, on this machine: what it takes, and the secrets that never leave it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shlex import join, quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kafka_fab.operate.bundle import collect, parts
from kafka_fab.operate.bundle.parts import Collected
from kafka_fab.remote import script
from tests.unit.remote.scripts.shells import SHELLS

SECRETS = ("k3ystore-w0rd", "jaas-w0rd", "unquoted-w0rd", "env-w0rd", "vault-w0rd", "jmx-w0rd", "key-w0rd", "url-w0rd")
PROPERTIES = r"""broker.id=1
ssl.keystore.password=k3ystore-w0rd
listener.name.sasl.scram-sha-512.sasl.jaas.config=org.apache.kafka.Scram required \
   username="admin" \
   password="jaas-w0rd";
sasl.jaas.config = Plain required username=admin password=unquoted-w0rd;
ssl.key.password: key-w0rd
ssl.truststore.location=/etc/kafka/trust.jks
metric.url=http://me:url-w0rd@collector:80/
num.partitions=6
"""
UNIT = """[Service]
Environment="KAFKA_HEAP_OPTS=-Xmx1g"
Environment="ADMIN_PASSWORD=env-w0rd"
Environment=VAULT=vault-w0rd
ExecStart=/bin/start
"""
LOG = """INFO all is well
INFO connecting with jaas-w0rd and (k3ystore-w0rd), env-w0rd|vault-w0rd unquoted-w0rd jmx-w0rd key-w0rd
\tssl.key.password = null
\tpassword.encoder.secret = [hidden]
"""


def ask(body: str, shell: str = "sh") -> Collected:
    text = script.with_library(body, watched=False, extra=script.BUNDLE)
    ended = subprocess.run([shell, "-s"], input=text.encode(), capture_output=True, timeout=60, check=True)
    assert not ended.stderr
    return parts.parsed("here", ended.stdout)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of settings, with all that must not be sent."""
    for name, text in {
        "server.properties": PROPERTIES,
        "kafka.service": UNIT,
        "jmx.password": "monitor jmx-w0rd\n",
        "kafka_server_jaas.conf": 'KafkaServer { x required password="jaas-w0rd"; };\n',
        "keystore.jks": "\0\1binary",
        "notes.txt": "mine",
        "log4j.properties": "log4j.rootLogger=INFO\n",
        "server.log": LOG,
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize("shell", SHELLS)
def test_no_secret_leaves_the_host_and_the_rest_does(folder: Path, shell: str) -> None:
    place = quote(str(folder))
    taken = ask(f"learn {place}/*; take_settings {place}; take_end 100 {place}/server.log server.log", shell)
    whole = b"".join(part.content for part in taken.parts)
    assert [secret for secret in SECRETS if secret.encode() in whole] == []
    found = {Path(part.source).name: part for part in taken.parts}
    assert set(found) == {"server.properties", "kafka.service", "log4j.properties", "server.log"}
    assert found["server.properties"].content.decode() == (
        "broker.id=1\n"
        "ssl.keystore.password=(hidden)\n"
        "listener.name.sasl.scram-sha-512.sasl.jaas.config=(hidden)\n"
        "sasl.jaas.config =(hidden)\n"
        "ssl.key.password:(hidden)\n"
        "ssl.truststore.location=/etc/kafka/trust.jks\n"
        "metric.url=http://(hidden)@collector:80/\n"
        "num.partitions=6\n"
    )
    assert found["server.properties"].hidden == 5
    assert found["kafka.service"].content.decode() == (
        '[Service]\nEnvironment="KAFKA_HEAP_OPTS=-Xmx1g"\nEnvironment="ADMIN_PASSWORD=(hidden)\n'
        "Environment=VAULT=(hidden)\nExecStart=/bin/start\n"
    )
    assert found["server.log"].content.decode() == (
        "INFO all is well\n"
        "INFO connecting with (hidden) and ((hidden)), (hidden)|(hidden) (hidden) (hidden) (hidden)\n"
        "\tssl.key.password = null\n\tpassword.encoder.secret = [hidden]\n"
    )
    assert {Path(left.source).name: left.reason for left in taken.skipped} == {
        "jmx.password": "may hold secrets",
        "kafka_server_jaas.conf": "may hold secrets",
        "keystore.jks": "may hold secrets",
        "notes.txt": "not a known configuration file",
        "server.log": "not a known configuration file",
    }


def test_innocent_words_beside_a_secret_stay(tmp_path: Path) -> None:
    (tmp_path / "a.properties").write_text(
        'sasl.jaas.config=com.sun.Krb5LoginModule required principal="broker/k1" serviceName="kafka" '
        "password=kerberos-w0rd;\nssl.key.password=kafka\n"
    )
    (tmp_path / "a.log").write_text("kafka and broker/k1 go on, Krb5LoginModule with kerberos-w0rd\n")
    place = quote(str(tmp_path))
    [part] = ask(f"learn {place}/a.properties; take_end 9 {place}/a.log a.log").parts
    assert part.content == b"kafka and broker/k1 go on, Krb5LoginModule with (hidden)\n"


def test_a_private_key_in_a_file_is_hidden(tmp_path: Path) -> None:
    file = tmp_path / "tls.yaml"
    file.write_text("a: 1\nchain: |\n  -----BEGIN PRIVATE KEY-----\n  MIIabc\n  -----END PRIVATE KEY-----\nb: 2\n")
    [part] = ask(f"take_file {quote(str(file))} tls.yaml").parts
    assert part.content.decode() == "a: 1\nchain: |\n(hidden)\n(hidden)\n(hidden)\nb: 2\n"


def test_a_password_in_a_mapping_of_yaml_is_hidden_also_in_a_comment(tmp_path: Path) -> None:
    file = tmp_path / "cluster.yaml"
    file.write_text("kafka:\n  jmx: {port: 9999, password: jmx-w0rd}\n  # jmx: {password: old-w0rd}\n  heap: 1g\n")
    [part] = ask(f"learn {quote(str(file))}; take_file {quote(str(file))} c.yaml").parts
    assert part.content.decode() == (
        "kafka:\n  jmx: {port: 9999, password:(hidden)\n  # jmx: {password:(hidden)\n  heap: 1g\n"
    )


# Words of eight letters and more that stand in many innocent places.
COMMON = ("required", "password", "zookeeper", "controller", "(hidden)", "[hidden]")


@settings(max_examples=25, deadline=None)
@example("pyproject.toml")
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="\"';,{}\\`"), min_size=8))
def test_any_password_is_hidden_wherever_it_stands(tmp_path_factory: pytest.TempPathFactory, secret: str) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "server.properties").write_text(f"ssl.key.password={secret}\n")
    (folder / "server.log").write_text(f"before {secret}{secret} after\n")
    place = quote(str(folder))
    taken = ask(f"learn {place}/*; take_settings {place}; take_end 10 {place}/server.log server.log")
    whole = b"".join(part.content for part in taken.parts)
    innocent = secret.isdecimal() or Path(secret).is_absolute() or secret.lower() in COMMON
    assert innocent or secret.encode() not in whole


@pytest.mark.parametrize("shell", SHELLS)
def test_what_is_taken_is_packed_and_comes_out_again(folder: Path, shell: str) -> None:
    body = f"{{ {join(('take_end', '1', str(folder / 'server.log'), 'x'))}\n}} | packed"
    text = script.with_library(body, watched=False, extra=script.BUNDLE)
    ended = subprocess.run([shell, "-s"], input=text, text=True, capture_output=True, timeout=20, check=True)
    [part] = parts.parsed("k1", collect.unpacked(ended.stdout)).parts
    assert part.content == b"\tpassword.encoder.secret = [hidden]\n"


def test_what_is_not_there_or_fails_is_told(tmp_path: Path) -> None:
    taken = ask(
        f"take_settings {tmp_path}/none; take_logs 5 {tmp_path}/none; take_file {tmp_path}/none.properties x; "
        "take a no-such-tool -x; take b sh -c 'echo wrong; exit 3'; take c true"
    )
    assert [(Path(left.source).name, left.reason) for left in taken.skipped] == [
        ("none", "does not exist"),
        ("none", "does not exist"),
        ("none.properties", "does not exist"),
        ("no-such-tool -x", "no-such-tool is not installed"),
        ("true", "no output"),
    ]
    assert [(part.name, part.content) for part in taken.parts] == [("b", b"wrong\n")]


def test_facts_of_this_machine() -> None:
    taken = ask("take_facts '' /opt /tmp; take_services no-such-unit")
    names = {part.name for part in taken.parts}
    assert {"facts/os.txt", "facts/kernel.txt", "facts/disk.txt", "facts/memory.txt"} <= names
