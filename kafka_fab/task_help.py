"""Task help: a task's options with examples, for `help TASK` and `--help TASK` alike."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from textwrap import fill
from typing import Any

from fabric.main import Fab
from invoke.exceptions import Exit, ParseError

WIDTH = 80
NAME = "help"
# Of a task: its page, and what to type with what it does; `fab` stands for the command.
Examples = Mapping[str, tuple[str, tuple[tuple[str, str], ...]]]


def equip(program: Fab, examples: Callable[[], Examples]) -> None:
    """Have a program answer `help`, and show examples below a task's options."""
    program.print_task_help = partial(_print, program, examples)
    program.parse_cleanup = partial(_clean_up, program, program.parse_cleanup)


def _clean_up(program: Fab, as_fabric: Callable[[], None]) -> None:
    """Answer `help` and `help TASK`; whatever else is typed goes on as Fabric has it."""
    asked = next((context for context in program.tasks if context.name == NAME), None)
    if asked is None or program.args.help.value or program.args.list.value:
        as_fabric()
        return
    name = asked.args["task"].value
    if not name:
        program.print_help()
    elif name in program.parser.contexts:
        program.print_task_help(name)
    else:
        # Whoever calls this adds a suggestion.
        raise ParseError(f"No idea what '{name}' is!")
    raise Exit


def _print(program: Fab, examples: Callable[[], Examples], name: str) -> None:
    print("\n".join(_head(program, name)))
    options = program.parser.contexts[name].help_tuples()
    if options:
        print("Options:")
        program.print_columns(options)
    print("\n".join(_foot(program.binary, *examples().get(name, ("", ())))))


def _head(program: Fab, name: str) -> Iterator[str]:
    task: Any = program.collection[name]
    yield f"Usage: {program.binary} {name} [--options] [other tasks here ...]"
    yield ""
    yield fill(" ".join((task.__doc__ or "").split()), WIDTH, initial_indent="  ", subsequent_indent="  ")
    yield ""


def _foot(binary: str, page: str, uses: tuple[tuple[str, str], ...]) -> Iterator[str]:
    if uses:
        yield "Examples:"
    for words, purpose in uses:
        yield f"  {binary} {words}"
        yield fill(purpose, WIDTH, initial_indent="      ", subsequent_indent="      ")
    if page:
        yield f"\nPage: docs/{page}"
