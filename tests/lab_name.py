"""Lab name: what the labs of this checkout's tests are called."""

from __future__ import annotations

import os
import zlib

from lab.machine import CHECKOUT


def lab_name() -> str:
    """Return the beginning of the names of test labs and their hosts, such as `checkgea`.

    Labs belong to a checkout, so another one's run on this machine, or what it left behind, must have other names.
    KAFKA_FAB_TEST_LAB lets a second run of this checkout go on beside the first.
    """
    digest = f"{zlib.crc32(bytes(CHECKOUT)):08x}"
    # Letters alone: the number of a host follows.
    letters = digest[:3].translate(str.maketrans("0123456789", "ghijklmnop"))
    return os.environ.get("KAFKA_FAB_TEST_LAB") or f"check{letters}"
