"""The passes of a live change: at every moment each service connects to each other one, whatever has been restarted."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_fab.cluster.security import transition
from kafka_fab.cluster.security.transition import MovePass, NotPossible

Properties = dict[str, str]
PLAIN = {"listeners": "PLAINTEXT://:9092", "advertised.listeners": "PLAINTEXT://one:9092"}
TLS = {
    "listeners": "REPLICATION://:9091,CLIENTS://:9094",
    "advertised.listeners": "REPLICATION://one:9091,CLIENTS://one:9094",
    "listener.security.protocol.map": "REPLICATION:SSL,CLIENTS:SASL_SSL",
    "inter.broker.listener.name": "REPLICATION",
    "ssl.keystore.location": "/etc/kafka/node.pem",
    "listener.name.replication.ssl.client.auth": "required",
    "authorizer.class.name": "A",
}
BOTH = {
    **TLS,
    "listeners": "PLAINTEXT://:9092," + TLS["listeners"],
    "advertised.listeners": "PLAINTEXT://one:9092," + TLS["advertised.listeners"],
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT," + TLS["listener.security.protocol.map"],
}
BROKERS = {"plaintext": PLAIN, "tls": TLS, "both": BOTH}


def broker(kind: str, mode: str) -> Properties:
    """Return a broker's properties in a mode: with ZooKeeper, isolated in KRaft, or combined."""
    found = dict(BROKERS[kind])
    secured = kind != "plaintext"
    if mode == "zookeeper":
        return found | {"broker.id": "1", "zookeeper.connect": "z:2182/kafka" if secured else "z:2181/kafka"}
    name, port = ("CONTROLLER_TLS", 9095) if secured else ("CONTROLLER", 9093)
    found |= {
        "process.roles": "broker" if mode == "isolated" else "broker,controller",
        "controller.listener.names": name,
        "controller.quorum.voters": f"1@one:{port}",
    }
    protocols = found.get("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT")
    found["listener.security.protocol.map"] = f"{protocols},{name}:{'SSL' if secured else 'PLAINTEXT'}"
    if mode == "combined":
        found["listeners"] += f",{name}://:{port}"
    return found


def controller(kind: str) -> Properties:
    found = broker(kind, "combined")
    name, port, protocol = ("CONTROLLER", 9093, "PLAINTEXT") if kind == "plaintext" else ("CONTROLLER_TLS", 9095, "SSL")
    own = {"process.roles": "controller", "listeners": f"{name}://:{port}"}
    found = {key: value for key, value in found.items() if not key.startswith(("inter.broker", "advertised"))}
    return found | own | {"listener.security.protocol.map": f"{name}:{protocol}"}


def server(kind: str) -> Properties:
    if kind == "plaintext":
        return {"dataDir": "/var/lib/zookeeper", "clientPort": "2181"}
    plain = {"clientPort": "2181"} if kind == "both" else {}
    return plain | {
        "dataDir": "/var/lib/zookeeper",
        "secureClientPort": "2182",
        "sslQuorum": "true",
        "ssl.clientAuth": "need",
    }


def hosts(kind: str, mode: str) -> dict[str, Properties]:
    found = {f"broker{number}": broker(kind, mode) for number in (1, 2, 3)}
    if mode == "zookeeper":
        return found | {f"server{number}": server(kind) for number in (1, 2, 3)}
    return found | ({f"controller{number}": controller(kind) for number in (1, 2, 3)} if mode == "isolated" else {})


def protocols(found: Properties) -> dict[str, str]:
    pairs = found.get("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT").split(",")
    return dict(pair.split(":") for pair in pairs)


def open_at(found: Properties, key: str = "listeners") -> dict[str, tuple[str, str]]:
    """Return port and protocol by name, read apart from the code under test."""
    known = protocols(found)
    pairs = (item.split("://") for item in found.get(key, "").split(",") if item)
    return {name: (place.rpartition(":")[2], known[name]) for name, place in pairs}


def unconnected(cluster: dict[str, Properties]) -> Iterator[str]:
    """Yield each connection between services that would fail."""
    for name, found in cluster.items():
        for other, peer in cluster.items():
            for how in HOPS:
                yield from (f"{name} -> {other}: {words}" for words in how(found, peer))


def to_broker(found: Properties, peer: Properties) -> Iterator[str]:
    if (
        "dataDir" in found
        or "dataDir" in peer
        or "controller" in (found.get("process.roles"), peer.get("process.roles"))
    ):
        return
    name = found.get("inter.broker.listener.name", "PLAINTEXT")
    if open_at(peer).get(name, ("", ""))[1] != protocols(found)[name]:
        yield f"does not listen at {name}"
    if open_at(peer, "advertised.listeners").get(name) != open_at(peer).get(name):
        yield f"does not advertise {name}"


def to_controller(found: Properties, peer: Properties) -> Iterator[str]:
    if "controller.listener.names" not in found or "controller" not in peer["process.roles"]:
        return
    name = found["controller.listener.names"].split(",")[0]
    wanted = found["controller.quorum.voters"].rpartition(":")[2], protocols(found)[name]
    if open_at(peer).get(name) != wanted:
        yield f"does not listen at {name}, {wanted}"


def to_server(found: Properties, peer: Properties) -> Iterator[str]:
    if "zookeeper.connect" not in found or "dataDir" not in peer:
        return
    port = found["zookeeper.connect"].split("/")[0].rpartition(":")[2]
    key = "clientPort" if port == "2181" else "secureClientPort"
    if peer.get(key) != port:
        yield f"does not listen at {port}"


def between_servers(found: Properties, peer: Properties) -> Iterator[str]:
    if "dataDir" in found and "dataDir" in peer and peer.get("portUnification") != "true":
        encrypted = found.get("sslQuorum", "false")
        if peer.get("sslQuorum", "false") != encrypted:
            yield f"takes no connection with sslQuorum={encrypted}"


HOPS = (to_broker, to_controller, to_server, between_servers)
KINDS = st.sampled_from(sorted(BROKERS))
MODES = st.sampled_from(("zookeeper", "isolated", "combined"))


@given(KINDS, KINDS, MODES, st.data())
def test_whatever_is_restarted_when_all_services_connect(
    before: str, after: str, mode: str, data: st.DataObject
) -> None:
    running, target = hosts(before, mode), hosts(after, mode)
    passes = []
    while step := transition.cluster_due((running[name], target[name]) for name in running):
        passes.append(step)
        todo = [name for name in running if transition.due(running[name], target[name]) is step]
        name = data.draw(st.sampled_from(todo))
        running[name] = transition.properties(running[name], target[name], step)
        assert not list(unconnected(running))
    assert len(passes) <= 3 * len(running)
    assert passes == sorted(passes, key=list(MovePass).index), "no pass is taken before the one ahead of it is complete"
    assert running == target


@given(KINDS, KINDS, MODES)
def test_a_pass_that_is_taken_is_not_due_any_more(before: str, after: str, mode: str) -> None:
    running, target = hosts(before, mode), hosts(after, mode)
    for name, found in running.items():
        step = transition.due(found, target[name])
        if step:
            again = transition.due(transition.properties(found, target[name], step), target[name])
            assert again is None or list(MovePass).index(again) > list(MovePass).index(step)


@pytest.mark.parametrize("mode", ["zookeeper", "isolated", "combined"])
@pytest.mark.parametrize("kind", sorted(BROKERS))
def test_nothing_is_due_where_all_runs_as_it_is_to_be(kind: str, mode: str) -> None:
    assert transition.cluster_due((found, found) for found in hosts(kind, mode).values()) is None


def test_an_authorizer_waits_until_nobody_connects_without_an_identity() -> None:
    running, target = broker("plaintext", "combined"), broker("tls", "combined")
    for step in MovePass:
        running = transition.properties(running, target, step)
        assert ("authorizer.class.name" in running) is (step is MovePass.REMOVE)
    running, target = target, broker("plaintext", "combined")
    assert "authorizer.class.name" not in transition.properties(running, target, MovePass.ADD)


def test_keys_of_listeners_that_are_still_open_are_kept() -> None:
    running, target = broker("tls", "combined"), broker("plaintext", "combined")
    added = transition.properties(running, target, MovePass.ADD)
    assert added["ssl.keystore.location"] == "/etc/kafka/node.pem"
    assert added["listener.name.replication.ssl.client.auth"] == "required"
    assert "ssl.keystore.location" not in transition.properties(added, target, MovePass.REMOVE)


def test_the_password_of_a_key_store_can_be_read_as_long_as_its_listener_is_open() -> None:
    provider = {"config.providers.kafkafab.class": "org.apache.kafka.common.config.provider.FileConfigProvider"}
    store = {"ssl.keystore.password": "${kafkafab:/etc/kafka/secrets.properties:store}"}
    running = broker("tls", "zookeeper") | store | provider | {"config.providers": "kafkafab,vault"}
    own = {"config.providers": "env, file", "config.providers.env.class": "E", "config.providers.file.class": "F"}
    target = broker("plaintext", "zookeeper") | own
    added = transition.properties(running, target, MovePass.ADD)
    # Of vault, which is in conf/ no more, nothing is known but its name.
    assert added.items() >= (own | store | provider | {"config.providers": "kafkafab,env,file"}).items()
    ended = transition.properties(added, target, MovePass.REMOVE)
    assert (ended["config.providers"], provider.keys() & ended.keys()) == ("env, file", set())


def test_the_last_pass_closes_the_old_listeners() -> None:
    running, target = broker("plaintext", "combined"), broker("tls", "combined")
    assert [(one.name, one.port) for one in transition.removed(running, target)] == [("PLAINTEXT", 9092)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("CLIENTS://:9094", "CLIENTS://:9095"), "listener CLIENTS runs at 9094 with SASL_SSL and is to be at 9095"),
        (("CLIENTS", "OTHER"), "listener OTHER is to be at port 9094, where CLIENTS runs"),
    ],
)
def test_one_name_or_one_port_cannot_mean_two_things_meanwhile(change: tuple[str, str], words: str) -> None:
    target = {key: value.replace(*change) for key, value in TLS.items()}
    with pytest.raises(NotPossible, match=words):
        transition.properties(TLS, target, MovePass.ADD)


def test_a_client_port_of_zookeeper_cannot_move_while_it_runs() -> None:
    with pytest.raises(NotPossible, match="clientPort is 2181 and is to be 2281: stop and start the ensemble"):
        transition.properties(server("plaintext"), {**server("plaintext"), "clientPort": "2281"}, MovePass.ADD)


LOGINS = {
    "scram": {"listener.name.clients.sasl.enabled.mechanisms": "SCRAM-SHA-512"},
    "plain": {"listener.name.clients.sasl.enabled.mechanisms": "PLAIN"},
    "mtls": {"listener.name.clients.ssl.client.auth": "required"},
}


def clients(login: str, port: int = 9094) -> Properties:
    """Return a broker whose listener for clients has a login."""
    protocol = "SSL" if login == "mtls" else "SASL_SSL"
    return {
        key: value.replace("9094", str(port)).replace("CLIENTS:SASL_SSL", f"CLIENTS:{protocol}")
        for key, value in {**TLS, **LOGINS[login]}.items()
    }


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("scram", "plain", "runs at 9094 with SASL_SSL SCRAM-SHA-512 and is to be at 9094 with SASL_SSL PLAIN: give"),
        (
            "scram",
            "mtls",
            "is to be at 9094 with SSL with certificates: give the new one another name",
        ),
        ("mtls", "scram", "runs at 9094 with SSL with certificates and is to be at 9094 with SASL_SSL SCRAM-SHA-512"),
    ],
)
def test_a_listener_of_the_same_name_gets_no_other_login(before: str, after: str, words: str) -> None:
    assert transition.due(clients(before), clients(after)) is MovePass.ADD
    with pytest.raises(NotPossible, match=words) as refused:
        transition.properties(clients(before), clients(after), MovePass.ADD)
    assert refused.value.port is None
    assert transition.due(clients(before), clients(before)) is None


def test_another_port_of_the_same_listener_needs_no_move() -> None:
    before, after = clients("scram"), clients("scram", 9096)
    with pytest.raises(NotPossible) as refused:
        transition.properties(before, after, MovePass.ADD)
    assert refused.value.port == 9094
    assert transition.is_port_alone(before, after)
    assert not transition.is_port_alone(PLAIN, after)
    assert not transition.is_port_alone(transition.properties(PLAIN, before, MovePass.ADD), after)
    assert not transition.is_port_alone(before, clients("mtls", 9096))
