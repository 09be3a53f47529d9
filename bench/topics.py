"""Topics: a thousand made, and a thousand found unchanged, beside the bare request and Kafka's own tool in a loop."""

import sys
from functools import partial

from bench.place import ROOT, hosts
from bench.rivals.sides import FAB
from bench.timing import FLOOR, OURS, Action, Job, Target, command, interleave, report, timed
from lab import Lab

NUMBER, SAMPLE = 1000, 5
TOOL = "kafka-topics.sh in a loop"
MADE, SAME = "1,000 topics made", "1,000 topics unchanged"
TARGETS: tuple[Target, ...] = ()


def measured(runs: int, alone: bool = False) -> list[Job]:
    """Return what each side takes; of the tool a few calls are timed and multiplied, and topics are made once."""
    with hosts() as lab:
        command([FAB, "install", "start"], str(ROOT), KAFKA_FAB_CLUSTER=str(lab.folder))()
        file = lab.folder / "conf/topics.yaml"
        file.write_text(_file("topic"))
        apply = command([FAB, "topics.apply"], str(ROOT), KAFKA_FAB_CLUSTER=str(lab.folder))
        first = {OURS: (_once(MADE, OURS, timed(apply)),)}
        again = interleave(SAME, {OURS: apply, FLOOR: _bare("look", lab)}, runs)
        first |= {FLOOR: (_once(MADE, FLOOR, timed(_bare("make", lab))),)}
        if alone:
            return [Job(MADE, first), again]
        created = _tool(lab, "--create --partitions 1 --replication-factor 3 --topic tool-")
        described = _tool(lab, "--describe --topic topic-")
        return [Job(MADE, first | {TOOL: created}), Job(SAME, dict(again.sides) | {TOOL: described})]


def _file(name: str) -> str:
    lines = (f"  {name}-{at}: {{partitions: 1, replication: 3}}\n" for at in range(NUMBER))
    return f"topics:\n{''.join(lines)}"


def _once(job: str, side: str, seconds: float) -> float:
    report(f"{job}, {side}: {seconds:.2f} s")
    return seconds


def _bare(what: str, lab: Lab) -> Action:
    servers = ",".join(f"{host}:9092" for host in lab.hosts)
    return command([sys.executable, "-m", "bench.bare_topics", what, servers, str(NUMBER)], str(ROOT))


def _tool(lab: Lab, words: str) -> tuple[float, ...]:
    """Return the seconds of a thousand calls, from each of a few that are made on a host."""
    host = next(iter(lab.hosts.values()))
    call = f"/opt/kafka/bin/kafka-topics.sh --bootstrap-server {host.name}:9092 {words}"
    took = tuple(timed(partial(host.run, f"{call}{at}", check=True)) for at in range(SAMPLE))
    report(f"{words}: {took} s a call")
    return tuple(seconds * NUMBER for seconds in took)
