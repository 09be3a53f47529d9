"""Properties that a release no longer has."""

import pytest

from kafka_fab.cluster.release import release, removed_property


@pytest.mark.parametrize(
    ("name", "version", "words"),
    [
        (
            "log.message.format.version",
            "4.3.1",
            "3.9 is the last release that has log.message.format.version: remove it",
        ),
        ("offsets.commit.required.acks", "4.3.1", "remove it"),
        ("zookeeper.session.timeout.ms", "4.3.1", "3.9 is the last"),
        ("log.message.timestamp.difference.max.ms", "4.3.1", "use log.message.timestamp.before.max.ms"),
        ("delegation.token.master.key", "4.0.0", "use delegation.token.secret.key"),
        ("replica.lag.max.messages", "2.8.2", "0.8.0 is the last release that has replica.lag.max.messages: use"),
        ("host.name", "3.9.1", "2.8 is the last"),
    ],
)
def test_what_is_gone(name: str, version: str, words: str) -> None:
    rules = release.of(version)
    assert rules
    assert words in removed_property.gone(name, rules)


@pytest.mark.parametrize("name", ["num.io.threads", "no.such.property"])
def test_what_is_not_gone(name: str) -> None:
    assert removed_property.gone(name, release.V4) == ""
