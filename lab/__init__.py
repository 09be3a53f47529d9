"""Throw-away systemd hosts on this machine, for the first try and for the tests."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.host import Host
    from lab.labs import Lab, LabSpec
    from lab.life import down, up
    from lab.machine import LabError

__all__ = ["Host", "Lab", "LabError", "LabSpec", "down", "up"]
PLACES = {"Host": "host", "Lab": "labs", "LabSpec": "labs", "LabError": "machine", "down": "life", "up": "life"}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: `fab --list` reads this package too."""
    if name not in PLACES:
        raise AttributeError(name)
    return getattr(import_module(f"lab.{PLACES[name]}"), name)
