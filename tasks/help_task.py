"""The help of a task, with examples."""

from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

from .optional import optional


@task(
    name="help",
    positional=optional("help", "task"),
    help={"task": "a task's name; without it the options of the command itself are shown"},
)
def help_of(_: Context, task: str | None = None) -> None:
    """Show a task's options, and examples of its use."""
    # Our programs answer before any task runs (kafka_fab/task_help.py); a program of the user's does not.
    from kafka_fab.typed_command import FAB

    raise Exit(f"`{FAB} --help {task or 'TASK'}` shows a task's options", code=1)
