"""hosts.ini: who is in the cluster, in which roles, with which ids."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tasks.cluster.problem import Problem, did_you_mean

GROUPS = ("kafka", "zookeeper", "controller")
KEYS = ("id", "rack", "address")
HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
ADDRESS = re.compile(rf"{HOST_NAME.pattern}|[0-9a-fA-F:.]+")
ID_RANGE = {"kafka": range(2**31), "controller": range(2**31), "zookeeper": range(1, 256)}


@dataclass(frozen=True)
class Member:
    """One line of hosts.ini: a host in a group."""

    host: str
    group: str
    id: int
    rack: str = ""
    address: str = ""
    line: int = 0


@dataclass(frozen=True)
class Inventory:
    """The members in the order of hosts.ini, and what is wrong with the file."""

    file: str
    members: tuple[Member, ...] = ()
    problems: tuple[Problem, ...] = field(default=(), compare=False)

    def group(self, name: str) -> tuple[Member, ...]:
        """Return the members of one group."""
        return tuple(member for member in self.members if member.group == name)

    def group_hosts(self, name: str) -> tuple[str, ...]:
        """Return the hosts of one group."""
        return tuple(member.host for member in self.group(name))

    @property
    def kraft(self) -> bool:
        """Return whether controllers keep the metadata, and not ZooKeeper: the groups say the mode."""
        return bool(self.group("controller"))

    @property
    def hosts(self) -> tuple[str, ...]:
        """Return every host once, in the order of hosts.ini."""
        return tuple(dict.fromkeys(member.host for member in self.members))

    def select(self, wanted: list[str]) -> tuple[str, ...]:
        """Return the hosts meant by names of hosts and groups; raise KeyError with an unknown one."""
        chosen: dict[str, None] = {}
        for name in wanted:
            hosts = self.group_hosts(name) or (name,) * (name in self.hosts)
            if not hosts:
                raise KeyError(name)
            chosen.update(dict.fromkeys(hosts))
        return tuple(chosen)

    def stranger(self, host: str, place: str = "hosts.ini") -> str:
        """Return what to say of a host that is not in the inventory: the line to add."""
        free = max((member.id for member in self.members), default=0) + 1
        return f"{host} is not in {place}. To make it a broker, add below [kafka]:\n    {host} id={free}"


def parse(text: str, file: str = "hosts.ini") -> Inventory:
    """Read hosts.ini; nothing is raised, all that is wrong is in `.problems`."""
    inventory, group = Inventory(file), ""
    for number, line in _lines(text):
        if line.startswith("["):
            group, problems = _group(line, file, number)
            inventory = replace(inventory, problems=inventory.problems + problems)
        elif group:
            member, problems = _member(line, group, file, number)
            members = inventory.members + ((member,) if member else ())
            inventory = replace(inventory, members=members, problems=inventory.problems + problems)
        elif not inventory.problems:
            problem = Problem(file, number, f"{line.split()[0]} stands before any group: begin with [kafka]")
            inventory = replace(inventory, problems=(problem,))
    return replace(inventory, problems=inventory.problems + tuple(_disagreements(inventory)))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        content = re.split(r"(?:^|\s)[;#]", line, maxsplit=1)[0].strip()
        if content:
            yield number, content


def _group(line: str, file: str, number: int) -> tuple[str, tuple[Problem, ...]]:
    name = line.strip("[] ")
    if name in GROUPS:
        return name, ()
    text = f"unknown group [{name}]{did_you_mean(name, GROUPS)}; groups are [kafka], and [zookeeper] or [controller]"
    return "", (Problem(file, number, text),)


def _member(line: str, group: str, file: str, number: int) -> tuple[Member | None, tuple[Problem, ...]]:
    host, *words = line.split()
    problems = [] if HOST_NAME.fullmatch(host) else [f"{host} is not a host name"]
    values: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        problems += _word_problems(host, word, key, bool(equals and value))
        problems += [f"{host}: {key} is given twice"] if key in values else []
        values[key] = value
    address = values.get("address", "")
    problems += [f"{host}: {address} is not an address"] if address and not ADDRESS.fullmatch(address) else []
    number_id, id_problems = _id(host, group, values)
    found = tuple(Problem(file, number, text) for text in problems + id_problems)
    if found:
        return None, found
    return Member(host, group, number_id, values.get("rack", ""), address, number), ()


def _word_problems(host: str, word: str, key: str, has_value: bool) -> list[str]:
    if not has_value:
        return [f"{host}: {word} is not KEY=VALUE; keys are {', '.join(KEYS)}"]
    if key not in KEYS:
        return [f"{host}: unknown key {key}{did_you_mean(key, KEYS)}; keys are {', '.join(KEYS)}"]
    return []


def _id(host: str, group: str, values: dict[str, str]) -> tuple[int, list[str]]:
    allowed = ID_RANGE[group]
    if "id" not in values:
        return 0, [f"{host} has no id in [{group}]: write `{host} id=N`, ids are never counted"]
    if not values["id"].isdecimal() or int(values["id"]) not in allowed:
        bounds = f"{allowed.start} to {allowed.stop - 1}"
        return 0, [f"{host}: id={values['id']} is not a whole number from {bounds}"]
    return int(values["id"]), []


def _disagreements(inventory: Inventory) -> Iterator[Problem]:
    for group in GROUPS:
        yield from _doubles(inventory, group)
    yield from _node_ids(inventory)
    yield from _mode(inventory)
    yield from _even(inventory)
    addresses: dict[str, Member] = {}
    for member in inventory.members:
        other = addresses.setdefault(member.host, member)
        if member.address and other.address and member.address != other.address:
            text = f"{member.host}: address={member.address} contradicts line {other.line} (address={other.address})"
            yield Problem(inventory.file, member.line, text)


def _doubles(inventory: Inventory, group: str) -> Iterator[Problem]:
    hosts: dict[str, int] = {}
    ids: dict[int, Member] = {}
    for member in inventory.group(group):
        if hosts.setdefault(member.host, member.line) != member.line:
            text = f"{member.host} stands twice in [{group}] (first on line {hosts[member.host]})"
            yield Problem(inventory.file, member.line, text)
        elif ids.setdefault(member.id, member) is not member:
            text = f"{member.host}: id={member.id} is taken by {ids[member.id].host} (line {ids[member.id].line})"
            yield Problem(inventory.file, member.line, text)


def _node_ids(inventory: Inventory) -> Iterator[Problem]:
    """Yield where a node.id is not one node's: brokers and controllers share one range of ids (KRaft)."""
    brokers = {member.host: member for member in inventory.group("kafka")}
    owners = {member.id: member for member in inventory.group("kafka")}
    for member in inventory.group("controller"):
        same = brokers.get(member.host)
        other = owners.get(member.id)
        if same and same.id != member.id:
            text = f"{member.host} is one combined node: its id must be {same.id} as in [kafka] (line {same.line})"
            yield Problem(inventory.file, member.line, text)
        elif other and other.host != member.host:
            text = f"{member.host}: id={member.id} is the broker's on {other.host} (line {other.line})"
            yield Problem(inventory.file, member.line, f"{text}; brokers and controllers share one range of ids")


def _mode(inventory: Inventory) -> Iterator[Problem]:
    if inventory.problems:
        return
    if not inventory.group("kafka"):
        yield Problem(inventory.file, 0, "no host in [kafka]: add a line such as `kafka1 id=1` below [kafka]")
    if not inventory.group("zookeeper") and not inventory.kraft:
        text = "no host in [zookeeper] or [controller]: add a line such as `kafka1 id=1` below one of them"
        yield Problem(inventory.file, 0, text)
    if inventory.group("zookeeper") and inventory.kraft:
        text = "[zookeeper] and [controller] are both there: metadata is kept by ZooKeeper or by controllers (KRaft)"
        yield Problem(inventory.file, inventory.group("controller")[0].line, text)


def _even(inventory: Inventory) -> Iterator[Problem]:
    for group, name in (("zookeeper", "ZooKeeper hosts"), ("controller", "controllers")):
        members = inventory.group(group)
        if members and len(members) % 2 == 0:
            text = f"{len(members)} {name} survive no more failures than {len(members) - 1}: use an odd number"
            yield Problem(inventory.file, members[-1].line, text, warning=True)
