"""Fleet: the hosts of a run, worked on all at once."""

import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fabric import Config
from invoke.exceptions import Exit

from kafka_fab.cluster.folder import folder, valid_hosts
from kafka_fab.cluster.schema.problem import ConfigError
from kafka_fab.cluster.template import TemplateProblem
from kafka_fab.output import report
from kafka_fab.output.fitted_text import fitted
from kafka_fab.output.progress import HostProgress
from kafka_fab.output.screen import Screen
from kafka_fab.remote.ssh.connection import Connection, HostFailure
from kafka_fab.remote.ssh.openssh import OpenSSH

if TYPE_CHECKING:
    from kafka_fab.cluster.model import Cluster

AT_ONCE = 50
Work = Callable[[Connection], Any]


class Fleet:
    """The chosen hosts and their connections, which stay open from task to task."""

    def __init__(self, config: Config, wanted: str | None = None, quiet: bool = False, soon: bool = False) -> None:
        """Read who is in the cluster and what it should be; where all hosts will be asked `soon`, connect meanwhile."""
        self.config = config
        self.quiet = quiet
        self._connections: dict[str, Connection] = {}
        self._making: dict[str, threading.Lock] = {}
        # Of the run, its twins' too: what sudo has refused once is not offered again.
        self._refused: dict[tuple[str, str, str], str] = {}
        place = folder()
        self._ssh = OpenSSH(place, config.ssh_config_path or config._runtime_ssh_path or "")
        if soon:
            self.connect_ahead(valid_hosts(place, wanted))
        try:
            self.cluster: Cluster = _read(place)
            self.hosts = self._chosen(wanted)
        except BaseException:
            self.close()
            raise
        for warning in self.cluster.warnings:
            print(fitted(str(warning)), file=sys.stderr)

    def _chosen(self, wanted: str | None) -> tuple[str, ...]:
        if wanted is None:
            return self.cluster.inventory.hosts
        names = [name.strip() for name in wanted.split(",")]
        if not all(names):
            # An unset variable in a script would otherwise mean every host.
            raise Exit(f"-H '{wanted}' has an empty name: name hosts or groups, or leave -H out for all hosts", code=1)
        try:
            return self.cluster.inventory.select(names)
        except KeyError as error:
            text = self.cluster.inventory.unknown_host(error.args[0], str(self.cluster.folder / "hosts.ini"))
            raise Exit(text, code=1) from error

    def run(self, work: Work, title: str, hosts: Iterable[str] | None = None) -> list[HostProgress]:
        """Do the work on all hosts at once and return each one's progress, in the order of hosts.ini.

        A failing host does not stop the others. Ctrl-C ends the wait at once and raises KeyboardInterrupt
        after saying what was under way.
        """
        progresses = [HostProgress(host) for host in (self.hosts if hosts is None else hosts)]
        screen = Screen(title, progresses, quiet=self.quiet)
        slots, done = threading.Semaphore(self._limit), threading.Semaphore(0)
        for progress in progresses:
            # Daemons: on Ctrl-C the program must end without waiting for a command on a host.
            threading.Thread(target=self._work, args=(work, progress, slots, done), daemon=True).start()
        with screen:
            for _ in progresses:
                while not done.acquire(timeout=0.1):
                    screen.refresh()
        return progresses

    def connect_ahead(self, hosts: Iterable[str]) -> None:
        """Begin to connect to hosts on which there will soon be work."""
        for host in list(hosts)[: self._limit]:
            threading.Thread(target=self._approach, args=(HostProgress(host),), daemon=True).start()

    def _approach(self, progress: HostProgress) -> None:
        # What is wrong, of whatever kind, is said when the host is worked on.
        with suppress(Exception):
            self._connection(progress).open_ahead()

    @property
    def _limit(self) -> int:
        return max(1, int(self.config.get("parallel", AT_ONCE)))

    def _work(self, work: Work, progress: HostProgress, slots: threading.Semaphore, done: threading.Semaphore) -> None:
        try:
            with slots:
                progress.started = time.monotonic()
                connection = self._connection(progress)
                connection.open_ahead()
                progress.value = work(connection)
        except (HostFailure, ConfigError, TemplateProblem) as failure:
            progress.error = str(failure)
        except Exception as error:  # the one place that gathers hosts' failures
            progress.error = f"{type(error).__name__}: {error}"
        finally:
            progress.ended = time.monotonic()
            done.release()

    def _connection(self, progress: HostProgress) -> Connection:
        with self._making.setdefault(progress.host, threading.Lock()):
            connection = self._connections.get(progress.host) or self._made(progress)
        connection._set(progress=progress)  # a Connection's other attributes are configuration
        if connection.is_connected:
            progress.connected = True
        return connection

    def _made(self, progress: HostProgress) -> Connection:
        # Connections write into their configuration: each has its own.
        config = self.config.clone()
        connection = self._connections[progress.host] = Connection(progress.host, config, self._ssh, progress)
        connection._set(fleet=self, refused=self._refused)
        return connection

    def duplicate(self) -> "Fleet":
        """Return the same hosts with connections of their own, for a question in the midst of work."""
        made = copy(self)
        made.quiet, made._connections, made._making = True, {}, {}
        return made

    def close(self) -> None:
        """Close all connections."""
        for connection in list(self._connections.values()):
            connection.close()
        self._ssh.close()


def _read(place: Path) -> "Cluster":
    # Its imports run while the hosts answer.
    from kafka_fab.cluster import load

    return load.cluster(place)


def fleet(c: Any, quiet: bool = False) -> Fleet:
    """Return the fleet of a task about the whole cluster, limited to the hosts of -H."""
    made: Fleet = c.executor.fleet
    made.quiet = quiet
    return made


def run_and_report(hosts: Fleet, work: Work, task: str, json: bool = False) -> list[HostProgress]:
    """Do the work on all hosts and print a table of them, or JSON; end the run with code 1 where a host failed."""
    began, hosts.quiet = time.monotonic(), json
    done = hosts.run(work, task)
    seconds = time.monotonic() - began
    print(report.as_json(done, task, hosts.cluster.name) if json else report.hosts(done, seconds))
    if any(progress.error for progress in done):
        raise Exit(code=1)
    return done


def require_success(done: list[HostProgress]) -> list[HostProgress]:
    """Return the hosts' progress; where a host failed, end the run with every reason."""
    if any(progress.error for progress in done):
        raise Exit(report.hosts(done, max(progress.seconds for progress in done)), code=1)
    return done
