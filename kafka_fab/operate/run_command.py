"""Run command: a shell command on every host."""

from shlex import join

from invoke.context import Context

from kafka_fab.cluster.change import Change
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.fleet import fleet, run_and_report
from kafka_fab.remote.ssh.connection import Connection, HostFailure
from kafka_fab.typed_command import FAB

EMPTY = f"the command is empty, nothing was run: `{FAB} run 'uname -a'`"


def run(c: Context, command: str, json: bool = False) -> None:
    """Run a command as root on every host, and print a table of the hosts, or JSON."""
    run_and_report(fleet(c), lambda host: run_command(host, command), "run", json)


def run_command(c: Connection, command: str) -> None:
    """Run a command as root on a host, and print each line of its output after the host's name."""
    if not command.strip():
        raise HostFailure(EMPTY)
    c.progress.doing = command
    notes = c.progress.changes

    def on_line(line: str) -> None:
        notes.append(Change("says", "", line))

    answer = channel.run(c, wrapped(command), on_line)
    if answer.status:
        # An error of our own shell, such as a missing `sh`, is not in the command's output.
        error = f": {answer.stderr.splitlines()[-1]}" if answer.stderr else ""
        raise HostFailure(f"`{command}` exited with status {answer.status}{error}")
    # Not "nothing to change": it is unknown what a command has changed.
    notes.append(Change("ran", "command", command))


def wrapped(command: str) -> str:
    """Return the script that runs a command in a shell of its own: its quotes and comments do not affect ours."""
    return script.with_library(f"{join(('sh', '-c', '--', command))} </dev/null 2>&1")
