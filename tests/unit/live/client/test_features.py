"""Features: as nodes encode them, by kafka-python's own classes and byte by byte; and what is rejected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_fab.live.client import features, update_features
from kafka_fab.live.client.features import Levels, NodeFeatures
from kafka_fab.live.client.protocol import kafka_python
from kafka_fab.live.client.rejection import Rejection
from kafka_fab.live.client.update_features import Direction

LEVELS = {"metadata.version": 30, "transaction.version": 2}
INVALID_UPDATE, NOT_ALLOWED = 95, 31
GHOST = "Invalid update version 30 for feature metadata.version. Broker 3 only supports versions 1-21"
# As KIP-584 and KIP-866 lay it out: ApiVersions (18) 0-4, metadata.version 1-21, finalized 21 at offset 12, tag 3.
BYTES = bytes.fromhex(
    "0000020012000000040000000000040017"
    "02116d657461646174612e76657273696f6e0001001500"
    "0108000000000000000c"
    "021702116d657461646174612e76657273696f6e0015001500030101"
)


def api_versions(version: int = 3, known: int = 3, **fields: Any) -> Any:
    """An answer that went over the wire, of a node that has ApiVersions up to version `known`."""
    shape = kafka_python().protocol.metadata.ApiVersionsResponse
    keys = [shape.ApiVersion(version=version, api_key=18, min_version=0, max_version=known)]
    values = {"error_code": 0, "throttle_time_ms": 0, "api_keys": keys, **fields}
    return shape.decode(shape(version=version, **values).encode(version=version), version=version)


def supported(levels: Mapping[str, tuple[int, int]], version: int = 3) -> list[Any]:
    shape = kafka_python().protocol.metadata.ApiVersionsResponse.SupportedFeatureKey
    return [shape(version=version, name=n, min_version=low, max_version=top) for n, (low, top) in levels.items()]


def finalized(levels: Mapping[str, int], version: int = 3) -> list[Any]:
    shape = kafka_python().protocol.metadata.ApiVersionsResponse.FinalizedFeatureKey
    return [shape(version=version, name=n, max_version_level=v, min_version_level=v) for n, v in levels.items()]


def test_a_node_that_knows_no_features() -> None:
    assert features.of_answer(api_versions()) == NodeFeatures({}, {}, -1, False)


def test_the_bytes_of_a_controller_that_is_ready_to_migrate() -> None:
    shape = kafka_python().protocol.metadata.ApiVersionsResponse
    found = features.of_answer(shape.decode(BYTES, version=3))
    assert found == NodeFeatures({"metadata.version": Levels(1, 21)}, {"metadata.version": 21}, 12, True)


@given(
    st.dictionaries(st.text("abc.", min_size=1, max_size=9), st.tuples(st.integers(0, 9), st.integers(9, 99))),
    st.dictionaries(st.text("abc.", min_size=1, max_size=9), st.integers(0, 99)),
    st.integers(0, 2**62),
    st.booleans(),
)
def test_what_is_encoded_is_read(ranges: dict[str, Any], levels: dict[str, int], epoch: int, ready: bool) -> None:
    answer = api_versions(
        supported_features=supported(ranges),
        finalized_features_epoch=epoch,
        finalized_features=finalized(levels),
        zk_migration_ready=ready,
    )
    expected = {name: Levels(*levels) for name, levels in ranges.items()}
    assert features.of_answer(answer) == NodeFeatures(expected, levels, epoch, ready)


def test_a_newer_node_is_asked_for_features_that_begin_at_0() -> None:
    asked: list[int] = []

    def node(request: Any) -> Any:
        asked.append(request.API_VERSION)
        ranges = {"metadata.version": (7, 30)} | ({"kraft.version": (0, 1)} if request.API_VERSION == 4 else {})
        return api_versions(request.API_VERSION, 4, supported_features=supported(ranges, request.API_VERSION))

    found = features.read(node)
    assert (asked, found.supported["kraft.version"]) == ([3, 4], Levels(0, 1))


def test_an_older_node_is_asked_once() -> None:
    asked: list[int] = []

    def node(request: Any) -> Any:
        asked.append(request.API_VERSION)
        return api_versions()

    assert (features.read(node).supported, asked) == ({}, [3])


@pytest.mark.parametrize(
    ("feature", "level", "expected"),
    [
        ("metadata.version", 21, True),
        ("metadata.version", 30, True),
        ("metadata.version", 31, False),
        ("metadata.version", 6, False),
        ("share.version", 0, True),
        ("share.version", 1, False),
    ],
)
def test_what_a_node_supports(feature: str, level: int, expected: bool) -> None:
    assert NodeFeatures({"metadata.version": Levels(7, 30)}).supports(feature, level) == expected


class Controller:
    """Answers UpdateFeatures as it was told to, over the wire, and keeps what it was asked."""

    def __init__(self, version: int, results: Mapping[str, tuple[int, str]] | None = None, **top: Any) -> None:
        shape = kafka_python().protocol.admin.UpdateFeaturesResponse
        fields: dict[str, Any] = {"throttle_time_ms": 0, "error_code": 0, "error_message": None, **top}
        if results is not None:
            fields["results"] = [
                shape.UpdatableFeatureResult(version=version, feature=name, error_code=code, error_message=text or None)
                for name, (code, text) in results.items()
            ]
        self.answer = shape.decode(shape(version=version, **fields).encode(version=version), version=version)
        self.request: Any = None

    def ask(self, request: Any) -> Any:
        shape = kafka_python().protocol.admin.UpdateFeaturesRequest
        self.request = shape.decode(request.encode(version=request.API_VERSION), version=request.API_VERSION)
        return self.answer


@pytest.mark.parametrize("version", [1, 2])
def test_levels_are_set(version: int) -> None:
    controller = Controller(version, None if version == 2 else dict.fromkeys(LEVELS, (0, "")))
    assert update_features.update(controller.ask, LEVELS, version=version) == {}
    sent = {one.feature: (one.max_version_level, one.upgrade_type) for one in controller.request.feature_updates}
    assert sent == {name: (level, 1) for name, level in LEVELS.items()}
    assert not controller.request.validate_only


def test_levels_are_only_validated_and_may_go_down() -> None:
    controller = Controller(1, {})
    update_features.update(controller.ask, LEVELS, validate_only=True, direction=Direction.SAFE_DOWNGRADE)
    assert controller.request.validate_only
    assert {one.upgrade_type for one in controller.request.feature_updates} == {2}


@pytest.mark.parametrize("version", [0, 1])
def test_a_rejection_of_one_feature(version: int) -> None:
    controller = Controller(version, {"metadata.version": (INVALID_UPDATE, GHOST), "transaction.version": (0, "")})
    assert update_features.rejected(controller.answer, LEVELS) == {"metadata.version": Rejection(INVALID_UPDATE, GHOST)}


def test_a_rejection_by_4_x_is_one_for_all() -> None:
    controller = Controller(2, error_code=INVALID_UPDATE, error_message=GHOST)
    found = update_features.update(controller.ask, LEVELS, version=2)
    assert found == dict.fromkeys(LEVELS, Rejection(INVALID_UPDATE, GHOST))


def test_a_rejection_without_words_is_explained() -> None:
    controller = Controller(1, {}, error_code=NOT_ALLOWED)
    found = update_features.update(controller.ask, LEVELS)
    assert [*found] == [*LEVELS]
    assert found["metadata.version"].reason.startswith("ClusterAuthorizationFailedError")
    assert "[A14]" in found["metadata.version"].reason
