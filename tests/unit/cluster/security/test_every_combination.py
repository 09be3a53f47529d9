"""Every combination of security settings, release and role: what is rendered is what that release accepts."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kafka_fab.cluster.checks import listener_check
from kafka_fab.cluster.checks.listener_check import PortContext
from kafka_fab.cluster.checks.property_check import sources_of_broker, sources_of_controller, sources_of_zookeeper
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.roles import broker, controller, zookeeper_server
from kafka_fab.cluster.settings.security_settings import LoginMethod
from kafka_fab.cluster.values import listener
from kafka_fab.cluster.values.secret import is_secret
from kafka_fab.cluster.wires import MECHANISMS
from tests.unit.folders import COMBINED, ZOOKEEPER, written

ISOLATED = "[kafka]\na id=1\nb id=2\n[controller]\nc id=3\n"
RUNNING = [
    ("2.8.2", ZOOKEEPER),
    ("3.9.1", ZOOKEEPER),
    ("3.6.0", COMBINED),
    ("3.9.1", COMBINED),
    ("3.9.1", ISOLATED),
    ("4.3.1", COMBINED),
    ("4.3.1", ISOLATED),
]
LISTENER = st.fixed_dictionaries(
    {"login": st.sampled_from([str(login) for login in LoginMethod])},
    optional={"advertise": st.sampled_from(["{host}.example.org", "{host}.example.org:19094"])},
)


@st.composite
def securities(draw: st.DrawFn) -> dict[str, Any]:
    """Return a block of `security:` that goes together."""
    names = draw(st.lists(st.sampled_from(["clients", "external", "apps_2"]), unique=True, min_size=1, max_size=3))
    listeners = {name: {"port": 9096 + at, **draw(LISTENER)} for at, name in enumerate(names)}
    mtls = draw(st.booleans())
    found: dict[str, Any] = {"internal": "mtls" if mtls else "plaintext", "listeners": listeners}
    if mtls:
        found["authorize"] = draw(st.sampled_from([False, "audit", True]))
        if draw(st.booleans()):
            found["plaintext"] = {"port": 9092, "until": "moved"}
    if draw(st.booleans()):
        found["admins"] = ["User:ops"]
    return found


def jaas(security: Mapping[str, Any]) -> dict[str, str]:
    """Return what a user adds for logins that are passed through."""
    return {
        f"listener.name.{name}.{MECHANISMS[LoginMethod(one['login'])].lower()}.sasl.jaas.config": "x.Module required;"
        for name, one in security["listeners"].items()
        if one["login"] in (LoginMethod.PLAIN, LoginMethod.OAUTH, LoginMethod.KERBEROS)
    }


def files(cluster: Cluster) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield what each file says, with the kind of its service."""
    for node in cluster.nodes.values():
        if node.broker:
            yield "broker", broker.properties(cluster, node)
        elif node.controller:
            yield "controller", controller.properties(cluster, node)
        if node.zookeeper:
            yield "zookeeper", zookeeper_server.properties(cluster)


@pytest.mark.parametrize(("version", "hosts"), RUNNING)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(security=securities())
def test_every_combination(tmp_path: Path, version: str, hosts: str, security: dict[str, Any]) -> None:
    own = jaas(security)
    text = yaml.safe_dump({"version": version, "security": security, "kafka": {"properties": own}})
    cluster = written(tmp_path, hosts, text)
    plain = written(tmp_path, hosts, yaml.safe_dump({"version": version, "kafka": {"properties": own}}))
    for (kind, said), (_, before) in zip(files(cluster), files(plain), strict=True):
        _is_known(cluster, kind, said)
        _has_no_secret(said)
        _has_no_plaintext_unsaid(kind, said, security)
        _is_not_the_users(cluster, kind, said, before)
        if kind == "broker":
            _is_accepted(cluster, said)


def _is_known(cluster: Cluster, kind: str, said: Mapping[str, str]) -> None:
    rules = cluster.release
    for name, value in said.items() if kind != "zookeeper" else ():
        known = rules.property_types.get(name)
        assert not (known and known.refuses(value, True)), (name, value)
        assert name in rules.property_names or name.startswith(("listener.name.", "config.providers")), name


def _has_no_secret(said: Mapping[str, str]) -> None:
    for name, value in said.items():
        if is_secret(name):
            # A reference, or a login module without a user.
            assert value.startswith("${") or value.endswith("Module required;"), (name, value)


def _has_no_plaintext_unsaid(kind: str, said: Mapping[str, str], security: Mapping[str, Any]) -> None:
    if security["internal"] != "mtls":
        return
    allowed = {name.upper() for name, one in security["listeners"].items() if one["login"] == "plaintext"}
    allowed |= {"PLAINTEXT"} if "plaintext" in security else set()
    protocols = listener.protocols(said.get("listener.security.protocol.map", ""))
    bound = {one.name for one in listener.read(said.get("listeners", ""))}
    assert {name for name in bound if protocols[name] == "PLAINTEXT"} <= allowed
    assert "SASL_PLAINTEXT" not in protocols.values()
    assert kind != "zookeeper" or ("clientPort" not in said and said["ssl.clientAuth"] == "need")


def _is_not_the_users(cluster: Cluster, kind: str, said: Mapping[str, str], before: Mapping[str, str]) -> None:
    """Hold every key that security: adds or changes against the rule that refuses it in properties."""
    sources = {"broker": sources_of_broker, "controller": sources_of_controller, "zookeeper": sources_of_zookeeper}
    source_of = sources[kind](cluster.settings)
    for name, value in said.items():
        # A user's own take the place of these, or follow.
        defaulted = name.endswith(("connections.max.reauth.ms", "config.providers", "ssl.principal.mapping.rules"))
        if before.get(name) != value and not defaulted:
            assert source_of(name), name


def _is_accepted(cluster: Cluster, said: Mapping[str, str]) -> None:
    wires, combined = cluster.wires, "controller" in said.get("process.roles", "")
    place = PortContext(
        wires.named(wires.asked).port,
        wires.controller.port,
        cluster.kraft,
        isolated=not combined,
        combined=combined,
        dynamic=cluster.dynamic_quorum,
    )
    assert list(listener_check.of_broker(said, place)) == []
