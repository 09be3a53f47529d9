"""Prediction: which of the requests that were seen would be denied, and when. Pure functions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from kafka_fab.cluster.acls.acl import Acl
from kafka_fab.cluster.acls.authorizer import Authorizer
from kafka_fab.cluster.acls.evaluator import Rules
from kafka_fab.cluster.acls.seen_requests import Denial, Seen, denials
from kafka_fab.operate.acls import acls_text

APPLIED, ENFORCED = "applied", "enforced"
TITLES = {
    APPLIED: "would be denied as soon as conf/acls.yaml is applied",
    ENFORCED: "would be denied with `authorize: true`",
}
Denials = Mapping[str, Sequence[Denial]]


def predict(seen: Iterable[Seen], after: Iterable[Acl], authorizer: Authorizer) -> Denials:
    """Return what would be denied by the rows after an apply, and what besides without the default that allows."""
    requests, rows = tuple(seen), tuple(after)
    applied = list(denials(requests, Rules(rows, authorizer.super_users, authorizer.open)))
    enforced = list(denials(requests, Rules(rows, authorizer.super_users)))
    known = {one.seen for one in applied}
    return {APPLIED: applied, ENFORCED: [one for one in enforced if one.seen not in known]}


def lines(found: Denials) -> Iterator[str]:
    """Yield a table for each moment at which something would be denied."""
    for when, some in found.items():
        yield from acls_text.denied(TITLES[when], some)


def count(found: Denials) -> int:
    """Return how many requests would be denied."""
    return sum(map(len, found.values()))
