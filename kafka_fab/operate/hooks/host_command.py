"""Host command: a hook's shell command on a host, as root, with a time limit."""

from collections.abc import Mapping
from shlex import join

from kafka_fab.cluster.change import read_changes
from kafka_fab.operate.hooks.command_end import CommandEnd
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.ssh.connection import Connection, HostFailure

# As timeout(1) has it.
TIMED_OUT = 124
# Seconds in which a host that was heard of at its command's time limit must answer.
GRACE = 30


def run(c: Connection, command: str, environment: Mapping[str, str], seconds: int) -> CommandEnd:
    """Run a command and return how it ended; raise HostFailure where the host did not answer."""
    pairs = (f"{name}={value}" for name, value in environment.items())
    call = join(("run_hook", str(seconds), command, *pairs))
    answer = channel.run(c, script.with_library(call, extra=script.HOOK), idle_timeout=seconds + GRACE)
    said = next((change for change in read_changes(answer.output.splitlines()) if change.kind == "hook"), None)
    if said is None or not said.name.isdigit():
        raise HostFailure((said and said.detail) or answer.stderr or "the host did not say how the command ended")
    status = int(said.name)
    return CommandEnd(None if status == TIMED_OUT else status, said.detail)
