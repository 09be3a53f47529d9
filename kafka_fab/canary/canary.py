"""Canary: numbered messages written and read while brokers come and go, to check that none is lost.

`start`, then `latency` any number of times, then `finish`, or `abort` without a verdict.
"""

import secrets
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

from kafka_fab.canary import canary_topic, idempotent_writer, partition_tail
from kafka_fab.canary.canary_log import CanaryLog
from kafka_fab.canary.canary_message import RUN_BYTES
from kafka_fab.canary.canary_verdict import CanaryVerdict, judge
from kafka_fab.canary.idempotent_writer import IdempotentWriter
from kafka_fab.canary.ledger import CanaryPulse, Ledger
from kafka_fab.canary.live_reader import LiveReader
from kafka_fab.canary.notes import InterruptedRun, Notes
from kafka_fab.canary.plain_writer import PlainWriter
from kafka_fab.canary.read_back import read_back
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.security import principals
from kafka_fab.live import client_access
from kafka_fab.live.client.background_thread import run_in_thread
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.live.client_access import ClientAccess

SECONDS = 30.0


def start(cluster: Cluster, seconds: float = SECONDS, notes: Notes | None = None) -> "Canary":
    """Return a canary that writes and reads, each partition's first message acknowledged.

    With notes, the messages of earlier interrupted canaries are checked, too, and it can itself be resumed. Raises
    Unreachable or RequestRejected where the topic cannot be created or written within so many seconds.
    """
    # Fails at once without brokers; a producer would look for them for a while, with a vaguer error.
    members = canary_topic.members(cluster)
    access = client_access.access(cluster, principals.CANARY_USER)
    connecting = run_in_thread("canary-connect", lambda: _producer(access))
    try:
        partitions = sorted(canary_topic.make(cluster, members, seconds, keep=bool(notes and notes.earlier)))
        made = time.monotonic()
        starts = partition_tail.first_offsets(access, partitions, seconds)
        producer = connecting.result()
    except (Unreachable, RequestRejected):
        connecting.add_done_callback(_close_unused)
        access.close()
        raise
    canary = Canary(access, starts, producer, made, notes)
    if not canary.await_first_acks(seconds):
        canary.abort()
        raise RequestRejected(
            f"topic {canary_topic.TOPIC}: timed out: a partition acknowledged no message within {seconds:.0f} s"
        )
    return canary


def _producer(access: ClientAccess) -> Any:
    return idempotent_writer.connected(access) if access.cluster.running_release.idempotence else None


def _close_unused(connecting: "Future[Any]") -> None:
    if not connecting.exception() and connecting.result():
        idempotent_writer.close_producer(connecting.result())


def judge_earlier(cluster: Cluster, notes: Notes, seconds: float = SECONDS) -> CanaryVerdict:
    """Return the verdict on interrupted canaries, where none was started since; as `Canary.finish`."""
    with client_access.opened(cluster, principals.CANARY_USER) as access:
        *earlier, last = _read_earlier(access, notes.earlier, seconds)
    run = notes.earlier[-1].run.hex()
    verdict = judge(last, run, canary_topic.TOPIC, cluster.running_release.idempotence, time.time(), earlier)
    if verdict.ok:
        _clean_up(cluster, notes)
    return verdict


def _read_earlier(access: ClientAccess, interrupted: Iterable[InterruptedRun], seconds: float) -> list[CanaryLog]:
    """Return the logs of interrupted canaries, with what could be read back of their messages."""
    logs = []
    for one in interrupted:
        one.log.read = read_back(access, one.run, one.starts, one.log.written, seconds)
        logs.append(one.log)
    return logs


def _clean_up(cluster: Cluster, notes: Notes | None) -> None:
    if notes:
        notes.remove()
    try:
        canary_topic.remove(cluster)
    except (Unreachable, RequestRejected):
        # The verdict stands; the next canary finds the topic and uses it.
        return


class Canary:
    """A writer and a reader of the canary's topic; `starts` are the partitions' end offsets before it.

    `made` is when the topic was created, by time.monotonic. Without a producer messages may be duplicated.
    Source: the topic's own brokers, found by metadata from those of hosts.ini; all threads are daemons.
    """

    def __init__(
        self, access: ClientAccess, starts: dict[int, int], producer: Any, made: float, notes: Notes | None = None
    ) -> None:
        self._access, self._cluster = access, access.cluster
        self._starts, self.made, self._notes = starts, made, notes
        self._run = secrets.token_bytes(RUN_BYTES)
        self._ledger = Ledger(starts, notes)
        if notes:
            notes.begin(self._run, starts, self._ledger.now())
        self._verdict: CanaryVerdict | None = None
        # As it has begun, whatever release its brokers are at by its end.
        self._idempotent = producer is not None
        self._finishing = threading.Lock()
        args = self._run, list(starts), self._ledger
        self._writer = IdempotentWriter(producer, *args) if producer else PlainWriter(access, *args)
        self._reader = LiveReader(access, self._run, starts, self._ledger)

    def await_first_acks(self, seconds: float) -> bool:
        """Wait until each partition has acknowledged a message, and begin to measure; return whether each has."""
        return self._ledger.begin(seconds)

    def latency(self) -> CanaryPulse:
        """Return the current latency and gap; never waits for the cluster."""
        return self._ledger.pulse()

    def finish(self, seconds: float = SECONDS, keep: bool = False) -> CanaryVerdict:
        """Stop writing, wait for outstanding acknowledgements, read all back, and return the verdict; never raises.

        The timeout in seconds is for outstanding acknowledgements, and for a leader that does not answer; reading
        takes as long as there are messages. The topic is deleted after a good verdict, unless it is to be kept for a
        resume, and kept as evidence otherwise. A second call returns the same verdict.
        """
        with self._finishing:
            if self._verdict is None:
                self._verdict = self._judge(seconds)
                self._access.close()
                if self._verdict.ok and not keep:
                    _clean_up(self._cluster, self._notes)
            return self._verdict

    def _judge(self, seconds: float) -> CanaryVerdict:
        self._writer.stop()
        self._ledger.await_all(seconds)
        self._reader.stop()
        log, ended = self._ledger.close(), self._ledger.now()
        self._writer.close()
        log.read = read_back(self._access, self._run, self._starts, log.written, seconds)
        earlier = self._earlier(seconds)
        return judge(log, self._run.hex(), canary_topic.TOPIC, self._idempotent, ended, earlier)

    def _earlier(self, seconds: float) -> list[CanaryLog]:
        return _read_earlier(self._access, self._notes.earlier, seconds) if self._notes else []

    def abort(self) -> None:
        """Stop writer and reader without a verdict; the topic is kept."""
        self._writer.close()
        self._reader.stop()
        self._access.close()
