"""Ensemble: the mode of each ZooKeeper server, and the followers that the leader reports."""

import re
from concurrent.futures import ThreadPoolExecutor

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.gate.state import NOBODY, Ensemble
from kafka_fab.live.client.broker_connection import Unreachable, four_letters
from kafka_fab.live.zookeeper import four_letter_words

SYNCED = "zk_synced_followers"


def read(cluster: Cluster, seconds: float) -> Ensemble:
    """Return the servers that serve, the leader, and the followers in sync (mntr, where the version has it)."""
    with ThreadPoolExecutor(max_workers=len(cluster.ensemble)) as pool:
        answers = pool.map(lambda node: _mode(cluster, node, seconds), cluster.ensemble)
        modes = dict(zip(cluster.ensemble, answers, strict=True))
    ids = {node: node.zookeeper.id for node in cluster.ensemble if node.zookeeper}
    # A standalone server among several answers as if it were the ensemble: it is not part of it.
    alone = {node for node, mode in modes.items() if mode == "standalone" and len(modes) > 1}
    serving = [node for node, mode in modes.items() if mode and node not in alone]
    leader = next((node for node in serving if modes[node] in ("leader", "standalone")), None)
    figures, unknown = _mntr(cluster, leader, seconds) if leader else ({}, "")
    return Ensemble(
        servers=frozenset(ids.values()),
        serving=frozenset(ids[node] for node in serving),
        leader=ids[leader] if leader else NOBODY,
        synced=figures.get(SYNCED),
        pending=figures.get("zk_pending_syncs"),
        unknown=unknown,
        standalone=frozenset(ids[node] for node in alone),
    )


def _mode(cluster: Cluster, node: Node, seconds: float) -> str:
    try:
        return four_letter_words.mode(cluster, node, seconds)
    except Unreachable:
        return ""


def _mntr(cluster: Cluster, leader: Node, seconds: float) -> tuple[dict[str, int], str]:
    """Return the figures of the leader's mntr, or why they are unknown."""
    if not cluster.running_release.mntr:
        return {}, ""
    asked = endpoint.of_server(cluster, leader)
    try:
        answer = four_letters(asked, "mntr", seconds)
    except Unreachable as silent:
        return {}, str(silent)
    figures = {name: int(value) for name, value in re.findall(r"^(zk_\w+)\s+(\d+)$", answer, re.MULTILINE)}
    if SYNCED in figures or len(cluster.ensemble) == 1:
        return figures, ""
    said = " ".join(answer.split())[:80] or "nothing"
    return figures, f"{endpoint.place(asked)} says to mntr: {said}"
