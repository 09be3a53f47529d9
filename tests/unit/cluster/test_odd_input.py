"""Whatever stands in a cluster's files: a cluster, or sentences with file and line, in bounded time; no traceback."""

import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from kafka_fab.cluster import load
from kafka_fab.cluster.model import Cluster
from tests.unit.cluster import odd_input
from tests.unit.cluster.odd_input import FILES, Mutation

# Another one is given by the environment, to go on where the last sweep ended.
SEED = int(os.environ.get("KAFKA_FAB_FUZZ_SEED", "1"))
SAMPLE, SWEEP, PART = 1_000, 100_000, 1_000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    odd_input.write(tmp_path)
    yield tmp_path
    load.cluster.cache_clear()


def complaints(first: int, count: int) -> list[str]:
    """Mutate and load; return each mutation's seed with what is wrong about it."""
    with tempfile.TemporaryDirectory() as place:
        found = ((one, odd_input.complaint(Path(place), one)) for one in odd_input.mutations(first, count))
        return [f"seed {one.seed}, {one.name}: {words}" for one, words in found if words]


def test_the_files_are_right_before_they_are_mutated(folder: Path) -> None:
    assert isinstance(odd_input.loaded(folder), Cluster)


def test_mutations_are_taken_or_refused_in_sentences() -> None:
    assert complaints(SEED, SAMPLE) == []


@pytest.mark.slow
def test_very_many_mutations() -> None:
    with ProcessPoolExecutor() as pool:
        parts = range(SEED, SEED + SWEEP, PART)
        found = [words for part in pool.map(complaints, parts, [PART] * len(parts)) for words in part]
    print(f"{SWEEP} mutations from seed {SEED}: {len(found)} taken wrongly")
    assert found == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("conf/topics.yaml", 'quotas: !!int "[1]"', "conf/topics.yaml:1: `[1]` is not a whole number, as its tag"),
        ("conf/cluster.yaml", 'version: 3.9.1\nkafka:\n  log_dirs: !!int "[~]"', "yaml:3: `[~]` is not a whole"),
        ("conf/cluster.yaml", "version: 3.9.1\nkafka: &k\n  properties: *k", "yaml:3: the alias *k stands"),
        ("conf/cluster.yaml", "version: *v", "cluster.yaml:1: the alias *v names no anchor above it"),
        ("conf/cluster.yaml", f"version: {'[' * 30_000}", "cluster.yaml:1: is nested more than 20 deep: the limit"),
        ("conf/cluster.yaml", odd_input.BOMB, "cluster.yaml:6: has more than 200000 values, those of an alias counted"),
        ("conf/cluster.yaml", f"version: {'9' * 70_000}", "cluster.yaml:1: has a value of 70000 characters: 65536 are"),
        ("conf/cluster.yaml", "x" * (5 << 20), "conf/cluster.yaml: is larger than 4 MiB: the limit"),
        ("conf/cluster.yaml", "version: 3.9.1\n<<: {a: 1}", "cluster.yaml:2: merge keys (<<) are not read"),
        ("conf/cluster.yaml", "version: !vault |\n  x", "cluster.yaml:1: the tag !vault is not read here"),
        ("conf/cluster.yaml", "a: 1\n---\nb: 2", "cluster.yaml:2: a second document begins here"),
        ("conf/cluster.yaml", "a: 1\nb: \x07", "cluster.yaml:2: U+0007 cannot be printed: remove it"),
        ("conf/cluster.yaml", f"version: 3.9.1\narchive: {'a' * 300}", "cluster.yaml:2: archive: "),
        ("conf/cluster.yaml", "version: 3.9.1\narchive: conf", "cluster.yaml:2: archive: "),
        ("hosts.ini", f"[kafka]\nkafka1 id={'9' * 5000}", "hosts.ini:2: kafka1: (a word of 5003 characters) is"),
        ("hosts.ini", "[kafka]\nkafka1 id=\u0663", "is not a whole number from 0 to 2147483647"),
        ("hosts.ini", "[kafka]\nkafka1 id=1\0", "hosts.ini:2: U+0000 is no character for this file"),
        ("hosts.ini", "[kafka]\nkafka1\u00a0id=1", "hosts.ini:2: U+00A0 is no character for this file"),
        ("hosts.ini", "[kafka]\n" + "".join(f"h{at} id={at}\n" for at in range(10_002)), "more than 10000 lines"),
    ],
)  # fmt: skip
def test_what_brought_a_traceback(name: str, text: str, said: str, folder: Path) -> None:
    (folder / name).write_text(text)
    found = odd_input.loaded(folder)
    assert not isinstance(found, Cluster)
    assert any(said in str(problem) for problem in found), list(map(str, found))
    assert all(len(str(problem)) < 600 for problem in found), "no flood"


def test_a_number_of_five_thousand_digits_is_a_number_of_copies_that_nobody_has(folder: Path) -> None:
    (folder / "conf/cluster.yaml").write_text(
        f"version: 3.9.1\nkafka: {{properties: {{default.replication.factor: {'9' * 5000}}}}}"
    )
    assert odd_input.loaded(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_byte_order_mark_is_read_over(name: str, folder: Path) -> None:
    (folder / name).write_bytes(b"\xef\xbb\xbf" + FILES[name].encode())
    assert isinstance(odd_input.loaded(folder), Cluster)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_lines_end_as_on_other_systems(name: str, end: str, folder: Path) -> None:
    (folder / name).write_bytes(FILES[name].replace("\n", end).encode())
    assert isinstance(odd_input.loaded(folder), Cluster)


@pytest.mark.parametrize("name", FILES)
def test_a_directory_in_place_of_a_file_is_not_missing(name: str, folder: Path) -> None:
    (folder / name).unlink()
    (folder / name).mkdir()
    found = odd_input.loaded(folder)
    assert not isinstance(found, Cluster)
    assert [str(problem) for problem in found] == [f"{name}: is a directory: a file is needed there [{found[0].code}]"]


@pytest.mark.parametrize("name", FILES)
def test_a_link_to_itself(name: str, folder: Path) -> None:
    (folder / name).unlink()
    (folder / name).symlink_to(folder / name)
    found = odd_input.loaded(folder)
    assert not isinstance(found, Cluster)
    assert "too many levels of symbolic links; check the file" in str(found[0])


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_may_not_be_read(name: str, folder: Path) -> None:
    (folder / name).chmod(0)
    with a_user_like_any_other(folder):
        found = odd_input.loaded(folder)
    assert not isinstance(found, Cluster)
    [said] = map(str, found)
    assert said.startswith(f"{name}: cannot be read: permission denied; let your user read it")


@contextmanager
def a_user_like_any_other(folder: Path) -> Iterator[None]:
    """Be nobody for a while, since root may read everything."""
    if os.geteuid():
        yield
        return
    above = [
        place
        for place in (folder, *folder.parents)
        if place.owner() == "root" and place.stat().st_mode & 0o055 != 0o055
    ]
    modes = {place: place.stat().st_mode for place in above}
    for place, mode in modes.items():
        place.chmod(mode | 0o055)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        for place, mode in modes.items():
            place.chmod(mode)


def test_what_follows_from_a_bad_line_is_not_said(folder: Path) -> None:
    (folder / "conf/cluster.yaml").write_text(
        "version: 3.9.1\nkafka:\n  properties:\n    default.replication.factor: 3\n"
        "    offsets.topic.replication.factor: 3\n    transaction.state.log.replication.factor: 3\n"
    )
    (folder / "hosts.ini").write_text(FILES["hosts.ini"].replace("kafka3 id=3", "kafka3 di=3"))
    found = odd_input.loaded(folder)
    assert not isinstance(found, Cluster)
    assert [problem.line for problem in found if not problem.warning] == [5, 5, 10, 10]
    assert not [problem for problem in found if problem.warning], "no host is missing: its line is wrong"


def test_a_port_that_was_refused_clashes_with_nothing(folder: Path) -> None:
    (folder / "conf/cluster.yaml").write_text(
        "version: 3.9.1\nkafka:\n  port: x\n  properties:\n    listeners: PLAINTEXT://:9094\nzookeeper:\n  port: 9092\n"
    )
    found = odd_input.loaded(folder)
    assert not isinstance(found, Cluster)
    assert [problem.line for problem in found] == [3]


@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        ("[kafka]\nh1 id=1\nH1 id=2", "hosts.ini:3: H1 is h1 (line 2) with other capitals"),
        ("[kafka]\nh1 id=1\n[zookeeper]\nH1 id=1", "hosts.ini:4: H1 is h1 (line 2) with other capitals"),
        (
            "[kafka]\nh1 id=1 address=10.0.0.1\nh2 id=2 address=10.0.0.1",
            "hosts.ini:3: h2 has the address of h1 (",
        ),
        ("[kafka]\nh1 id=1\nh2 id=2 address=H1", "hosts.ini:3: h2 has the address of h1 ("),
        (
            "[kafka]\nh1 id=1 address=fd00::1\nh2 id=2 address=fd00:0::1",
            "hosts.ini:3: h2 has the address of h1 (",
        ),
    ],
)
def test_one_host_twice(hosts: str, said: str, folder: Path) -> None:
    (folder / "hosts.ini").write_text(hosts)
    found = odd_input.loaded(folder)
    assert not isinstance(found, Cluster)
    assert any(str(problem).startswith(said) for problem in found)


def test_two_thousand_hosts_load_in_a_second(folder: Path) -> None:
    lines = "".join(f"host{at}.example.net id={at} address=10.{at >> 8}.{at & 255}.1\n" for at in range(1, 2001))
    keepers = "".join(f"host{at}.example.net id={at}\n" for at in range(1, 6))
    (folder / "hosts.ini").write_text(f"[kafka]\n{lines}\n[zookeeper]\n{keepers}")
    # A broker with ZooKeeper refuses an id above 1000 by default.
    (folder / "conf/cluster.yaml").write_text("version: 3.9.1\nkafka: {properties: {reserved.broker.max.id: 2000}}\n")
    began = time.process_time()
    cluster = odd_input.loaded(folder)
    assert isinstance(cluster, Cluster)
    assert len(cluster.nodes) == len(cluster.brokers) == 2000
    assert cluster.inventory.select([f"host{at}.example.net" for at in range(1, 2001)]) == cluster.inventory.hosts
    assert time.process_time() - began < 1


def test_too_many_problems_are_cut_and_quick(folder: Path) -> None:
    (folder / "conf/cluster.yaml").write_text("version: 3.9.1\n" + "".join(f"kafak{at}: 1\n" for at in range(20_000)))
    began = time.process_time()
    found = odd_input.loaded(folder)
    assert not isinstance(found, Cluster)
    assert str(found[-1]) == "conf/cluster.yaml: only the first 200 problems are shown: mend these first [C2]"
    assert time.process_time() - began < 5


def test_a_mutation_is_the_same_for_the_same_seed() -> None:
    one, other = ([*odd_input.mutations(SEED, 20)] for _ in range(2))
    assert one == other
    assert isinstance(one[0], Mutation)
