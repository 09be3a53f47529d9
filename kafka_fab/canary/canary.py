"""Canary: numbered messages written and read while brokers come and go, to prove that nothing was lost.

`start`, then `latency` as often as is liked, then `finish`, or `abort` where the verdict does not matter any more.
Speaks plain text only, like validate.
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
from kafka_fab.canary.notes import Notes, Piece
from kafka_fab.canary.plain_writer import PlainWriter
from kafka_fab.canary.read_back import read_back
from kafka_fab.cluster.model import Cluster
from kafka_fab.live.client.background_thread import beside
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.topic import RequestRejected

SECONDS = 30.0


def start(cluster: Cluster, seconds: float = SECONDS, notes: Notes | None = None) -> "Canary":
    """Return a canary that writes and reads, each partition's first message acknowledged.

    With notes, what they tell of earlier ones that were cut off is judged with it, and it can be gone on with itself.

    Raises Silent or Unwilling, with a sentence, where the topic cannot be made or written within so many seconds.
    """
    # Without brokers it says so at once; a producer would look for them for a while, and say less about it.
    members = canary_topic.members(cluster)
    connecting = beside("canary-connect", lambda: _producer(cluster))
    try:
        partitions = sorted(canary_topic.make(cluster, members, seconds, keep=bool(notes and notes.earlier)))
        made = time.monotonic()
        starts = partition_tail.first_offsets(cluster, partitions, seconds)
        producer = connecting.result()
    except (Unreachable, RequestRejected):
        connecting.add_done_callback(_not_wanted)
        raise
    canary = Canary(cluster, starts, producer, made, notes)
    if not canary.sings(seconds):
        canary.abort()
        raise RequestRejected(f"topic {canary_topic.TOPIC}: a partition acknowledges nothing within {seconds:.0f} s")
    return canary


def _producer(cluster: Cluster) -> Any:
    return idempotent_writer.connected(cluster) if cluster.release.idempotence else None


def _not_wanted(connecting: "Future[Any]") -> None:
    if not connecting.exception() and connecting.result():
        idempotent_writer.let_go(connecting.result())


def judge_earlier(cluster: Cluster, notes: Notes, seconds: float = SECONDS) -> CanaryVerdict:
    """Return the verdict on canaries that were cut off, where none has been started since; as `Canary.finish`."""
    *earlier, last = _read_earlier(cluster, notes.earlier, seconds)
    run = notes.earlier[-1].run.hex()
    verdict = judge(last, run, canary_topic.TOPIC, cluster.release.idempotence, time.time(), earlier)
    if verdict.ok:
        _sweep(cluster, notes)
    return verdict


def _read_earlier(cluster: Cluster, pieces: Iterable[Piece], seconds: float) -> list[CanaryLog]:
    """Return the logs of canaries that were cut off, with what is left of their messages."""
    logs = []
    for piece in pieces:
        piece.log.read = read_back(cluster, piece.run, piece.starts, piece.log.written, seconds)
        logs.append(piece.log)
    return logs


def _sweep(cluster: Cluster, notes: Notes | None) -> None:
    if notes:
        notes.remove()
    try:
        canary_topic.remove(cluster)
    except (Unreachable, RequestRejected):
        # The verdict stands; the next canary finds the topic and uses it.
        return


class Canary:
    """A writer and a reader at work on the canary's topic; `starts` are the partitions' ends before it.

    `made` is when the topic was there, by time.monotonic. Without a producer messages may be written twice.
    Source: the topic's own brokers, found by metadata from those of hosts.ini; all threads are daemons.
    """

    def __init__(
        self, cluster: Cluster, starts: dict[int, int], producer: Any, made: float, notes: Notes | None = None
    ) -> None:
        self._cluster, self._starts, self.made, self._notes = cluster, starts, made, notes
        self._run = secrets.token_bytes(RUN_BYTES)
        self._ledger = Ledger(starts, notes)
        if notes:
            notes.begin(self._run, starts, self._ledger.now())
        self._verdict: CanaryVerdict | None = None
        self._finishing = threading.Lock()
        words = self._run, list(starts), self._ledger
        self._writer = IdempotentWriter(producer, *words) if producer else PlainWriter(cluster, *words)
        self._reader = LiveReader(cluster, self._run, starts, self._ledger)

    def sings(self, seconds: float) -> bool:
        """Wait until each partition has acknowledged a message, and measure from then on; return whether each has."""
        return self._ledger.begin(seconds)

    def latency(self) -> CanaryPulse:
        """Return the latency in milliseconds and the gap in seconds just now; never waits for the cluster."""
        return self._ledger.pulse()

    def finish(self, seconds: float = SECONDS, keep: bool = False) -> CanaryVerdict:
        """Stop writing, wait for what is outstanding, read everything back, and return the verdict; never raises.

        It waits at most so many seconds for outstanding acknowledgements, and as long for a leader that does not
        answer; reading takes as long as there is something to read. The topic goes when all is well, unless it is to
        be kept for one who goes on, and stays as evidence otherwise. A second call returns the same verdict.
        """
        with self._finishing:
            if self._verdict is None:
                self._verdict = self._judge(seconds)
                if self._verdict.ok and not keep:
                    _sweep(self._cluster, self._notes)
            return self._verdict

    def _judge(self, seconds: float) -> CanaryVerdict:
        self._writer.stop()
        self._ledger.await_all(seconds)
        self._reader.stop()
        log, ended = self._ledger.close(), self._ledger.now()
        self._writer.close()
        log.read = read_back(self._cluster, self._run, self._starts, log.written, seconds)
        earlier = self._earlier(seconds)
        return judge(log, self._run.hex(), canary_topic.TOPIC, self._cluster.release.idempotence, ended, earlier)

    def _earlier(self, seconds: float) -> list[CanaryLog]:
        return _read_earlier(self._cluster, self._notes.earlier, seconds) if self._notes else []

    def abort(self) -> None:
        """Stop everything without a verdict; the topic stays."""
        self._writer.close()
        self._reader.stop()
