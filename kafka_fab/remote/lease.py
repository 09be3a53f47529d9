"""Lease: a host's lock that lasts as long as this process and the connection to the host."""

import threading
from enum import StrEnum
from shlex import join

from paramiko.ssh_exception import SSHException

from kafka_fab.cluster.change import ChangeReader, key_values
from kafka_fab.frozen_value import dataclass
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.ssh.connection import Connection, HostFailure

HEARTBEAT = 15.0
# Longer than a host needs to notice that an older connection of ours is gone (LEASE in roll.sh).
PATIENCE = 120.0


class LockMode(StrEnum):
    """What a lock does about an interrupted run: refuse to begin, resume it, or leave it as it is."""

    NEW = "new"
    RESUME = "resume"
    PASS = "pass"


class LockTaken(HostFailure):
    """The lock is held, or was left by a run that has not come to its end; `words` are its owner's."""

    def __init__(self, state: str, details: dict[str, str]) -> None:
        self.state, self.details = state, details
        super().__init__(f"{state} by {details.get('user', 'someone')}")


class ForeignServices(HostFailure):
    """The host has services of the names of ours that are somebody else's: nothing there is ours to lock or change."""


@dataclass(frozen=True)
class LockRequest:
    """What a lock is asked for with: the run, who holds it, its terms as KEY=VALUE lines, a line for the journal.

    `whose` is the call by which the host knows whose lock is meant: each cluster on it has its own, and none where
    the services that it names are another's.
    """

    run: str
    holder: str
    owner: str
    mode: LockMode = LockMode.NEW
    entry: str = ""
    whose: str = ":"


class Lease:
    """The lock of one host: taken by the constructor, kept by a heartbeat, released with the connection.

    `running_steps` names units whose step is running, `stopping` services that are stopping; `unfinished` describes an
    operation that was interrupted and can be resumed.
    """

    def __init__(self, c: Connection, claim: LockRequest) -> None:
        self.host = c.original_host
        self.running_steps: tuple[str, ...] = ()
        self.stopping: tuple[str, ...] = ()
        self.unfinished: dict[str, str] = {}
        self._reader, self._answered, self._over = ChangeReader(), threading.Event(), threading.Event()
        self._failure: HostFailure | None = None
        call = join(("hold_lock", claim.run, claim.holder, claim.mode, claim.entry))
        body = f"{claim.whose}\n{call} <<'OWNER'\n{claim.owner}\nholder={claim.holder}\nOWNER"
        self._session = channel.begin(c, script.while_connected(body, script.ROLL))
        for work in (self._listen, self._beat):
            threading.Thread(target=work, daemon=True).start()
        if not self._answered.wait(PATIENCE):
            self.release()
            raise HostFailure(f"its lock does not answer within {PATIENCE:.0f} s")
        if self._failure:
            raise self._failure

    @property
    def held(self) -> bool:
        """Return whether the lock is still ours, as far as can be told from here."""
        return not self._over.is_set()

    def report_progress(self, progress: str) -> None:
        """Write down on the host how far the run is, for whoever is refused by its lock."""
        self._send(f"={progress.replace(' ', '_')};\n")

    def release(self) -> None:
        """Give the lock back."""
        self._over.set()
        self._session.close()

    def _listen(self) -> None:
        try:
            self._session.listen(self._on_line)
        except (OSError, EOFError, SSHException):
            pass
        finally:
            self._failure = self._failure or HostFailure("its lock could not be taken: the connection ended")
            self._over.set()
            self._answered.set()

    def _on_line(self, line: str) -> None:
        change = self._reader.feed(line)
        if change and change.kind == "owner" and change.status == "failed":
            self._failure = ForeignServices(change.detail)
        if change and change.kind == "unfinished":
            self.unfinished = key_values(change.detail)
        if not change or change.kind != "lock":
            return
        if change.status == "ok":
            at_work = key_values(change.detail)
            self.running_steps, self.stopping = (_units(at_work[key]) for key in ("running_steps", "stopping"))
            self._answered.set()
        elif change.name in ("held", "unfinished"):
            self._failure = LockTaken(change.name, key_values(change.detail))
        else:
            self._failure = HostFailure(f"{change.name} {change.detail}")

    def _beat(self) -> None:
        while not self._over.wait(HEARTBEAT):
            self._send(".")

    def _send(self, text: str) -> None:
        try:
            self._session.sendall(text.encode())
        except OSError:
            self._over.set()


def _units(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))
