"""What a stop of a majority says: who is stopped, who does not serve anyway, and which brokers would be left."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from invoke.exceptions import Exit

from kafka_fab.live import kraft_quorum
from kafka_fab.live.client.describe_quorum import QuorumDescription, QuorumReplica
from kafka_fab.live.zookeeper import four_letter_words
from kafka_fab.operate.lifecycle import stop
from tests.unit.folders import written

HOSTS = "[kafka]\na id=1\n[{group}]\nx id=11\ny id=12\nz id=13\n"


@pytest.mark.parametrize("group", ["controller", "zookeeper"])
@pytest.mark.parametrize(
    ("down", "words"),
    [((), ""), (("z",), ", since z does not serve either"), (("y", "z"), ", since y, z do not serve")],
)
def test_a_member_that_is_down_anyway_is_named(
    group: str, down: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = "4.3.1" if group == "controller" else "3.9.1"
    cluster = written(tmp_path, HOSTS.format(group=group), f"version: {version}\n")
    led = QuorumDescription(11, 1, tuple(QuorumReplica(number) for number in (11, 12, 13)), ())
    monkeypatch.setattr(kraft_quorum, "described", lambda *_: (led, ""))
    for module, name in ((kraft_quorum, "answers"), (four_letter_words, "serves")):
        monkeypatch.setattr(module, name, lambda _, node, __: node.host not in down)
    monkeypatch.setattr(stop, "_live_brokers", lambda _: [1])
    chosen = SimpleNamespace(cluster=cluster, hosts=("x",) if down else ("x", "y"))
    with pytest.raises(Exit) as refused:
        stop._refuse_orphans(chosen)  # type: ignore[arg-type]
    said = str(refused.value)
    assert f"there is no quorum{words}" in said
    assert "but the brokers on a are running" in said
    if down == ("z",):
        monkeypatch.setattr(kraft_quorum, "answers", lambda *_: True)
        monkeypatch.setattr(four_letter_words, "serves", lambda *_: True)
        stop._refuse_orphans(chosen)  # type: ignore[arg-type]
