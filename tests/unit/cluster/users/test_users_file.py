"""conf/users.yaml: read into values, or refused with every problem and its line at once, and no password shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kafka_fab.cluster.folder import HOME
from kafka_fab.cluster.users import users_file
from kafka_fab.cluster.users.desired_users import Credential, DesiredUser, DesiredUsers, wrong_name
from kafka_fab.cluster.users.scram import Mechanism
from kafka_fab.cluster.values.secret_source import SecretSource
from tests.unit.folders import file_reader, problems

Read = Callable[..., DesiredUsers]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    monkeypatch.chdir(tmp_path)
    return file_reader(tmp_path, "conf/users.yaml", users_file.wanted)


def test_what_we_ship_names_nobody_and_its_comments_are_an_example_that_holds(read: Read) -> None:
    shipped = (HOME / "conf/users.yaml").read_text()
    assert read(shipped) == DesiredUsers(file="conf/users.yaml")
    found = read(shipped.replace("\n#  ", "\n  ").replace("\n#manage", "\nmanage"))
    assert [user.name for user in found.users] == ["orders-app", "billing", "reports", "old-app"]
    assert found.manage_all


def test_users(read: Read) -> None:
    found = read(
        """\
        users:
          a: {password_from: env:A}
          b: {generate: true, iterations: 4096, sha_256: {password_from: env:B}, quotas: {consumer_byte_rate: 5}}
          c: {sha_256: {generate: true}, quotas: {}}
          d: {absent: true}
        """
    )
    assert found.users == (
        DesiredUser("a", (Credential(Mechanism.SHA_512, 8192, SecretSource("env:A")),)),
        DesiredUser(
            "b",
            (
                Credential(Mechanism.SHA_512, 4096, generate=True),
                Credential(Mechanism.SHA_256, 8192, SecretSource("env:B")),
            ),
            {"consumer_byte_rate": 5.0},
        ),
        DesiredUser("c", (Credential(Mechanism.SHA_256, generate=True),), {}),
        DesiredUser("d", absent=True),
    )
    assert found.where("c") == "conf/users.yaml:4: "


@pytest.mark.parametrize("name", ["a", "a b", "a@b.c:d/e", "!~", "x" * 256])
def test_names_that_a_login_can_carry(name: str) -> None:
    assert wrong_name(name) == ""


@pytest.mark.parametrize("name", ["", "a,b", "a=b", "ümlaut", "a\n", " a", "a ", ",", "=", "x" * 257, "\x7f"])
def test_names_whose_login_kafka_refuses(name: str) -> None:
    assert "without `,` and `=`" in wrong_name(name)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("a=b: {password_from: env:A}", "users.a=b: a SCRAM user name must have 1 to 256 ASCII characters"),
        ("a: {}", "users.a: no password: set `password_from`, or `generate: true`"),
        ("a: {quotas: {producer_byte_rate: 1}}", "users.a: no password"),
        ("a: {password_from: env:A, generate: true}", "users.a: `password_from` and `generate` exclude each other"),
        ("a: {password_from: hunter2}", "users.a.password_from: must be env:NAME"),
        ("a: {password: hunter2}", "unknown key users.a.password"),
        ("a: {password_from: env:A, iterations: 4095}", "users.a.iterations: 4096 to 16384 is wanted"),
        ("fab: {generate: true}", "users.fab: is kafka-fab's own, and a super user"),
        ("fab-smoke: {absent: true}", "users.fab-smoke: is kafka-fab's own, and a super user"),
        ("a: {password_from: env:A, iterations: 4097}", "users.a.iterations: 4097 marks locked users"),
        ("a: {password_from: env:A, iterations: 16385}", "users.a.iterations: 4096 to 16384 is wanted"),
        ("a: {password_from: env:A, sha_256: {}}", "users.a.sha_256: no password"),
        ("a: {sha_256: {generate: true, password_from: env:A}}", "users.a.sha_256: `password_from` and `generate`"),
        ("a: {absent: true, generate: true}", "users.a: `absent: true` excludes other keys"),
        ("a: {generate: true, quotas: {producer_byte_rate: 0}}", "must be a number greater than 0"),
        ("a: env:A", "users.a: a block of KEY: VALUE lines is wanted"),
    ],
)
def test_what_is_refused(read: Read, line: str, text: str) -> None:
    found = problems(read, f"users:\n  {line}\n")
    assert any(one.startswith("conf/users.yaml:2: ") and text in one and one.endswith("[C7]") for one in found), found
    assert "hunter2" not in "".join(found)


def test_a_version_without_scram_and_a_word_that_is_not_known(read: Read) -> None:
    assert "Kafka 0.8.0 has no SCRAM" in problems(read, "users: {a: {generate: true}}", version="0.8.0")[0]
    assert "manage: one of listed, all is wanted" in problems(read, "manage: everything")[0]


def test_quotas_of_one_user_in_two_files(read: Read, tmp_path: Path) -> None:
    text = "users: {alice: {generate: true, quotas: {producer_byte_rate: 1}}, bob: {generate: true}}"
    read(text)
    (tmp_path / "conf/topics.yaml").write_text(
        "quotas:\n- {user: alice, producer_byte_rate: 2}\n- {user: bob, producer_byte_rate: 2}\n"
    )
    [problem] = problems(read, text)
    assert "users.alice.quotas: its quotas are in conf/topics.yaml, too" in problem
