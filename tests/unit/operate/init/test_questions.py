"""What init asks, what it makes of hosts, and which folders it leaves alone."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from invoke.exceptions import Exit

from kafka_fab.cluster import load
from kafka_fab.operate.init import new_folder, questions
from kafka_fab.operate.init.new_folder import Wishes


def typed(*lines: str) -> Callable[[str], str]:
    """Return answers in order; after the last the terminal is closed."""
    left: Iterator[str] = iter(lines)

    def answer(_question: str) -> str:
        try:
            return next(left)
        except StopIteration as error:
            raise EOFError from error

    return answer


@pytest.mark.parametrize(
    ("lines", "wishes"),
    [
        (("", "", ""), Wishes("", "4.3.1")),
        (("a b c", "kraft", "3.9.1"), Wishes("a b c", "3.9.1")),
        ((" a,b ", "ZooKeeper", ""), Wishes("a,b", "3.9.1", zookeeper=True)),
        (("a", "raft", "kraft", "4.3", "9", "4.3.1"), Wishes("a", "4.3.1")),
        (("a", "zookeeper", "4.3.1", "2.8.2"), Wishes("a", "2.8.2", zookeeper=True)),
    ],
)
def test_answers_are_wishes_and_what_cannot_be_is_asked_again(lines: tuple[str, ...], wishes: Wishes) -> None:
    assert questions.ask(typed(*lines)) == wishes


@pytest.mark.parametrize("lines", [(), ("a",), ("a", "kraft"), ("a", "kraft", "nonsense")])
def test_a_terminal_that_is_closed_writes_nothing(lines: tuple[str, ...]) -> None:
    with pytest.raises(Exit, match="the questions were not answered, nothing was written"):
        questions.ask(typed(*lines))


@pytest.mark.parametrize("zookeeper", [False, True])
@pytest.mark.parametrize(
    ("hosts", "brokers", "quorum"),
    [("one", 1, 1), ("a,b", 2, 1), ("a b c", 3, 3), ("a, b, c, d", 4, 3), ("a b c d e f", 6, 3)],
)
def test_hosts_are_written_and_fit_their_number(
    hosts: str, brokers: int, quorum: int, zookeeper: bool, tmp_path: Path
) -> None:
    new_folder.make(str(tmp_path / "prod"), Wishes(hosts=hosts, zookeeper=zookeeper))
    load.cluster.cache_clear()
    cluster = load.cluster(tmp_path / "prod")
    assert cluster.warnings == ()
    assert (len(cluster.brokers), len(cluster.ensemble or cluster.controllers)) == (brokers, quorum)
    assert next(iter(cluster.nodes)) == hosts.replace(",", " ").split()[0]
    assert cluster.settings.kafka.properties["default.replication.factor"] == str(min(3, brokers))
    assert cluster.settings.kafka.properties["min.insync.replicas"] == str(max(1, min(2, brokers - 1)))


@pytest.mark.parametrize("hosts", ["a,a", "a;b", "user@host", "-x", "a b=c"])
def test_hosts_that_cannot_be_are_refused_and_nothing_is_written(hosts: str, tmp_path: Path) -> None:
    with pytest.raises(Exit, match="--hosts: "):
        new_folder.make(str(tmp_path / "prod"), Wishes(hosts=hosts))
    assert not (tmp_path / "prod").exists()


def test_a_folder_that_is_not_empty_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "c.txt", "d.txt"):
        (tmp_path / name).write_text("mine\n")
    with pytest.raises(Exit) as refused:
        new_folder.make(str(tmp_path))
    said = str(refused.value)
    assert said.startswith(f"{tmp_path} is not empty (a.txt, b.txt, c.txt and 1 more), nothing was written: ")
    assert len(list(tmp_path.iterdir())) == 4


def test_keep_writes_beside_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/mine.txt").write_text("mine\n")
    (tmp_path / "README.md").write_text("mine\n")
    new_folder.make(str(tmp_path), keep=True)
    assert (tmp_path / "conf/mine.txt").read_text() == (tmp_path / "README.md").read_text() == "mine\n"
    assert (tmp_path / "conf/cluster.yaml").is_file()


def test_keep_overwrites_no_cluster(tmp_path: Path) -> None:
    (tmp_path / "hosts.ini").write_text("mine\n")
    with pytest.raises(Exit, match="is there already, nothing was written"):
        new_folder.make(str(tmp_path), keep=True)


def test_a_fresh_clone_counts_as_empty(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    for name in ("README.md", "LICENSE", ".editorconfig"):
        (tmp_path / name).write_text("")
    new_folder.make(str(tmp_path))
    assert (tmp_path / "hosts.ini").is_file()
