"""What stands in data directories and bars a start, by what a host told of them. Pure functions."""

from collections.abc import Iterable, Iterator

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.preflight.finding import ERROR, WARNING, Fact, Finding, HostFacts
from kafka_fab.cluster.roles.service import services

LOST = "lost+found"


def findings(cluster: Cluster, node: Node, told: HostFacts) -> Iterator[Finding]:
    """Yield what a service would refuse to start on, or stumble over later."""
    users = {path: service.user for service in services(cluster, node) for path in service.data}
    if node.broker:
        yield from _twice(told, cluster.kafka.log_dirs)
    yield from (_folder(told, fact) for fact in told.every("no-partition"))
    yield from (_segment(told, fact) for fact in told.every("no-segment"))
    yield from (_not_owned(told, fact, users.get(fact.name, "")) for fact in told.every("not-owned"))
    yield from (_closed(told, fact) for fact in told.every("closed"))
    yield from (_noexec(told, fact) for fact in told.every("noexec"))


def _twice(told: HostFacts, paths: Iterable[str]) -> Iterator[Finding]:
    """Yield each directory that is another one too, by way of a link: a broker cannot lock it twice."""
    first: dict[str, str] = {}
    for path in paths:
        words = told.words("disk", path)
        other = first.setdefault(words.get("real", path), path) if words.get("exists") == "yes" else path
        if other != path:
            found = f"is {other} too, by way of a link: a broker refuses to start on both"
            yield Finding("log dir", f"{told.host}:{path}", ERROR, found, "one of its own", "name one of them only")


def _folder(told: HostFacts, fact: Fact) -> Finding:
    where, _, name = fact.name.rpartition("/")
    remedy = f"move it out of {where}"
    if name == LOST:
        remedy = f"name a folder below that mount point in kafka.log_dirs ({where}/kafka), or remove it if it is empty"
        remedy += f" (rmdir {fact.name}): a check of the file system makes it anew"
    found = f"{name} is no partition: a broker refuses to start on it"
    return Finding("log dir", f"{told.host}:{where}", ERROR, found, "folders of partitions alone", remedy)


def _segment(told: HostFacts, fact: Fact) -> Finding:
    where, _, name = fact.name.rpartition("/")
    found = f"{name} is no segment, though it ends as one: a broker refuses to start on it"
    remedy = f"move it out of {where}"
    return Finding("log dir", f"{told.host}:{where}", ERROR, found, "names that are numbers", remedy)


def _not_owned(told: HostFacts, fact: Fact, user: str) -> Finding:
    count, first, owner = [*fact.values, "", "", ""][:3]
    found = f"{count} in it belong to {owner}, such as {first}: {user} cannot open them"
    remedy = f"chown -R {user}: {fact.name}"
    return Finding("file owner", f"{told.host}:{fact.name}", ERROR, found, f"all of it {user}'s", remedy)


def _closed(told: HostFacts, fact: Fact) -> Finding:
    bar, user = [*fact.values, "", ""][:2]
    remedy = f"let {user} pass {bar} (chmod o+x), or move the directory"
    if bar == fact.name:
        remedy = "fab install sets its owner and mode; if they are right, look for chattr +i and a read-only mount"
    where = f"{told.host}:{fact.name}"
    return Finding("access", where, ERROR, f"closed to {user} at {bar}", f"{user} can write to it", remedy)


def _noexec(told: HostFacts, fact: Fact) -> Finding:
    mount = "".join(fact.values)
    found = f"{mount} is mounted noexec: compression by zstd, snappy and lz4 loads a library from there"
    remedy = f"mount {mount} without noexec"
    return Finding("temporary files", f"{told.host}:{fact.name}", WARNING, found, "no noexec", remedy)
