"""The ways to break a host: each names a spec that there is."""

import re
from pathlib import Path

from tests.integration.test_drift import BREAKS

INFRA = Path(__file__).resolve().parents[1] / "infra"


def test_the_spec_of_every_way_to_break_a_host_is_there() -> None:
    specs = [one.spec.partition("::") for one in BREAKS]
    missing = [
        name for file, _, name in specs if not re.search(f"^def {name}", (INFRA / file).read_text(), re.MULTILINE)
    ]
    assert missing == []
