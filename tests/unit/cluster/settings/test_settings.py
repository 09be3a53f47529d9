"""conf/cluster.yaml and the folder around it: read, checked, refused with file and line."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kafka_fab.cluster import load
from kafka_fab.cluster.folder import HOME, folder
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.schema import dataclass_loader
from kafka_fab.cluster.schema.problem import ConfigError, Problem, did_you_mean
from kafka_fab.cluster.settings import Settings
from kafka_fab.cluster.template import NAMES
from tests.unit.folders import ZOOKEEPER, Load, written

calm = settings(deadline=None, max_examples=50)  # other work on the machine is no failure

EXAMPLE = HOME / "examples/kafka-0.8.0"


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Load a cluster from texts; the current folder is its folder."""
    monkeypatch.chdir(tmp_path)

    def write(yaml_text: str = "version: 3.9.1\n", hosts: str = ZOOKEEPER, local: str = "") -> Cluster:
        (tmp_path / "conf").mkdir()
        if local:
            (tmp_path / "conf/local.yaml").write_text(local)
        return written(tmp_path, hosts, yaml_text)

    return write


def refused(load_it: Load, *texts: str, **more: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_it(*texts, **more)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("place", [HOME, EXAMPLE], ids=["shipped", "0.8.0"])
def test_what_is_shipped_loads_without_a_word(place: Path) -> None:
    cluster = load.cluster(place)
    assert cluster.warnings == ()
    assert len(cluster.brokers) == len(cluster.ensemble) == 3


def test_the_folder_is_looked_for_upwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAFKA_FAB_CLUSTER", raising=False)
    (tmp_path / "hosts.ini").touch()
    (tmp_path / "a/b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a/b")
    assert folder() == tmp_path
    monkeypatch.setenv("KAFKA_FAB_CLUSTER", str(EXAMPLE))
    assert folder() == EXAMPLE


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("verzion: 3.9.1", "unknown key verzion (did you mean version?)"),
        ("'': 1", "unknown key (a name without letters)"),
        ("kafka:\n  prot: 1", "unknown key kafka.prot (did you mean port?)"),
        ("kafka: {logdirs: [/a]}", "unknown key kafka.logdirs (did you mean log_dirs?)"),
        ("zookeeper:\n  data-dir: /x", "unknown key zookeeper.data-dir (did you mean data_dir?)"),
        ("paths:\n  zzzzzz: /x", "unknown key paths.zzzzzz"),
        ("kafka:\n  port: many", "kafka.port: a whole number is wanted, found `many`"),
        ("kafka:\n  port: '9092'", 'kafka.port: a whole number is wanted, found `"9092"`: write it without quotes'),
        ("kafka:\n  port: '90x'", 'kafka.port: a whole number is wanted, found `"90x"`'),
        (
            "kafka:\n  log_dirs_are_mounts: 'no'",
            'kafka.log_dirs_are_mounts: true or false is wanted, found `"no"`: write it without quotes',
        ),
        ("kafka:\n  port: true", "kafka.port: a whole number is wanted, found `true`"),
        ("kafka:\n  port: 70000", "kafka.port: 1 to 65535 is wanted, found 70000"),
        ("kafka:\n  heap: lots", "kafka.heap: a size such as 512m or 6g is wanted, found `lots`"),
        ("kafka:\n  heap: [1g]", "kafka.heap: a text is wanted, found a list"),
        ("kafka:\n  heap:", "kafka.heap: a text is wanted, found nothing"),
        ("kafka: 3", "kafka: a block of KEY: VALUE lines is wanted, found `3`"),
        ("kafka:\n  log_dirs: /data", "kafka.log_dirs: a list is wanted, found `/data`"),
        ("kafka:\n  log_dirs: []", "kafka.log_dirs: at least one is wanted"),
        ("kafka:\n  log_dirs: [data]", "kafka.log_dirs: an absolute path without blanks is wanted, found `data`"),
        ("kafka:\n  log_dirs: [[/data]]", "kafka.log_dirs: a text is wanted, found a list"),
        ("kafka:\n  chroot: kafka", "kafka.chroot: a path such as /kafka, or nothing, is wanted, found `kafka`"),
        ("kafka:\n  user: Kafka", "kafka.user: a user name is wanted, found `Kafka`"),
        ("kafka:\n  properties: 1", "kafka.properties: a block of KEY: VALUE lines is wanted, found `1`"),
        ("kafka:\n  properties: {a: [1]}", "kafka.properties.a: one value is wanted, found a list"),
        ("version: '3.9'", "version: a version such as 3.9.1 is wanted, found `3.9`"),
        ("version: 3.9", "version: a version such as 3.9.1 is wanted, found `3.9`"),
        ("version: 3.9.1-rc1", "version: a version such as 3.9.1 is wanted, found `3.9.1-rc1`"),
        ("mirror: ftp://x/y", "mirror: an http(s) address is wanted, found `ftp://x/y`"),
        ("download: pull", "download: fetch (by each host) or push (from here) is wanted, found `pull`"),
        ("sha512: abc", "sha512: a SHA-512 of 128 hexadecimal digits is wanted, found `abc`"),
        ("java: {home: usr}", "java.home: an absolute path without blanks is wanted, found `usr`"),
    ],
)
def test_a_wrong_entry(text: str, words: str) -> None:
    tree, problems = dataclass_loader.read(f"# a comment\n{text}\n", "f.yaml")
    filled = dataclass_loader.fill(Settings, tree, problems)
    assert [(found.line, found.text) for found in problems] == [(len(text.splitlines()) + 1, words)]
    assert filled == Settings(), "a wrong entry is left at its default"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("version: 3.9.1\nversion: 3.9.2", 2, "version is given twice"),
        ("kafka:\n  heap: 1g\n  port: 1\n  heap: 2g", 4, "heap is given twice"),
        ("kafka: [", 2, "is not YAML"),
        ("- a\n- b", 1, "is not a list of KEY: VALUE lines"),
        ("a: b: c", 1, "is not YAML: mapping values are not allowed"),
    ],
)
def test_a_text_that_is_no_mapping_or_says_it_twice(text: str, line: int, words: str) -> None:
    _, [problem] = dataclass_loader.read(text + "\n", "f.yaml")
    assert problem.line == line
    assert words in problem.text


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n"])
def test_an_empty_text(text: str) -> None:
    assert dataclass_loader.read(text, "f.yaml") == ({}, [])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("version: {{ version }}", id="an unquoted template"),
        pytest.param("kafka:\n  heap: 1g\x07", id="a control character"),
        pytest.param("? [a, b]\n: c", id="a list as a key"),
        pytest.param('kafka:\n  port: !!int "["', id="a tagged text"),
    ],
)
def test_odd_yaml_is_a_problem_and_no_traceback(text: str) -> None:
    _, problems = dataclass_loader.read(text, "f.yaml")
    assert problems


@pytest.mark.parametrize("file", ["hosts.ini", "conf/cluster.yaml"])
def test_a_file_that_is_not_utf_8(file: str, loaded: Load, tmp_path: Path) -> None:
    loaded()
    load.cluster.cache_clear()
    (tmp_path / file).write_bytes((tmp_path / file).read_bytes() + b"# caf\xe9\n")
    with pytest.raises(ConfigError, match=file):
        load.cluster(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", "kafka: {heap: 1g}"])
def test_a_file_without_a_version_is_named_as_every_other(text: str, loaded: Load, tmp_path: Path) -> None:
    loaded()
    load.cluster.cache_clear()
    (tmp_path / "conf/cluster.yaml").write_text(text)
    with pytest.raises(ConfigError) as refused:
        load.cluster(tmp_path)
    assert str(refused.value).startswith(f"{load._prefix(tmp_path)}conf/cluster.yaml: version: is missing")


def test_values_are_typed() -> None:
    text = "version: 3.9.1\nkafka: {port: 9093, log_dirs: [/a, /b], properties: {x: true, y: 3, z: , w: 0.5, v: 'on'}}"
    tree, problems = dataclass_loader.read(text, "f.yaml")
    kafka = dataclass_loader.fill(Settings, tree, problems).kafka
    assert problems == []
    assert (kafka.port, kafka.log_dirs) == (9093, ("/a", "/b"))
    assert kafka.properties == {"x": "true", "y": "3", "z": "", "w": "0.5", "v": "on"}


REWRITTEN = ("1_000", "12:30", "010", "0x1F")


@pytest.mark.parametrize("value", ["0168", "1e3", "0.50", "-1", "true", "1:2,3:4", *REWRITTEN])
def test_a_property_is_passed_through_as_written(value: str) -> None:
    tree, problems = dataclass_loader.read(f"kafka:\n  properties:\n    x: {value}\n", "f.yaml")
    assert dataclass_loader.fill(Settings, tree, problems).kafka.properties["x"] == value


def test_local_yaml_is_laid_over() -> None:
    base, _ = dataclass_loader.read("version: 3.9.1\nkafka:\n  heap: 1g\n  port: 9092\n  log_dirs: [/a, /b]\n", "base")
    over, _ = dataclass_loader.read("kafka:\n  heap: 2g\n  log_dirs: [/c]\n", "over")
    merged = dataclass_loader.merge(base, over)
    kafka = merged["kafka"].value
    assert (merged["version"].file, merged["version"].line) == ("base", 1)
    assert [(kafka[key].file, kafka[key].line) for key in ("heap", "port", "log_dirs")] == [
        ("over", 2), ("base", 4), ("over", 3),
    ]  # fmt: skip
    filled = dataclass_loader.fill(Settings, merged, []).kafka
    assert (filled.heap, filled.port, filled.log_dirs) == ("2g", 9092, ("/c",))
    assert base["kafka"].value["heap"].value == "1g", "the base is left as it was"


def test_a_problem_names_the_file_that_holds_it(loaded: Load) -> None:
    text, local = "version: 3.9.1\nkafka:\n  prot: 1\n", "kafka:\n  hepa: 1g\n  port: 0\n"
    assert refused(loaded, text, local=local) == [
        "conf/cluster.yaml:3: unknown key kafka.prot (did you mean port?) [C2]",
        "conf/local.yaml:2: unknown key kafka.hepa (did you mean heap?) [C2]",
        "conf/local.yaml:3: kafka.port: 1 to 65535 is wanted, found 0 [C2]",
    ]


def properties(text: str, version: str = "3.9.1") -> str:
    return f"version: {version}\nkafka:\n  chroot: ''\n  properties:\n    {text}\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("num.partition: 3", "Kafka 3.9.1 knows no property num.partition (did you mean num.partitions?)"),
        ("min_insync_replicas: 2", "knows no property min_insync_replicas (did you mean min.insync.replicas?)"),
        ("completely.else: 2", "a plug-in reads goes under kafka.unchecked_properties"),
        ("broker.id: 4", "kafka.properties.broker.id is written from the id in hosts.ini; set it there"),
        ("log.dirs: /x", "kafka.properties.log.dirs is written from kafka.log_dirs; set it there"),
        ("zookeeper.connect: x", "is written from [zookeeper] in hosts.ini and kafka.chroot; set it there"),
    ],
)
def test_a_wrong_property(line: str, words: str, loaded: Load) -> None:
    [found] = refused(loaded, properties(line))
    assert found.startswith("conf/cluster.yaml:5: ")
    assert words in found


def test_each_version_has_its_own_properties(loaded: Load) -> None:
    [found] = refused(loaded, properties("min.insync.replicas: 2", "0.8.0"))
    assert "Kafka 0.8.0 knows no property min.insync.replicas" in found


def test_listener_and_unchecked_properties_pass(loaded: Load) -> None:
    text = properties("listener.name.internal.ssl.keystore.location: /x") + "  unchecked_properties: {my.plugin: 1}\n"
    assert loaded(text).kafka.unchecked_properties == {"my.plugin": "1"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "version: is missing: write for example `version: 3.9.1`"),
        ("kafka:\n  heap: 1g", "version: is missing: write for example `version: 3.9.1`"),
        ("version: 2.0.0", "version: 2.0.0 is not covered; 0.8.0, 2.8.x, 3.0 to 3.8, 3.9.x, 4.x are"),
        ("version: 0.8.0", "kafka.chroot: 0.8.0 does not create its chroot; write `chroot: ''`"),
        ("version: 3.9.1\narchive: no.tgz", "archive: there is no file"),
        ("version: 3.9.1\nkafka: {port: 2181}", "kafka.port and zookeeper.port are both 2181 on one host"),
        ("version: 3.9.1\nzookeeper: {peer_port: 3888}", "election_port and zookeeper.peer_port are both 3888"),
    ],
)  # fmt: skip
def test_what_contradicts(text: str, words: str, loaded: Load) -> None:
    [found] = refused(loaded, text)
    assert words in found


@pytest.mark.parametrize("text", ["kafka: {port: 2181}", "archive: no.tgz"])
def test_every_contradiction_has_its_line(text: str, loaded: Load) -> None:
    assert refused(loaded, f"version: 3.9.1\n{text}")[0].startswith("conf/cluster.yaml:2: ")


def test_a_broker_may_use_the_port_of_another_hosts_zookeeper(loaded: Load) -> None:
    apart = "[kafka]\na id=1\n[zookeeper]\nb id=1\n"
    assert loaded("version: 3.9.1\nkafka: {port: 2181}", apart).kafka.port == 2181


@pytest.mark.parametrize("copies", [3, 4])
def test_more_copies_than_brokers_is_a_warning(copies: int, loaded: Load) -> None:
    found = loaded(properties(f"default.replication.factor: {copies}")).warnings
    expected = "conf/cluster.yaml:4: warning: kafka.properties.default.replication.factor is 4, but [kafka] has 3: "
    assert [str(warning).startswith(expected) for warning in found] == [True] * (copies - 3)


@pytest.mark.parametrize(
    ("lines", "reasons"),
    [
        (("min.insync.replicas: 3",), []),
        (("min.insync.replicas: 4",), ["[kafka] has 3"]),
        (("default.replication.factor: 1", "min.insync.replicas: 2"), ["default.replication.factor is 1"]),
        (("transaction.state.log.min.isr: 4",), ["[kafka] has 3"]),
    ],
)
def test_more_in_sync_than_there_can_be_is_warned_of(loaded: Load, lines: tuple[str, ...], reasons: list[str]) -> None:
    found = [str(one) for one in loaded(properties("\n    ".join(lines))).warnings]
    assert len(found) == len(reasons)
    assert all(f"but {reason}: such topics take no writes" in text for text, reason in zip(found, reasons, strict=True))


def test_an_untested_version_is_a_warning(loaded: Load) -> None:
    [warning] = loaded("version: 3.4.1").warnings
    assert "3.4.1 is taken by the rules of 3.9.1" in str(warning)


def test_missing_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    [settings, hosts] = refused(load.cluster, tmp_path)  # type: ignore[arg-type]
    assert settings.startswith("conf/cluster.yaml: is missing")
    assert hosts.startswith("hosts.ini: is missing")


def test_a_missing_template(loaded: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "HOME", tmp_path / "elsewhere")
    found = refused(loaded)
    assert len(found) == len(NAMES)
    assert any(line.startswith("conf/server.properties.j2: missing template") for line in found)


@pytest.mark.parametrize(
    ("start", "warned"), [("exec {{ tree }}/{{ start }}", 0), ('exec "$(readlink -f {{ paths.link }})"/{{ start }}', 1)]
)
def test_a_unit_of_ones_own_that_names_the_link(start: str, warned: int, tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/kafka.service.j2").write_text(f"[Service]\nExecStart=/bin/sh -c '{start} {{{{ config }}}}'\n")
    said = [str(warning) for warning in written(tmp_path, ZOOKEEPER).warnings]
    assert len(said) == warned
    assert all("conf/kafka.service.j2: warning: does not start `{{ tree }}/{{ start }}`" in text for text in said)


def test_all_at_once_sorted(loaded: Load) -> None:
    text = "kafak: {}\nversion: 3.9.1\nkafka:\n  port: x\n  properties:\n    num.partition: 1\n"
    found = refused(loaded, text, "[kafka]\na\na id=1\na id=1\n[zookeeper]\nz id=0\n")
    assert [line.split(": ")[0] for line in found] == [
        "conf/cluster.yaml:1", "conf/cluster.yaml:4", "conf/cluster.yaml:6",
        "hosts.ini:2", "hosts.ini:4", "hosts.ini:6",
    ]  # fmt: skip


def test_problems_of_a_folder_elsewhere_name_it(loaded: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert refused(loaded, "version: 3.9.1\nkafak: 1")[0].startswith("../conf/cluster.yaml:2: ")


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (Problem("hosts.ini", 3, "is wrong"), "hosts.ini:3: is wrong [C1]"),
        (Problem("/c/hosts.ini", 0, "is wrong"), "/c/hosts.ini: is wrong [C1]"),
        (Problem("conf/cluster.yaml", 3, "is odd", warning=True), "conf/cluster.yaml:3: warning: is odd [C2]"),
        (Problem("conf/topics.yaml", 0, "is wrong"), "conf/topics.yaml: is wrong [C3]"),
        (Problem("conf/kafka.service.j2", 7, "is wrong"), "conf/kafka.service.j2:7: is wrong [C4]"),
        (Problem("cluster.id", 1, "is wrong"), "cluster.id:1: is wrong [C5]"),
    ],
)
def test_a_problem_in_words(problem: Problem, said: str) -> None:
    assert str(problem) == said


@calm
@given(st.text(min_size=1, max_size=8), st.lists(st.text(min_size=1, max_size=8)))
def test_the_nearest_name_is_one_of_the_known(word: str, known: list[str]) -> None:
    found = did_you_mean(word, known)
    assert not found or found.removeprefix(" (did you mean ").removesuffix("?)") in known


scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["/a", "1g", "3.9.1"])
keys = st.text(max_size=6) | st.sampled_from(
    ["version", "kafka", "zookeeper", "paths", "java", "port", "heap", "log_dirs", "properties", "user", "home"]
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4))


def entry(value: object) -> dataclass_loader.YamlNode:
    if isinstance(value, dict):
        value = {key: entry(item) for key, item in value.items()}
    elif isinstance(value, list):
        value = list(map(entry, value))
    return dataclass_loader.YamlNode(value, "f.yaml", 1)


@calm
@given(st.dictionaries(keys, values, max_size=6))
def test_fill_never_raises(tree: dict[str, object]) -> None:
    problems: list[Problem] = []
    assert isinstance(dataclass_loader.fill(Settings, entry(tree).value, problems), Settings)


@calm
@given(
    st.dictionaries(
        st.text("abc.", min_size=1, max_size=8),
        # A control character other than a tab is refused: see below.
        st.text(st.characters(codec="ascii", min_codepoint=32, exclude_characters="\x7f") | st.just("\t"), max_size=8),
    )
)
def test_quoted_texts_survive_yaml(wanted: dict[str, str]) -> None:
    text = yaml.safe_dump({"kafka": {"properties": wanted}}, default_style='"')
    tree, problems = dataclass_loader.read(text, "f.yaml")
    assert dataclass_loader.fill(Settings, tree, problems).kafka.properties == wanted
    assert problems == []


def test_a_cluster_has_a_name(loaded: Load) -> None:
    assert loaded("version: 3.9.1\nname: orders-1\n").name == "orders-1"


def test_a_cluster_without_a_name_is_kafka(loaded: Load) -> None:
    assert loaded().name == "kafka"


@pytest.mark.parametrize("name", ["''", "a b", "-a", "a/b", "ä", '"a\\n"', "a" * 65, "."])
def test_a_name_is_one_word(loaded: Load, name: str) -> None:
    (said,) = refused(loaded, f"version: 3.9.1\nname: {name}\n")
    assert said.startswith("conf/cluster.yaml:2: name: a name of 1 to 64 letters")


@pytest.mark.parametrize("letter", [*map(chr, range(1, 9)), "\r", "\x7f", "\x85", "\u2028"])
@pytest.mark.parametrize("place", ["kafka.jvm_options", "kafka.properties.x", "zookeeper.properties.x", "archive"])
def test_control_characters_are_refused(letter: str, place: str) -> None:
    block: object = f"a{letter}b"
    for key in reversed(place.split(".")):
        block = {key: block}
    tree, _ = dataclass_loader.read(yaml.safe_dump(block, default_style='"', allow_unicode=False), "f.yaml")
    problems: list[Problem] = []
    dataclass_loader.fill(Settings, tree, problems)
    [problem] = problems
    assert place in problem.text
    assert letter not in str(problem)


@pytest.mark.parametrize(
    "name", [" server.9", "clientPort ", "x\nserver.9", "a=b", "a:b", "#a", "!a", "a\\", "", "a\tb"]
)
@pytest.mark.parametrize("place", ["kafka.properties", "kafka.unchecked_properties", "zookeeper.properties",
                                   "controller.properties", "tuning.sysctl"])  # fmt: skip
def test_a_name_is_a_name_alone(name: str, place: str) -> None:
    section, _, key = place.partition(".")
    tree, _ = dataclass_loader.read(yaml.safe_dump({section: {key: {name: "1"}}}), "f.yaml")
    problems: list[Problem] = []
    dataclass_loader.fill(Settings, tree, problems)
    [problem] = problems
    assert "is in the name: write the name alone, without blanks" in problem.text
