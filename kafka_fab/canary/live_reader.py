"""Live reader: the canary's consumer during the roll, for the gaps that a consumer sees."""

import threading
from collections.abc import Mapping
from functools import partial

from kafka_fab.canary.canary_message import sequence_of
from kafka_fab.canary.ledger import Ledger
from kafka_fab.canary.partition_tail import RETRY_SECONDS, PartitionTail
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.live.client_access import ClientAccess
from kafka_fab.live.partition_log import Patience

# Two or three messages at once: a response for each would cost as much as writing them.
PATIENCE = Patience(seconds=0.25, min_bytes=400)


class LiveReader:
    """A reader with a thread for each partition: a dead leader blocks no other partition."""

    def __init__(self, access: ClientAccess, run: bytes, starts: Mapping[int, int], ledger: Ledger) -> None:
        self._run, self._ledger, self._stopped = run, ledger, threading.Event()
        for partition, start in starts.items():
            work = partial(self._follow, partition, PartitionTail(access, partition, start))
            threading.Thread(target=work, name=f"canary-reader-{partition}", daemon=True).start()

    def _follow(self, partition: int, tail: PartitionTail) -> None:
        while not self._stopped.is_set():
            try:
                values = tail.read(PATIENCE)
            except (Unreachable, RequestRejected):
                self._stopped.wait(RETRY_SECONDS)
                continue
            if any(sequence_of(self._run, value) is not None for value in values):
                self._ledger.arrive(partition)
        tail.close()

    def stop(self) -> None:
        """Let the threads end."""
        self._stopped.set()
