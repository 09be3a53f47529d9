"""Data directories: what is in them and prevents a start, from the facts of a host. Pure."""

from collections.abc import Iterable, Iterator

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.preflight.finding import ERROR, WARNING, Fact, Finding, HostFacts
from kafka_fab.cluster.roles.service import services
from kafka_fab.typed_command import FAB

LOST = "lost+found"
REPEATED = "name only one of them in kafka.log_dirs"


def findings(cluster: Cluster, node: Node, reported: HostFacts) -> Iterator[Finding]:
    """Yield what prevents a start of a service, or fails later."""
    users = {path: service.user for service in services(cluster, node) for path in service.data}
    if node.broker:
        yield from _twice(reported, cluster.kafka.log_dirs)
    yield from (_folder(reported, fact) for fact in reported.every("no-partition"))
    yield from (_segment(reported, fact) for fact in reported.every("no-segment"))
    yield from (_not_owned(reported, fact, users.get(fact.name, "")) for fact in reported.every("not-owned"))
    yield from (_closed(reported, fact) for fact in reported.every("closed"))
    yield from (_noexec(reported, fact) for fact in reported.every("noexec"))


def _twice(reported: HostFacts, paths: Iterable[str]) -> Iterator[Finding]:
    """Yield each directory that is the same as another one, by a link: a broker cannot lock it twice."""
    first: dict[str, str] = {}
    for path in paths:
        words = reported.pairs("disk", path)
        other = first.setdefault(words.get("real", path), path) if words.get("exists") == "yes" else path
        if other != path:
            found = f"is the same directory as {other} (a link): a broker refuses to start"
            yield Finding("log dir", f"{reported.host}:{path}", ERROR, found, "another directory", REPEATED)


def _folder(reported: HostFacts, fact: Fact) -> Finding:
    where, _, name = fact.name.rpartition("/")
    remedy = f"move it out of {where}"
    if name == LOST:
        remedy = f"use a directory below that mount point in kafka.log_dirs ({where}/kafka), or remove {LOST}"
        remedy += f" if it is empty (rmdir {fact.name}); a file system check creates it again"
    found = f"{name} is not a partition directory: a broker refuses to start"
    return Finding("log dir", f"{reported.host}:{where}", ERROR, found, "only partition directories", remedy)


def _segment(reported: HostFacts, fact: Fact) -> Finding:
    where, _, name = fact.name.rpartition("/")
    found = f"{name} is not a log segment but has the suffix of one: a broker refuses to start"
    remedy = f"move it out of {where}"
    return Finding("log dir", f"{reported.host}:{where}", ERROR, found, "only segments named by their offset", remedy)


def _not_owned(reported: HostFacts, fact: Fact, user: str) -> Finding:
    count, first, owner = [*fact.values, "", "", ""][:3]
    found = f"{count} files in it belong to {owner}, such as {first}: {user} cannot open them"
    remedy = f"chown -R {user}: {fact.name}"
    return Finding("file owner", f"{reported.host}:{fact.name}", ERROR, found, f"owned by {user}", remedy)


def _closed(reported: HostFacts, fact: Fact) -> Finding:
    blocking, user = [*fact.values, "", ""][:2]
    remedy = f"give {user} access to {blocking} (chmod o+x), or move the directory"
    if blocking == fact.name:
        remedy = (
            f"run {FAB} install to set owner and mode; if they are right, check for chattr +i and a read-only mount"
        )
    where = f"{reported.host}:{fact.name}"
    return Finding("permissions", where, ERROR, f"{user} has no access to {blocking}", f"writable by {user}", remedy)


def _noexec(reported: HostFacts, fact: Fact) -> Finding:
    mount = "".join(fact.values)
    found = f"{mount} is mounted noexec: zstd, snappy and lz4 compression load a library from there"
    remedy = f"mount {mount} without noexec"
    return Finding("temporary files", f"{reported.host}:{fact.name}", WARNING, found, "no noexec", remedy)
