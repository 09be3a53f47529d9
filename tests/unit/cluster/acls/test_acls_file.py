"""conf/acls.yaml: read into rows, or refused with every problem, its line and the nearest right word at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kafka_fab.cluster.acls import acls_file
from kafka_fab.cluster.acls.acl import Acl, Operation, Pattern, PatternType, Permission, ResourceType
from kafka_fab.cluster.acls.acls_file import java_host, wrong_principal
from kafka_fab.cluster.acls.desired_acls import DesiredAcls
from kafka_fab.cluster.folder import HOME
from tests.unit.folders import file_reader, problems

Read = Callable[..., DesiredAcls]
TOPIC, GROUP = ResourceType.TOPIC, ResourceType.GROUP
READ, WRITE, DESCRIBE = Operation.READ, Operation.WRITE, Operation.DESCRIBE


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    monkeypatch.chdir(tmp_path)
    return file_reader(tmp_path, "conf/acls.yaml", acls_file.wanted)


def test_what_we_ship_names_nothing_and_its_comments_are_an_example_that_holds(read: Read) -> None:
    shipped = (HOME / "conf/acls.yaml").read_text()
    assert read(shipped) == DesiredAcls(file="conf/acls.yaml")
    found = read(shipped.replace("\n#  ", "\n  ").replace("\n#manage", "\nmanage").replace("\n#aliases", "\naliases"))
    assert found.principals == {"User:orders-app", "User:orders-app-b", "User:monitor", "User:old-app"}
    assert (len(found.rows), found.manage_all) == (2 * 7 + 2, True)


def test_rows(read: Read) -> None:
    found = read(
        """\
        users:
          User:a:
            - {topic: orders, may: [read, write], from: 10.0.0.1}
            - {topic: orders., prefixed: true, deny: [ALTER-configs]}
            - {group: g, may: [read], deny: [delete]}
          'User:CN=x,OU=y': [{cluster: true, may: [all]}, {transactional: t, may: [write]}]
          User:none: []
        """
    )
    prefix = Pattern(TOPIC, "orders.", PatternType.PREFIXED)
    cluster = Pattern(ResourceType.CLUSTER, "kafka-cluster")
    assert found.rows == {
        Acl(Pattern(TOPIC, "orders"), "User:a", READ, host="10.0.0.1"): 3,
        Acl(Pattern(TOPIC, "orders"), "User:a", WRITE, host="10.0.0.1"): 3,
        Acl(prefix, "User:a", Operation.ALTER_CONFIGS, Permission.DENY): 4,
        Acl(Pattern(GROUP, "g"), "User:a", READ): 5,
        Acl(Pattern(GROUP, "g"), "User:a", Operation.DELETE, Permission.DENY): 5,
        Acl(cluster, "User:CN=x,OU=y", Operation.ALL): 6,
        Acl(Pattern(ResourceType.TRANSACTIONAL_ID, "t"), "User:CN=x,OU=y", WRITE): 6,
    }
    assert found.principals == {"User:a", "User:CN=x,OU=y", "User:none"}


def test_an_alias_has_the_same_rows(read: Read) -> None:
    found = read("users: {User:a: [{topic: t, may: [read]}]}\naliases: {User:a: [User:b]}\n")
    assert set(found.rows) == {Acl(Pattern(TOPIC, "t"), name, READ) for name in ("User:a", "User:b")}
    assert found.principals == {"User:a", "User:b"}


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("{topic: t}", "no operation: set `may`, `deny` or both"),
        ("{may: [read]}", "a row must have exactly one of topic, group, transactional, cluster, delegation_token"),
        ("{topic: t, group: g, may: [read]}", "found topic and group"),
        ("{cluster: false, may: [read]}", "found none"),
        ("{topic: t, may: [raed]}", "a topic has no operation `raed` (did you mean read?)"),
        ("{group: g, may: [create]}", "a group has no operation `create`"),
        ("{cluster: true, may: [read]}", "a cluster has no operation `read`"),
        ("{topic: 'a b', may: [read]}", "topic `a b`: a topic name has characters"),
        ("{topic: '*', prefixed: true, may: [read]}", "`prefixed` makes no sense for the name *"),
        ("{cluster: true, prefixed: true, may: [all]}", "`prefixed` makes no sense for the cluster"),
        ("{topic: t, may: [read], from: host1}", "from: `host1` must be an IP address or `*`"),
        ("{topic: t, may: [read], from: 10.0.0.0/8}", "from: `10.0.0.0/8` must be an IP address or `*`"),
        ("{topic: t, may: read}", "may: a list is wanted"),
        # What is wrong beside a key that is wrong, too.
        ("{topic: t, may: [raed], form: 10.0.0.1}", "a topic has no operation `raed` (did you mean read?)"),
        ("{topics: t, may: [read], from: here}", "from: `here` must be an IP address or `*`"),
        ("{topics: t, may: [read]}", "unknown key users.User:a: topics (did you mean topic?)"),
        ("read", "a row must be a block"),
    ],
)
def test_rows_that_are_refused(read: Read, row: str, text: str) -> None:
    found = problems(read, f"users:\n  User:a:\n  - {row}\n")
    assert any(one.startswith("conf/acls.yaml:3: ") and text in one and one.endswith("[C8]") for one in found), found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("users: {a: []}", "users.a: must be User:NAME, exactly as the broker prints it"),
        ("users: {'user:a': []}", "must begin with User:"),
        ("users: {'User:': []}", "must be User:NAME"),
        ("users: {User:a: {topic: t}}", "must be a list of rows"),
        ("users: [a]", "users: must be a block"),
        ("rows: []", "unknown key rows"),
        ("manage: mine", "manage: must be `listed` or `all`"),
        ("users: {User:a: []}\naliases: {User:b: [User:c]}", "aliases.User:b: is not in `users`"),
        ("users: {User:a: []}\naliases: {User:a: User:b}", "aliases.User:a: must be a list of principals"),
        ("users: {User:a: []}\naliases: {User:a: [b]}", "aliases.User:a: b must be User:NAME"),
    ],
)
def test_what_is_refused(read: Read, text: str, words: str) -> None:
    assert words in problems(read, text)[0]


def test_a_version_without_acls(read: Read) -> None:
    assert "Kafka 0.8.0 has no ACLs" in problems(read, "users: {User:a: []}", version="0.8.0")[0]


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        ("", "*"),
        ("*", "*"),
        ("10.0.0.1", "10.0.0.1"),
        ("::1", "0:0:0:0:0:0:0:1"),
        ("2001:DB8::00f0", "2001:db8:0:0:0:0:0:f0"),
    ],
)
def test_an_address_is_as_java_prints_it(source: str, printed: str) -> None:
    assert java_host(source) == printed


@pytest.mark.parametrize("name", ["User:a", "User:*", "User:CN=a,O=b", "Group:x", "User:a:b"])
def test_principals(name: str) -> None:
    assert wrong_principal(name) == ""
