"""Config change: values of properties that a release no longer accepts, and what takes their place."""

from collections.abc import Iterator, Mapping

from kafka_fab.cluster.release import release

AUTHORIZER = "authorizer.class.name"
SIMPLE, ACL = "kafka.security.auth.SimpleAclAuthorizer", "kafka.security.authorizer.AclAuthorizer"
STANDARD = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
NO_SIMPLE, NO_ACL = (3,), (4,)


def refused(properties: Mapping[str, str], version: str) -> Iterator[tuple[str, str]]:
    """Yield each property whose value a version no longer accepts, with what to write."""
    numbers, value = release.numbers(version), properties.get(AUTHORIZER, "").strip()
    if value == SIMPLE and NO_SIMPLE <= numbers < NO_ACL:
        yield AUTHORIZER, f"{SIMPLE} is gone since 3.0: write {ACL}, which has the same ACLs"
    if value in (SIMPLE, ACL) and numbers >= NO_ACL:
        yield AUTHORIZER, f"{value} needs ZooKeeper: write {STANDARD}"
