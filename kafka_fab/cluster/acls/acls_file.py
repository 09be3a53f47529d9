"""ACLs file: conf/acls.yaml read and checked, with all problems at once, before any connection."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, ip_address

from kafka_fab.cluster import load
from kafka_fab.cluster.acls.acl import ANY, CLUSTER_NAME, Acl, Operation, Pattern, PatternType, Permission, ResourceType
from kafka_fab.cluster.acls.desired_acls import OPERATIONS, DesiredAcls, RowBody
from kafka_fab.cluster.folder import HOME
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.schema import dataclass_loader
from kafka_fab.cluster.schema.dataclass_loader import Tree, YamlNode
from kafka_fab.cluster.schema.problem import MOST, Problem, did_you_mean, refuse_errors
from kafka_fab.cluster.topics import topic_rules

NAME = "conf/acls.yaml"
MISSING = f"copy {HOME / NAME} and add your ACLs to it"
KEYS = ("manage", "users", "aliases")
MANAGE = {"listed": False, "all": True}
RESOURCES: Mapping[str, ResourceType] = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "transactional": ResourceType.TRANSACTIONAL_ID,
    "cluster": ResourceType.CLUSTER,
    "delegation_token": ResourceType.DELEGATION_TOKEN,
}
ROW = "a row must be a block, for example {topic: orders, may: [read]}"


@dataclass
class AclsReading:
    """What has been read of the file so far: rows and problems."""

    problems: list[Problem]
    rows: dict[Acl, int] = field(default_factory=dict)
    principals: dict[str, list[Acl]] = field(default_factory=dict)


def wanted(cluster: Cluster) -> tuple[DesiredAcls, tuple[Problem, ...]]:
    """Return the ACLs of the cluster's file, and warnings; raise ConfigError with all problems."""
    tree, problems = load.tree_of(cluster.folder, NAME, MISSING)
    reading = AclsReading(problems)
    _keys(reading, tree)
    if "users" in tree and cluster.release.create_topics_version is None:
        problems.append(tree["users"].problem(f"users: Kafka {cluster.settings.version} has no ACLs: remove them"))
    for principal, entry in _block(reading, tree, "users").items():
        _principal(reading, principal, entry)
    for principal, entry in _block(reading, tree, "aliases").items():
        _aliases(reading, principal, entry)
    warnings = refuse_errors(load.placed(cluster.folder, problems))
    [place] = load.placed(cluster.folder, [Problem(NAME, 0, "")])
    manage_all = "manage" in tree and MANAGE[tree["manage"].text]
    return DesiredAcls(reading.rows, frozenset(reading.principals), manage_all, place.file), warnings


def _keys(reading: AclsReading, tree: Tree) -> None:
    for key, entry in tree.items():
        if key not in KEYS:
            known = did_you_mean(key, KEYS) or f" (known keys: {', '.join(KEYS)})"
            reading.problems.append(entry.problem(f"unknown key {key}{known}"))
    if "manage" in tree and tree["manage"].text not in MANAGE:
        reading.problems.append(tree["manage"].problem("manage: must be `listed` or `all`"))


def _block(reading: AclsReading, tree: Tree, name: str) -> Tree:
    entry = tree.get(name)
    if entry is None or entry.value is None:
        return {}
    if isinstance(entry.value, dict):
        return entry.value
    reading.problems.append(entry.problem(f"{name}: must be a block of User:NAME: [...] lines"))
    return {}


def _principal(reading: AclsReading, principal: str, entry: YamlNode) -> None:
    if wrong := wrong_principal(principal):
        reading.problems.append(entry.problem(f"users.{principal}: {wrong}"))
    reading.principals[principal] = []
    if not isinstance(entry.value, list):
        text = f"users.{principal}: must be a list of rows; `[]` means that it may have none"
        reading.problems.append(entry.problem(text))
        return
    for item in entry.value:
        if len(reading.problems) > MOST:
            break
        for acl in _row(reading, principal, item):
            reading.rows.setdefault(acl, item.line)
            reading.principals[principal].append(acl)


def wrong_principal(principal: str) -> str:
    """Return why a text is no principal as brokers print it, or nothing."""
    kind, colon, name = principal.partition(":")
    if not colon or not name or name != name.strip():
        return "must be User:NAME, exactly as the broker prints it"
    if not kind.isalnum() or (kind != "User" and kind.lower() == "user"):
        return "must begin with User: (Kafka's own type of principals)"
    return ""


def _row(reading: AclsReading, principal: str, item: YamlNode) -> Iterator[Acl]:
    where = f"users.{principal}"
    if not isinstance(item.value, dict):
        reading.problems.append(item.problem(f"{where}: {ROW}"))
        return
    before = len(reading.problems)
    body = dataclass_loader.fill(RowBody, item.value, reading.problems, f"{where}: ")
    # Where a key is wrong, what it is about may be missing; its other words are still judged.
    wrong = _wrong_row(body) if len(reading.problems) == before else _wrong_words(body)
    reading.problems += [item.problem(f"{where}: {text}") for text in wrong]
    if len(reading.problems) == before:
        yield from _acls(principal, body)


def _wrong_row(body: RowBody) -> Iterator[str]:
    names = [name for name in RESOURCES if getattr(body, name)]
    if len(names) != 1:
        found = " and ".join(names) or "none"
        yield f"a row must have exactly one of {', '.join(RESOURCES)}; found {found}"
        return
    if not body.may and not body.deny:
        yield "no operation: set `may`, `deny` or both, for example `may: [read]`"
    yield from _wrong_name(names[0], body)
    yield from _wrong_words(body)


def _wrong_words(body: RowBody) -> Iterator[str]:
    for kind in [name for name in RESOURCES if getattr(body, name)][:1]:
        known = {str(one): one for one in (Operation.ALL, *OPERATIONS[RESOURCES[kind]])}
        for word in dict.fromkeys((*body.may, *body.deny)):
            if word.lower().replace("-", "_") not in known:
                near = did_you_mean(word, known) or f"; it has {', '.join(known)}"
                yield f"a {kind} has no operation `{word}`{near}"
    if wrong := _wrong_host(body.source):
        yield wrong


def _wrong_name(kind: str, body: RowBody) -> Iterator[str]:
    name = _name(kind, body)
    if body.prefixed and (kind == "cluster" or name == ANY):
        yield f"`prefixed` makes no sense for {'the cluster' if kind == 'cluster' else 'the name *, which means all'}"
    # A prefix may end where a whole name cannot.
    legal = topic_rules.LEGAL.fullmatch(name) if body.prefixed else not topic_rules.illegal(name)
    if kind == "topic" and name != ANY and not legal:
        yield f"topic `{name}`: a topic name has characters of A-Z a-z 0-9 . _ -; use `prefixed: true` for many topics"


def _name(kind: str, body: RowBody) -> str:
    return CLUSTER_NAME if kind == "cluster" else str(getattr(body, kind))


def _wrong_host(source: str) -> str:
    if source in ("", ANY):
        return ""
    try:
        ip_address(source)
    except ValueError:
        return f"from: `{source}` must be an IP address or `*`: Kafka compares addresses, not names or networks"
    return ""


def java_host(source: str) -> str:
    """Return an address as Java prints it, which is what brokers compare: no short form of IPv6."""
    if source in ("", ANY):
        return ANY
    address = ip_address(source)
    if isinstance(address, IPv4Address):
        return str(address)
    return ":".join(f"{int(part, 16):x}" for part in address.exploded.split(":"))


def _acls(principal: str, body: RowBody) -> Iterator[Acl]:
    kind = next(name for name in RESOURCES if getattr(body, name))
    pattern = Pattern(
        RESOURCES[kind], _name(kind, body), PatternType.PREFIXED if body.prefixed else PatternType.LITERAL
    )
    for permission, words in ((Permission.ALLOW, body.may), (Permission.DENY, body.deny)):
        for word in words:
            operation = Operation[word.upper().replace("-", "_")]
            yield Acl(pattern, principal, operation, permission, java_host(body.source))


def _aliases(reading: AclsReading, principal: str, entry: YamlNode) -> None:
    """Give each alias the rows of its principal."""
    where = f"aliases.{principal}"
    names = entry.value if isinstance(entry.value, list) else [YamlNode(None, entry.file, entry.line)]
    if principal not in reading.principals:
        near = did_you_mean(principal, reading.principals)
        reading.problems.append(entry.problem(f"{where}: is not in `users`{near}"))
        return
    for name in names:
        if not isinstance(name.value, str):
            text = f"{where}: must be a list of principals, for example [{principal}-b]"
            reading.problems.append(name.problem(text))
        elif wrong := wrong_principal(name.value):
            reading.problems.append(name.problem(f"{where}: {name.value} {wrong}"))
        else:
            _alias(reading, principal, name)


def _alias(reading: AclsReading, principal: str, name: YamlNode) -> None:
    mine = reading.principals.setdefault(name.value, [])
    for acl in list(reading.principals[principal]):
        copied = Acl(acl.pattern, name.value, acl.operation, acl.permission, acl.host)
        reading.rows.setdefault(copied, reading.rows[acl])
        mine.append(copied)
