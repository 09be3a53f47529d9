"""Every path of every setting: its form, the system's folders, and how two of ours may lie to each other."""

from itertools import combinations
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_fab.cluster.checks import configured_paths
from kafka_fab.cluster.schema.problem import ConfigError
from kafka_fab.cluster.values import path_rules
from kafka_fab.cluster.values.path_rules import NamedPath, PathKind
from tests.unit.folders import Load, written

ZOOKEEPER = "[kafka]\na id=1\n[zookeeper]\na id=1\n"
APART = "[kafka]\na id=1\n[zookeeper]\nb id=1\n"
ISOLATED = "[kafka]\na id=1\n[controller]\nb id=2\n"
COMBINED = "[kafka]\na id=1\n[controller]\na id=1\n"
# Each with what it makes of a path, as YAML.
SETTINGS = {
    "paths.install": "paths: {{install: {}}}",
    "paths.link": "paths: {{link: {}}}",
    "paths.cache": "paths: {{cache: {}}}",
    "java.home": "java: {{home: {}}}",
    "kafka.log_dirs": "kafka: {{log_dirs: [{}]}}",
    "kafka.config_dir": "kafka: {{config_dir: {}}}",
    "kafka.logs": "kafka: {{logs: {}}}",
    "zookeeper.data_dir": "zookeeper: {{data_dir: {}}}",
    "zookeeper.config_dir": "zookeeper: {{config_dir: {}}}",
    "zookeeper.logs": "zookeeper: {{logs: {}}}",
    "controller.metadata_dir": "controller: {{metadata_dir: {}}}",
}
OWN = [name for name in SETTINGS if name not in ("paths.install", "java.home")]
# What Debian's base-files brings, and the FHS names: nobody's but the system's.
_BASE_FILES = """
/bin /boot /dev /etc /etc/default /etc/opt /etc/profile.d /etc/skel /home /lib /lib64 /lost+found /media /mnt /opt
/proc /root /run /run/lock /sbin /srv /sys /tmp /usr /usr/bin /usr/games /usr/include /usr/lib /usr/libexec
/usr/local /usr/local/bin /usr/local/etc /usr/local/lib /usr/local/share /usr/sbin /usr/share /usr/share/doc /usr/src
/var /var/backups /var/cache /var/crash /var/lib /var/lib/dpkg /var/lib/misc /var/local /var/lock /var/log
/var/mail /var/opt /var/run /var/spool /var/spool/mail /var/tmp /dev/null /dev/shm /proc/self /etc/ssh /etc/systemd
/etc/systemd/system /etc/pam.d
"""
OF_THE_SYSTEM = _BASE_FILES.split()


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    monkeypatch.chdir(tmp_path)
    return lambda text="", hosts=ZOOKEEPER: written(tmp_path, hosts, f"version: 3.9.1\n{text}\n")


def refused(load: Load, text: str, hosts: str = ZOOKEEPER) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(text, hosts)
    return [str(problem) for problem in caught.value.problems if not problem.warning]


def hosts_of(name: str) -> str:
    return ISOLATED if name.startswith("controller") else ZOOKEEPER


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/.", "the root of all files"),
        ("/", "the root of all files"),
        ("/..", "`..`"),
        ("/opt/..", "`..`"),
        ("/opt/../srv/x", "`..`"),
        ("/srv/./x", "write /srv/x"),
        ("/srv//x", "write /srv/x"),
        ("/srv/x/", "write /srv/x"),
        ("//srv/x", "write /srv/x"),
        (f"/srv/{'x' * 201}", "too long"),
        ("/srv/a b", "an absolute path"),
        ("srv/x", "an absolute path"),
    ],
)
def test_a_path_has_one_form(name: str, path: str, said: str, load: Load) -> None:
    (problem,) = refused(load, SETTINGS[name].format(path), hosts_of(name))
    assert problem.startswith(f"conf/cluster.yaml:2: {name}: an absolute path without blanks is wanted")
    assert said in problem


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("path", ["/etc", "/usr", "/dev/null", "/usr/local"])
def test_no_folder_of_the_system_is_ours(name: str, path: str, load: Load) -> None:
    (problem,) = refused(load, SETTINGS[name].format(path), hosts_of(name))
    assert problem.startswith(f"conf/cluster.yaml:2: {name}: {path} ")
    assert "belongs to the system" in problem


@pytest.mark.parametrize("path", OF_THE_SYSTEM)
def test_the_folders_of_the_system_are_known(path: str) -> None:
    assert path_rules.of_the_system(NamedPath("x", path))


@pytest.mark.parametrize("path", ["/opt", "/srv", "/usr/local", "/usr/local/lib", "/var/opt", "/data"])
def test_trees_may_stand_in_a_shared_folder(path: str, load: Load) -> None:
    assert load(f"paths: {{install: {path}}}").tree == f"{path}/kafka_2.13-3.9.1"


@pytest.mark.parametrize("path", ["/usr/lib", "/run", "/proc", "/boot", "/tmp", "/dev/shm", "/root", "/etc/systemd"])
def test_trees_do_not_stand_where_nothing_of_ours_does(path: str, load: Load) -> None:
    (problem,) = refused(load, f"paths: {{install: {path}}}")
    assert "belongs to the system" in problem


@pytest.mark.parametrize("home", ["/usr", "/usr/lib/jvm/java-17", "/opt/jdk-17", "/usr/local"])
def test_java_may_be_the_systems(home: str, load: Load) -> None:
    assert load(f"java: {{home: {home}}}").settings.java.home == home


@pytest.mark.parametrize("path", ["/data", "/data/kafka", "/srv/kafka", "/var/lib/kafka", "/home/kafka/data", "/mnt/a"])
def test_folders_of_kafkas_own_are_accepted(path: str, load: Load) -> None:
    assert load(f"kafka: {{log_dirs: [{path}]}}").kafka.log_dirs == (path,)


CLASHES = [
    ("kafka: {log_dirs: [/d/a, /d/b, /d/a]}", "kafka.log_dirs: /d/a is kafka.log_dirs, too"),
    ("kafka: {log_dirs: [/d/a, /d/a/b]}", "kafka.log_dirs: /d/a/b lies inside kafka.log_dirs (/d/a)"),
    ("kafka: {log_dirs: [/var/lib/zookeeper]}", "kafka.log_dirs: /var/lib/zookeeper is zookeeper.data_dir, too"),
    ("zookeeper: {data_dir: /opt/kafka-logs/z}", "lies inside kafka.log_dirs (/opt/kafka-logs)"),
    ("kafka: {log_dirs: [/opt/kafka_2.13-3.9.1]}", "is the folder of this version, too"),
    ("kafka: {log_dirs: [/opt/kafka_2.13-3.9.1/data]}", "lies inside the folder of this version"),
    ("kafka: {logs: /opt/kafka/logs}", "kafka.logs: /opt/kafka/logs lies inside paths.link (/opt/kafka)"),
    ("kafka: {log_dirs: [/opt/kafka]}", "kafka.log_dirs: /opt/kafka is paths.link, too"),
    ("kafka: {config_dir: /etc/zookeeper}", "kafka.config_dir: /etc/zookeeper is zookeeper.config_dir, too"),
    ("kafka: {log_dirs: [/etc/kafka/data]}", "lies inside kafka.config_dir (/etc/kafka)"),
    ("kafka: {logs: /opt/kafka-logs/logs}", "lies inside kafka.log_dirs (/opt/kafka-logs)"),
    ("paths: {install: /opt/kafka}", "paths.install: /opt/kafka is paths.link, too"),
    ("paths: {install: /opt/kafka/versions}", "paths.install: /opt/kafka/versions lies inside paths.link"),
    ("paths: {link: /opt/kafka_2.13-3.9.1}", "paths.link: /opt/kafka_2.13-3.9.1 is the folder of this version"),
    ("paths: {install: /opt/kafka-logs}", "paths.install: /opt/kafka-logs is kafka.log_dirs, too"),
    ("paths: {link: /opt/kafka-logs/now}", "paths.link: /opt/kafka-logs/now lies inside kafka.log_dirs"),
    ("kafka: {log_dirs: [/var/cache/kafka]}", "/var/cache/kafka is the folder of a service's temporary files, too"),
    ("kafka: {log_dirs: [/var/cache/kafka/data]}", "lies inside the folder of a service's temporary files"),
    ("zookeeper: {service: zk, data_dir: /var/cache/zk}", "is the folder of a service's temporary files, too"),
    ("paths: {cache: /var/lib/kafka-fab}", "paths.cache: /var/lib/kafka-fab is the folder of kafka-fab's own records"),
    ("kafka: {log_dirs: [/var/lib/kafka-fab/d]}", "lies inside the folder of kafka-fab's own records"),
    ("kafka: {log_dirs: [/opt/kafka-exporter]}", "is the folder of the exporter's agents, too"),
    ("kafka: {logs: /var/log/zookeeper/kafka}", "lies inside zookeeper.logs (/var/log/zookeeper)"),
    ("java: {home: /opt/kafka-logs/jdk}", "java.home: /opt/kafka-logs/jdk lies inside kafka.log_dirs"),
    ("java: {home: /opt/kafka-logs}", "java.home: /opt/kafka-logs is kafka.log_dirs, too"),
    ("zookeeper: {properties: {dataLogDir: /opt/kafka-logs}}", "zookeeper.properties.dataLogDir: /opt/kafka-logs is"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), CLASHES, ids=[text for text, _ in CLASHES])
def test_no_two_of_ours_lie_in_each_other(text: str, said: str, load: Load) -> None:
    found = refused(load, text)
    assert any(said in problem for problem in found), found
    assert all(problem.startswith("conf/cluster.yaml:2: ") for problem in found)


def test_all_problems_are_said_at_once_each_with_its_line(load: Load) -> None:
    text = (
        "paths:\n  cache: /opt\nkafka:\n  log_dirs:\n    - /etc\n    - /srv/a\n    - /srv/a/b\n  logs: /var/log/../x\n"
    )
    assert [problem.partition(": ")[0] for problem in refused(load, text)] == [
        f"conf/cluster.yaml:{line}" for line in (3, 6, 8, 9)
    ]


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("kafka: {log_dirs: [/data]}\nzookeeper: {data_dir: /data}", APART),
        ("kafka: {log_dirs: [/data/kafka]}\ncontroller: {metadata_dir: /data/kafka}", ISOLATED),
        ("kafka: {log_dirs: [/var/lib/kafka-controller]}", COMBINED),
        ("kafka: {log_dirs: [/var/lib/zookeeper]}", ISOLATED),
        ("zookeeper: {properties: {dataLogDir: /var/lib/zookeeper/log}}", ZOOKEEPER),
        ("kafka: {properties: {metadata.log.dir: /opt/kafka-logs}}", COMBINED),
        ("kafka: {log_dirs: [/opt/kafka-logs-2]}", ZOOKEEPER),
    ],
)  # fmt: skip
def test_what_no_host_has_both_of_does_not_clash(text: str, hosts: str, load: Load) -> None:
    assert load(text, hosts)


names = st.sampled_from(["a", "b", "ab", "kafka", "opt", "usr", "local", "var", "lib", "etc"])
normal = st.lists(names, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
any_path = st.lists(st.sampled_from(["a", "opt", ".", "..", "", "b.c", "..."]), min_size=1, max_size=5).map(
    lambda parts: "/" + "/".join(parts)
)


@given(any_path)
def test_the_form_is_what_pathlib_leaves_as_it_is(path: str) -> None:
    plain = PurePosixPath(path)
    # It knows two slashes at the beginning as a root of its own.
    is_normal = str(plain) == path and ".." not in plain.parts and plain.root == "/" and path != "/"
    assert (path_rules.malformed(path) == "") == is_normal


@given(st.lists(normal, min_size=2, max_size=4))
def test_directories_of_ours_clash_where_pathlib_says_that_one_is_in_the_other(found: list[str]) -> None:
    def related(one: str, other: str) -> bool:
        return PurePosixPath(one).is_relative_to(other) or PurePosixPath(other).is_relative_to(one)

    expected = sum(related(one, other) for one, other in combinations(found, 2))
    assert len(path_rules.clashes([NamedPath("x", path) for path in found])) == expected


@given(normal)
def test_what_lies_in_a_closed_folder_is_closed_and_a_shared_one_is_so_only_itself(path: str) -> None:
    lies_in = [str(folder) for folder in (PurePosixPath(path), *PurePosixPath(path).parents)]
    nearest = next((folder for folder in lies_in if folder in path_rules.CLOSED or folder == "/usr/local"), "")
    expected = nearest in path_rules.CLOSED or path in path_rules.SHARED
    assert bool(path_rules.of_the_system(NamedPath("x", path))) == expected
    assert not path_rules.of_the_system(NamedPath("x", path, PathKind.LENT))


def test_every_path_of_the_settings_is_a_place(load: Load) -> None:
    """A new setting of a path must not be forgotten: their defaults begin with a slash."""
    from dataclasses import fields, is_dataclass

    def walk(settings: object, name: str = "") -> set[str]:
        found = set()
        for field in fields(settings):  # type: ignore[arg-type]
            value = getattr(settings, field.name)
            check = field.metadata.get("check")
            if is_dataclass(value):
                found |= walk(value, f"{name}{field.name}.")
            elif check and "absolute path" in check.wanted:
                found.add(f"{name}{field.name}")
        return found

    cluster = load("java: {home: /jdk}")
    roles = [frozenset({"kafka", "zookeeper"}), frozenset({"controller"})]
    named = {place.name for some in roles for place in configured_paths.of({}, cluster.settings, some)}
    assert walk(cluster.settings) - named == set()
    assert walk(cluster.settings) == set(SETTINGS)
