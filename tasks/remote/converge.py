"""Converge: bring a host's resources about in one round trip, or say what that would do."""

from collections.abc import Iterable, Sequence

from tasks.cluster.resource import Resource
from tasks.remote import channel, script
from tasks.remote.change import Change, Reader
from tasks.remote.connection import Connection, HostFailure


class NotThere(HostFailure):
    """The host lacks the folder that was to be there; it was asked instead, and nothing was done on it."""

    def __init__(self, folder: str, lines: Sequence[str]) -> None:
        super().__init__(f"{folder} is not there")
        self.lines = lines


def converge(
    c: Connection, resources: Sequence[Resource], apply: bool = True, over: str = "", otherwise: Sequence[str] = ()
) -> list[Change]:
    """Bring resources about (or with apply=False say what would be) and return the changes.

    Raises HostFailure with the host's own words where one cannot be brought about. Where the folder `over` is
    missing it asks the questions `otherwise` instead, and raises NotThere with what was told.
    """
    reader, done = Reader(), c.progress.changes
    names = [*map(_title, resources), ""]
    c.progress.doing = names[0]
    steps = iter(names[1:])

    def heard(line: str) -> None:
        change = reader.feed(line)
        if change:
            done.append(change)
            if change.status != "note":
                c.progress.doing = next(steps, "")

    answer = channel.run(c, script.converging(resources, apply, over, otherwise), heard)
    if over and answer.status == script.NOT_THERE:
        raise NotThere(over, answer.output.splitlines())
    _refuse(answer, reader.noise, done)
    c.progress.doing = ""
    return done


def _refuse(answer: channel.Answer, noise: Iterable[str], changes: Iterable[Change]) -> None:
    failures = [f"{change.kind} {change.name}: {change.detail}" for change in changes if change.status == "failed"]
    if failures:
        raise HostFailure("; ".join(failures))
    if answer.status:
        words = "; ".join([*noise, *answer.complaints.splitlines()][-3:])
        raise HostFailure(f"the script ended with status {answer.status}: {words or 'without a word'}")


def _title(resource: Resource) -> str:
    first = next(iter(vars(resource).values()))
    name = " ".join(first) if isinstance(first, tuple) else first
    return f"{type(resource).__name__.lower()} {name}"
