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
        # What the shell itself has to say, as of a quote that is never closed, is not the command's output.
        words = f": {answer.complaints.splitlines()[-1]}" if answer.complaints else ""
        raise HostFailure(f"`{command}` ended with status {answer.status}{words}")
    # Not "nothing to change": what a command has changed is not known.
    notes.append(Change("ran", "command", command))
