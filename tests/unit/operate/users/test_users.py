"""SCRAM users as they are shown and applied: no secret in any text, each user once a request, generated once."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from kafka_fab.cluster.schema.secret_reader import secret
from kafka_fab.cluster.topics.topic_change import Note, QuotaChange, ValueChange
from kafka_fab.cluster.users.desired_users import Credential
from kafka_fab.cluster.users.scram import Mechanism
from kafka_fab.cluster.users.users_plan import DeleteCredential, SetCredential, UserStep
from kafka_fab.cluster.values.secret_source import SecretSource
from kafka_fab.operate.users import generated_password, users_text
from kafka_fab.operate.users.users_task import AT_ONCE, _each_user_once

BIG, SMALL = Mechanism.SHA_512, Mechanism.SHA_256
A = Credential(BIG, source=SecretSource("env:A"))
STEPS: tuple[UserStep, ...] = (
    SetCredential("a", A, None, "new"),
    SetCredential("b", A, 8192, "other password"),
    SetCredential("c", Credential(SMALL, generate=True), 4096, "other iterations"),
    QuotaChange("b", (("user", "b"),), {"producer_byte_rate": ValueChange(None, 5.0)}),
    DeleteCredential("d", SMALL),
    Note("e", "stays"),
)


def test_the_lines_of_a_plan() -> None:
    assert list(users_text.lines(STEPS)) == [
        "+ a",
        "    SCRAM-SHA-512                 new, from env:A, 8192 iterations",
        "~ b",
        "    SCRAM-SHA-512                 other password, from env:A",
        f"    note: {users_text.BREAKS}",
        "    producer_byte_rate            unlimited -> 5",
        "~ c",
        "    SCRAM-SHA-256                 generated, 4096 -> 8192 iterations",
        f"    note: {users_text.BREAKS}",
        "- d",
        "    SCRAM-SHA-256                 deleted; open connections stay until they log in again",
        "  e",
        "    note: stays",
    ]
    quota = QuotaChange("a", (("user", "a"),), {"producer_byte_rate": ValueChange(None, 5.0)})
    assert next(users_text.lines([STEPS[0], quota])) == "+ a"
    assert next(users_text.lines([quota])) == "~ a"
    assert "locked;" in list(users_text.lines([DeleteCredential("d", SMALL, locks=True)]))[1]
    assert users_text.summary(STEPS, 5, would=True) == "5 users in the file: 1 to create, 2 to change, 1 to delete"
    assert users_text.summary((), 1, would=False) == "1 user in the file: nothing to change"


def test_a_user_is_in_a_request_once() -> None:
    steps = [SetCredential(name, Credential(one), None, "new") for name in ("a", "b") for one in Mechanism]
    portions = list(_each_user_once(steps))
    assert [[step.name for step in some] for some in portions] == [["a", "b"], ["a", "b"]]
    assert sum(map(len, _each_user_once([SetCredential(f"u{at}", A, None, "new") for at in range(120)]))) == 120
    assert all(len(some) <= AT_ONCE for some in _each_user_once([DeleteCredential(f"{n}", BIG) for n in range(120)]))


@pytest.mark.parametrize("name", ["app", "..", ".", "a/../b", "%2E", ".gitignore"])
def test_a_password_is_generated_once_into_a_file_that_only_its_owner_reads(tmp_path: Path, name: str) -> None:
    assert not generated_password.is_there(tmp_path, name, BIG)
    generated_password.generate(tmp_path, name, BIG)
    first = secret(generated_password.source(name, BIG), tmp_path).reveal()
    assert len(first) > 40
    generated_password.generate(tmp_path, name, BIG)
    assert generated_password.is_there(tmp_path, name, BIG)
    secret.cache_clear()
    assert secret(generated_password.source(name, BIG), tmp_path).reveal() == first
    written = [file for file in tmp_path.rglob("*") if file.is_file()]
    ignore = tmp_path / "passwords/.gitignore"
    assert [stat.S_IMODE(file.stat().st_mode) for file in written if file != ignore] == [0o600]
    assert ignore.read_text().endswith("\n*\n")
    assert (tmp_path / "passwords").stat().st_mode & 0o77 == 0


def test_names_have_files_of_their_own() -> None:
    names = ["a", "a/b", "a%2Fb", "..", "%2E.", "%2E%2E", "a b", "A"]
    assert len({generated_password.source(name, one) for name in names for one in Mechanism}) == 2 * len(names)
