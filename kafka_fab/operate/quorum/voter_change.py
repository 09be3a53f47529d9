"""Voter change: the KRaft quorum shown, and voters added to and removed from a dynamic one (KIP-853), if safe."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from shlex import join, quote
from typing import Any

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.identity import voters
from kafka_fab.cluster.identity.voters import MetadataDir, MetadataDirProblem
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint, kraft
from kafka_fab.cluster.running_config import Endpoint
from kafka_fab.live import kraft_quorum
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.describe_quorum import QuorumDescription, QuorumReplica
from kafka_fab.live.client.wait import until
from kafka_fab.live.cluster_state import look
from kafka_fab.locking.guard import Guard
from kafka_fab.operate.consent import agree
from kafka_fab.operate.hosts import storage
from kafka_fab.operate.hosts.running import live_fleet
from kafka_fab.output import report
from kafka_fab.output.counted import counted
from kafka_fab.output.json_document import document
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.fleet import Fleet, require_success
from kafka_fab.remote.ssh.connection import Connection, HostFailure
from kafka_fab.typed_command import FAB

SECONDS = 60


def show(c: Context, json: bool) -> None:
    """Print the quorum as its leader describes it, and the disks that are not the disks of its voters."""
    hosts = live_fleet(c)
    cluster = _kraft(hosts)
    disks = storage.disks(hosts)
    led, reason = kraft_quorum.described(cluster)
    if led is None:
        raise Exit("\n".join([reason, *_on_disk(disks)]), code=1)
    problems = voters.replaced(disks, kraft_quorum.voters(cluster, led))
    if json:
        print(document("quorum.show", cluster.name, as_dict(cluster, led, disks, problems)))
        return
    rows: list[tuple[object, ...]] = [("id", "host", "role", "lag", "lag ms", "directory id")]
    rows += _rows(cluster, led, led.voters, "voter")
    rows += _rows(cluster, led, led.observers, "observer")
    print(report.table(rows))
    print(f"epoch {led.epoch}; {len(led.caught_up())} of {len(led.voters)} voters caught up")
    for host, problem in problems.items():
        print(f"{host}: {problem}")


def _on_disk(disks: Iterable[MetadataDir]) -> Iterator[str]:
    """Yield the controllers' disks: while no leader is elected only they show which controller may be a voter."""
    for disk in disks:
        state = f"has {f'directory id {disk.directory}' if disk.directory else 'no directory id'}"
        state = f"{disk.path} {state if disk.formatted else 'is not formatted'}"
        yield f"    {disk.host}: controller {disk.id}, {disk.error or state}"


def as_dict(
    cluster: Cluster,
    led: QuorumDescription,
    disks: Iterable[MetadataDir],
    problems: Mapping[str, MetadataDirProblem],
) -> dict[str, Any]:
    """Return the quorum for JSON, as docs/kraft.md describes it."""
    hosts = _hosts(cluster)

    def replica(one: QuorumReplica) -> dict[str, Any]:
        lag = {"lag": one.lag, "lag_ms": one.behind_ms} if one.seen else {"lag": None, "lag_ms": None}
        return {"id": one.id, "host": hosts.get(one.id), "directory_id": one.directory, **lag}

    def disk(one: MetadataDir) -> dict[str, Any]:
        kept = {key: value for key, value in asdict(one).items() if key != "directory"}
        return {**kept, "directory_id": one.directory}

    return {
        "leader": led.leader,
        "epoch": led.epoch,
        "voters": list(map(replica, led.voters)),
        "observers": list(map(replica, led.observers)),
        "disks": list(map(disk, disks)),
        "problems": {host: str(problem) for host, problem in problems.items()},
    }


def _hosts(cluster: Cluster) -> dict[int, str]:
    members = {(node.broker or node.controller): node.host for node in cluster.nodes.values()}
    return {member.id: host for member, host in members.items() if member}


def _rows(
    cluster: Cluster, led: QuorumDescription, replicas: Iterable[QuorumReplica], role: str
) -> list[tuple[object, ...]]:
    hosts = _hosts(cluster)

    def row(one: QuorumReplica) -> tuple[object, ...]:
        rank = "leader" if one.id == led.leader else role
        lag = (one.lag, one.behind_ms) if one.seen else ("-", "never fetched")
        return one.id, hosts.get(one.id, "?"), rank, *lag, one.directory

    return list(map(row, replicas))


def add(c: Context, host: str) -> None:
    """Make a running observer a voter; raise Exit where that is not safe."""
    hosts = live_fleet(c)
    cluster = _dynamic(hosts)
    node = cluster.nodes.get(host)
    if not node or not node.controller:
        raise Exit(
            f"{host} is not in [controller] of hosts.ini: add it there, then `{FAB} -H {host} install start`", code=1
        )
    with Guard(hosts, "quorum.add", [host]):
        _add(hosts, node, node.controller.id)


def _add(hosts: Fleet, node: Node, number: int) -> None:
    cluster, host = hosts.cluster, node.host
    led = _led(cluster)
    if number in {voter.id for voter in led.voters}:
        _refuse_another_disk(hosts, led, host)
        print(f"{host} is already a voter")
        return
    led = _caught_up(cluster, number)
    refuse_addition(led, number, host)
    _tool(hosts, node, led, ["add-controller"])
    _await(cluster, number, is_voter=True)
    print(f"{host} is now a voter: the quorum has {len(led.voters) + 1} voters")


def _refuse_another_disk(hosts: Fleet, led: QuorumDescription, host: str) -> None:
    """Raise Exit where the disk of a host is not the disk of its voter."""
    problems = voters.replaced(storage.disks(hosts), kraft_quorum.voters(hosts.cluster, led))
    if host in problems:
        raise Exit(f"{host}: {problems[host]}", code=1)


def _caught_up(cluster: Cluster, number: int) -> QuorumDescription:
    """Return the quorum as soon as a new controller has caught up, or as it is after the time limit."""
    latest: list[QuorumDescription] = []

    def is_caught_up() -> bool:
        latest[:] = [_led(cluster)]
        observer = _observer(latest[0], number)
        return bool(observer and observer.keeps_up)

    until(is_caught_up, SECONDS)
    return latest[0]


def _observer(led: QuorumDescription, number: int) -> QuorumReplica | None:
    # The leader lists an old disk of the same controller for minutes: the one with the least lag is in use.
    found = (observer for observer in led.observers if observer.id == number and observer.seen)
    return min(found, key=lambda observer: observer.behind_ms, default=None)


def refuse_addition(led: QuorumDescription, number: int, host: str) -> None:
    """Raise Exit unless every voter and the new controller, an observer, have caught up."""
    behind = ", ".join(str(voter.id) for voter in led.voters if voter not in led.caught_up())
    if behind:
        raise Exit(f"voters that are not caught up: {behind}. Start them or wait, then add {host}", code=1)
    observer = _observer(led, number)
    if observer is None:
        raise Exit(f"{host} is not an observer of the quorum: start it first ({FAB} -H {host} start)", code=1)
    if not observer.keeps_up:
        raise Exit(f"{host} is not caught up, its lag is {observer.lag} records: wait ({FAB} quorum.show)", code=1)


def remove(c: Context, host: str, yes: bool = False) -> None:
    """Remove a voter, once that was confirmed; raise Exit where no majority of the others has caught up."""
    hosts = live_fleet(c)
    cluster = _dynamic(hosts)
    number = _id_of(cluster, host)
    led = _removable(cluster, host, number)
    if led is None:
        print(f"{host} is not a voter")
        return
    kept = _replicas(cluster, number)
    agree(cluster, removal(host, len(led.voters) - 1, kept), "quorum.remove", yes)
    with Guard(hosts, "quorum.remove", [host]):
        _remove(hosts, host, number, kept)


def _removable(cluster: Cluster, host: str, number: int) -> QuorumDescription | None:
    """Return the quorum with a voter that may be removed, None where it is not a voter; raise Exit."""
    led = _led(cluster)
    if number not in {voter.id for voter in led.voters}:
        return None
    refuse_removal(led, number, host, _answering(cluster))
    return led


def removal(host: str, left: int, kept: str) -> str:
    """Return what a removal means: how many voters remain, what they tolerate, what the host keeps."""
    remain = f"{counted(left, 'voter')} remain{'s' * (left == 1)}"
    tolerated = counted((left - 1) // 2, "failure") if left > 2 else "no failure"
    return f"remove voter {host}: {remain}, which tolerate{'s' * (left == 1)} {tolerated}{kept and f'; {kept}'}"


def _replicas(cluster: Cluster, number: int) -> str:
    """Return that the broker of a combined node still has replicas, in a sentence; nothing where it has none."""
    node = next((one for one in cluster.controllers if one.controller and one.controller.id == number), None)
    if not (node and node.combined):
        return ""
    state = look(cluster)
    if state.unknown:
        return f"whether its broker has replicas is not known: {state.unknown[0]}"
    replicas = sum(number in partition.replicas for partition in state.partitions)
    return f"its broker has {counted(replicas, 'replica')}: move them away before you stop it" if replicas else ""


def _remove(hosts: Fleet, host: str, number: int, kept: str) -> None:
    cluster = hosts.cluster
    led = _removable(cluster, host, number)
    if led is None:
        print(f"{host} is not a voter")
        return
    voter = next(voter for voter in led.voters if voter.id == number)
    runner = next(n for n in cluster.controllers if n.controller and n.controller.id == led.leader)
    arguments = ["remove-controller", "--controller-id", str(number), "--controller-directory-id", voter.directory]
    _tool(hosts, runner, led, arguments)
    _await(cluster, number, is_voter=False)
    next_ = f"{kept[0].upper()}{kept[1:]}" if kept else "Stop it, then remove it from hosts.ini"
    print(f"{host} is no longer a voter: the quorum has {len(led.voters) - 1}. {next_}")


def refuse_removal(led: QuorumDescription, number: int, host: str, answering: Collection[int]) -> None:
    """Raise Exit unless a majority of the other voters has caught up and answers now."""
    rest = [voter for voter in led.voters if voter.id != number]
    # The leader notices only after some seconds that a voter is down.
    caught_up = sum(voter in led.caught_up() and voter.id in answering for voter in rest)
    if not rest:
        raise Exit(f"{host} is the only voter: the cluster cannot run without it", code=1)
    if 2 * caught_up <= len(rest):
        raise Exit(f"without {host} only {caught_up} of {len(rest)} voters are caught up: no majority", code=1)


def _answering(cluster: Cluster) -> set[int]:
    nodes = {node.controller.id: node for node in cluster.controllers if node.controller}
    return {number for number, node in nodes.items() if kraft_quorum.answers(cluster, node, 2.0)}


def _kraft(hosts: Fleet) -> Cluster:
    if not hosts.cluster.kraft:
        raise Exit("this cluster uses ZooKeeper: there is no KRaft quorum (hosts.ini has no [controller])", code=1)
    return hosts.cluster


def _dynamic(hosts: Fleet) -> Cluster:
    cluster = _kraft(hosts)
    if not cluster.dynamic_quorum:
        raise Exit("the quorum is static (controller.quorum): its voters cannot be changed while it runs", code=1)
    return cluster


def _led(cluster: Cluster) -> QuorumDescription:
    try:
        return kraft_quorum.describe(cluster)
    except Unreachable as error:
        raise Exit(str(error), code=1) from error


def _id_of(cluster: Cluster, host: str) -> int:
    node = cluster.nodes.get(host)
    if node and node.controller:
        return node.controller.id
    if host.isdecimal():
        return int(host)
    raise Exit(f"{host} is neither a host in [controller] of hosts.ini nor a voter's id", code=1)


def _leader(cluster: Cluster, led: QuorumDescription) -> Endpoint:
    node = next(n for n in cluster.controllers if n.controller and n.controller.id == led.leader)
    return endpoint.of_controller(cluster, node)


def tool_script(cluster: Cluster, node: Node, leader: Endpoint, arguments: Sequence[str]) -> str:
    """Return the commands that run Kafka's tool on a controller's host, as the service's user.

    The tool reads one file, of the node and of the client: with TLS it needs a copy that says so, as nothing else
    does, which nobody else can read and which is gone afterwards.
    """
    tool = f"{cluster.settings.paths.link}/bin/kafka-metadata-quorum.sh"
    user = ("runuser", "-u", cluster.kafka.user, "--", "env", "LOG_DIR=/tmp", "KAFKA_HEAP_OPTS=-Xmx128m")
    where = ("--bootstrap-controller", endpoint.place(leader), *arguments)
    file = quote(kraft.config_file(cluster, node))
    if leader.tls is None:
        return f"{join((*user, tool))} --command-config {file} {join(where)} 2>&1"
    return "\n".join(
        (
            "umask 077",
            "client=$(mktemp) || return",
            "trap 'rm -f \"$client\"' EXIT",
            "trap 'exit 1' HUP INT TERM",
            f"{{ cat {file} && printf '\\nsecurity.protocol=%s\\n' {quote(leader.protocol)}; }} >\"$client\" || return",
            f'chown {quote(cluster.kafka.user)} "$client" || return',
            f'{join((*user, tool))} --command-config "$client" {join(where)} 2>&1',
        )
    )


def _tool(hosts: Fleet, node: Node, led: QuorumDescription, arguments: list[str]) -> None:
    # kafka-python has no AddRaftVoter and RemoveRaftVoter (keys 80, 81).
    def work(c: Connection) -> None:
        cluster = hosts.cluster
        body = tool_script(cluster, node, _leader(cluster, led), arguments)
        answer = channel.run(c, script.with_library(body))
        if answer.status:
            raise HostFailure(tool_error(arguments, answer.output))

    c_hosts = [node.host]
    require_success(hosts.run(work, "quorum", c_hosts))


def tool_error(arguments: Sequence[str], output: str) -> str:
    """Return the error of a tool that failed; after a timeout the result of its request is unknown."""
    name = next(word for word in arguments if word in ("add-controller", "remove-controller"))
    if "TimeoutException" in output:
        return f"{name} timed out, and may have been applied or not: see {FAB} quorum.show"
    lines = [line for line in output.splitlines() if line.strip() and not line.startswith("\t")]
    return f"{name}: {' '.join(lines[:3])}"


def _await(cluster: Cluster, number: int, is_voter: bool) -> None:
    def settled() -> bool:
        led, _ = kraft_quorum.described(cluster)
        return led is not None and (number in {voter.id for voter in led.voters}) == is_voter

    if not until(settled, SECONDS):
        text = f"the quorum has not applied the change of voter {number} after {SECONDS} s: see {FAB} quorum.show"
        raise Exit(text, code=1)
