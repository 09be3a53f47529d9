"""Run command: one line for the shell of every host."""

from shlex import join

from kafka_fab.cluster.change import Change
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.ssh.connection import Connection, HostFailure

EMPTY = "the command is empty, nothing was run: `fab run 'uname -a'`"


def run_command(c: Connection, command: str) -> None:
    """Run a command as root on a host; each line that it prints is shown, host first."""
    if not command.strip():
        raise HostFailure(EMPTY)
    c.progress.doing = command
    notes = c.progress.changes

    def heard(line: str) -> None:
        notes.append(Change("says", "", line))

    answer = channel.run(c, wrapped(command), heard)
    if answer.status:
        # What our own shell has to say, as that it has no `sh` to start, is not the command's output.
        words = f": {answer.stderr.splitlines()[-1]}" if answer.stderr else ""
        raise HostFailure(f"`{command}` ended with status {answer.status}{words}")
    # Not "nothing to change": what a command has changed is not known.
    notes.append(Change("ran", "command", command))


def wrapped(command: str) -> str:
    """Return the script that gives a command to a shell of its own: no quote or comment in it can reach ours."""
    return script.with_library(f"{join(('sh', '-c', '--', command))} </dev/null 2>&1")
