"""Converge: apply a host's resources in one round trip, or report what that would change."""

from collections.abc import Callable, Iterable, Sequence

from kafka_fab.cluster.change import Change, ChangeReader
from kafka_fab.cluster.resource import Resource
from kafka_fab.frozen_value import dataclass
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.ssh.connection import Connection, HostFailure

Classify = Callable[[Change], Change]


@dataclass(frozen=True)
class FirstInstallCheck:
    """The check of a host without the folder: `judge` gets the answers and raises HostFailure if it is unfit."""

    folder: str
    questions: Sequence[str]
    judge: Callable[[Sequence[str]], object]


def unclassified(change: Change) -> Change:
    """Return a change as the host reported it."""
    return change


def converge(  # noqa: PLR0913, PLR0917 - each of them is asked for by somebody
    c: Connection,
    resources: Sequence[Resource],
    apply: bool = True,
    first_install: FirstInstallCheck | None = None,
    classify: Classify = unclassified,
    run: str = "",
    who: str = "",
) -> list[Change]:
    """Apply resources (with apply=False: only report) and return the changes, each passed through `classify`.

    Nothing is changed while another operation than `run` holds the host; `who` describes the caller.

    Raises HostFailure with the host's message if a resource fails, or with the judge's.
    """
    reader, done = ChangeReader(), c.progress.changes
    names = [*map(_title, resources), ""]
    c.progress.doing = names[0]
    steps = iter(names[1:])

    def on_line(line: str) -> bytes | None:
        if first_install and line == script.ASKED:
            first_install.judge(reader.other_lines)
            reader.other_lines.clear()
            c.progress.doing = names[0]
            return f"{script.GO}\n".encode()
        change = reader.feed(line)
        if change:
            done.append(classify(change))
            if change.status not in ("note", "foreign"):
                c.progress.doing = next(steps, "")
        return None

    over, otherwise = (first_install.folder, first_install.questions) if first_install else ("", ())
    answer = channel.run(c, script.converge(resources, apply, over, otherwise, (run, who)), on_line)
    _refuse(answer, reader.other_lines, done)
    c.progress.doing = ""
    return done


def _refuse(answer: channel.ScriptResult, noise: Iterable[str], changes: Iterable[Change]) -> None:
    failures = [f"{change.kind} {change.name}: {change.detail}" for change in changes if change.status == "failed"]
    if failures:
        raise HostFailure("; ".join(failures))
    if answer.status:
        words = "; ".join([*noise, *answer.stderr.splitlines()][-3:])
        raise HostFailure(f"the script exited with status {answer.status}: {words or 'no output'}")


def _title(resource: Resource) -> str:
    first = next(iter(vars(resource).values()), "")
    name = " ".join(first) if isinstance(first, tuple) else first
    return f"{type(resource).__name__.lower()} {name}".rstrip()
