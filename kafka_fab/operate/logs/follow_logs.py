"""Follow logs: the last lines of each host's log merged by time, or all lines as they come."""

import re
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from shlex import join
from typing import Any

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.change import STATUSES
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles.service import services as services_of
from kafka_fab.cluster.schema.problem import did_you_mean
from kafka_fab.cluster.values.role import Role
from kafka_fab.cluster.values.secret import Redactor
from kafka_fab.operate.logs.log_event import LogEvent, Source, events, merged
from kafka_fab.operate.logs.log_line import LogPrinter
from kafka_fab.output import report
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.fleet import Fleet, fleet
from kafka_fab.remote.ssh.connection import Connection, HostFailure

ROLES = tuple(Role)


@dataclass(frozen=True)
class LogQuery:
    """The options of `fab logs`."""

    lines: int = 20
    follow: bool = False
    grep: str = ""
    service: str = ""
    file: str = ""
    json: bool = False


def logs(c: Context, wanted: LogQuery) -> None:
    """Print the logs of the hosts."""
    hosts = fleet(c, quiet=True)
    refuse(hosts, wanted)
    paths = {host: paths_of(hosts.cluster, hosts.cluster.nodes[host], wanted) for host in hosts.hosts}
    sources = [source for of_host in paths.values() for source in of_host]
    printer = LogPrinter(sources, wanted.json, colours=sys.stdout.isatty())
    done = _follow(hosts, wanted, paths, printer) if wanted.follow else _last(hosts, wanted, paths, printer)
    failures = report.failures(done)
    if failures:
        raise Exit("\n".join(failures), code=1)


Paths = dict[str, dict[Source, str]]


def paths_of(cluster: Cluster, node: Node, wanted: LogQuery) -> dict[Source, str]:
    """Return the paths of the logs to show of a host."""
    mine = (service for service in services_of(cluster, node) if wanted.service in ("", service.role))
    named = {Source(node.host, service.role): PurePosixPath(service.log) for service in mine}
    file = wanted.file.removesuffix(".log")
    return {source: str(main.with_name(f"{file}.log") if file else main) for source, main in named.items()}


def refuse(hosts: Fleet, wanted: LogQuery) -> None:
    """Raise Exit where the options cannot be met."""
    if wanted.lines < 0:
        raise Exit(f"--lines {wanted.lines}: must be 0 or more", code=1)
    if wanted.service not in ("", *ROLES):
        near = did_you_mean(wanted.service, ROLES)
        raise Exit(f"--service {wanted.service}: must be one of {', '.join(ROLES)}{near}", code=1)
    if not re.fullmatch(r"[A-Za-z0-9._-]*", wanted.file):
        raise Exit(f"--file {wanted.file}: must be a file in the log directory, for example state-change", code=1)
    roles = {service.role for host in hosts.hosts for service in services_of(hosts.cluster, hosts.cluster.nodes[host])}
    if wanted.service and wanted.service not in roles:
        combined = "; the controller of a combined node logs to the kafka log" if hosts.cluster.controllers else ""
        raise Exit(f"none of these hosts runs {wanted.service}{combined}", code=1)
    limit = int(hosts.config.get("parallel", len(hosts.hosts)))
    if wanted.follow and len(hosts.hosts) > limit:
        text = f"cannot follow {len(hosts.hosts)} hosts, only {limit} at a time: select some with -H"
        raise Exit(f"{text}, or raise `parallel` in fabric.yaml", code=1)


def _last(hosts: Fleet, wanted: LogQuery, paths: Paths, printer: LogPrinter) -> list[HostProgress]:
    asked = [host for host, of_host in paths.items() if of_host]
    done = hosts.run(lambda c: _gather(c, wanted, paths[c.original_host]), "logs", asked)
    for event in merged(log for progress in done if not progress.error for log in progress.value):
        printer.show(event)
    return done


def _gather(c: Connection, wanted: LogQuery, paths: dict[Source, str]) -> list[list[LogEvent]]:
    lines: dict[Source, list[str]] = {source: [] for source in paths}
    reader = _LogReader(c, list(paths), lambda source, line: lines[source].append(line))
    command = join(("last_lines", str(wanted.lines), wanted.grep, *paths.values()))
    reader.finish(channel.run(c, script.with_library(command), reader.on_line))
    return [events(source, found) for source, found in lines.items()]


def _follow(hosts: Fleet, wanted: LogQuery, paths: Paths, printer: LogPrinter) -> list[HostProgress]:
    stop, asked = threading.Event(), [host for host, of_host in paths.items() if of_host]

    def work(c: Connection) -> None:
        mine = paths[c.original_host]
        reader = _LogReader(c, list(mine), printer.show_line)
        command = join(("follow_lines", str(wanted.lines), wanted.grep, *mine.values()))
        try:
            reader.finish(channel.follow(c, script.while_connected(command), reader.on_line))
        except HostFailure as failure:
            if not stop.is_set():
                # The others continue: this must not be reported only at their end.
                print(f"{c.original_host}: {failure}", file=sys.stderr, flush=True)
            raise
        if not stop.is_set():
            raise HostFailure("the host closed the connection")

    with _until_interrupted(hosts, stop):
        done = hosts.run(work, "logs", asked)
    return [] if stop.is_set() else done


@contextmanager
def _until_interrupted(hosts: Fleet, stop: threading.Event) -> Iterator[None]:
    """Let Ctrl-C close the connections, which ends the commands on the hosts."""

    def end(_number: int, _frame: Any) -> None:
        signal.signal(signal.SIGINT, before)
        stop.set()
        hosts.close()

    before = signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _LogReader:
    """Reads a host's lines: lines of a log begin with its number; others are of the script library."""

    def __init__(self, c: Connection, sources: list[Source], emit: Any) -> None:
        self.c, self.sources, self.emit = c, sources, emit
        # Kafka logs the requests that fail, as they are.
        self._redactors = [Redactor() for _ in sources]
        self.failures: list[str] = []

    def on_line(self, line: str) -> None:
        """Handle one line."""
        head, _, rest = line.partition("\t")
        if head.isdecimal():
            self.emit(self.sources[int(head)], self._redactors[int(head)].hidden(rest))
        elif head in STATUSES:
            _, name, detail = [*rest.split("\t", 2), "", ""][:3]
            if head == "failed":
                self.failures.append(f"{name}: {detail}")
            else:
                print(f"{self.c.original_host}: {name}: {detail}", file=sys.stderr, flush=True)

    def finish(self, answer: channel.ScriptResult) -> None:
        """Raise HostFailure where the script failed."""
        if self.failures or answer.status > 0:
            raise HostFailure("; ".join(self.failures) or answer.stderr or f"status {answer.status}")
