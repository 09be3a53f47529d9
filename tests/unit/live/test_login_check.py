"""Login checks: a wrong password is told from everything else that can fail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.running_config import SASL_SSL, Endpoint
from kafka_fab.cluster.users.scram import Mechanism
from kafka_fab.cluster.users.users_state import PasswordCheck
from kafka_fab.cluster.values.connection_security import Login, Tls
from kafka_fab.cluster.values.secret_value import Secret
from kafka_fab.live import login_check
from kafka_fab.live.client.broker_connection import ProtocolMismatch, Unreachable
from kafka_fab.live.client.sasl_login import LoginRejected
from kafka_fab.live.scram_users import shared
from kafka_fab.runbook.codes import AccessCode
from tests.unit.folders import COMBINED, written

LOGIN = Login("SCRAM-SHA-512", "alice", Secret("marker"))
BIG, SMALL = Mechanism.SHA_512, Mechanism.SHA_256


class Open:
    def close(self) -> None:
        pass


def wrong() -> Unreachable:
    error = Unreachable("rejected")
    error.__cause__ = LoginRejected("rejected", AccessCode.LOGIN)
    return error


def not_offered() -> Unreachable:
    error = ProtocolMismatch("not offered")
    error.__cause__ = LoginRejected("not offered", AccessCode.MECHANISM)
    return error


def down() -> Unreachable:
    return Unreachable("it timed out")


Outcome = Callable[[], Unreachable] | None


@pytest.mark.parametrize(
    ("outcomes", "expected", "tried"),
    [
        ([None], PasswordCheck.RIGHT, 1),
        ([wrong], PasswordCheck.WRONG, 1),
        ([down, None], PasswordCheck.RIGHT, 2),
        ([down, wrong], PasswordCheck.WRONG, 2),
        ([down, down, down], PasswordCheck.UNKNOWN, 3),
        ([not_offered, not_offered, not_offered], PasswordCheck.UNKNOWN, 3),
    ],
)
def test_what_a_login_shows(
    outcomes: list[Outcome], expected: PasswordCheck, tried: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = list(outcomes)

    def connect(listener: Endpoint) -> Open:
        assert listener.login is LOGIN
        outcome = left.pop(0)
        if outcome:
            raise outcome()
        return Open()

    def at(_cluster: object, _node: object, login: Login) -> Endpoint:
        return Endpoint("k1", 9094, SASL_SSL, tls=Tls(Path("ca.pem")), login=login)

    monkeypatch.setattr(login_check, "BrokerConnection", connect)
    monkeypatch.setattr(endpoint, "for_clients", at)
    cluster = written(tmp_path, COMBINED, "version: 4.3.1\n")
    found = login_check.check(cluster, LOGIN)
    assert (found.check, len(outcomes) - len(left)) == (expected, tried)
    assert "marker" not in found.reason
    assert bool(found.reason) is (expected is PasswordCheck.UNKNOWN)


def test_no_login_is_tried_without_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_check, "BrokerConnection", lambda *_: pytest.fail("connected"))
    assert login_check.check(written(tmp_path, COMBINED, "version: 4.3.1\n"), LOGIN) == login_check.NO_LISTENER


def test_only_what_all_brokers_have_alike_counts() -> None:
    first = {"a": {BIG: 8192, SMALL: 4096}, "b": {BIG: 8192}}
    assert shared(first) == shared(first, first) == first
    assert shared(first, {"a": {BIG: 8192}}) == {"a": {BIG: 8192}}
    assert shared(first, first, {}) == {}
    assert shared(first, {"a": {BIG: 4096, SMALL: 4096}, "c": {BIG: 1}}) == {"a": {SMALL: 4096}}
