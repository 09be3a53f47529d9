"""Site: a cluster of a page's own on new hosts, and commands as an operator types them there."""

import getpass
import os
import shlex
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from lab.labs import LabSpec
from lab.life import down, up
from lab.machine import CHECKOUT
from tools.pages.page import Block
from tools.pages.page import Lab as Wanted

NAME, HOST = "docs", "kafka"
SECONDS = 600
SHIPPED = ("hosts.ini", "conf/cluster.yaml", "conf/topics.yaml")
TOOLS = {
    "fab": 'exec {checkout}/.venv/bin/fab -r {checkout} "$@"',
    "pytest": 'KAFKA_FAB_CLUSTER=$PWD; export KAFKA_FAB_CLUSTER; cd {checkout} && exec .venv/bin/pytest "$@"',
}
# Who ran the roll, and from where, says nothing of the cluster; nor does where its folder is.
FOLDER = "/home/ops/cluster"
MASKED = {f"{getpass.getuser()}@{socket.gethostname()}": "ops@admin"}


class Differs(Exception):
    """A command did not do what the page says of it."""


@dataclass(frozen=True)
class Site:
    """A cluster's folder and the tools that work in it."""

    folder: Path
    tools: Path

    def answer(self, block: Block) -> str:
        """Run a block's commands and return what a terminal would show of them; raise Differs."""
        for command in block.before:
            self.done(command)
        *first, last = block.shown
        said = [f"$ {command}\n{self.done(command)}" for command in first]
        said.append(f"$ {last}\n{block.cut(self.done(last, block.code))}")
        for command in block.after:
            self.done(command)
        return "\n\n".join(text.rstrip() for text in said)

    def done(self, command: str, code: int = 0) -> str:
        """Run a command, which must end with a code, and return its output; raise Differs."""
        print(f"  $ {command}", flush=True)
        try:
            ended = subprocess.run(
                ["sh", "-c", command], cwd=self.folder, env=self._environment(), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise Differs(f"`{command}` has not ended after {SECONDS} s") from error
        if ended.returncode != code:
            raise Differs(f"`{command}` ended with {ended.returncode}, not with {code}:\n{ended.stdout}")
        return masked(ended.stdout.replace(str(self.folder), FOLDER), (str(self.folder.parent), str(CHECKOUT)))

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name != "KAFKA_FAB_CLUSTER"}
        return kept | {"PATH": f"{self.tools}:{os.environ['PATH']}", "TERM": "dumb", "LC_ALL": "C.UTF-8"}


def masked(output: str, places: tuple[str, ...]) -> str:
    """Return an output without what names this machine; raise Differs where it tells one of these places."""
    for word, instead in MASKED.items():
        output = output.replace(word, instead)
    told = [place for place in places if place in output]
    if told:
        raise Differs(f"the output tells a place of this machine, {told[0]}:\n{output}")
    return "\n".join(line.rstrip() for line in output.splitlines())


@contextmanager
def site(wanted: Wanted) -> Iterator[Site]:
    """Boot a page's hosts, with a running cluster on them unless it wants them bare; take them away at the end."""
    with TemporaryDirectory(prefix="kafka-fab-docs-") as place:
        made = Site(Path(place) / "cluster", Path(place) / "bin")
        _lay_out(made)
        up(LabSpec(NAME, tuple(f"{HOST}{number}" for number in range(1, wanted.hosts + 1)), folder=made.folder))
        try:
            if not wanted.bare:
                made.done("fab install start")
            yield made
        finally:
            down(NAME)


def _lay_out(made: Site) -> None:
    made.tools.mkdir()
    for name, line in TOOLS.items():
        tool = made.tools / name
        tool.write_text(f"#!/bin/sh\n{line.format(checkout=shlex.quote(str(CHECKOUT)))}\n")
        tool.chmod(0o755)
    (made.folder / "conf").mkdir(parents=True)
    for name in SHIPPED:
        shutil.copy(CHECKOUT / name, made.folder / name)
