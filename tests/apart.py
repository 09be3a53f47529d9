"""Two streams of tests for `-n 2`: what needs no host and then KRaft's lab, beside all that shares the main lab."""

from xdist.scheduler import LoadScopeScheduling

KRAFT = "tests/integration/test_kraft.py"


class Apart(LoadScopeScheduling):
    """Keeps tests that share hosts in one worker, in their order."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith("tests/unit/"):
            return "unit"
        return "kraft" if nodeid.startswith(KRAFT) else "lab"
