"""Users file: conf/users.yaml read and checked, with all problems at once, before any connection."""

from collections.abc import Iterator

from kafka_fab.cluster import load
from kafka_fab.cluster.folder import HOME
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.schema import dataclass_loader
from kafka_fab.cluster.schema.dataclass_loader import Tree, YamlNode
from kafka_fab.cluster.schema.problem import Problem, refuse_errors
from kafka_fab.cluster.security.principals import CANARY_USER, SMOKE_USER
from kafka_fab.cluster.topics import topics_file
from kafka_fab.cluster.users.desired_users import (
    Credential,
    CredentialBody,
    DesiredUser,
    DesiredUsers,
    Manage,
    UserBody,
    UsersBody,
)
from kafka_fab.cluster.users.scram import Mechanism

NAME = "conf/users.yaml"
OURS = (CANARY_USER, SMOKE_USER)
MISSING = f"copy {HOME / NAME} and add your users to it"


def wanted(cluster: Cluster) -> tuple[DesiredUsers, tuple[Problem, ...]]:
    """Return the users of the cluster's file, and warnings; raise ConfigError with all problems."""
    tree, problems = load.tree_of(cluster.folder, NAME, MISSING)
    # A block with comments alone is empty.
    tree = {key: entry for key, entry in tree.items() if entry.value is not None}
    body = dataclass_loader.fill(UsersBody, tree, problems)
    nodes = _nodes(tree)
    problems += _unsupported(cluster, tree)
    for name, user in body.users.items():
        problems += _of_user(name, user, nodes[name])
    problems += _two_quotas(cluster, nodes)
    warnings = refuse_errors(load.placed(cluster.folder, problems))
    [place] = load.placed(cluster.folder, [Problem(NAME, 0, "")])
    users = tuple(_user(name, user, nodes[name]) for name, user in body.users.items())
    lines = {name: node.line for name, node in nodes.items()}
    return DesiredUsers(users, body.manage is Manage.ALL, place.file, lines), warnings


def _nodes(tree: Tree) -> Tree:
    entry = tree.get("users")
    return entry.value if entry and isinstance(entry.value, dict) else {}


def _unsupported(cluster: Cluster, tree: Tree) -> Iterator[Problem]:
    if "users" in tree and cluster.release.create_topics_version is None:
        yield tree["users"].problem(f"users: Kafka {cluster.settings.version} has no SCRAM: remove them")


def _of_user(name: str, user: UserBody, node: YamlNode) -> Iterator[Problem]:
    if name in OURS:
        yield node.problem(f"users.{name}: is kafka-fab's own, and a super user: choose another name")
    if user.absent:
        if len(node.value) > 1:
            yield node.problem(f"users.{name}: `absent: true` excludes other keys: remove them")
        return
    has_sha_256 = "sha_256" in node.value
    # What is wrong in a source is said already.
    if not _is_given(user, node) and not has_sha_256:
        text = "no password: set `password_from`, or `generate: true` for a new one in a file"
        yield node.problem(f"users.{name}: {text}")
    if user.generate and user.password_from:
        yield node.problem(f"users.{name}: `password_from` and `generate` exclude each other: keep one")
    if has_sha_256 and isinstance(node.value["sha_256"].value, dict):
        yield from _of_sha_256(name, user.sha_256, node.value["sha_256"])


def _of_sha_256(name: str, second: CredentialBody, node: YamlNode) -> Iterator[Problem]:
    if not _is_given(second, node):
        yield node.problem(f"users.{name}.sha_256: no password: set `password_from` or `generate: true`")
    if second.generate and second.password_from:
        yield node.problem(f"users.{name}.sha_256: `password_from` and `generate` exclude each other: keep one")


def _is_given(body: UserBody | CredentialBody, node: YamlNode) -> bool:
    return body.generate or "password_from" in node.value


def _two_quotas(cluster: Cluster, nodes: Tree) -> Iterator[Problem]:
    """Yield a problem where the quotas of a user are in both files: each would undo the other."""
    mine = {name for name, node in nodes.items() if isinstance(node.value, dict) and "quotas" in node.value}
    if not mine or not (cluster.folder / topics_file.NAME).exists():
        return
    there, _ = topics_file.wanted(cluster)
    for quota in there.quotas:
        for name in mine:
            if quota.entity == DesiredUser(name).entity:
                text = f"its quotas are in {topics_file.NAME}, too: keep them in one file"
                yield nodes[name].problem(f"users.{name}.quotas: {text}")


def _user(name: str, user: UserBody, node: YamlNode) -> DesiredUser:
    quotas = user.quotas.values() if "quotas" in node.value else None
    return DesiredUser(name, tuple(_credentials(user, node)), quotas, user.absent)


def _credentials(user: UserBody, node: YamlNode) -> Iterator[Credential]:
    if _is_given(user, node):
        yield Credential(Mechanism.SHA_512, user.iterations, user.password_from, user.generate)
    if "sha_256" in node.value:
        second = user.sha_256
        yield Credential(Mechanism.SHA_256, second.iterations, second.password_from, second.generate)
