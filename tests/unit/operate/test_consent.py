"""What cannot be taken back is said with the cluster's name, and asked for."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from invoke.exceptions import Exit

from kafka_fab.cluster.model import Cluster
from kafka_fab.operate.consent import agree
from tests.unit.folders import written

SENTENCE = "stop and remove Kafka on a, b"


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return written(tmp_path, "[kafka]\na id=1\n[zookeeper]\na id=1\n", "version: 3.9.1\nname: orders\n")


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Answer a question on a terminal, and return what was asked."""
    asked: list[str] = []

    def answer(text: str) -> list[str]:
        def typing(question: str) -> str:
            asked.append(question)
            return text

        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr("builtins.input", typing)
        return asked

    return answer


def test_with_yes_the_cluster_and_the_action_are_printed_before(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    agree(cluster, SENTENCE, "uninstall", yes=True)
    assert capsys.readouterr() == ("", f"cluster orders ({cluster.folder}): {SENTENCE}\n")


def test_the_question_names_the_cluster(cluster: Cluster, typed: Callable[[str], list[str]]) -> None:
    asked = typed("yes")
    agree(cluster, SENTENCE, "uninstall", yes=False)
    assert asked == [f"cluster orders ({cluster.folder}): {SENTENCE}. Type yes: "]


@pytest.mark.parametrize("text", ["", "no", "y", "YES"])
def test_another_answer_does_nothing(text: str, cluster: Cluster, typed: Callable[[str], list[str]]) -> None:
    typed(text)
    with pytest.raises(Exit, match="nothing was done"):
        agree(cluster, SENTENCE, "uninstall", yes=False)


def test_without_a_terminal_nothing_is_done(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(Exit, match=r"cluster orders .* uninstall asks for confirmation, .* no terminal: use --yes"):
        agree(cluster, SENTENCE, "uninstall", yes=False)
