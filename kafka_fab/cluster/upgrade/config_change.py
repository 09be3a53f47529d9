"""Config change: properties that a release no longer has or no longer accepts, and what takes their place."""

from collections.abc import Iterator, Mapping

from kafka_fab.cluster.release import release
from kafka_fab.cluster.release.removed_property import gone

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


def dropped(on_disk: Mapping[str, str], wanted: Mapping[str, str], version: str) -> Iterator[str]:
    """Yield what is in a service's file now, and what the version it is upgraded to has no use for."""
    rules = release.of(version)
    for name in on_disk if rules else ():
        if rules and name not in wanted and (words := gone(name, rules)):
            yield words
