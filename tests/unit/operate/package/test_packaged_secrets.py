"""Which files of a cluster's package hold a secret."""

import pytest

from kafka_fab.cluster.resource import File
from kafka_fab.operate.package import packaged_secrets

PROPERTIES, UNIT = "/etc/kafka/server.properties", "/etc/systemd/system/kafka.service"


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (PROPERTIES, "broker.id=1\nlog.dirs=/a\nssl.keystore.password=${file:/etc/kafka/secrets:password}\n"),
        (PROPERTIES, "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;\n"),
        (PROPERTIES, 'listener.name.a.sasl.jaas.config=X required password="${file:/s:p}";\n'),
        ("/etc/kafka/log4j.properties", "log4j.appender.authorizer.File=/var/log/kafka/a.log\n"),
        (UNIT, 'Environment="KAFKA_JMX_OPTS=-Dcom.sun.management.jmxremote.password.file=/etc/kafka/jmx.password"\n'),
        (UNIT, 'Environment="KAFKA_JMX_OPTS=-Dcom.sun.management.jmxremote.authenticate=true"\n'),
    ],
)
def test_files_without_a_secret(path: str, content: str) -> None:
    assert not list(packaged_secrets.in_file(File(path, content)))


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (File(PROPERTIES, "ssl.keystore.password=abc\n"), " (ssl.keystore.password)"),
        (File(PROPERTIES, 'sasl.jaas.config=X required password="abc";\n'), " (sasl.jaas.config)"),
        (File(UNIT, "[Service]\nEnvironment=KAFKA_OPTS=-Djavax.net.ssl.keyStorePassword=abc\n"), " (line 2)"),
        (File("/etc/kafka/log4j.properties", "log4j.x.SMTPPassword=abc\n"), " (log4j.x.SMTPPassword)"),
        (File("/etc/kafka/jmx.password", "monitor abc\n", secret=True), ""),
    ],
)  # fmt: skip
def test_files_with_a_secret_are_named_without_it(file: File, words: str) -> None:
    assert list(packaged_secrets.in_file(file)) == [words]
    with pytest.raises(Exception, match="would hold a secret") as refused:
        packaged_secrets.refuse("a", [file])
    assert file.path in str(refused.value)
    assert "abc" not in str(refused.value)
