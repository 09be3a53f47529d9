"""Which brokers are not unregistered: those that run, or may, and those with replicas."""

from pathlib import Path

import pytest
from invoke.exceptions import Exit

from kafka_fab.operate.lifecycle import unregister
from kafka_fab.operate.lifecycle.unregister import Traces
from tests.unit.folders import COMBINED, written


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Traces(), ""),
        (Traces("c", "inactive dead"), ""),
        (Traces("c", "failed failed"), ""),
        (Traces("c", "active running"), "broker 3 runs on c (active running)"),
        (Traces("c", "activating auto-restart"), "broker 3 runs on c (activating auto-restart)"),
        (Traces("c", "deactivating stop-sigterm"), "stop it first (`fab -H c stop`)"),
        (Traces("c", error="timed out"), "c does not answer, so broker 3 may run (timed out)"),
        (Traces(registered=True), "broker 3 is in the cluster's metadata, so it runs"),
        (Traces("c", "inactive dead", registered=True), "is in the cluster's metadata"),
        # Cut off from brokers' eyes, or fenced: it may be back in a moment.
        (Traces(fetches=True), "broker 3 follows the metadata log, so it runs"),
        (Traces(replicas=("orders-0",)), "broker 3 still has 1 replica (orders-0): move them to other brokers first"),
        (Traces("c", "inactive dead", replicas=("a-0", "a-1", "a-2", "b-0")), "4 replicas (a-0, a-1, a-2 and 1 more)"),
    ],
)
def test_what_is_refused(found: Traces, said: str) -> None:
    text = unregister.refusal(3, found)
    assert said in text
    assert bool(text) is bool(said)


def test_a_broker_by_its_host_or_its_id(tmp_path: Path) -> None:
    cluster = written(tmp_path, COMBINED, "version: 4.3.1\n")
    assert unregister._id_of(cluster, "c") == 3
    assert unregister._id_of(cluster, "9") == 9
    with pytest.raises(Exit, match="nobody is neither a host in"):
        unregister._id_of(cluster, "nobody")
