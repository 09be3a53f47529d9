"""Fabric switches: Fabric's own, and its configuration; what no task of ours goes by is refused, not passed over."""

import re
from pathlib import Path
from typing import Any

from invoke.exceptions import Exit

from kafka_fab.typed_command import FAB

NOT_BEGUN = 2
NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")
DRY = (
    f"--dry is not kafka-fab's, nothing was done: `{FAB} plan` shows what install would change, `{FAB} topics.plan` "
    "what topics.apply would; rolling-restart, reconfigure and elect-leaders have --plan"
)
TIMED = (
    "--command-timeout (-T) is not kafka-fab's, nothing was done: each task knows how long its steps may take; "
    "--connect-timeout (-t) is how long to wait for a host"
)
# What may be said of all connections; the rest is ssh_config's.
CONNECT = frozenset(
    [
        "allow_agent",
        "auth_timeout",
        "banner_timeout",
        "channel_timeout",
        "key_filename",
        "passphrase",
        "password",
        "timeout",
    ]
)


def check(config: Any) -> None:
    """Raise Exit where Fabric's switches or configuration ask for what is not done here, or is no number."""
    if config.run.dry:
        # Fabric's switch is about its own run(), which no task here uses: it would do everything.
        raise Exit(DRY, code=NOT_BEGUN)
    if config.timeouts.command is not None:
        raise Exit(TIMED, code=NOT_BEGUN)
    _is_there(config._runtime_path, config._runtime_found, "-f")
    given = config.ssh_config_path or config._runtime_ssh_path
    _is_there(given, str(given).lower() == "none" or Path(str(given)).expanduser().exists(), "-S")
    _is_number("timeouts.connect (-t)", seconds_to_connect(config))
    _is_number("parallel", config.get("parallel"))
    odd = sorted(set(config.connect_kwargs) - CONNECT)
    if odd:
        raise Exit(f"connect_kwargs.{odd[0]} of Fabric's configuration: ssh_config says that of each host", code=1)


def seconds_to_connect(config: Any) -> Any:
    """Return how long a host is waited for; Fabric has -t among paramiko's settings, beside its own.

    From the environment (FABRIC_TIMEOUTS_CONNECT) it comes as text.
    """
    found = config.connect_kwargs.get("timeout", config.timeouts.connect)
    return float(found) if isinstance(found, str) and NUMBER.fullmatch(found) else found


def _is_there(path: str | None, found: bool | None, switch: str) -> None:
    if path and not found:
        raise Exit(f"{path}: is not there ({switch}): name a file, or leave {switch} out", code=1)


def _is_number(name: str, value: object) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise Exit(f"{name} of Fabric's configuration: a number above 0 is wanted, found {value}", code=1)
