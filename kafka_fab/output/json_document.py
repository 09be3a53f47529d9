"""JSON document: what `--json` prints; docs/schemas has a schema for each task."""

import json
from collections.abc import Mapping
from typing import Any


def document(task: str, cluster: str | None, content: Mapping[str, Any]) -> str:
    """Return one object: the task and the name of its cluster, if it has one, then what it has found or done."""
    head = {"task": task} if cluster is None else {"task": task, "cluster": cluster}
    return json.dumps({**head, **content}, indent=2)
