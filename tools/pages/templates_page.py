"""Templates page: docs/templates.md, whose tables are made from the templates in conf/ and what they use. Pure."""

from collections.abc import Iterator, Sequence

from jinja2 import meta

from kafka_fab.cluster.folder import HOME
from kafka_fab.cluster.template import FILTERS, NAMES, Templates

# Each template's file on a host; a template without an entry ends the page's making.
FILES = {
    "server.properties.j2": "server.properties of a broker, or of a combined node",
    "controller.properties.j2": "controller.properties of an isolated controller",
    "log4j.properties.j2": "log4j.properties of brokers and controllers, up to Kafka 3.x",
    "log4j2.yaml.j2": "log4j2.yaml of brokers and controllers, from Kafka 4.0",
    "kafka.service.j2": "the systemd unit of a broker or a controller",
    "exporter-broker.yaml.j2": "rules of the JMX exporter in a broker",
    "exporter-controller.yaml.j2": "rules of the JMX exporter in an isolated controller",
    "zookeeper.properties.j2": "zookeeper.properties",
    "zookeeper-log4j.properties.j2": "log4j.properties of a ZooKeeper server",
    "zookeeper.service.j2": "the systemd unit of a ZooKeeper server",
}
# In every template (Cluster.for_templates), whether ours uses it or not.
COMMON = {
    "node": "the host: `node.host`, `node.address`, `node.broker.id`, `node.broker.rack`, `node.controller.id`, "
    "`node.zookeeper.id`",
    "version": "Kafka's version in conf/cluster.yaml",
    "tree": "the folder of that version, from which a unit starts its service: the link moves for all services at once",
    "kafka": "the block of [settings](settings.md) with its defaults, such as `kafka.port`",
    "zookeeper": "the block of settings with its defaults",
    "controller": "the block of settings with its defaults",
    "paths": "the block of settings with its defaults, such as `paths.link`",
    "java": "the block of settings with its defaults",
    "vars": "your own values: `vars` of conf/cluster.yaml, overridden by `vars.NAME=VALUE` on a host's line",
}
# In some templates.
OWN = {
    "properties": "names and values of the file, in order",
    "title": "the description of the unit",
    "unit": "the unit's name, without `.service`",
    "config": "the path of the service's main file",
    "log4j": "the path of the logging configuration",
    "log4j_option": "the JVM option that names that file",
    "heap": "the heap size, such as `1g`",
    "jvm_options": "the JVM's options, without those that hold secrets",
    "jvm_secrets": "the path of the file with the options that hold secrets, or nothing",
    "certificates": "the paths of the certificates whose state at the start is kept; none without TLS",
    "start": "the command in Kafka's archive that starts the service",
    "environment": "variables of the service's environment, as pairs",
    "environment_file": "the path of the file with the variables that hold secrets, or nothing",
    "extra_files": "the paths of your files that a start reads: it keeps copies of them",
    "before_start": "shell commands that run before each start",
}
FILTER_USES = {
    "key": "`{{ name \\| key }}`: a key of a properties file, which may contain blanks, `=` or `:`",
    "argument": "`{{ path \\| sh \\| argument }}`: a word of a shell command in `ExecStart=`, where `$` is doubled too",
    "yaml": "`{{ value \\| yaml }}`: a complete value in YAML, quoted where needed",
}
MARK = "<!-- tables: docs/refresh --generated -->"


def text(page: str) -> str:
    """Return the page with its tables made anew; the prose around them is kept."""
    head, _, rest = page.partition(MARK)
    _, _, tail = rest.partition(MARK)
    return f"{head}{MARK}\n{chr(10).join(_tables())}\n{MARK}{tail}"


def _tables() -> Iterator[str]:
    used = {name: _used(name) for name in NAMES}
    yield from _table(
        ("template", "file on the host", "variables of its own"),
        [(f"`{name}`", FILES[name], _listed(used[name])) for name in NAMES],
    )
    yield from ("In every template:", "")
    yield from _table(("variable", "value"), [(f"`{name}`", COMMON[name]) for name in COMMON])
    yield from ("In the templates that the first table names:", "")
    own = sorted({name for names in used.values() for name in names} - COMMON.keys())
    yield from _table(("variable", "value"), [(f"`{name}`", OWN[name]) for name in own])
    yield from ("Filters:", "")
    yield from _table(("filter", "use"), [(f"`{name}`", FILTER_USES[name]) for name in FILTERS])


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heading)} |"
    yield "|" + "---|" * len(heading)
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def _listed(names: frozenset[str]) -> str:
    return " ".join(f"`{name}`" for name in sorted(names - COMMON.keys()))


def _used(name: str) -> frozenset[str]:
    environment = Templates([HOME / "conf"])._environment_of(name)
    return frozenset(meta.find_undeclared_variables(environment.parse((HOME / "conf" / name).read_text())))
