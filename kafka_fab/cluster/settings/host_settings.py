"""Settings of the hosts themselves."""

from collections.abc import Mapping

from kafka_fab.cluster.settings.named import package_or_none
from kafka_fab.cluster.settings.setting import absolute_path, checked, names
from kafka_fab.cluster.values.validator import Validator, within
from kafka_fab.frozen_value import dataclass

home_or_none = Validator(absolute_path.wanted, lambda home: absolute_path(home) if home else "")


@dataclass(frozen=True)
class Paths:
    """Paths on a host."""

    install: str = checked("/opt", absolute_path, "each version is extracted below it")
    link: str = checked("/opt/kafka", absolute_path, "the symbolic link to the installed version")
    cache: str = checked("/var/cache/kafka-fab", absolute_path, "the downloaded archive")


@dataclass(frozen=True)
class JavaSettings:
    """Which Java the hosts run: a package to install if none fits, or an existing Java home."""

    package: str = checked("", package_or_none, "empty: a headless OpenJDK that fits the version")
    home: str = checked("", home_or_none, "empty: the `java` in the host's PATH")


@dataclass(frozen=True)
class Tuning:
    """Kernel settings of the hosts. The defaults suit brokers; `sysctl` is applied last."""

    enabled: bool = checked(True, None, "false: no kernel setting is changed")
    max_map_count: int = checked(
        262144, within(65530, 2**31 - 1), "`vm.max_map_count`; each log segment takes two areas of memory"
    )
    swappiness: int = checked(1, within(0, 100), "`vm.swappiness`")
    dirty_background_ratio: int = checked(5, within(1, 99), "`vm.dirty_background_ratio`, in percent of memory")
    dirty_ratio: int = checked(60, within(2, 100), "`vm.dirty_ratio`, in percent of memory")
    socket_buffer: int = checked(
        2**21, within(2**16, 2**30), "`net.core.rmem_max` and `wmem_max`, in bytes: the most that a socket may ask for"
    )
    sysctl: Mapping[str, str] = names("more kernel settings; an empty value leaves one as the host has it")
