"""ACLs as they are shown: lines of a plan, rights that are missing, and what the next audit needs."""

from __future__ import annotations

from kafka_fab.cluster.acls.acl import Acl, Operation, Pattern, PatternType, Permission, ResourceType
from kafka_fab.cluster.acls.acls_plan import AclsPlan
from kafka_fab.cluster.acls.authorizer import Authorizer
from kafka_fab.cluster.acls.evaluator import Request
from kafka_fab.cluster.acls.seen_requests import Seen
from kafka_fab.operate.acls import acls_text, prediction

TOPIC = ResourceType.TOPIC
READ = Acl(Pattern(TOPIC, "orders"), "User:a", Operation.READ)
DENY = Acl(Pattern(TOPIC, "o", PatternType.PREFIXED), "User:b", Operation.ALL, Permission.DENY, "10.0.0.1")


def asked(who: str, host: str, name: str = "orders", api: str = "Fetch", count: int = 1) -> Seen:
    return Seen(Request(who, host, Operation.READ, TOPIC, name), api, count=count)


def test_the_lines_of_a_plan() -> None:
    plan = AclsPlan((READ,), (DENY,), notes=("something",))
    assert list(acls_text.lines(plan)) == [
        "+ User:a may read topic orders",
        "- User:b must not all topic o (prefixed), from 10.0.0.1",
        "note: something",
    ]
    assert acls_text.summary(plan, 1, would=True) == "1 ACL in the file: 1 to create, 1 to delete"
    assert acls_text.summary(AclsPlan(), 2, would=False) == "2 ACLs in the file: nothing to change"


def test_what_would_be_denied_is_a_line_for_each_right_that_is_missing() -> None:
    some = [asked("User:b", f"10.0.0.{at}", api="Fetch" if at % 2 else "OffsetCommit") for at in range(1, 6)]
    found = prediction.predict([*some, asked("User:a", "10.0.0.9", count=7)], [READ], Authorizer())
    title, table = prediction.lines(found)
    assert title == "would be denied as soon as conf/acls.yaml is applied:"
    [_, line] = table.splitlines()
    cells = [cell.strip() for cell in line.split("  ") if cell.strip()]
    hosts = "10.0.0.1, 10.0.0.2, 10.0.0.3 and 2 more"
    assert cells == ["User:b", "read", "topic orders", hosts, "Fetch, OffsetCommit", "5"]
    assert prediction.count(found) == 5


def test_when_something_would_be_denied() -> None:
    seen = [asked("User:b", "10.0.0.1"), asked("User:b", "10.0.0.1", "others")]
    found = prediction.predict(seen, [READ], Authorizer(open=True))
    assert {when: [one.seen.request.name for one in some] for when, some in found.items()} == {
        "applied": ["orders"],
        "enforced": ["others"],
    }
    found = prediction.predict(seen, [READ], Authorizer(super_users=frozenset({"User:b"})))
    assert prediction.count(found) == 0
