"""Show history: `fab history`: the merged journals of all hosts."""

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
    """The lines of one host's journal, and the id of the operation that holds its lock."""

    lines: tuple[str, ...] = ()
    current: str = ""


@dataclass(frozen=True)
class History:
    """The operations of the hosts' journals, the newest first, and the hosts that did not answer, with the reason."""

    entries: tuple[JournalEntry, ...]
    unreachable: dict[str, str] = field(default_factory=dict)


def history(c: Context, limit: int = 20, json: bool = False) -> None:
    """Print the newest operations; raise Exit where no host answers."""
    if limit < 1:
        raise Exit(f"--limit {limit}: must be at least 1", code=1)
    hosts = fleet(c, quiet=True)
    found = read(hosts)
    for host, reason in found.unreachable.items():
        print(f"{host}: {reason}", file=sys.stderr)
    entries = found.entries[:limit]
    if json:
        result = {"operations": [as_dict(entry) for entry in entries], "unreachable": found.unreachable}
        print(document("history", hosts.cluster.name, result))
    else:
        print(text(entries) if entries or not found.unreachable else "the history could not be read")
    if not found.entries and found.unreachable:
        raise Exit(code=1)


def read(hosts: Fleet) -> History:
    """Return the operations in the journals of the chosen hosts."""
    done = hosts.run(_read_host, "history")
    journals = {progress.host: progress.value for progress in done if not progress.error}
    current = next((one.current for one in journals.values() if one.current), "")
    entries = merged({host: one.lines for host, one in journals.items()}, current)
    return History(tuple(entries), {progress.host: progress.error for progress in done if progress.error})


def _read_host(c: Connection) -> HostJournal:
    text = script.with_library(f"{owner_call(c)}\nlook_history", extra=script.ROLL)
    changes = read_changes(channel.run(c, text).output.splitlines())
    lines = tuple(change.detail for change in changes if change.kind == "entry")
    holder = next((change.detail for change in changes if change.kind == "holder"), "")
    return HostJournal(lines, run_of({"run": ""} | key_values(holder)).id)


def text(entries: Sequence[JournalEntry]) -> str:
    """Return operations as a table."""
    if not entries:
        return "no operations recorded"
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
