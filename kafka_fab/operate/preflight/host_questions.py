"""Host questions: the calls of preflight.sh that report a host's facts before an install or a start."""

from itertools import chain
from shlex import join, quote

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import Directory, Tree, Units
from kafka_fab.cluster.roles import node_resources
from kafka_fab.cluster.roles.service import services
from kafka_fab.cluster.values.role import Role
from kafka_fab.cluster.values.unit_names import temporary
from kafka_fab.remote import script


def about_itself(cluster: Cluster, node: Node) -> list[str]:
    """Return the calls that report the host itself; none of them waits for another host."""
    own = services(cluster, node)
    data = list(dict.fromkeys(chain.from_iterable(service.data for service in own)))
    logs = dict.fromkeys(service.log_folder for service in own)
    units = [service.unit for service in own]
    asked = [
        ("ask_host", cluster.tree),
        ("ask_units", *units),
        ("ask_limits", *units),
        ("ask_disks", *dict.fromkeys((*data, *logs))),
        ("ask_segments", *data),
        ("ask_exec", *(temporary(service.unit) for service in own if service.role != Role.ZOOKEEPER)),
    ]
    if node.broker:
        asked.append(("ask_log_dirs", *cluster.kafka.log_dirs))
    return [join(words) for words in asked if len(words) > 1]


def about_what_is_installed(cluster: Cluster, node: Node) -> list[str]:
    """Return the calls that report whether the installed files are as a start needs them."""
    own, steps = services(cluster, node), node_resources.steps(cluster, node)
    installed = [item for name in ("extract", "log-dirs", "services") for item in steps[name]]
    resources = [script.call(item) for item in installed if isinstance(item, Tree | Directory | Units)]
    link = cluster.settings.paths.link
    # Where nothing is installed yet, or another version, nothing is reported: an install must come first.
    tests = f"[ ! -d {quote(cluster.tree)} ] || [ ! -L {quote(link)} ]"
    java = cluster.settings.java.home
    asked = [
        ("ask_environment", *(service.unit for service in own)),
        *(("ask_java", user, java) for user in dict.fromkeys(service.user for service in own)),
        *(("ask_data", service.user, *service.data) for service in own),
        *(("ask_access", service.user, *service.data, service.log_folder) for service in own),
    ]
    configs = [
        join(("ask_config", service.unit, service.user, link, service.module.files(cluster)[0], java))
        for service in own
        if service.role != Role.ZOOKEEPER
    ]
    return ["\n".join([f"{tests} || {{", *resources, *map(join, asked), *configs, "}"])]
