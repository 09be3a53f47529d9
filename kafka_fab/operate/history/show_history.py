"""Show history: `fab history`: the journals of all hosts, read as one."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.change import key_values, read_changes
from kafka_fab.locking.journal import JournalEntry, as_dict, merged
from kafka_fab.locking.run_record import run_of
from kafka_fab.output import report
from kafka_fab.output.json_document import document
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.fleet import Fleet, fleet
from kafka_fab.remote.node import owner_call
from kafka_fab.remote.ssh.connection import Connection

NAMED = 4


@dataclass(frozen=True)
class HostJournal:
    """What one host's journal holds, and the name of the operation that holds the host just now."""

    lines: tuple[str, ...] = ()
    at_work: str = ""


@dataclass(frozen=True)
class History:
    """The operations that the hosts tell of, the newest first, and the hosts that do not answer, with the reason."""

    entries: tuple[JournalEntry, ...]
    unreachable: dict[str, str] = field(default_factory=dict)


def history(c: Context, limit: int = 20, json: bool = False) -> None:
    """Print the newest operations; raise Exit where no host can be asked."""
    if limit < 1:
        raise Exit(f"--limit {limit}: at least 1 is wanted", code=1)
    hosts = fleet(c, quiet=True)
    found = read(hosts)
    for host, reason in found.unreachable.items():
        print(f"{host}: {reason}", file=sys.stderr)
    entries = found.entries[:limit]
    if json:
        told = {"operations": [as_dict(entry) for entry in entries], "unreachable": found.unreachable}
        print(document("history", hosts.cluster.name, told))
    else:
        print(text(entries))
    if not found.entries and found.unreachable:
        raise Exit(code=1)


def read(hosts: Fleet) -> History:
    """Return what the journals of the chosen hosts tell."""
    done = hosts.run(_ask, "history")
    told = {progress.host: progress.value for progress in done if not progress.error}
    at_work = next((one.at_work for one in told.values() if one.at_work), "")
    entries = merged({host: one.lines for host, one in told.items()}, at_work)
    return History(tuple(entries), {progress.host: progress.error for progress in done if progress.error})


def _ask(c: Connection) -> HostJournal:
    text = script.with_library(f"{owner_call(c)}\nlook_history", extra=script.ROLL)
    said = read_changes(channel.run(c, text).output.splitlines())
    lines = tuple(change.detail for change in said if change.kind == "entry")
    holder = next((change.detail for change in said if change.kind == "holder"), "")
    return HostJournal(lines, run_of({"run": ""} | key_values(holder)).id)


def text(entries: Sequence[JournalEntry]) -> str:
    """Return operations as a table."""
    if not entries:
        return "no operation is on record"
    rows: list[tuple[object, ...]] = [("run", "task", "by", "planned", "began", "seconds", "exit", "result")]
    rows += [
        (x.run, x.task, x.by, _planned(x), x.began, _or_dash(x.seconds), _or_dash(x.exit), x.result) for x in entries
    ]
    return report.table(rows)


def _planned(entry: JournalEntry) -> str:
    if not entry.of:
        return "-"
    more = f", and {entry.of - NAMED} more" if entry.of > NAMED else ""
    done = f" ({entry.done} of {entry.of} done)" if entry.done is not None else ""
    return f"{', '.join(entry.planned[:NAMED])}{more}{done}"


def _or_dash(value: object) -> object:
    return "-" if value is None else value
