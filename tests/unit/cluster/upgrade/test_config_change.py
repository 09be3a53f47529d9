"""Properties that a release no longer accepts."""

import pytest

from kafka_fab.cluster.upgrade import config_change


@pytest.mark.parametrize(
    ("value", "version", "words"),
    [
        (config_change.SIMPLE, "3.9.1", "write kafka.security.authorizer.AclAuthorizer"),
        (config_change.SIMPLE, "4.3.1", "StandardAuthorizer"),
        (config_change.ACL, "4.3.1", "StandardAuthorizer"),
    ],
)
def test_values_that_are_no_longer_accepted(value: str, version: str, words: str) -> None:
    [(name, text)] = config_change.refused({"authorizer.class.name": value}, version)
    assert name == "authorizer.class.name"
    assert words in text


def test_values_that_are_accepted() -> None:
    assert list(config_change.refused({"authorizer.class.name": config_change.SIMPLE}, "2.8.2")) == []
    assert list(config_change.refused({"authorizer.class.name": config_change.ACL}, "3.9.1")) == []
    assert list(config_change.refused({"authorizer.class.name": config_change.STANDARD}, "4.3.1")) == []
