"""hosts.ini: read into members, and every way to get it wrong told with its line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kafka_fab.cluster.inventory import Inventory, Member, parse
from kafka_fab.cluster.values.role import Role

calm = settings(deadline=None, max_examples=50)  # other work on the machine is no failure

GOOD = """; a comment
[kafka]
kafka1 id=1 rack=a   ; another
kafka2 id=2 rack=b address=10.0.0.2

# and another
[zookeeper]
kafka1 id=7
"""


def told(text: str, warning: bool = False) -> list[tuple[int, str]]:
    return [(found.line, found.text) for found in parse(text).problems if found.warning is warning]


def below(*lines: str) -> str:
    """A file with lines in [kafka] from line 4 on, and an ensemble of one."""
    return "\n".join(["[zookeeper]", "zoo1 id=1", "[kafka]", *lines])


def test_a_good_file() -> None:
    found = parse(GOOD)
    assert found.problems == ()
    assert found.members == (
        Member("kafka1", Role.BROKER, 1, "a", "", 3),
        Member("kafka2", Role.BROKER, 2, "b", "10.0.0.2", 4),
        Member("kafka1", Role.ZOOKEEPER, 7, "", "", 8),
    )
    assert found.hosts == ("kafka1", "kafka2")
    assert found.group_hosts("zookeeper") == ("kafka1",)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("kafka1", ["kafka1 has no id in [kafka]", "`kafka1 id=N`"]),
        ("kafka1 id=one", ["id=one is not a whole number from 0 to 2147483647"]),
        ("kafka1 id=-1", ["id=-1 is not a whole number"]),
        ("kafka1 id=1.5", ["id=1.5 is not a whole number"]),
        ("kafka1 id=2147483648", ["id=2147483648 is not a whole number"]),
        ("kafka1 id=1 rak=a", ["unknown key rak", "did you mean rack?", "keys are id, rack, address"]),
        ("kafka1 id=1 adress=x", ["unknown key adress", "did you mean address?"]),
        ("kafka1 id=1 fast", ["kafka1: fast is not KEY=VALUE"]),
        ("kafka1 id=1 rack=", ["kafka1: rack= is not KEY=VALUE"]),
        ("kafka1 id=1 id=2", ["kafka1: id is given twice"]),
        ("kafka_1- id=1", ["kafka_1- is not a host name"]),
        ("root@kafka1 id=1", ["root@kafka1 is not a host name"]),
    ],
)
def test_a_wrong_line(line: str, words: list[str]) -> None:
    [(number, text)] = told(below(line))
    assert number == 4
    assert all(word in text for word in words)


@pytest.mark.parametrize("number", ["0", "256"])
def test_zookeeper_ids_are_narrower(number: str) -> None:
    assert told(f"[kafka]\na id=0\n[zookeeper]\na id={number}") == [
        (4, f"a: id={number} is not a whole number from 1 to 255")
    ]


def test_an_id_twice() -> None:
    assert told(below("kafka1 id=1", "kafka2 id=1")) == [(5, "kafka2: id=1 is taken by kafka1 (line 4)")]


def test_a_host_twice() -> None:
    assert told(below("kafka1 id=1", "kafka1 id=2")) == [(5, "kafka1 stands twice in [kafka] (first on line 4)")]


def test_a_broker_and_a_zookeeper_server_may_share_host_and_id() -> None:
    assert parse(below("zoo1 id=1")).problems == ()


def test_addresses_that_contradict_each_other() -> None:
    text = "[zookeeper]\na id=1 address=10.0.0.1\n[kafka]\na id=1 address=10.0.0.2"
    assert told(text) == [(4, "a: address=10.0.0.2 contradicts line 2 (address=10.0.0.1)")]


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ("[kafak]", "unknown group [kafak] (did you mean kafka?); groups are [kafka], and [zookeeper] or [controller]"),
        (
            "[zookeper]",
            "unknown group [zookeper] (did you mean zookeeper?); groups are [kafka], and [zookeeper] or [controller]",
        ),
        ("[web]", "unknown group [web]; groups are [kafka], and [zookeeper] or [controller]"),
    ],
)
def test_an_unknown_group(group: str, words: str) -> None:
    assert told(f"{group}\nkafka1 id=1\n[zookeeper]\nzoo1 id=1") == [(1, words)]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[kafka]\na id=1\n[controller]\na id=2", 4, "a is one combined node: its id must be 1"),
        ("[kafka]\na id=1\n[controller]\nb id=1", 4, "b: id=1 is the broker's on a (line 2)"),
        (
            "[kafka]\na id=1\n[zookeeper]\na id=1\n[controller]\na id=1",
            6,
            "[zookeeper] and [controller] are both there",
        ),
    ],
)
def test_what_contradicts_in_kraft(text: str, line: int, words: str) -> None:
    [(found, said)] = told(text)
    assert found == line
    assert said.startswith(words)


def test_combined_and_isolated_controllers_go_together() -> None:
    assert told("[kafka]\na id=1\nb id=2\n[controller]\na id=1\nc id=3\nd id=4") == []


def test_a_host_before_any_group() -> None:
    assert told("\nkafka1 id=1\n[kafka]\n")[0] == (2, "kafka1 stands before any group: begin with [kafka]")


@pytest.mark.parametrize("group", ["kafka", "zookeeper"])
def test_a_group_without_hosts(group: str) -> None:
    other = "zookeeper" if group == "kafka" else "kafka"
    [(_, text)] = told(f"[{other}]\na id=1\n[{group}]")
    assert text.startswith(f"no host in [{group}]")


def test_an_empty_file() -> None:
    assert len(told("")) == 2


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_an_even_ensemble_is_a_warning(size: int) -> None:
    text = "[kafka]\na id=1\n[zookeeper]\n" + "\n".join(f"z{n} id={n}" for n in range(1, size + 1))
    assert told(text) == []
    warned = [(3 + size, size)] if size % 2 == 0 else []
    assert [(line, int(words.split()[0])) for line, words in told(text, warning=True)] == warned


def test_everything_at_once() -> None:
    text = below("a", "b id=x", "c id=1 rak=r", "[kafak]", "lost id=1", "[kafka]", "d id=4", "e id=4", "d id=5")
    assert [line for line, _ in told(text)] == [4, 5, 6, 7, 11, 12]


def test_select() -> None:
    inventory = parse(GOOD)
    assert inventory.select(["zookeeper", "kafka2", "kafka1"]) == ("kafka1", "kafka2")
    assert inventory.select(["kafka"]) == ("kafka1", "kafka2")
    with pytest.raises(KeyError, match="kafka9"):
        inventory.select(["kafka1", "kafka9"])


# Letters and digits between single dots, as the DNS has them; digits alone would be a number of an address.
labels = st.from_regex(r"[a-z]([a-z0-9-]{0,4}[a-z0-9])?", fullmatch=True)
names = st.lists(labels, min_size=1, max_size=3).map(".".join)
words = st.from_regex(r"[A-Za-z0-9._:-]{0,8}", fullmatch=True)


@st.composite
def members(draw: st.DrawFn, group: Role, ids: st.SearchStrategy[int]) -> list[Member]:
    hosts = draw(st.lists(names, unique=True, min_size=1, max_size=9))
    numbers = draw(st.lists(ids, unique=True, min_size=len(hosts), max_size=len(hosts)))
    return [Member(host, group, number, draw(words)) for host, number in zip(hosts, numbers, strict=True)]


def written(group: list[Member]) -> str:
    lines = [f"{m.host} id={m.id}" + (f" rack={m.rack}" if m.rack else "") for m in group]
    return "\n".join([f"[{group[0].group}]", *lines, ""])


@calm
@given(members(Role.BROKER, st.integers(0, 2**31 - 1)), members(Role.ZOOKEEPER, st.integers(1, 255)))
def test_what_is_written_is_read_back(kafka: list[Member], zookeeper: list[Member]) -> None:
    found = parse(written(kafka) + written(zookeeper))
    assert not [problem for problem in found.problems if not problem.warning]
    read = [Member(m.host, m.group, m.id, m.rack) for m in found.members]
    assert read == kafka + zookeeper


@calm
@given(st.text() | st.text(alphabet="[]kafzoper id=1\n;#\t"))
def test_no_text_raises(text: str) -> None:
    assert isinstance(parse(text), Inventory)
