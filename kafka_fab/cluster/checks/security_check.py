"""Security check: what `security:` must not say together, or with the release, hosts.ini and other settings."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

from kafka_fab.cluster.inventory import Inventory
from kafka_fab.cluster.release import release
from kafka_fab.cluster.schema import dataclass_loader
from kafka_fab.cluster.schema.dataclass_loader import Tree
from kafka_fab.cluster.schema.problem import Problem
from kafka_fab.cluster.settings import Settings
from kafka_fab.cluster.settings.security_settings import Authorize, CertificateSource, LoginMethod, Security
from kafka_fab.cluster.values import address
from kafka_fab.cluster.values.role import Role
from kafka_fab.cluster.wires import MECHANISMS

FILE = "conf/cluster.yaml"
LOGINS = ", ".join(LoginMethod)
# A setting, and what is wrong with it.
Told = Iterator[tuple[str, str]]
# From which version on KRaft has them: the users of SCRAM (KIP-900), the authorizer (KIP-801).
KRAFT_SCRAM, KRAFT_AUTHORIZER = (3, 5), (3, 2)
# They name the user or the key of a service, which only the user has.
OWN_JAAS = (LoginMethod.PLAIN, LoginMethod.OAUTH, LoginMethod.KERBEROS)


def problems(
    tree: Tree, settings: Settings, inventory: Inventory, wrong: Collection[tuple[str, int]] = ()
) -> Iterator[Problem]:
    """Yield what is wrong with `security:` beyond single values, each at the setting that is to change.

    Nothing where one of its own values was refused, at a place that is `wrong`: it counts as its default, which nobody
    has written, and what follows from that is no fault of the user's.
    """
    rules, at = release.of(settings.version) if settings.version else None, _at(tree)
    if rules and not rules.secures and tree.get("security") and tree["security"].value:
        yield at("security", f"security: Kafka {settings.version} has no TLS, no logins and no ACLs: remove it")
        return
    if any(place in wrong for place in dataclass_loader.places(tree, "security")):
        return
    for check in (_listeners, _internal, _certificates, _tool):
        yield from (at(name, f"{name}: {text}") for name, text in check(settings.security))
    for check_all in (_jaas, _advertised, _of_kraft):
        yield from (at(name, f"{name}: {text}") for name, text in check_all(settings, inventory))
    yield from _without_effect(tree, settings)
    yield from _anonymous(at, settings.security)


def _at(tree: Tree) -> Callable[[str, str], Problem]:
    return lambda name, text: Problem(*dataclass_loader.place(tree, name, FILE), text)


def _listeners(security: Security) -> Told:
    for name, one in security.listeners.items():
        setting = f"security.listeners.{name}"
        if not one.port:
            yield setting, "`port` is missing, as in `port: 9094`"
        if one.login is None:
            yield setting, f"`login` is missing: one of {LOGINS}"


def _internal(security: Security) -> Told:
    """Yield what only nodes with certificates can have, and what they need."""
    if security.mtls:
        if not security.listeners and not security.plaintext.port:
            words = "clients could connect nowhere: write one, as in `clients: {port: 9094, login: scram}`"
            yield "security.listeners", words
    elif security.authorize is not Authorize.OFF:
        yield (
            "security.authorize",
            "without `internal: mtls` the nodes are anonymous, and ACLs would stop them: write it",
        )
    if security.plaintext.port and not security.mtls:
        words = "without `internal: mtls` brokers have a plaintext listener already, at kafka.port: remove it"
        yield "security.plaintext", words
    elif bool(security.plaintext.port) != bool(security.plaintext.until):
        words = "both are needed, as in `{port: 9092, until: moved}`; a plaintext listener to keep is one of listeners"
        yield "security.plaintext", words


def _certificates(security: Security) -> Told:
    its = security.certificates
    given = {"command": bool(its.command), "cert": bool(its.cert), "key": bool(its.key)}
    needed = {CertificateSource.COMMAND: ("command",), CertificateSource.FILES: ("cert", "key")}.get(its.source, ())
    if its.source is CertificateSource.FILES and not its.ca:
        yield "security.certificates", "`ca` is missing: `from: files` needs it"
    for key, is_given in given.items():
        if is_given and key not in needed:
            sources = "command" if key == "command" else "files"
            yield f"security.certificates.{key}", f"it is for `from: {sources}`: remove it, or write that"
        elif key in needed and not is_given:
            yield "security.certificates", f"`{key}` is missing: `from: {its.source}` needs it"


def _tool(security: Security) -> Told:
    login, first = security.tool.login, next(iter(security.listeners.items()), None)
    if bool(login.user) != bool(login.password_from):
        yield "security.tool.login", "both `user` and `password_from` are needed"
    elif login.user and (first is None or first[1].login not in (LoginMethod.SCRAM, LoginMethod.PLAIN)):
        yield "security.tool.login", "the first of security.listeners must have `login: scram` or `plain` for it"


def _jaas(settings: Settings, inventory: Inventory) -> Told:
    everywhere = settings.kafka.properties.keys() | settings.kafka.unchecked_properties.keys()
    hosts = [everywhere | dict(member.properties).keys() for member in inventory.group(Role.BROKER)]
    for name, one in settings.security.listeners.items():
        key = f"listener.name.{name}.{MECHANISMS.get(one.login or LoginMethod.TLS, '').lower()}.sasl.jaas.config"
        if one.login in OWN_JAAS and not all(key in known for known in hosts):
            yield f"security.listeners.{name}.login", f"`{one.login}` needs {key} in kafka.properties: write it there"


def _advertised(settings: Settings, inventory: Inventory) -> Told:
    brokers = inventory.group(Role.BROKER)
    for name, one in settings.security.listeners.items():
        setting, filled = f"security.listeners.{name}.advertise", one.advertise
        if not filled:
            continue
        if len(brokers) > 1 and address.HOST not in filled:
            yield setting, f"{filled} would be the address of every broker: write {address.HOST} in it"
            continue
        for member in brokers:
            wrong = address.wrong(address.parted(filled.replace(address.HOST, member.host))[0])
            if wrong:
                yield setting, wrong
                break


def _of_kraft(settings: Settings, inventory: Inventory) -> Told:
    if not inventory.kraft or not settings.version:
        return
    if settings.security.mtls and settings.security.controller_port == settings.controller.port:
        words = f"{settings.controller.port} is controller.port: write another, both are open while a cluster moves"
        yield "security.controller_port", words
    version = release.numbers(settings.version)[:2]
    for name, one in settings.security.listeners.items():
        if one.login is LoginMethod.SCRAM and version < KRAFT_SCRAM:
            words = f"Kafka {settings.version} has no SCRAM users with KRaft; 3.5 and later have: upgrade, or use mtls"
            yield f"security.listeners.{name}.login", words
    if settings.security.authorize is not Authorize.OFF and version < KRAFT_AUTHORIZER:
        words = f"Kafka {settings.version} has no authorizer for KRaft; 3.2 and later have: upgrade, or write false"
        yield "security.authorize", words


def _anonymous(at: Callable[[str, str], Problem], security: Security) -> Iterator[Problem]:
    """Yield a warning of each listener whose clients have no name, where ACLs decide by names."""
    if security.authorize is not Authorize.ON:
        return
    nameless = (LoginMethod.PLAINTEXT, LoginMethod.TLS)
    settings = [f"security.listeners.{name}" for name, one in security.listeners.items() if one.login in nameless]
    for name in [*settings, *(["security.plaintext"] if security.plaintext.port else [])]:
        words = f"{name}: clients there are User:ANONYMOUS to ACLs, and denied what that name is not allowed"
        yield replace(at(name, words), warning=True)


def _without_effect(tree: Tree, settings: Settings) -> Iterator[Problem]:
    """Yield a warning of each port that is written and that no service has any more."""
    replaced = {
        "kafka.port": "security.plaintext.port",
        "controller.port": "security.controller_port",
        "zookeeper.port": "security.zookeeper_port",
    }
    for name, instead in replaced.items() if settings.security.mtls else ():
        section, key = name.split(".")
        block = tree[section].value if section in tree else None
        if isinstance(block, dict) and key in block:
            words = f"{name}: nothing listens there with `internal: mtls`: write {instead}, or remove it"
            yield Problem(block[key].file, block[key].line, words, warning=True)
