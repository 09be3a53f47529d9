"""Rolls: what the tests of rolling restarts share: a cluster that notices faults fast, and a roll watched from outside.

A roll is followed by its journal, a line of JSON for each event: nothing here waits for a while.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kafka_fab.cluster import load
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.gate.state import State
from kafka_fab.live import message, topic
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.connection_pool import ask
from kafka_fab.live.client.protocol import kafka_python
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.live.client_access import ClientAccess
from kafka_fab.live.cluster_state import source
from lab import Lab
from lab import faults as make
from lab.machine import wait_until
from tests import json_schemas
from tests.integration.conftest import ROOT, Site, with_zookeeper, write_folder

# A lab host may have to share two cores with a dozen others.
PATIENCE = 180
DISKS = ("/opt/kafka-logs", "/opt/kafka-more-logs")
QUICK = """
    replica.lag.time.max.ms: 3000
    zookeeper.session.timeout.ms: 6000
    controller.socket.timeout.ms: 5000
    controlled.shutdown.retry.backoff.ms: 500
    auto.leader.rebalance.enable: false
"""
STARTS = "journalctl --no-pager -o cat -u {} | grep -c '^Started '"
# A stop of systemd's wakes up what was frozen before.
ON_ITS_WAY_DOWN = """
until [ "$(systemctl is-active kafka)" = deactivating ]; do :; done
systemctl kill --signal={} kafka
"""
CANARY = "__kafka_fab_canary"
TOPIC, BROKER = 2, 4


@dataclass(frozen=True)
class Ended:
    """How a roll ended, and all that it said."""

    code: int
    said: str


class Roll:
    """A rolling restart under way."""

    def __init__(self, site: Rolls, words: Sequence[str]) -> None:
        self._site, self._before = site, {file: len(_lines(file)) for file in site.journals()}
        self.process, self._words = site.start_fab(*words), words

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return what its journal tells so far."""
        found = [line for file in self._site.journals() for line in _lines(file)[self._before.get(file, 0) :]]
        return [json.loads(line) for line in found]

    def until(self, kind: str, host: str = "", saying: str = "") -> dict[str, Any]:
        """Wait for an event, and return it."""

        def there() -> list[dict[str, Any]]:
            return [e for e in self.events if e["kind"] == kind and host in e["host"] and saying in e["text"]]

        wait_until(lambda: bool(there()) or self.process.poll() is not None, PATIENCE)
        if not there():
            raise AssertionError(f"no event `{kind}` of {host or 'any host'}:\n{self.stopped().said}")
        return there()[0]

    def order(self, kind: str = "step", saying: str = "") -> list[str]:
        """Return the hosts to which an event came, in the order of time."""
        return [event["host"] for event in self.events if event["kind"] == kind and saying in event["text"]]

    def end(self) -> Ended:
        """Wait for its end."""
        try:
            output, complaints = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it does not come to its end:\n{self.stopped().said}") from None
        json_schemas.check_output(self._words, output)
        return Ended(self.process.returncode, output + complaints)

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep it where it is: what a test does meanwhile comes before its next step, however slow the machine."""
        self.process.send_signal(signal.SIGSTOP)
        assert self.process.poll() is None, self.stopped().said
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def stopped(self) -> Ended:
        """Kill it if it is still there, as a power cut would."""
        if self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        output, complaints = self.process.communicate()
        return Ended(self.process.returncode, output + complaints)


def _lines(file: Path) -> list[str]:
    # What is not yet a whole line is not yet an event.
    return file.read_text().split("\n")[:-1]


@dataclass(frozen=True)
class Rolls(Site):
    """The cluster that is rolled: three brokers with two disks each, and ZooKeeper beside them."""

    begun: list[Roll] = field(default_factory=list)

    @property
    def model(self) -> Cluster:
        return load.cluster(self.folder)

    def node(self, host: str) -> Node:
        return self.model.nodes[host]

    def id(self, host: str) -> int:
        node = self.node(host)
        assert node.broker
        return node.broker.id

    def host(self, number: int) -> str:
        return next(host for host in self.hosts if self.id(host) == number)

    # ---- what it is like

    def state(self) -> State:
        with source(self.model) as read:
            return read(frozenset())

    def settles(self, condition: Callable[[State], bool]) -> State:
        """Wait until the cluster's state is as wanted, and return it."""
        seen: list[State] = []

        def settled() -> bool:
            seen.append(read(frozenset()))
            return condition(seen[-1])

        with source(self.model) as read:
            assert wait_until(settled, PATIENCE), seen[-1:]
        return seen[-1]

    @property
    def controller(self) -> str:
        """Return the host of the active controller."""
        return self.host(self.settles(lambda state: state.controller > 0).controller)

    @property
    def zookeeper_leader(self) -> str:
        """Return the host of the ensemble's leader."""
        state = self.settles(lambda state: bool(state.ensemble and state.ensemble.serving == state.ensemble.servers))
        assert state.ensemble
        return self.host(state.ensemble.leader)

    @property
    def others(self) -> list[str]:
        """Return the hosts whose brokers are not the controller, in the order in which they would go."""
        last = self.controller
        return [host for host in self.hosts if host != last]

    def pids(self) -> dict[str, str]:
        return {host: pid.strip() for host, pid in self.everywhere("systemctl show -p MainPID --value kafka").items()}

    def starts(self, unit: str = "kafka") -> dict[str, int]:
        """Return how often systemd has started a service."""
        return {host: int(count) for host, count in self.everywhere(STARTS.format(unit)).items()}

    def journals(self) -> list[Path]:
        return sorted((self.folder / ".kafka-fab").glob("*.jsonl"))

    # ---- what is done to it

    def begin(self, *words: str, on: Sequence[str] = ()) -> Roll:
        """Start a rolling restart of some hosts, or all."""
        chosen = ["-H", ",".join(on)] if on else []
        self.begun.append(Roll(self, [*chosen, "rolling-restart", *words]))
        return self.begun[-1]

    def roll(self, *words: str, on: Sequence[str] = ()) -> Ended:
        """Carry a rolling restart out to its end."""
        return self.begin(*words, on=on).end()

    def topic(self, name: str, *assignment: Sequence[int], whole: bool = True, **configs: object) -> None:
        """Make a topic with these replicas for each of its partitions, and wait until all are in sync if they can."""
        settings = {key.replace("_", "."): str(value) for key, value in configs.items()}

        def made() -> bool:
            # One of that name that is just being deleted is in the way, and goes.
            with suppress(Unreachable, RequestRejected):
                topic.create(self.model, self.node(self.controller), name, dict(enumerate(assignment)), settings)
            return any(p.topic == name for p in self.state().partitions)

        assert wait_until(made, PATIENCE)
        self.settles(lambda state: not whole or len(in_sync(state, name)) == len(assignment))

    def write(self, name: str, leader: int, value: bytes = b"word") -> None:
        """Write a message that all in-sync replicas acknowledge."""

        def written() -> bool:
            # A leader learns of a new topic a moment later than ZooKeeper.
            with suppress(Unreachable, RequestRejected):
                message.write(ClientAccess(self.model), self.node(self.host(leader)), name, 0, value)
                return True
            return False

        assert wait_until(written, PATIENCE)

    def ask(self, host: str, request: Any) -> Any:
        return ask(endpoint.of_broker(self.model, self.node(host)), request, 20)

    def move(self, name: str, replicas: Sequence[int] | None) -> None:
        """Begin to move a topic's first partition, or cancel that."""
        request = kafka_python().protocol.admin.AlterPartitionReassignmentsRequest
        moved = request.ReassignableTopic
        part = moved.ReassignablePartition(version=0, partition_index=0, replicas=replicas)
        wanted = moved(version=0, name=name, partitions=[part])
        answer = self.ask(self.controller, request(version=0, timeout_ms=10000, topics=[wanted]))
        assert not answer.error_code, answer
        assert not any(one.error_code for each in answer.responses for one in each.partitions), answer

    def configure(self, kind: int, name: str, settings: Mapping[str, str | None]) -> None:
        """Set, or with None delete, dynamic settings of a topic or a broker."""
        request = kafka_python().protocol.admin.IncrementalAlterConfigsRequest
        resource = request.AlterConfigsResource
        changes = [
            resource.AlterableConfig(version=0, name=key, config_operation=int(value is None), value=value)
            for key, value in settings.items()
        ]
        mine = resource(version=0, resource_type=kind, resource_name=name, configs=changes)
        host = self.host(int(name)) if kind == BROKER else self.controller
        [result] = self.ask(host, request(version=0, resources=[mine], validate_only=False)).responses
        assert not result.error_code, result

    def delete_records(self, name: str, partition: int) -> None:
        """Delete what a partition holds so far."""
        request = kafka_python().protocol.admin.DeleteRecordsRequest
        wanted = request.DeleteRecordsTopic
        part = wanted.DeleteRecordsPartition(version=0, partition_index=partition, offset=-1)
        named = wanted(version=0, name=name, partitions=[part])
        refused: list[int] = []

        def deleted() -> bool:
            # As the product asks: whoever leads now, and again where it has just moved to another.
            with suppress(Unreachable, StopIteration):
                leader = next(p.leader for p in self.state().partitions if (p.topic, p.number) == (name, partition))
                answer = self.ask(self.host(leader), request(version=0, topics=[named], timeout_ms=10000))
                refused.append(answer.topics[0].partitions[0].error_code)
            return refused[-1:] == [0]

        assert wait_until(deleted, PATIENCE), refused

    @contextmanager
    def held_in(self, phase: str, roll: Roll, host: str) -> Iterator[None]:
        """Hold a step in a phase: a broker that stops is frozen, one that was killed waits for its session's end."""
        roll.until("step", host)
        if phase == "stopping":
            self.on(host, ON_ITS_WAY_DOWN.format("STOP"))
        elif phase == "stopped":
            self.on(host, ON_ITS_WAY_DOWN.format("KILL"))
        roll.until(phase, host)
        try:
            yield
        finally:
            if phase == "stopping":
                self.on(host, "systemctl kill --signal=CONT kafka")

    @contextmanager
    def lagging(self, name: str, **configs: object) -> Iterator[tuple[int, int, int]]:
        """Keep a follower from a new topic's leader; yield the ids of leader, lagging one, and the third.

        The two are no leaders of ZooKeeper, and if one of them is the controller it leads the partition: the cut
        touches the partition alone.
        """
        state = self.settles(lambda state: bool(state.ensemble and state.ensemble.leader > 0 and state.controller > 0))
        assert state.ensemble
        pair = sorted(state.brokers - {state.ensemble.leader}, key=lambda number: number != state.controller)
        leader, behind = pair
        self.topic(name, [leader, behind], whole=True, **configs)
        with make.cut_link(*(self.lab.hosts[self.host(number)] for number in pair)):
            self.write(name, leader)
            self.settles(lambda state: any(p.topic == name and behind not in p.isr for p in state.partitions))
            yield leader, behind, state.ensemble.leader

    def mended(self) -> None:
        """Leave the cluster as it was found: no run unfinished, all up and in sync, no topics of tests."""
        for roll in self.begun:
            roll.stopped()
        self.begun.clear()
        self.everywhere(f"systemctl kill --signal=CONT kafka zookeeper; umount {DISKS[1]}; true")
        left = "".join(self.everywhere("cat /var/lib/kafka-fab/clusters/*/roll/owner 2>/dev/null; true").values())
        if left:
            self.done("rolling-restart", "--abandon", timeout=PATIENCE)
        units = self.everywhere("systemctl is-active kafka zookeeper; true")
        if any(words.split() != ["active"] * 2 for words in units.values()):
            self.done("start", timeout=PATIENCE)
        state = self.settles(lambda state: not state.unknown)
        for number, _ in state.offline_dirs:
            self.on(self.host(number), "systemctl restart kafka")
        for name in {p.topic for p in state.partitions}:
            topic.delete(self.model, self.node(self.controller), name)
        self.settles(is_whole)


def shut(roll: Roll) -> str:
    """Return what a roll says whose gate stays shut before its first step."""
    ended = roll.end()
    assert (ended.code, roll.order()) == (3, []), ended.said
    assert "; it was not stopped [R31]:" in ended.said
    return ended.said


def in_sync(state: State, name: str) -> list[int]:
    """Return the numbers of a topic's partitions that are led and whose replicas are all in sync."""
    mine = [p for p in state.partitions if p.topic == name]
    return [p.number for p in mine if p.leader > 0 and p.isr == frozenset(p.replicas)]


def is_whole(state: State) -> bool:
    return not (state.unknown or state.partitions or state.offline_dirs) and state.up == state.brokers


def built(lab: Lab, folder: Path) -> Rolls:
    """Install and start a cluster on all hosts of a lab, with settings that make faults quick."""
    hosts = tuple(lab.hosts)
    settings = (ROOT / "conf/cluster.yaml").read_text()
    settings = settings.replace("log_dirs: [/opt/kafka-logs]", f"log_dirs: [{', '.join(DISKS)}]")
    settings = settings.replace("    log.retention.hours: 168\n", f"    log.retention.hours: 168{QUICK}")
    write_folder(lab, folder, with_zookeeper(hosts), settings)
    site = Rolls(folder, hosts, lab)
    site.done("install", timeout=PATIENCE)
    site.done("start", timeout=PATIENCE)
    site.mended()
    return site
