"""Codes in the schemas of JSON output: every code that a preflight can give is one."""

import json
import re

from kafka_fab.cluster.folder import HOME
from kafka_fab.cluster.preflight import finding


def test_every_code_of_a_preflight_is_one_of_its_schema() -> None:
    schema = json.loads((HOME / "docs/schemas/preflight.json").read_text())
    pattern = schema["properties"]["checks"]["items"]["properties"]["code"]["pattern"]
    assert [code for code in finding.CODES.values() if not re.search(pattern, code)] == []
