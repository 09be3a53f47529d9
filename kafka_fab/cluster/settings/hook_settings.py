"""Settings of hooks: commands of the user's before a service stops and after it is ready again."""

from enum import StrEnum

from kafka_fab.cluster.settings.setting import checked
from kafka_fab.cluster.values.validator import matching, within
from kafka_fab.frozen_value import dataclass


class HookPlace(StrEnum):
    """Where a hook's commands run."""

    LOCAL = "local"
    HOST = "host"


hook_name = matching(r"[a-z0-9]([a-z0-9_-]{0,30}[a-z0-9])?", "a name of small letters, digits, - and _")


@dataclass(frozen=True)
class Hook:
    """A pair of shell commands around the restart, stop or start of a service."""

    before: str = checked("", None, "a shell command before a service is stopped; one that fails stops the operation")
    after: str = checked("", None, "a shell command after a service is ready, in a roll after it is in sync")
    where: HookPlace = checked(
        HookPlace.LOCAL, None, "`local`: where kafka-fab runs, in the cluster's folder; `host`: on the host, as root"
    )
    timeout: int = checked(60, within(1, 3600), "seconds after which a command is killed, and counts as failed")
