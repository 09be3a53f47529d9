"""A broker's resources; a combined node's as well."""

from collections.abc import Iterable, Mapping

from kafka_fab.cluster.checks.property_check import sources_of_broker
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.resource import ConnectsBy, Data, File, Identity, ListenerLogin, MetadataStore, Port, Resource
from kafka_fab.cluster.roles import jmx, jmx_exporter, jvm, kafka_steps, kraft, node_store
from kafka_fab.cluster.roles.extra_files import Extras
from kafka_fab.cluster.roles.kafka_steps import KafkaProcess
from kafka_fab.cluster.security import kafka_properties, zookeeper_properties
from kafka_fab.cluster.values import listener
from kafka_fab.cluster.values.listener import Listener
from kafka_fab.cluster.values.role import Role
from kafka_fab.cluster.values.unit_names import unit_file

LISTENERS, ADVERTISED, MAP = "listeners", "advertised.listeners", "listener.security.protocol.map"
INTER, INTER_PROTOCOL = "inter.broker.listener.name", "security.inter.broker.protocol"
# With ZooKeeper each broker has a level of its own; in KRaft the cluster has one, which no file says.
LEVELS = ("inter.broker.protocol.version", "log.message.format.version")
# What a user says of them is completed, and stands among ours.
COMPLETED = (LISTENERS, ADVERTISED, MAP)


def steps(cluster: Cluster, node: Node) -> dict[str, tuple[Resource, ...]]:
    """Return a broker's resources by the step that they belong to."""
    assert node.broker
    kafka = cluster.kafka
    meaning, number = f"{node.host}'s broker id in hosts.ini", str(node.broker.id)
    key = "node.id" if cluster.kraft else "broker.id"
    metas = [f"{directory}/meta.properties" for directory in kafka.log_dirs]
    snapshot, main = f"/run/{cluster.kafka.service}/server.properties", files(cluster)[0]
    where = "controllers" if cluster.kraft else f"ZooKeeper{kafka.chroot}"
    return kafka_steps.steps(
        cluster,
        node,
        KafkaProcess(
            unit=kafka.service,
            preconditions=(
                *(Identity(meta, key, number, meaning, cluster.release.keeps_identity) for meta in metas),
                *(Port(port, kafka.service) for port in ports(cluster, node)),
            ),
            invariants=(
                Data(Role.BROKER, "kafka.log_dirs", snapshot, main, data_dirs(cluster)),
                MetadataStore(where, snapshot, main, kafka.log_dirs),
                *connects_by(cluster, node, snapshot),
                *_logins(cluster, snapshot),
                *(kraft.invariants(cluster, node, kafka.service, snapshot, main) if node.combined else ()),
            ),
            config=config(cluster, node),
            jvm_options=kafka.jvm_options,
            extras=Extras.of_broker(cluster),
            data_dirs=kafka.log_dirs,
            log=log(cluster),
        ),
    )


def connects_by(cluster: Cluster, node: Node, snapshot: str) -> tuple[ConnectsBy, ...]:
    """Return how a broker connects to other brokers and to controllers: by listeners that those must have, too."""
    if not cluster.release.listeners:
        return ()
    said, unit = properties(cluster, node), cluster.kafka.service
    key = INTER_PROTOCOL if INTER_PROTOCOL in said else INTER
    brokers = ConnectsBy(unit, snapshot, key, "PLAINTEXT", said.get(key, "PLAINTEXT"))
    return (brokers, kraft.connects_by(cluster, node, unit, snapshot)) if cluster.kraft else (brokers,)


def _logins(cluster: Cluster, snapshot: str) -> tuple[ListenerLogin, ...]:
    """Return how clients log in at each listener, which keeps that while it is open."""
    wires = (cluster.wires.named(name.upper()) for name in cluster.settings.security.listeners)
    return tuple(kafka_properties.login(cluster, wire, snapshot) for wire in wires)


def config(cluster: Cluster, node: Node) -> tuple[File, ...]:
    """Return a broker's files, rendered."""
    assert node.broker
    kafka, rules, render = cluster.kafka, cluster.release, cluster.templates.render
    main, log4j = files(cluster)[:2]
    unit = render(
        "kafka.service.j2",
        title=f"Apache Kafka {'broker and controller' if node.combined else 'broker'} {node.broker.id}",
        unit=kafka.service,
        config=main,
        log4j=log4j,
        log4j_option=rules.log4j_option,
        heap=kafka.heap,
        start=rules.start_broker,
        certificates=node_store.kept(cluster, node, kafka.config_dir),
        **cluster.for_templates(node),
        **jvm.of_kafka(cluster, node),
    )
    return (
        File(main, _main(cluster, node), "root", kafka.user, "640", levels=levels(cluster, node)),
        File(log4j, render(f"{rules.log4j}.j2", **cluster.for_templates(node)), "root", kafka.user, "640"),
        File(unit_file(cluster.kafka.service), unit),
    )


def levels(cluster: Cluster, node: Node) -> tuple[str, ...]:
    """Return the levels that an upgrade may have written into a broker's file; a user's own stands in its place."""
    return () if cluster.kraft else tuple(key for key in LEVELS if key not in cluster.own(node))


def _main(cluster: Cluster, node: Node) -> str:
    values = cluster.for_templates(node)
    wanted = properties(cluster, node)
    return cluster.templates.properties("server.properties.j2", wanted, sources_of_broker(cluster.settings), **values)


def properties(cluster: Cluster, node: Node) -> dict[str, str]:
    """Return what server.properties says, in its order."""
    assert node.broker
    own = cluster.own(node)
    rack = {"broker.rack": node.broker.rack} if node.broker.rack and knows_racks(cluster) else {}
    return {
        **(_in_kraft(node, own) if cluster.kraft else {"broker.id": str(node.broker.id)}),
        **rack,
        **_listeners(cluster, node, own),
        "log.dirs": ",".join(cluster.kafka.log_dirs),
        **(kraft.quorum(cluster) if cluster.kraft else _in_zookeeper(cluster)),
        **kafka_properties.with_own(cluster, node, _beside_listeners(cluster, own)),
    }


def _beside_listeners(cluster: Cluster, own: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in own.items() if name not in COMPLETED or (name == MAP and not cluster.kraft)}


def knows_racks(cluster: Cluster) -> bool:
    """Return whether the version's brokers have racks."""
    return "broker.rack" in cluster.release.property_names


def _in_kraft(node: Node, own: Mapping[str, str]) -> dict[str, str]:
    assert node.broker
    return {
        "process.roles": "broker,controller" if node.combined else "broker",
        "node.id": str(node.broker.id),
        MAP: _protocols(own),
    }


def _in_zookeeper(cluster: Cluster) -> dict[str, str]:
    return {"zookeeper.connect": cluster.zookeeper_connect, **zookeeper_properties.of_client(cluster)}


def _protocols(own: Mapping[str, str]) -> str:
    """Return each listener's protocol, the controllers' among them: Kafka guesses only where no protocol is said."""
    if own.get(MAP):
        return own[MAP] if kraft.LISTENER in listener.protocols(own[MAP]) else f"{kraft.LISTENER}:PLAINTEXT,{own[MAP]}"
    named = (one.name for one in listener.read(own.get(LISTENERS, "")))
    used = dict.fromkeys(["PLAINTEXT", *(name for name in named if name in listener.PROTOCOLS)])
    return ",".join([f"{kraft.LISTENER}:PLAINTEXT", *(f"{name}:{name}" for name in used)])


def _listeners(cluster: Cluster, node: Node, own: Mapping[str, str]) -> dict[str, str]:
    """Return where a broker listens and what it advertises: by the settings, completed where they say one of both."""
    if cluster.settings.security.enabled:
        return kafka_properties.listeners(cluster, node)
    if not cluster.release.listeners:
        return {"port": str(cluster.kafka.port), "host.name": node.address}
    said = listener.read(own.get(LISTENERS, "")) or (Listener("PLAINTEXT", "", cluster.kafka.port),)
    is_there = any(one.name == kraft.LISTENER for one in said)
    of_controller = Listener(kraft.LISTENER, "", cluster.settings.controller.port)
    more = (of_controller,) if node.combined and not is_there else ()
    told = own.get(ADVERTISED) or listener.write(listener.advertised(_of_brokers(said), node.address))
    named = {one.name for one in listener.read(told)}
    # Before the dynamic quorum a controller listener must not be advertised.
    is_told = node.combined and cluster.release.dynamic_quorum and kraft.LISTENER not in named
    controllers = (one for one in (*said, *more) if one.name == kraft.LISTENER and is_told)
    return {
        LISTENERS: ",".join([own.get(LISTENERS) or listener.write(said), *map(str, more)]),
        ADVERTISED: ",".join([told, *map(str, listener.advertised(controllers, node.address))]),
    }


def _of_brokers(listeners: Iterable[Listener]) -> tuple[Listener, ...]:
    return tuple(one for one in listeners if one.name not in (listener.CONTROLLER, listener.CONTROLLER_TLS))


def endpoints(cluster: Cluster, node: Node) -> tuple[str, ...]:
    """Return where clients reach a broker, as host:port for each of its advertised listeners."""
    return tuple(one.place for one in _advertised(cluster, node)) or (node.at(cluster.kafka.port),)


def endpoint(cluster: Cluster, node: Node) -> str:
    """Return what a broker answers of itself to kafka-fab: the advertised address of the listener that it asks."""
    bound, wires = listener.read(properties(cluster, node).get(LISTENERS, "")), cluster.wires
    # A user's own listeners have any names: it is the one at kafka.port.
    names = {one.name for one in bound if one.port == wires.named(wires.asked).port}
    mine = (one.place for one in _advertised(cluster, node) if one.name in names)
    return next(mine, endpoints(cluster, node)[0])


def _advertised(cluster: Cluster, node: Node) -> tuple[Listener, ...]:
    said = properties(cluster, node)
    return _of_brokers(listener.read(said.get(ADVERTISED, "")))


def ports(cluster: Cluster, node: Node) -> tuple[int, ...]:
    """Return the ports that a broker, or a combined node, listens on."""
    found = listener.read(properties(cluster, node).get(LISTENERS, ""))
    return tuple(dict.fromkeys(one.port for one in found)) or (cluster.kafka.port,)


def inter_broker_port(cluster: Cluster, node: Node) -> int:
    """Return the port at which the other brokers reach one."""
    said = properties(cluster, node)
    name = said.get("inter.broker.listener.name") or said.get("security.inter.broker.protocol", "PLAINTEXT")
    found = {one.name: one.port for one in listener.read(said.get(LISTENERS, ""))}
    return found.get(name.upper(), cluster.kafka.port)


def data_dirs(cluster: Cluster) -> tuple[str, ...]:
    """Return the directories that a broker keeps replicas and metadata in."""
    metadata = cluster.kafka.properties.get("metadata.log.dir")
    return (*cluster.kafka.log_dirs, metadata) if metadata else cluster.kafka.log_dirs


def files(cluster: Cluster) -> tuple[str, ...]:
    """Return the paths that an uninstall removes."""
    folder = cluster.kafka.config_dir
    more = (*jmx.paths(cluster), jmx_exporter.rules_file(cluster), jvm.secrets_file(folder), *node_store.paths(folder))
    return f"{folder}/server.properties", f"{folder}/{cluster.release.log4j}", *more, folder


def log(cluster: Cluster) -> str:
    """Return a broker's main log file."""
    return f"{cluster.kafka.logs}/server.log"


def data(cluster: Cluster) -> tuple[str, ...]:
    """Return the directories with a broker's data and logs."""
    return *cluster.kafka.log_dirs, cluster.kafka.logs
