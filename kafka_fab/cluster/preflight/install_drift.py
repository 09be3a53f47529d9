"""What an install has brought and is no longer so, by what a host told of it. Pure functions."""

from collections.abc import Iterator

from kafka_fab.cluster.preflight.finding import ERROR, OK, WARNING, Fact, Finding, HostFacts

KINDS = frozenset({"tree", "units", "unit", "directory", "manifest", "in-place"})
# Without these a start fails; the others it survives.
NEEDED = frozenset({"tree"})
MEND = "fab install mends it"


def findings(told: HostFacts, kraft: bool) -> Iterator[Finding]:
    """Yield what a start would meet that is not as an install has left it."""
    for fact in told.facts:
        if fact.status == "foreign":
            yield _foreign(told, fact, kraft)
        elif fact.kind in KINDS and fact.status in ("ok", "would", "failed"):
            yield _of_ours(told, fact)
    for fact in told.every("config"):
        found = "".join(fact.values)
        bad = ERROR if found else OK
        remedy = "correct conf/cluster.yaml, then fab install" if found else ""
        where = f"{told.host}:{fact.name}"
        yield Finding("configuration", where, bad, found or "read", "one that Kafka itself reads", remedy)


def _of_ours(told: HostFacts, fact: Fact) -> Finding:
    detail, where = "".join(fact.values[:1]), f"{told.host}:{fact.name}"
    if fact.status == "failed":
        found, _, remedy = detail.rpartition(": ")
        return Finding(fact.kind, where, ERROR, found or detail, "as installed", remedy)
    if fact.status == "ok" or fact.kind == "manifest":
        return Finding(fact.kind, where, OK, "as installed", "as installed")
    return Finding(fact.kind, where, ERROR if fact.kind in NEEDED else WARNING, detail, "as installed", MEND)


def _foreign(told: HostFacts, fact: Fact, kraft: bool) -> Finding:
    found, _, remedy = "".join(fact.values[:1]).rpartition(": ")
    bad = ERROR if fact.kind == "identity" and kraft else WARNING
    return Finding(fact.kind, f"{told.host}:{fact.name}", bad, found, "what kafka-fab has put there", remedy)
