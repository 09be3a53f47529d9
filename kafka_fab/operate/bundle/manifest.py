"""Manifest: what is in a bundle, from where, what was hidden, and what is not in it. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from kafka_fab.operate.bundle.parts import BundleFile, Collected
from kafka_fab.output import report

NAME = "MANIFEST"
RULES = """\
Values behind keys that tell of a password, secret, credential, token, key or JAAS line were replaced by (hidden) before
they left their host, and those values wherever else they stood. Files that may hold secrets (JAAS, passwords,
keystores) were left where they are. Host names, addresses, topics and users were not hidden.
"""


def manifest(when: str, taken: Sequence[Collected]) -> BundleFile:
    """Return the index of a bundle."""
    return BundleFile(NAME, "kafka-fab", ("\n".join(_lines(when, taken)) + "\n").encode())


def _lines(when: str, taken: Sequence[Collected]) -> Iterator[str]:
    yield f"A support bundle by kafka-fab, {when}"
    yield ""
    yield RULES
    yield from _unread(taken)
    rows: list[Sequence[object]] = [("file", "bytes", "lines with (hidden)", "from")]
    rows += [_row(one, part) for one in taken for part in one.parts]
    yield report.table(rows)
    yield from _left(taken)


def _row(taken: Collected, part: BundleFile) -> Sequence[object]:
    source = f"{part.source} ({part.note})" if part.note else part.source
    return f"{taken.where}/{part.name}", len(part.content), part.hidden, source


def _unread(taken: Iterable[Collected]) -> Iterator[str]:
    failed = [one for one in taken if one.error]
    if failed:
        yield from ("Could not be read:", *(f"    {one.where}: {one.error}" for one in failed), "")


def _left(taken: Iterable[Collected]) -> Iterator[str]:
    rows = [(f"    {one.where}", left.source, left.why) for one in taken for left in one.left]
    if rows:
        yield from ("", "Not in it:", report.table(rows))


def summary(taken: Sequence[Collected]) -> str:
    """Return what is in a bundle, a line for each place that it comes from."""
    rows: list[Sequence[object]] = [("from", "files", "bytes", "lines with (hidden)", "not in it")]
    return report.table([*rows, *map(_sum, taken)])


def _sum(taken: Collected) -> Sequence[object]:
    bytes_ = sum(len(part.content) for part in taken.parts)
    return taken.where, len(taken.parts), bytes_, sum(part.hidden for part in taken.parts), len(taken.left)
