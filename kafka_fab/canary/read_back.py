"""Read back: each partition's log read from start to end, for the verdict."""

import threading
import time
from collections.abc import Mapping

from kafka_fab.canary.canary_log import ReadBack, Written
from kafka_fab.canary.canary_message import sequence_of
from kafka_fab.canary.canary_topic import TOPIC
from kafka_fab.canary.partition_tail import RETRY_SECONDS, PartitionGone, PartitionTail
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.live.client_access import ClientAccess
from kafka_fab.live.partition_log import LATEST, Patience

PATIENCE = Patience(seconds=0.5)
# A leader whose log ends before the acknowledged messages for this long has lost them.
CERTAIN_SECONDS = 5.0


def read_back(
    access: ClientAccess, run: bytes, starts: Mapping[int, int], written: Mapping[int, Written], seconds: float
) -> dict[int, ReadBack]:
    """Return what each partition's log has of a run, from start to end.

    A partition fails after so many seconds without an answer; the number of messages does not matter.
    """
    found = {partition: ReadBack(error=f"{TopicPartition(TOPIC, partition)} was not read") for partition in written}

    def read_partition(partition: int) -> None:
        tail = PartitionTail(access, partition, starts[partition])
        try:
            found[partition] = _PartitionReader(tail, run, written[partition], seconds).read()
        finally:
            tail.close()

    # Daemon threads, unlike a pool's: Ctrl-C must not wait for a leader that does not answer.
    threads = [threading.Thread(target=read_partition, args=[partition], daemon=True) for partition in written]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


class _PartitionReader:
    """Reads one partition from start to end."""

    def __init__(self, tail: PartitionTail, run: bytes, written: Written, seconds: float) -> None:
        self._tail, self._run, self._written = tail, run, written
        self._found = ReadBack()
        self._end: int | None = None
        self._answered = _Deadline(seconds)
        self._ending = _Deadline(min(CERTAIN_SECONDS, seconds))

    def read(self) -> ReadBack:
        """Read to the end, and at least to the last acknowledged offset."""
        while self._end is None or self._tail.position < self._end:
            try:
                self._step()
            except (Unreachable, RequestRejected) as error:
                self._ending.renew()
                self._found.error = f"{self._tail.topic_partition}: {error}"
                if self._answered.is_over():
                    return self._found
                time.sleep(RETRY_SECONDS)
            else:
                self._found.error = ""
                if self._ending.is_over():
                    break
        return self._found

    def _step(self) -> None:
        try:
            if self._end is None:
                self._end = max(self._tail.offset(LATEST), self._written.end)
            values = self._tail.read(PATIENCE)
        except PartitionGone:
            # This is an answer, too: there is no more to read.
            time.sleep(RETRY_SECONDS)
            return
        if values:
            self._answered.renew()
            self._ending.renew()
        for value in values:
            sequence = sequence_of(self._run, value)
            if sequence is not None:
                self._found.add(sequence)


class _Deadline:
    """A timeout that is restarted at each sign of progress."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.renew()

    def renew(self) -> None:
        self._began = time.monotonic()

    def is_over(self) -> bool:
        return time.monotonic() - self._began > self._seconds
