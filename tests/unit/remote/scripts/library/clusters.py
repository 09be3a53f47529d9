"""Two clusters on one host, and what each has written down as its own."""

from collections.abc import Iterable
from pathlib import Path
from shlex import join

from tests.unit.remote.scripts.library.host import GROUP, USER, Host

US = ("orders", "id1", "h1", "h1,h2", "me@here", "kafka", "/data")
THEM = ("payments", "id2", "h1", "h1,h3", "you@there", "kafka-two", "/two")


def of(
    host: Host, whose: tuple[str, ...], *commands: str | Iterable[object], apply: bool = True
) -> list[tuple[str, str]]:
    """Run functions of the library for a cluster, and return what each said: status and detail."""
    lines = (command if isinstance(command, str) else join(map(str, command)) for command in commands)
    said = host.run("\n".join([join(("set_owner", *whose)), *lines]), apply)
    assert said.changes or not commands, said.output
    return [(change.status, change.detail) for change in said.changes]


def directory(host: Host, name: str = "d", *more: str, owner: str = USER) -> tuple[object, ...]:
    return ("want_directory", host / name, owner, GROUP, "750", *more)


def records(host: Host) -> list[tuple[str, str, str]]:
    """How each thing came to be ours, what it is, and whose it is."""
    lines = (host / "state/made").read_text().splitlines() if (host / "state/made").exists() else []
    found = [line.split("\t") for line in lines]
    return [(how, thing.removeprefix(f"{host.folder}/"), folder) for how, thing, folder, *_ in found]


def marked_tree(host: Host, name: str) -> Path:
    (host / name).mkdir()
    (host / name / ".kafka-fab").write_text("sum\n")
    return host / name
