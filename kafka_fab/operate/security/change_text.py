"""Change text: a live change as a person reads it: each service's listeners, and the pass that is due."""

from collections.abc import Iterable, Mapping, Sequence

from kafka_fab.cluster import running_config
from kafka_fab.cluster.security import transition
from kafka_fab.cluster.security.transition import MovePass
from kafka_fab.operate.security import listener_changes
from kafka_fab.operate.security.listener_changes import ListenerChange
from kafka_fab.output import report

TITLES = {
    MovePass.ADD: "pass 1 of 3, add: new listeners beside the old ones",
    MovePass.SWITCH: "pass 2 of 3, switch: services connect by the new listeners",
    MovePass.REMOVE: "pass 3 of 3, remove: the old listeners close",
}


def title(step: MovePass) -> str:
    """Return what a pass does."""
    return TITLES[step]


def plan(found: Sequence[ListenerChange]) -> str:
    """Return each service's listeners now and at the end, and the passes that are left."""
    rows: list[Sequence[object]] = [("host", "service", "runs", "is to run", "next pass")]
    rows += [
        (change.target.host, change.target.label, listened(change.running), listened(change.wanted), change.due or "-")
        for change in found
    ]
    step = listener_changes.due(found)
    left = list(MovePass)[list(MovePass).index(step) :] if step else []
    ends = [title(one) for one in left] or [_end(found)]
    return "\n".join([report.table(rows), *ends])


def _end(found: Sequence[ListenerChange]) -> str:
    down = listener_changes.stopped(found)
    if not down:
        return "every service has the listeners of conf/cluster.yaml"
    return (
        f"stopped: {', '.join(change.target.name for change in down)}. A change is led by what runs: start them first"
    )


def listened(properties: Mapping[str, str]) -> str:
    """Return a service's listeners in a line: name:port (protocol)."""
    return ", ".join(_listeners(properties)) or "stopped"


def _listeners(properties: Mapping[str, str]) -> Iterable[str]:
    for one in running_config.listeners(properties):
        protocol = "" if one.protocol == one.name else f" ({one.protocol})"
        yield f"{one.name}:{one.port}{protocol}"
    for key in transition.CLIENT_PORTS:
        if properties.get(key):
            yield f"{key}:{properties[key]}"
