"""Change text: a live change as a person reads it: each service's listeners, and the pass that is due."""

from collections.abc import Iterable, Mapping, Sequence

from kafka_fab.cluster import running_config
from kafka_fab.cluster.dynamic.dynamic_keys import RESTART
from kafka_fab.cluster.security import transition
from kafka_fab.cluster.security.transition import MovePass
from kafka_fab.operate.security import authorizer_change, listener_changes
from kafka_fab.operate.security.listener_changes import ListenerChange
from kafka_fab.output import report
from kafka_fab.runbook.codes import MoveCode
from kafka_fab.typed_command import FAB

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
    below = (
        [*_readvertised(found), *map(title, left), *authorizer_change.lines(found, MovePass.REMOVE)]
        if step
        else ends(found)
    )
    return "\n".join([report.table(rows), *below])


def ends(found: Sequence[ListenerChange]) -> list[str]:
    """Return that no pass is left; where a listener is advertised otherwise than it is to be, what to do."""
    if listener_changes.stopped(found):
        return []
    others, same = list(_readvertised(found)), "every service has the listeners of conf/cluster.yaml, and no others"
    return [*others, f"{same}; for what is advertised: {FAB} install, then {RESTART}"] if others else [same]


def _readvertised(found: Sequence[ListenerChange]) -> Iterable[str]:
    for change in found:
        for name, (before, after) in listener_changes.readvertised(change).items():
            yield f"{change.target.name}: {name} is advertised as {before} and is to be advertised as {after}"


def way_out(step: MovePass) -> str:
    """Return how a service that is not back after its restart in a pass gets files with which it starts."""
    install, go_on = f"`{FAB} -H HOST install`", f"`{FAB} -H HOST start` and `{FAB} security.move`"
    text = f"where its files are the reason: correct conf/cluster.yaml, {install} writes them, then {go_on}"
    if step is not MovePass.ADD:
        return text
    back = "write the `security:` of before the move: with it the same install takes the host back"
    return f"{text}. Where the install is refused [{MoveCode.MOVE_NEEDED}], {back}"


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
