"""Throw-away systemd hosts on this machine, for the first try and for the tests."""

from lab.host import Host
from lab.labs import Lab, LabSpec
from lab.life import down, up
from lab.machine import LabError

__all__ = ["Host", "Lab", "LabError", "LabSpec", "down", "up"]
