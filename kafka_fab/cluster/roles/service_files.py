"""Service files: a service's files with other properties than the settings ask for, between two states of a change."""

from collections.abc import Mapping
from dataclasses import replace

from kafka_fab.cluster.checks.property_check import sources_of_broker, sources_of_controller, sources_of_zookeeper
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import File
from kafka_fab.cluster.roles import zookeeper_server
from kafka_fab.cluster.roles.service import Service
from kafka_fab.cluster.values.role import Role

TEMPLATES = {
    Role.BROKER: ("server.properties.j2", sources_of_broker),
    Role.CONTROLLER: ("controller.properties.j2", sources_of_controller),
    Role.ZOOKEEPER: ("zookeeper.properties.j2", sources_of_zookeeper),
}


def properties(cluster: Cluster, node: Node, service: Service) -> dict[str, str]:
    """Return what a service's main file says as the settings are."""
    if service.role is Role.ZOOKEEPER:
        return zookeeper_server.properties(cluster)
    found: dict[str, str] = service.module.properties(cluster, node)
    return found


def with_properties(cluster: Cluster, node: Node, service: Service, wanted: Mapping[str, str]) -> tuple[File, ...]:
    """Return a service's files, the main one with other properties."""
    template, sources = TEMPLATES[service.role]
    text = cluster.templates.properties(
        template, dict(wanted), sources(cluster.settings), **cluster.for_templates(node)
    )
    main, *others = service.module.config(cluster, node)
    return (replace(main, content=text), *others)
