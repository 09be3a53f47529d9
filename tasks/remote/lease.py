"""Lease: a host's lock that lasts as long as this process and the connection to the host."""

import threading
from shlex import quote

from paramiko.ssh_exception import SSHException

from tasks.remote import channel, script
from tasks.remote.change import Reader
from tasks.remote.connection import Connection, HostFailure

HEARTBEAT = 15.0
# Longer than a host needs to notice that an older connection of ours is gone (LEASE in roll.sh).
PATIENCE = 120.0


class Taken(HostFailure):
    """The lock is held, or was left by a run that has not come to its end; `words` are its owner's."""

    def __init__(self, how: str, words: dict[str, str]) -> None:
        self.how, self.words = how, words
        super().__init__(f"{how} by {words.get('user', 'someone')}")


class Lease:
    """The lock of one host, taken when made; kept by a byte now and then, freed by the end of the connection."""

    def __init__(self, c: Connection, run: str, holder: str, owner: str, new: bool) -> None:
        self.host = c.original_host
        self.under_way = ""
        self._reader, self._answered, self._over = Reader(), threading.Event(), threading.Event()
        self._failure: HostFailure | None = None
        body = f"hold_lock {quote(run)} {quote(holder)} {int(new)} <<'OWNER'\n{owner}\nholder={holder}\nOWNER"
        self._session = channel.begin(c, script.held(body, script.ROLL))
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

    def release(self) -> None:
        """Give the lock back."""
        self._over.set()
        self._session.close()

    def _listen(self) -> None:
        try:
            self._session.listen(self._heard)
        except (OSError, EOFError, SSHException):
            pass
        finally:
            self._failure = self._failure or HostFailure("its lock could not be taken: the connection ended")
            self._over.set()
            self._answered.set()

    def _heard(self, line: str) -> None:
        change = self._reader.feed(line)
        if not change or change.kind != "lock":
            return
        words = dict(word.split("=", 1) for word in change.detail.split() if "=" in word)
        if change.status == "ok":
            self.under_way = change.detail.removeprefix("steps=").strip()
            self._answered.set()
        elif change.name in ("held", "unfinished"):
            self._failure = Taken(change.name, words)
        else:
            self._failure = HostFailure(f"{change.name} {change.detail}")

    def _beat(self) -> None:
        while not self._over.wait(HEARTBEAT):
            try:
                self._session.sendall(b".")
            except OSError:
                self._over.set()
