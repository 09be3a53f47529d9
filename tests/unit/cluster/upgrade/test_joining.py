"""The levels that a broker takes over, which is started while an upgrade is not finalized."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from kafka_fab.cluster.upgrade.joining import missing_pins
from kafka_fab.cluster.upgrade.service_version import ServiceVersion
from kafka_fab.cluster.values.role import Role

PROTOCOL, FORMAT = "inter.broker.protocol.version", "log.message.format.version"
OLD = {PROTOCOL: "2.8"}


def broker(host: str, starts: str, runs: str = "", pins: Mapping[str, str] | None = None) -> ServiceVersion:
    paths = [f"/opt/kafka_2.13-{version}" if version else "" for version in (starts, runs)]
    its = pins or {}
    running = its if runs else {}
    return ServiceVersion(host, Role.BROKER, "kafka", paths[0], paths[1], pins=its, running_pins=running)


@pytest.mark.parametrize(
    ("others", "found"),
    [
        ([broker("a", "3.9.1", "3.9.1")], {}),
        ([broker("a", "3.9.1", "3.9.1", OLD)], OLD),
        ([broker("a", "3.9.1", "2.8.2")], OLD),
        ([broker("a", "2.8.2")], OLD),
        ([broker("a", "3.9.1", "3.9.1", OLD), broker("b", "3.9.1", "3.9.1")], OLD),
        ([broker("a", "3.9.1", pins=OLD)], OLD),
        ([broker("a", "3.9.1", "3.9.1", {PROTOCOL: "3.9-IV0"})], {}),
        ([broker("a", "")], {}),
        ([], {}),
    ],
)
def test_the_lowest_level_of_the_others_is_taken_over(others: list[ServiceVersion], found: dict[str, str]) -> None:
    assert missing_pins(broker("new", "3.9.1"), others) == found


@pytest.mark.parametrize(
    "one", [broker("new", "3.9.1", pins={PROTOCOL: "3.9"}), broker("new", "3.9.1", "3.9.1"), broker("new", "")]
)
def test_what_its_file_says_and_what_runs_stays(one: ServiceVersion) -> None:
    assert missing_pins(one, [broker("a", "3.9.1", "3.9.1", OLD)]) == {}


def test_a_broker_whose_pin_finalize_has_taken_away_gets_none_again() -> None:
    one = replace(broker("b", "3.9.1"), saved="/opt/kafka_2.13-2.8.2")
    assert missing_pins(one, [one, broker("a", "3.9.1", "3.9.1", OLD)]) == {}


def test_an_old_message_format_is_taken_over_too() -> None:
    upgraded = broker("a", "2.8.2", "2.8.2", {PROTOCOL: "0.8.0", FORMAT: "0.8.0"})
    for others in ([broker("a", "0.8.0", "0.8.0")], [upgraded, broker("b", "0.8.0", "0.8.0")]):
        assert missing_pins(broker("new", "2.8.2"), others) == {PROTOCOL: "0.8.0", FORMAT: "0.8.0"}
    halfway = broker("a", "2.8.2", "2.8.2", {FORMAT: "0.8.0"})
    assert missing_pins(broker("new", "2.8.2"), [halfway]) == {FORMAT: "0.8.0"}


def test_a_broker_of_0_8_0_beside_others_of_it_takes_over_nothing() -> None:
    assert missing_pins(broker("new", "0.8.0"), [broker("a", "0.8.0", "0.8.0")]) == {}


def test_zookeeper_and_the_broker_itself_are_no_others() -> None:
    one = broker("new", "3.9.1")
    zookeeper = ServiceVersion("a", Role.ZOOKEEPER, "zookeeper", "/opt/kafka_2.13-2.8.2", "/opt/kafka_2.13-2.8.2")
    assert missing_pins(one, [one, zookeeper]) == {}
