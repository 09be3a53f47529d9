"""Voter change: show, extend and shrink the voters of a dynamic KRaft quorum (KIP-853), guarded."""

import json as json_text
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict
from shlex import join, quote

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.identity import voters
from kafka_fab.cluster.identity.voters import MetadataDir
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint, kraft
from kafka_fab.live import kraft_quorum
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.wait import until
from kafka_fab.live.kraft_quorum import QuorumDescription, QuorumReplica
from kafka_fab.locking.guard import Guard
from kafka_fab.operate.hosts import storage
from kafka_fab.operate.hosts.running import live_fleet
from kafka_fab.output import report
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.fleet import Fleet, require_success
from kafka_fab.remote.ssh.connection import Connection, HostFailure

SECONDS = 60


def show(c: Context, json: bool) -> None:
    """Print the quorum as its leader describes it, and the disks that are not those of its voters."""
    hosts = live_fleet(c)
    cluster = _kraft(hosts)
    disks = storage.disks(hosts)
    led, silent = kraft_quorum.described(cluster)
    if led is None:
        raise Exit("\n".join([silent, *_on_disk(disks)]), code=1)
    wrong = voters.replaced(disks, kraft_quorum.voters(cluster, led))
    if json:
        told = {"disks": [asdict(disk) for disk in disks], "wrong": {host: str(one) for host, one in wrong.items()}}
        print(json_text.dumps({**asdict(led), **told}, indent=2))
        return
    rows: list[tuple[object, ...]] = [("id", "host", "role", "behind records", "behind ms", "directory")]
    rows += _rows(cluster, led, led.voters, "voter")
    rows += _rows(cluster, led, led.observers, "observer")
    print(report.table(rows))
    print(f"epoch {led.epoch}; {len(led.caught_up())} of {len(led.voters)} voters keep up")
    for host, words in wrong.items():
        print(f"{host}: {words}")


def _on_disk(disks: Iterable[MetadataDir]) -> Iterator[str]:
    """Yield what stands on the controllers' disks: where none leads, nothing else tells who could be a voter."""
    for disk in disks:
        state = f"directory {disk.directory or 'without an id'}" if disk.formatted else "not formatted"
        yield f"    {disk.host}: controller {disk.id}, {disk.error or f'{disk.path} is {state}'}"


def _rows(
    cluster: Cluster, led: QuorumDescription, replicas: Iterable[QuorumReplica], role: str
) -> list[tuple[object, ...]]:
    hosts = {(n.broker or n.controller): n.host for n in cluster.nodes.values()}
    names = {member.id: host for member, host in hosts.items() if member}

    def row(one: QuorumReplica) -> tuple[object, ...]:
        rank = "leader" if one.id == led.leader else role
        behind = (one.lag, one.behind_ms) if one.seen else ("-", "never fetched")
        return one.id, names.get(one.id, "?"), rank, *behind, one.directory

    return list(map(row, replicas))


def add(c: Context, host: str) -> None:
    """Make a running observer a voter; raise Exit where that would be unsafe."""
    hosts = live_fleet(c)
    cluster = _dynamic(hosts)
    node = cluster.nodes.get(host)
    if not node or not node.controller:
        raise Exit(
            f"{host} is not in [controller] of hosts.ini: add it there, then `fab -H {host} install start`", code=1
        )
    with Guard(hosts, "quorum.add", [host]):
        _add(hosts, node, node.controller.id)


def _add(hosts: Fleet, node: Node, number: int) -> None:
    cluster, host = hosts.cluster, node.host
    led = _led(cluster)
    if number in {voter.id for voter in led.voters}:
        _refuse_another_disk(hosts, led, host)
        print(f"{host} is a voter already")
        return
    led = _caught_up(cluster, number)
    refuse_addition(led, number, host)
    config = kraft.config_file(cluster, node)
    _tool(hosts, node, ["--command-config", config, "--bootstrap-controller", _leader(cluster, led), "add-controller"])
    _await(cluster, number, is_voter=True)
    print(f"{host} is a voter: {len(led.voters) + 1} voters now")


def _refuse_another_disk(hosts: Fleet, led: QuorumDescription, host: str) -> None:
    """Raise Exit where the voter of a host's id is another disk than the one that the host has."""
    wrong = voters.replaced(storage.disks(hosts), kraft_quorum.voters(hosts.cluster, led))
    if host in wrong:
        raise Exit(f"{host}: {wrong[host]}", code=1)


def _caught_up(cluster: Cluster, number: int) -> QuorumDescription:
    """Return the quorum as soon as a new controller has caught up, or as it is when that takes too long."""
    seen: list[QuorumDescription] = []

    def is_near() -> bool:
        seen[:] = [_led(cluster)]
        observer = _observer(seen[0], number)
        return bool(observer and observer.keeps_up)

    until(is_near, SECONDS)
    return seen[0]


def _observer(led: QuorumDescription, number: int) -> QuorumReplica | None:
    # The leader goes on naming an old disk of the same controller for minutes: the one that is nearest lives.
    mine = (observer for observer in led.observers if observer.id == number and observer.seen)
    return min(mine, key=lambda observer: observer.behind_ms, default=None)


def refuse_addition(led: QuorumDescription, number: int, host: str) -> None:
    """Raise Exit unless every voter keeps up and the new controller has caught up as an observer."""
    behind = [voter.id for voter in led.voters if voter not in led.caught_up()]
    if behind:
        raise Exit(f"voters {behind} do not keep up: mend them before the quorum grows", code=1)
    seen = _observer(led, number)
    if seen is None:
        raise Exit(f"{host} does not follow the quorum yet: start it first (fab -H {host} start)", code=1)
    if not seen.keeps_up:
        raise Exit(f"{host} is {seen.lag} records behind: wait until it has caught up (fab quorum.show)", code=1)


def remove(c: Context, host: str) -> None:
    """Take a voter out; raise Exit where no majority that keeps up would remain."""
    hosts = live_fleet(c)
    cluster = _dynamic(hosts)
    number = _id_of(cluster, host)
    with Guard(hosts, "quorum.remove", [host]):
        _remove(hosts, host, number)


def _remove(hosts: Fleet, host: str, number: int) -> None:
    cluster = hosts.cluster
    led = _led(cluster)
    voter = next((voter for voter in led.voters if voter.id == number), None)
    if voter is None:
        print(f"{host} is not a voter")
        return
    refuse_removal(led, number, host, _answering(cluster))
    runner = next(n for n in cluster.controllers if n.controller and n.controller.id == led.leader)
    words = ["remove-controller", "--controller-id", str(number), "--controller-directory-id", voter.directory]
    _tool(hosts, runner, ["--bootstrap-controller", _leader(cluster, led), *words])
    _await(cluster, number, is_voter=False)
    print(f"{host} is no voter any more: {len(led.voters) - 1} remain. Stop it, then take it out of hosts.ini")


def refuse_removal(led: QuorumDescription, number: int, host: str, answering: Collection[int]) -> None:
    """Raise Exit unless the voters that remain have a majority that keeps up, and answers at this moment."""
    rest = [voter for voter in led.voters if voter.id != number]
    # The leader learns only after a while that a voter is gone.
    keeping_up = sum(voter in led.caught_up() and voter.id in answering for voter in rest)
    if not rest:
        raise Exit(f"{host} is the only voter: without it there is no cluster", code=1)
    if 2 * keeping_up <= len(rest):
        raise Exit(
            f"without {host} only {keeping_up} of {len(rest)} voters keep up: no majority; mend them first", code=1
        )


def _answering(cluster: Cluster) -> set[int]:
    nodes = {node.controller.id: node for node in cluster.controllers if node.controller}
    return {number for number, node in nodes.items() if kraft_quorum.answers(cluster, node, 2.0)}


def _kraft(hosts: Fleet) -> Cluster:
    if not hosts.cluster.kraft:
        raise Exit("this cluster has ZooKeeper and no quorum of controllers: hosts.ini has no [controller]", code=1)
    return hosts.cluster


def _dynamic(hosts: Fleet) -> Cluster:
    cluster = _kraft(hosts)
    if not cluster.dynamic_quorum:
        raise Exit("the quorum is static (controller.quorum): its voters change with hosts.ini and a restart", code=1)
    return cluster


def _led(cluster: Cluster) -> QuorumDescription:
    try:
        return kraft_quorum.describe(cluster)
    except Unreachable as silent:
        raise Exit(str(silent), code=1) from silent


def _id_of(cluster: Cluster, host: str) -> int:
    node = cluster.nodes.get(host)
    if node and node.controller:
        return node.controller.id
    if host.isdecimal():
        return int(host)
    raise Exit(f"{host} is neither in [controller] of hosts.ini nor an id", code=1)


def _leader(cluster: Cluster, led: QuorumDescription) -> str:
    node = next(n for n in cluster.controllers if n.controller and n.controller.id == led.leader)
    return endpoint.place(endpoint.of_controller(cluster, node))


def _tool(hosts: Fleet, node: Node, words: list[str]) -> None:
    # kafka-python has no AddRaftVoter and RemoveRaftVoter (keys 80, 81): the archive's own tool, as the service's user.
    def work(c: Connection) -> None:
        cluster = hosts.cluster
        tool = f"{cluster.settings.paths.link}/bin/kafka-metadata-quorum.sh"
        user = ("runuser", "-u", cluster.kafka.user, "--", "env", "LOG_DIR=/tmp", "KAFKA_HEAP_OPTS=-Xmx128m")
        answer = channel.run(c, script.with_library(f"{join((*user, tool))} {' '.join(map(quote, words))} 2>&1"))
        if answer.status:
            raise HostFailure(refusal(words, answer.output))

    c_hosts = [node.host]
    require_success(hosts.run(work, "quorum", c_hosts))


def refusal(words: Sequence[str], output: str) -> str:
    """Return what a tool that has failed says; where its time was over, that nobody knows what became of it."""
    name = next(word for word in words if word in ("add-controller", "remove-controller"))
    if "TimeoutException" in output:
        return f"{name}: no answer in time; whether the quorum has taken it is not known: look at fab quorum.show"
    lines = [line for line in output.splitlines() if line.strip() and not line.startswith("\t")]
    return f"{name}: {' '.join(lines[:3])}"


def _await(cluster: Cluster, number: int, is_voter: bool) -> None:
    def settled() -> bool:
        led, _ = kraft_quorum.described(cluster)
        return led is not None and (number in {voter.id for voter in led.voters}) == is_voter

    if not until(settled, SECONDS):
        raise Exit(f"the quorum has not taken the change of {number} in {SECONDS} s: see fab quorum.show", code=1)
