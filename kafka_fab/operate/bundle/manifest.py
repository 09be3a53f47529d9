"""Manifest: the files of a bundle, their sources, the hidden values, and what was skipped. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from kafka_fab.operate.bundle.parts import BundleFile, Collected
from kafka_fab.output import report

NAME = "MANIFEST"
RULES = """\
The values of keys for passwords, secrets, credentials, tokens, keys and JAAS lines were replaced by (hidden) on their
host, and these values wherever else they occur. Files that may hold secrets (JAAS, passwords, keystores) were skipped.
Host names, addresses, topics and users were not hidden.
"""


def manifest(when: str, taken: Sequence[Collected]) -> BundleFile:
    """Return the index of a bundle."""
    return BundleFile(NAME, "kafka-fab", ("\n".join(_lines(when, taken)) + "\n").encode())


def _lines(when: str, taken: Sequence[Collected]) -> Iterator[str]:
    yield f"Support bundle by kafka-fab, {when}"
    yield ""
    yield RULES
    yield from _unread(taken)
    rows: list[Sequence[object]] = [("file", "bytes", "lines with (hidden)", "from")]
    rows += [_row(one, part) for one in taken for part in one.parts]
    yield report.table(rows)
    yield from _skipped(taken)


def _row(taken: Collected, part: BundleFile) -> Sequence[object]:
    source = f"{part.source} ({part.note})" if part.note else part.source
    return f"{taken.where}/{part.name}", len(part.content), part.hidden, source


def _unread(taken: Iterable[Collected]) -> Iterator[str]:
    failed = [one for one in taken if one.error]
    if failed:
        yield from ("Could not be read:", *(f"    {one.where}: {one.error}" for one in failed), "")


def _skipped(taken: Iterable[Collected]) -> Iterator[str]:
    rows = [(f"    {one.where}", skipped.source, skipped.reason) for one in taken for skipped in one.skipped]
    if rows:
        yield from ("", "Skipped:", report.table(rows))


def summary(taken: Sequence[Collected]) -> str:
    """Return a table of what each source has given."""
    rows: list[Sequence[object]] = [("from", "files", "bytes", "lines with (hidden)", "not in it")]
    return report.table([*rows, *map(_sum, taken)])


def _sum(taken: Collected) -> Sequence[object]:
    bytes_ = sum(len(part.content) for part in taken.parts)
    return taken.where, len(taken.parts), bytes_, sum(part.hidden for part in taken.parts), len(taken.skipped)
