"""ACLs for tests: few names that overlap, so that random rows meet."""

from hypothesis import strategies as st

from kafka_fab.cluster.acls.acl import CLUSTER_NAME, Acl, Operation, Pattern, PatternType, Permission, ResourceType
from kafka_fab.cluster.acls.evaluator import Request

NAMES = ("a", "ab", "abc", "b", "*")
PRINCIPALS = ("User:x", "User:y")
HOSTS = ("10.0.0.1", "10.0.0.2")
TOPIC, GROUP, CLUSTER = ResourceType.TOPIC, ResourceType.GROUP, ResourceType.CLUSTER
OPERATIONS = (Operation.READ, Operation.DESCRIBE, Operation.ALTER_CONFIGS, Operation.DESCRIBE_CONFIGS)


def _pattern(type_: ResourceType, name: str, is_prefix: bool) -> Pattern:
    if type_ == CLUSTER:
        return Pattern(CLUSTER, CLUSTER_NAME)
    return Pattern(type_, name, PatternType.PREFIXED if is_prefix and name != "*" else PatternType.LITERAL)


PATTERNS = st.builds(_pattern, st.sampled_from([TOPIC, TOPIC, GROUP, CLUSTER]), st.sampled_from(NAMES), st.booleans())
ACLS = st.builds(
    Acl,
    PATTERNS,
    st.sampled_from([*PRINCIPALS, "User:*"]),
    st.sampled_from([*OPERATIONS, Operation.ALL]),
    st.sampled_from([Permission.ALLOW, Permission.ALLOW, Permission.DENY]),
    st.sampled_from(["*", HOSTS[0]]),
)
SETS = st.frozensets(ACLS, max_size=8)
# Every request that the rows could tell apart.
REQUESTS = tuple(
    Request(principal, host, operation, type_, name)
    for principal in PRINCIPALS
    for host in HOSTS
    for operation in OPERATIONS
    for type_, names in ((TOPIC, (*NAMES[:-1], "abcd", "z")), (GROUP, ("a", "z")), (CLUSTER, (CLUSTER_NAME,)))
    for name in names
)
