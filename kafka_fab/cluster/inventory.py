"""hosts.ini: who is in the cluster, in which roles, with which ids."""

import re
from collections.abc import Iterator
from dataclasses import field, replace
from functools import cached_property
from ipaddress import ip_address

from kafka_fab.cluster.release.release import every_property_name
from kafka_fab.cluster.schema.problem import MOST, Problem, did_you_mean
from kafka_fab.cluster.values import address as addresses_of
from kafka_fab.cluster.values.role import Role
from kafka_fab.frozen_value import dataclass

GROUPS = tuple(Role)
KEYS = ("id", "rack", "address")
HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
ID = re.compile("[0-9]{1,10}")
# A broker and a controller or ZooKeeper server on each of five thousand hosts.
MOST_LINES = 10_000
# A value of one's own for the templates: `vars.NAME=VALUE`.
VARIABLE = re.compile(r"vars\.([A-Za-z_][A-Za-z0-9_]*)")
LISTENER = "listener.name."
ID_RANGE = {Role.BROKER: range(2**31), Role.CONTROLLER: range(2**31), Role.ZOOKEEPER: range(1, 256)}


@dataclass(frozen=True)
class Member:
    """One line of hosts.ini: a host in a group."""

    host: str
    group: Role
    id: int
    rack: str = ""
    address: str = ""
    line: int = 0
    # What this host's file says in its own way, and what its templates find under `vars`.
    properties: tuple[tuple[str, str], ...] = ()
    variables: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Inventory:
    """The members in the order of hosts.ini, and what is wrong with the file."""

    file: str
    members: tuple[Member, ...] = ()
    problems: tuple[Problem, ...] = field(default=(), compare=False)

    @cached_property
    def _groups(self) -> dict[str, tuple[Member, ...]]:
        return {name: tuple(member for member in self.members if member.group == name) for name in GROUPS}

    @cached_property
    def of_host(self) -> dict[str, tuple[Member, ...]]:
        """Return every host's members, in the order of hosts.ini."""
        found: dict[str, tuple[Member, ...]] = {}
        for member in self.members:
            found[member.host] = (*found.get(member.host, ()), member)
        return found

    def group(self, name: str) -> tuple[Member, ...]:
        """Return the members of one group."""
        return self._groups.get(name, ())

    def group_hosts(self, name: str) -> tuple[str, ...]:
        """Return the hosts of one group."""
        return tuple(member.host for member in self.group(name))

    @property
    def kraft(self) -> bool:
        """Return whether the cluster runs in KRaft mode: the groups decide."""
        return bool(self.group(Role.CONTROLLER))

    @property
    def hosts(self) -> tuple[str, ...]:
        """Return every host once, in the order of hosts.ini."""
        return tuple(self.of_host)

    def select(self, wanted: list[str]) -> tuple[str, ...]:
        """Return the hosts meant by names of hosts and groups; raise KeyError with an unknown one."""
        chosen: dict[str, None] = {}
        for name in wanted:
            hosts = self.group_hosts(name) or (name,) * (name in self.of_host)
            if not hosts:
                raise KeyError(name)
            chosen.update(dict.fromkeys(hosts))
        return tuple(chosen)

    def unknown_host(self, host: str, place: str = "hosts.ini") -> str:
        """Return what to say of a host that is not in the inventory: what is wrong with it, else the line to add."""
        if not HOST_NAME.fullmatch(host):
            return f"`{host}` is not a host name: {_name_hint(host)}"
        for known in (*self.of_host, *self._groups):
            if known.lower() == host.lower():
                return f"{host} is not in {place}: did you mean {known}?"
        free = max((member.id for member in self.members), default=0) + 1
        return f"{host} is not in {place}. To make it a broker, add below [kafka]:\n    {host} id={free}"


def _name_hint(text: str) -> str:
    if len(text.split()) > 1:
        return "separate names with commas"
    if "@" in text or ":" in text:
        return "name the host only; set user and port in ssh_config"
    return "name hosts or groups of hosts.ini, separated by commas; without -H: all hosts"


def parse(text: str, file: str = "hosts.ini") -> Inventory:
    """Read hosts.ini; nothing is raised, all that is wrong is in `.problems`."""
    reader = _InventoryReader(file)
    for number, line in _lines(text):
        reader.take(number, line)
        if len(reader.problems) > MOST or len(reader.members) > MOST_LINES:
            break
    inventory = Inventory(file, tuple(reader.members), tuple(reader.problems))
    if len(reader.members) > MOST_LINES:
        text = f"more than {MOST_LINES} lines of hosts: the limit; use a folder for each cluster"
        return replace(inventory, problems=(Problem(file, reader.members[-1].line, text),))
    return replace(inventory, problems=inventory.problems + tuple(_disagreements(inventory)))


@dataclass
class _InventoryReader:
    """What has been read of hosts.ini so far."""

    file: str
    group: Role | None = None
    members: list[Member] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def take(self, number: int, line: str) -> None:
        """Read one line."""
        if not line.isprintable():
            odd = next(letter for letter in line if not letter.isprintable())
            text = f"U+{ord(odd):04X} is no character for this file: remove it, or write a blank"
            self.problems.append(Problem(self.file, number, text))
        elif line.startswith("["):
            self.group, problems = _group(line, self.file, number)
            self.problems += problems
        elif self.group:
            member, problems = _member(line, self.group, self.file, number)
            self.members += [member] if member else []
            self.problems += problems
        elif not self.problems:
            text = f"{line.split(maxsplit=1)[0]} stands before any group: begin with [kafka]"
            self.problems.append(Problem(self.file, number, text))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(re.split("\r\n|\r|\n", text), 1):
        content = re.split(r"(?:^|\s)[;#]", line, maxsplit=1)[0].replace("\t", " ").strip()
        if content:
            yield number, content


def _group(line: str, file: str, number: int) -> tuple[Role | None, tuple[Problem, ...]]:
    name = line.strip("[] ")
    if name in GROUPS:
        return Role(name), ()
    text = f"unknown group [{name}]{did_you_mean(name, GROUPS)}; groups are [kafka], and [zookeeper] or [controller]"
    return None, (Problem(file, number, text),)


def _member(line: str, group: Role, file: str, number: int) -> tuple[Member | None, tuple[Problem, ...]]:
    host, *words = line.split()
    problems = [] if HOST_NAME.fullmatch(host) else [f"{host} is not a host name"]
    values: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        problems += _word_problems(host, word, key, bool(equals and value))
        problems += [f"{host}: {key} is given twice"] if key in values else []
        values[key] = value
    address = values.get("address", "")
    problems += list(filter(None, [_address_problem(host, address)])) if HOST_NAME.fullmatch(host) else []
    number_id, id_problems = _id(host, group, values)
    found = tuple(Problem(file, number, text) for text in problems + id_problems)
    if found:
        return None, found
    address = addresses_of.normal(address)
    properties = tuple((key, value) for key, value in values.items() if _is_property(key))
    variables = tuple((key.partition(".")[2], value) for key, value in values.items() if VARIABLE.fullmatch(key))
    return Member(host, group, number_id, values.get("rack", ""), address, number, properties, variables), ()


def _address_problem(host: str, address: str) -> str:
    if address:
        wrong = addresses_of.wrong(address)
        return f"{host}: address={wrong}" if wrong else ""
    wrong = addresses_of.wrong(host)
    return f"{wrong}; to use a name that only SSH knows, write its address beside it: address=..." if wrong else ""


def _is_property(key: str) -> bool:
    return key in every_property_name() or key.startswith(LISTENER)


def _word_problems(host: str, word: str, key: str, has_value: bool) -> list[str]:
    if not has_value:
        return [f"{host}: {word} is not KEY=VALUE; keys are {', '.join(KEYS)}"]
    if key not in KEYS and not _is_property(key) and not VARIABLE.fullmatch(key):
        near = did_you_mean(key, KEYS) or did_you_mean(key, every_property_name())
        known = f"keys are {', '.join(KEYS)}, broker properties under Kafka's names, and vars.NAME"
        return [f"{host}: unknown key {key}{near}; {known}"]
    return []


def _id(host: str, group: Role, values: dict[str, str]) -> tuple[int, list[str]]:
    allowed = ID_RANGE[group]
    if "id" not in values:
        return 0, [f"{host} has no id in [{group}]: write `{host} id=N`, ids are never counted"]
    if not ID.fullmatch(values["id"]) or int(values["id"]) not in allowed:
        bounds = f"{allowed.start} to {allowed.stop - 1}"
        return 0, [f"{host}: id={values['id']} is not a whole number from {bounds}"]
    return int(values["id"]), []


def _disagreements(inventory: Inventory) -> Iterator[Problem]:
    for group in GROUPS:
        yield from _doubles(inventory, group)
    yield from _node_ids(inventory)
    yield from _mode(inventory)
    yield from _even(inventory)
    yield from _spellings(inventory)
    yield from _addresses(inventory)


def _spellings(inventory: Inventory) -> Iterator[Problem]:
    """Yield hosts whose names differ only in capitals: to DNS, and so to everybody else, they are one."""
    first: dict[str, Member] = {}
    for members in inventory.of_host.values():
        member = members[0]
        other = first.setdefault(member.host.lower(), member)
        if other is not member:
            text = f"{member.host} is {other.host} (line {other.line}) with other capitals: names of hosts have none"
            yield Problem(inventory.file, member.line, f"{text}; write one of them everywhere")


def _addresses(inventory: Inventory) -> Iterator[Problem]:
    """Yield a host with two addresses, and an address of two hosts."""
    owners: dict[str, Member] = {}
    for host, members in inventory.of_host.items():
        told = [member for member in members if member.address]
        for member in told[1:]:
            if member.address != told[0].address:
                text = f"{host}: address={member.address} contradicts line {told[0].line}"
                yield Problem(inventory.file, member.line, f"{text} (address={told[0].address})")
        mine = told[0] if told else members[0]
        if len(inventory.of_host) > 1 and addresses_of.is_loopback(mine.address or host):
            text = f"{host} has the address {mine.address or host}, which means to each host that host itself"
            yield Problem(
                inventory.file, mine.line, f"{text}: write the one by which the others reach it (address=...)"
            )
        other = owners.setdefault(_normal(mine.address or host), mine)
        if other.host.lower() != host.lower():
            text = f"{host} has the address of {other.host} (line {other.line}), {mine.address or host}"
            yield Problem(inventory.file, mine.line, f"{text}: each host needs its own; a host has one line a group")


def _normal(address: str) -> str:
    try:
        return str(ip_address(address))
    except ValueError:
        return address.lower().rstrip(".")


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
    brokers = {member.host: member for member in inventory.group(Role.BROKER)}
    owners = {member.id: member for member in inventory.group(Role.BROKER)}
    for member in inventory.group(Role.CONTROLLER):
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
    if not inventory.group(Role.BROKER):
        yield Problem(inventory.file, 0, "no host in [kafka]: add a line such as `kafka1 id=1` below [kafka]")
    if not inventory.group(Role.ZOOKEEPER) and not inventory.kraft:
        text = "no host in [zookeeper] or [controller]: add a line such as `kafka1 id=1` below one of them"
        yield Problem(inventory.file, 0, text)
    if inventory.group(Role.ZOOKEEPER) and inventory.kraft:
        text = "[zookeeper] and [controller] are both there: metadata is kept by ZooKeeper or by controllers (KRaft)"
        yield Problem(inventory.file, inventory.group(Role.CONTROLLER)[0].line, text)


def _even(inventory: Inventory) -> Iterator[Problem]:
    if inventory.problems:
        # A line that cannot be read is a host that is not counted.
        return
    for group, name in ((Role.ZOOKEEPER, "ZooKeeper hosts"), (Role.CONTROLLER, "controllers")):
        members = inventory.group(group)
        if members and len(members) % 2 == 0:
            text = f"{len(members)} {name} survive no more failures than {len(members) - 1}: use an odd number"
            yield Problem(inventory.file, members[-1].line, text, warning=True)
