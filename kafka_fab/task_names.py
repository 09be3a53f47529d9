"""Task names: how a program lists its tasks group by group, and what it suggests for a name that no task has."""

from collections.abc import Callable
from functools import partial
from typing import Any

from fabric.main import Fab
from invoke.exceptions import Exit, ParseError

from kafka_fab.output.fitted_text import fitted

# The tasks and collections of each group, by its title.
Groups = dict[str, tuple[Any, ...]]


def equip(program: Fab, groups: Groups) -> None:
    """Have a program list tasks by group, suggest names and fit messages: `fab`, which is not ours, and `kafka-fab`."""
    program.list_flat = partial(_list, program, groups, program.list_flat)
    program.parse_tasks = partial(_parse, program, program.parse_tasks)
    program.parse_cleanup = partial(_parse, program, program.parse_cleanup)
    program.execute = partial(_execute, program.execute)


def _list(program: Fab, groups: Groups, as_fabric: Callable[[], None]) -> None:
    """List the tasks in the order in which they are used; a part of them (--list NAME) as Fabric does."""
    if program.list_root or program.list_depth:
        as_fabric()
        return
    help_of = dict(program._make_pairs(program.collection))
    for title, members in groups.items():
        names = [name for member in members for name in _names(program, member)]
        print(f"{title}:\n")
        program.print_columns([(name, help_of[name]) for name in names])
    for name in _other_collections(program, groups):
        print(f"Not listed: {name}.* (see `{program.binary} --list {name}`)")


def _other_collections(program: Fab, groups: Groups) -> list[str]:
    listed = {member.name for members in groups.values() for member in members}
    return sorted(set(program.collection.collections) - listed)


def _names(program: Fab, member: Any) -> list[str]:
    names: Callable[[str], str] = program.collection.transform
    if member in program.collection.collections.values():
        return [f"{names(member.name)}.{name}" for name in member.task_names]
    return [names(member.name)]


def _parse(program: Fab, parse: Callable[[], None]) -> None:
    try:
        parse()
    except ParseError as error:
        raise ParseError(fitted(f"{error}{_suggestion(program, error)}"), error.context) from error


def _execute(execute: Callable[[], None]) -> None:
    try:
        execute()
    except Exit as ended:
        raise Exit(fitted(ended.message) if ended.message else None, code=ended.code) from ended


def _suggestion(program: Fab, error: ParseError) -> str:
    """Return the nearest task, or the nearest switch of the task that was being read, as a question."""
    # Where a name is wrong only: every run reads this module.
    from kafka_fab.cluster.schema.problem import nearest

    _, quoted, rest = str(error).partition("No idea what '")
    if not quoted:
        return ""
    given = rest.split("'")[0]
    known = _switches(program, error) if given.startswith("-") else program.collection.task_names
    near = nearest(given.split("=")[0], known)
    return f" Did you mean {near}?" if near else f" See `{program.binary} --list`."


def _switches(program: Fab, error: ParseError) -> list[str]:
    contexts = [program.initial_context, *filter(None, [error.context])]
    return [name for context in contexts for name in context.flags]
