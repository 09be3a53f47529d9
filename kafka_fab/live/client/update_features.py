"""UpdateFeatures: finalized levels of features raised or lowered, or the request only validated."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from kafka_fab.live.client.protocol import Ask, kafka_python
from kafka_fab.live.client.rejection import Rejection, reason

# Both the oldest and the newest KRaft brokers have it: 3.3 begins and 4.x ends with 0 to 2.
VERSION = 1
TIMEOUT_MS = 30_000


class Direction(IntEnum):
    """Which way levels may change: up, down without loss of metadata, or down with it."""

    UPGRADE = 1
    SAFE_DOWNGRADE = 2
    UNSAFE_DOWNGRADE = 3


def update(
    ask: Ask,
    levels: Mapping[str, int],
    validate_only: bool = False,
    direction: Direction = Direction.UPGRADE,
    version: int = VERSION,
) -> dict[str, Rejection]:
    """Set the finalized levels of features, or only validate that; return which were rejected and why.

    Any broker takes the request and forwards it to the active controller; so does a controller itself. Where some
    are rejected, older controllers may have set the others: read the levels back.
    """
    shape = kafka_python().protocol.admin.UpdateFeaturesRequest
    updates = [
        shape.FeatureUpdateKey(version=version, feature=name, max_version_level=level, upgrade_type=int(direction))
        for name, level in levels.items()
    ]
    request = shape(version=version, timeout_ms=TIMEOUT_MS, feature_updates=updates, validate_only=validate_only)
    return rejected(ask(request), levels)


def rejected(answer: Any, levels: Mapping[str, int]) -> dict[str, Rejection]:
    """Return which of these features were rejected and why.

    Versions 0 and 1 have a result for each feature; version 2 (4.x) has one error for all of them, as a request that
    is refused as a whole has in any version.
    """
    each = {one.feature: one for one in getattr(answer, "results", None) or () if one.error_code}
    if each:
        return {name: Rejection(one.error_code, reason(one)) for name, one in each.items()}
    return dict.fromkeys(levels, Rejection(answer.error_code, reason(answer))) if answer.error_code else {}
