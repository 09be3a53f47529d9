"""Streams of tests for `-n 2`: what shares no hosts goes beside the rest, and each stream keeps its order."""

from xdist.scheduler import LoadScopeScheduling

# What needs no host, or has hosts of its own, by how its path begins; all else shares the main lab.
STREAMS = {
    "tests/unit/": "unit",
    "tests/integration/test_kraft": "kraft",
    "tests/integration/test_gate_views": "rolls",
    "tests/integration/test_rolling": "rolls",
    "tests/integration/test_live_running": "rolls",
    "tests/integration/test_campaign": "campaign",
    "tests/integration/test_live_upgrade": "campaign",
    # Each of these has a lab of its own.
    "tests/integration/test_live_acls": "secured",
    "tests/integration/test_live_move": "secured",
    "tests/integration/test_live_secured": "secured",
}


def stream(nodeid: str) -> str:
    """Return the stream to which a test belongs."""
    return next((name for start, name in STREAMS.items() if nodeid.startswith(start)), "lab")


class Apart(LoadScopeScheduling):
    """Keeps tests that share hosts in one worker, in their order."""

    def _split_scope(self, nodeid: str) -> str:
        return stream(nodeid)
