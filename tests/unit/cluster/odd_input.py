"""Odd input: mutations of a cluster's files, the same for the same seed; what the loaders must make of them."""

import random
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kafka_fab.cluster import load
from kafka_fab.cluster.acls import acls_file
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.schema.problem import ConfigError, Problem
from kafka_fab.cluster.topics import topics_file
from kafka_fab.cluster.users import users_file

HOSTS = """\
; who
[kafka]
kafka1 id=1 rack=a address=10.0.0.1
kafka2 id=2 rack=b
kafka3 id=3 rack=c  # the third

[zookeeper]
kafka1 id=1
kafka2 id=2
kafka3 id=3
"""
CLUSTER = """\
version: 3.9.1
mirror: https://archive.apache.org/dist/kafka
kafka:
  heap: 1g
  port: 9092
  log_dirs: [/data/a, /data/b]
  log_dirs_are_mounts: false
  properties:
    num.partitions: 3
    default.replication.factor: 3
    min.insync.replicas: 2
  unchecked_properties: {my.plugin: x}
  jmx: {port: 9999, password: "a-word"}
zookeeper:
  heap: 512m
  properties: {maxClientCnxns: 60}
security:
  internal: mtls
  listeners:
    clients: {port: 9094, login: scram}
    external: {port: 9096, login: mtls, advertise: "{host}.example.org:19096"}
  certificates: {from: own, days: 30, names: ["{host}.internal"], passphrase_from: env:WORD}
  admins: ["User:ops"]
  authorize: audit
  tool: {verify_as: "{host}"}
tuning:
  swappiness: 1
"""
LOCAL = "mirror: http://mirror:8000/kafka\nkafka: {heap: 256m, chroot: /one}\njava: {home: /usr/lib/jvm/java}\n"
TOPICS = """\
topics:
  orders: {partitions: 6, replication: 3, config: {retention.ms: 1000, min.insync.replicas: 2}}
  placed: {placement: [[1, 2, 3], [2, 3, 1]]}
  gone: {absent: true}
quotas:
  - {user: alice, producer_byte_rate: 1048576}
  - {client_id: "<default>", request_percentage: 50}
"""
USERS = """\
manage: listed
users:
  dora: {password_from: env:DORA, iterations: 4096, quotas: {producer_byte_rate: 1048576}}
  bob:
    password_from: {command: [pass, kafka/bob]}
    sha_256: {generate: true}
  gone: {absent: true}
"""
ACLS = """\
manage: all
users:
  User:alice:
    - {topic: orders, may: [read, write], from: 10.0.0.1}
    - {group: orders-, prefixed: true, may: [read], deny: [delete]}
  "User:CN=bob,O=x": [{cluster: true, may: [all]}, {transactional: t, may: [write]}]
  User:gone: []
aliases: {User:alice: [User:carol]}
"""
FILES = {
    "hosts.ini": HOSTS,
    "conf/cluster.yaml": CLUSTER,
    "conf/local.yaml": LOCAL,
    "conf/topics.yaml": TOPICS,
    "conf/users.yaml": USERS,
    "conf/acls.yaml": ACLS,
}
READERS: dict[str, Callable[[Cluster], object]] = {
    "conf/topics.yaml": topics_file.wanted,
    "conf/users.yaml": users_file.wanted,
    "conf/acls.yaml": acls_file.wanted,
}

# Generous: it is for what would take minutes, and other work on the machine is no failure.
SECONDS = 10
BYTES = [
    b"\0",
    b"\r",
    b"\t",
    b"\xa0",
    b"\xe9",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\x1b[31m",
    b"\x85",
    b"\xe2\x80\xa8",
    b"\x7f",
]
TOKENS = [
    ":", ": ", "- ", "-", "[", "]", "{", "}", ",", "#", ";", "'", '"', "|", ">", "|\n", "&a ", "*a", "*", "&", "!",
    "<<: *a", "<<: {a: 1}", "? ", "? [a]\n: b", "---\n", "...\n", "%YAML 9.9\n---\n", "@", "`", "%", "=", "id=", "id=1",
    "~", "null", "true", "no", "12:30", "0x", "0x_", "010", "1e9", ".inf", ".nan", "-1", "0", "2001-01-01", "9" * 25,
    "9" * 5000, "a" * 300, "a" * 70_000, "ä", "\u202e", "\U0001f600", "{{ x }}", "${x}", "[kafka]", "[zookeeper]",
    "[controller]", "[", "[]", "[[kafka]]", "\n", "\n\n", "  ", "\n \t ", "KAFKA1 id=9", "kafka1 id=1 id=1",
    "kafka9 id=9 address=10.0.0.1", '!!int "[1]"', '!!int "[~]"', '!!int "x"', '!!bool "maybe"', '!!null "x"', "!!",
    '!!float "x"', "!!binary x", "!!python/object/apply:os.system [id]", "!!set {a}", "!!omap [a: 1]", "!vault |\n  x",
    "&a [*a]", "&a {b: *a}", "&a a", '"\\u0000"', '"\\ud800"', '"\\e[2J"', '"\\x07"', '"a\\nb"', "[" * 30, "{a: " * 30,
]  # fmt: skip
LARGE = [
    "[" * 30_000,
    "{a: " * 30_000,
    "- " * 30_000,
    "? " * 30_000,
    "a" * (5 << 20),
    "x: 1\n" * 60_000,
    "\n" * 300_000,
]
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]\n" for at in range(1, 15)
)
Change = Callable[[random.Random, bytes], bytes]


def _somewhere(chance: random.Random, data: bytes) -> int:
    return chance.randint(0, len(data))


def _insert_bytes(chance: random.Random, data: bytes) -> bytes:
    at = _somewhere(chance, data)
    return data[:at] + chance.choice([*BYTES, bytes([chance.randrange(256)])]) + data[at:]


def _insert_token(chance: random.Random, data: bytes) -> bytes:
    at = _somewhere(chance, data)
    return data[:at] + chance.choice(TOKENS).encode() + data[at:]


def _replace_word(chance: random.Random, data: bytes) -> bytes:
    words = data.split(b" ")
    words[chance.randrange(len(words))] = chance.choice(TOKENS).encode()
    return b" ".join(words)


def _replace_value(chance: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    sign = b"=" if b"=" in lines[at] else b": "
    lines[at] = lines[at].split(sign)[0] + sign + chance.choice(TOKENS).encode()
    return b"\n".join(lines)


def _cut(chance: random.Random, data: bytes) -> bytes:
    first, last = sorted((_somewhere(chance, data), _somewhere(chance, data)))
    return data[:first] + data[last:]


def _double(chance: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    return b"\n".join([*lines[: at + 1], *lines[at : at + 1] * chance.choice([1, 2, 50]), *lines[at + 1 :]])


def _shuffle(chance: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    chance.shuffle(lines)
    return b"\n".join(lines)


def _recode(chance: random.Random, data: bytes) -> bytes:
    text = data.decode(errors="replace")
    return chance.choice([
        b"\xef\xbb\xbf" + data,
        text.encode("utf-16"),
        text.replace("kafka", "käfka").encode("latin-1", "replace"),
        data.replace(b"\n", b"\r\n"),
        data.replace(b"\n", b"\r"),
        data.replace(b"  ", b"\t"),
        data.upper(),
    ])  # fmt: skip


def _grow(chance: random.Random, data: bytes) -> bytes:
    at = _somewhere(chance, data)
    return chance.choice([data[:at] + chance.choice(LARGE).encode() + data[at:], BOMB.encode(), data + BOMB.encode()])


CHANGES: list[Change] = [_insert_bytes, _insert_token, _replace_word, _replace_value, _cut, _double, _shuffle, _recode]


@dataclass(frozen=True)
class Mutation:
    """One file of a cluster's folder, mutated."""

    seed: int
    name: str
    data: bytes


def mutations(first: int, count: int) -> Iterator[Mutation]:
    """Yield mutations by consecutive seeds."""
    for seed in range(first, first + count):
        chance = random.Random(seed)
        name = chance.choice([*FILES])
        data = FILES[name].encode()
        for _ in range(chance.choice([1, 1, 1, 2, 3, 8])):
            data = chance.choice(CHANGES)(chance, data)
        if seed % 100 == 0:
            data = _grow(chance, data)
        yield Mutation(seed, name, data)


def write(folder: Path, mutation: Mutation | None = None) -> None:
    """Write a cluster's folder with at most one mutated file."""
    (folder / "conf").mkdir(exist_ok=True)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    if mutation:
        (folder / mutation.name).write_bytes(mutation.data)


def loaded(folder: Path, mutated: str = "") -> Cluster | tuple[Problem, ...]:
    """Return the cluster of a folder, its topics, users and ACLs read too, or why not."""
    load.cluster.cache_clear()
    try:
        cluster = load.cluster(folder)
        for name, read in READERS.items():
            # What a mutation of one of these files does not touch is right.
            if mutated == name or mutated not in READERS:
                read(cluster)
    except ConfigError as refused:
        return refused.problems
    return cluster


def complaint(folder: Path, mutation: Mutation) -> str:
    """Return what is wrong with how a mutation is taken, or nothing: a cluster, or sentences, in bounded time."""
    write(folder, mutation)
    began = time.monotonic()
    try:
        found = loaded(folder, mutation.name)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    took = time.monotonic() - began
    if took > SECONDS:
        return f"took {took:.1f} s"
    return "" if isinstance(found, Cluster) else next(filter(None, map(_no_sentence, found[:10])), "")


def _no_sentence(problem: Problem) -> str:
    """Return what a problem lacks of a sentence: a file, words, and no letter that a terminal obeys."""
    said = str(problem)
    if not problem.file.endswith(tuple(FILES)):
        return f"no file: {said!r}"
    if len(problem.text.split()) < 3 or not said.isprintable() or len(said) > 4000:
        return f"no sentence: {said[:300]!r}"
    return ""


def peak_mib() -> int:
    """Return the most memory that this process has taken."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
