"""Features: the levels that one broker or controller supports, and those that the cluster has finalized."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, NamedTuple

from kafka_fab.frozen_value import dataclass
from kafka_fab.live.client import api_versions
from kafka_fab.live.client.protocol import Ask

METADATA_VERSION, KRAFT_VERSION = "metadata.version", "kraft.version"
NOTHING_FINALIZED = -1


class Levels(NamedTuple):
    """The lowest and highest level of a feature that a node supports."""

    lowest: int
    highest: int


@dataclass(frozen=True)
class NodeFeatures:
    """What one node answers: supported levels, finalized levels with their epoch, and whether it is ready to migrate.

    `epoch` is the metadata offset (with ZooKeeper the version of /feature) that the finalized levels are of, -1 where
    nothing is finalized. A broker or controller that is ready has zookeeper.metadata.migration.enable.
    """

    supported: Mapping[str, Levels] = field(default_factory=dict)
    finalized: Mapping[str, int] = field(default_factory=dict)
    epoch: int = NOTHING_FINALIZED
    zk_migration_ready: bool = False

    def supports(self, feature: str, level: int) -> bool:
        """Return whether the node can run with a feature at a level; 0 is a feature that is off."""
        levels = self.supported.get(feature)
        return levels.lowest <= level <= levels.highest if levels else level == 0


def read(ask: Ask) -> NodeFeatures:
    """Return the features of the node that is asked; raise Unreachable."""
    answer = api_versions.describe(ask)
    known = next((one.max_version for one in answer.api_keys if one.api_key == answer.API_KEY), 0)
    if known >= api_versions.FROM_ZERO:
        # Version 3 leaves out features whose lowest level is 0, and older nodes have no later version.
        answer = api_versions.describe(ask, api_versions.FROM_ZERO)
    return of_answer(answer)


def of_answer(answer: Any) -> NodeFeatures:
    """Return the features in an answer to ApiVersions."""
    return NodeFeatures(
        {one.name: Levels(one.min_version, one.max_version) for one in answer.supported_features or ()},
        {one.name: one.max_version_level for one in answer.finalized_features or ()},
        answer.finalized_features_epoch,
        answer.zk_migration_ready,
    )
