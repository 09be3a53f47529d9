"""The end of an upgrade: what is raised or taken away, who refuses, and what is asked before."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.upgrade import level
from kafka_fab.cluster.values.role import Role
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.client import update_features
from kafka_fab.live.client.features import Levels, NodeFeatures
from kafka_fab.live.client.rejection import Rejection
from kafka_fab.locking.operation_error import OperationError
from kafka_fab.operate.upgrade import finalize, upgrade_reading
from tests.unit.folders import COMBINED, ZOOKEEPER, written
from tests.unit.operate.upgrade.readings import all_at, refs, service, with_services

PROTOCOL, FORMAT = "inter.broker.protocol.version", "log.message.format.version"
PINS = {PROTOCOL: "0.8.0", FORMAT: "0.8.0"}
ALL = level.features("4.3.1")


@pytest.fixture
def kraft(tmp_path: Path) -> Cluster:
    return written(tmp_path, COMBINED, "version: 4.3.1\n")


@pytest.fixture
def old(tmp_path: Path) -> Cluster:
    return written(tmp_path, ZOOKEEPER, "version: 2.8.2\n")


def test_what_is_missing_in_kraft(kraft: Cluster) -> None:
    assert finalize._missing(all_at(kraft, "4.3.1", {"metadata.version": 21})) == ALL
    assert finalize._missing(all_at(kraft, "4.3.1", {**ALL, "group.version": 0})) == {"group.version": 1}
    assert finalize._missing(all_at(kraft, "4.3.1", {**ALL, "kraft.version": 0})) == {}
    with pytest.raises(OperationError, match="no broker tells the finalized features"):
        finalize._missing(all_at(kraft, "4.3.1"))


def test_who_would_refuse_is_named_before_anything_is_asked(kraft: Cluster) -> None:
    found = all_at(kraft, "4.3.1", {"metadata.version": 21})
    second = refs(kraft)[1]
    found = replace(found, features={**found.features, second: NodeFeatures({"metadata.version": Levels(1, 21)})})
    with pytest.raises(OperationError) as refused:
        finalize._refuse_unsupported(found, {"metadata.version": 30})
    assert refused.value.text == "b (broker 2) does not support metadata.version 4.3-IV0 [U11]"


def test_the_question_names_what_is_raised_and_that_nothing_leads_back(kraft: Cluster) -> None:
    found = all_at(kraft, "4.3.1", {"metadata.version": 21}, saved="3.9.1")
    asked = finalize._question(found, {"metadata.version": 30, "group.version": 1})
    assert asked == (
        "finalize 4.3.1: raise metadata.version 4.3-IV0, group.version 1. There is no way back to 3.9.1 afterwards"
    )


class Site:
    """A cluster whose features are updated, without hosts."""

    def __init__(self, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, rejected: Any = None) -> None:
        self.asked: list[tuple[dict[str, int], bool]] = []
        self.finalized = {"metadata.version": 21}
        self.hosts: Any = SimpleNamespace(cluster=cluster)

        def update(_ask: object, levels: dict[str, int], validate_only: bool = False) -> dict[str, Rejection]:
            self.asked.append((dict(levels), validate_only))
            if rejected and set(levels) & set(rejected):
                return {name: one for name, one in rejected.items() if name in levels}
            if not validate_only:
                self.finalized |= levels
            return {}

        monkeypatch.setattr(update_features, "update", update)
        monkeypatch.setattr(upgrade_reading, "read", lambda _: all_at(cluster, "4.3.1", self.finalized))
        monkeypatch.setattr(AdminClient, "ask", None, raising=False)


def test_levels_are_validated_first_then_set_then_read_back(kraft: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(kraft, monkeypatch)
    finalize._update(site.hosts, {"metadata.version": 30})
    assert site.asked == [({"metadata.version": 30}, True), ({"metadata.version": 30}, False)]


def test_what_is_rejected_is_said_in_kafka_s_words_and_nothing_is_set(
    kraft: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = Rejection(95, "Broker 3 only supports versions 1-21")
    site = Site(kraft, monkeypatch, {"metadata.version": words})
    with pytest.raises(OperationError) as refused:
        finalize._update(site.hosts, {"metadata.version": 30})
    assert "metadata.version 4.3-IV0 was rejected: " in refused.value.text
    assert "Broker 3 only supports versions 1-21" in refused.value.text
    assert refused.value.text.endswith("[U11]")
    assert site.asked == [({"metadata.version": 30}, True)]


def test_a_level_that_a_node_does_not_tell(kraft: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(kraft, monkeypatch)
    monkeypatch.setattr(upgrade_reading, "read", lambda _: all_at(kraft, "4.3.1", {"metadata.version": 21}))
    monkeypatch.setattr(finalize, "READ_BACK_WITHIN", 0.0)
    with pytest.raises(OperationError) as refused:
        finalize._update(site.hosts, {"metadata.version": 30})
    assert refused.value.exit_code == 4
    assert refused.value.text.endswith("[U12]")


def test_pins_go_one_by_one_and_those_in_force_count_too(old: Cluster) -> None:
    hosts: Any = SimpleNamespace(cluster=old)
    found = all_at(old, "2.8.2", saved="0.8.0", pins=PINS, running_pins=PINS)
    assert finalize._due(hosts, found) == PROTOCOL
    late = next(ref for ref in refs(old) if ref.role is Role.BROKER)
    left = {FORMAT: "0.8.0"}
    found = all_at(old, "2.8.2", saved="0.8.0", pins=left, running_pins=left)
    assert finalize._due(hosts, found) == FORMAT
    # Its file was written, but it was not restarted with it.
    cut = service(late, "2.8.2", [], pins=left, running_pins=PINS)
    assert finalize._due(hosts, with_services(found, old, cut)) == PROTOCOL
    assert finalize._due(hosts, all_at(old, "2.8.2")) == ""


def test_a_broker_loses_one_pin_and_keeps_the_other(old: Cluster) -> None:
    hosts: Any = SimpleNamespace(cluster=old)
    found = all_at(old, "2.8.2", saved="0.8.0", pins=PINS, running_pins=PINS)
    broker = next(ref for ref in refs(old) if ref.role is Role.BROKER)
    wanted: Callable[..., Any] = finalize._without(hosts, found, PROTOCOL)
    [content] = [one.content for one in wanted(broker) if getattr(one, "path", "").endswith("server.properties")]
    assert f"{FORMAT}=0.8.0\n" in content
    assert PROTOCOL not in content


def test_the_logging_configuration_of_before_goes_at_the_end(kraft: Cluster, tmp_path: Path) -> None:
    [gone] = finalize.old_log_files(kraft, kraft.nodes["a"])
    assert gone.path == "/etc/kafka/log4j.properties"
    apart = written(tmp_path, "[kafka]\na id=1\n[zookeeper]\nz id=1\n", "version: 3.9.1\n")
    assert [one.path for one in finalize.old_log_files(apart, apart.nodes["a"])] == ["/etc/kafka/log4j2.yaml"]
    assert finalize.old_log_files(apart, apart.nodes["z"]) == ()


def test_the_question_names_what_there_is_no_way_back_to(tmp_path: Path) -> None:
    cluster = written(tmp_path, COMBINED, "version: 4.3.1\n")
    for saved, said in (("3.9.1", "no way back to 3.9.1 afterwards"), ("4.3.1", "no way back to the Java of before")):
        assert said in finalize._question(all_at(cluster, "4.3.1", {"metadata.version": 30}, saved=saved), {})
