"""The schemas of docs/schemas: which one a document of `--json` must pass, and whether it does."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from kafka_fab.cluster.folder import HOME

FOLDER = HOME / "docs/schemas"


@cache
def _registry() -> Registry[Any]:
    found = {file.name: json.loads(file.read_text()) for file in FOLDER.glob("*.json")}
    return Registry().with_resources((name, Resource.from_contents(schema)) for name, schema in found.items())


@cache
def validator(name: str) -> Draft202012Validator:
    """Return the validator of one schema."""
    return Draft202012Validator({"$ref": f"{name}.json"}, registry=_registry())


def faults(name: str, document: object) -> list[str]:
    """Return what is wrong with a document by a schema."""
    return [f"{name}: {fault.json_path}: {fault.message}" for fault in validator(name).iter_errors(document)]


def check(name: str, document: Mapping[str, Any]) -> None:
    """Fail where a document does not pass its schema, as a reader of JSON sees it."""
    wrong = faults(name, json.loads(json.dumps(document)))
    assert not wrong, "\n".join(wrong)


def check_output(words: Sequence[str], output: str) -> None:
    """Fail where what `fab WORDS` printed for programs does not pass its task's schema."""
    if "--json" not in words or not output.strip():
        return
    if "logs" in words:
        for line in output.splitlines():
            check("logs", json.loads(line))
        return
    document, rest = json.JSONDecoder().raw_decode(output.lstrip())
    while True:
        check(_name(words, document), document)
        output = output.lstrip()[rest:]
        if not output.strip():
            return
        document, rest = json.JSONDecoder().raw_decode(output.lstrip())


def _name(words: Sequence[str], document: Mapping[str, Any]) -> str:
    """Return the schema of a task's document: three tasks print another one with a switch."""
    task = str(document["task"])
    if task == "upgrade":
        return next((f"upgrade-{word}" for word in ("plan", "status") if f"--{word}" in words), task)
    if task == "rolling-restart" and "--plan" in words:
        return "rolling-restart-plan"
    return "placement-partition" if task == "placement" and "--partition" in words else task
