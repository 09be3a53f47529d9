"""Command: one line for the shell of every host."""

from tasks.remote import channel, script
from tasks.remote.change import Change
from tasks.remote.connection import Connection, HostFailure


def run_command(c: Connection, command: str) -> None:
    """Run a command as root on a host; each line that it prints is shown, host first."""
    c.progress.doing = command
    notes = c.progress.changes

    def heard(line: str) -> None:
        notes.append(Change("says", "", line))

    answer = channel.run(c, script.whole(f"{{ {command}\n}} 2>&1"), heard)
    if answer.status:
        raise HostFailure(f"`{command}` ended with status {answer.status}")
