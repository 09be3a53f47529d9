"""Install drift: what was changed on a host since its install, from its facts. Pure."""

from collections.abc import Iterator

from kafka_fab.cluster.preflight.finding import ERROR, OK, WARNING, Fact, Finding, HostFacts
from kafka_fab.typed_command import FAB

KINDS = frozenset({"tree", "units", "unit", "directory", "manifest", "in-place"})
# A start fails without these, and not without the others.
NEEDED = frozenset({"tree"})
MEND = f"run {FAB} install"


def findings(reported: HostFacts, kraft: bool) -> Iterator[Finding]:
    """Yield the differences from the install that a start would meet."""
    for fact in reported.facts:
        if fact.status == "foreign":
            yield _foreign(reported, fact, kraft)
        elif fact.kind in KINDS and fact.status in ("ok", "would", "failed"):
            yield _of_ours(reported, fact)
    for fact in reported.every("config"):
        found = "".join(fact.values)
        bad = ERROR if found else OK
        remedy = f"correct conf/cluster.yaml, then {FAB} install" if found else ""
        where = f"{reported.host}:{fact.name}"
        yield Finding("configuration", where, bad, found or "valid", "a file that Kafka can read", remedy)


def _of_ours(reported: HostFacts, fact: Fact) -> Finding:
    detail, where = "".join(fact.values[:1]), f"{reported.host}:{fact.name}"
    if fact.status == "failed":
        found, _, remedy = detail.rpartition(": ")
        return Finding(fact.kind, where, ERROR, found or detail, "as installed", remedy)
    if fact.status == "ok" or fact.kind == "manifest":
        return Finding(fact.kind, where, OK, "as installed", "as installed")
    return Finding(fact.kind, where, ERROR if fact.kind in NEEDED else WARNING, detail, "as installed", MEND)


def _foreign(reported: HostFacts, fact: Fact, kraft: bool) -> Finding:
    found, _, remedy = "".join(fact.values[:1]).rpartition(": ")
    bad = ERROR if fact.kind == "identity" and kraft else WARNING
    return Finding(fact.kind, f"{reported.host}:{fact.name}", bad, found, "only what kafka-fab has installed", remedy)
