"""Runbook page: docs/runbook.md, made from the catalogue of codes. Pure."""

from collections.abc import Iterator
from textwrap import fill

from kafka_fab.runbook import catalogue
from kafka_fab.runbook.entry import Entry

WIDTH = 120
HEAD = """\
<!-- Made from kafka_fab/runbook by `docs/refresh --generated`: change the entries there, not this page. -->
# Runbook

Every line with which kafka-fab warns or refuses ends in a short code, such as `[R4]`. Here is what each code means for
the cluster, its causes, the likely ones first, and the commands that show more or end it. The same on a terminal; it
needs no hosts.ini and no host:

    fab explain R4
    fab explain                 all codes
    fab explain 'min isr'       the codes whose title has these words

Words in capitals are yours to fill in: HOST is a host of hosts.ini, TOPIC a topic, ID a broker's id. Kafka's own tools
stand under /opt/kafka/bin, data under /opt/kafka-logs and the listener on port 9092, as `paths.link`, `kafka.log_dirs`
and `kafka.port` have it by default. A code keeps its number, and a number is never used for anything else.
"""


def text() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *_contents(), *_areas()]).rstrip() + "\n"


def _contents() -> Iterator[str]:
    yield "| code | |\n|---|---|"
    yield from (f"| [{one.code}](#{anchor(one)}) | {one.title} |" for one in catalogue.ENTRIES.values())
    yield ""


def anchor(entry: Entry) -> str:
    """Return what an entry is linked by."""
    return entry.code.lower()


def _areas() -> Iterator[str]:
    for area, members in catalogue.by_area(catalogue.ENTRIES.values()):
        yield f"## {area}\n"
        for one in members:
            yield from _entry(one)


def _entry(entry: Entry) -> Iterator[str]:
    yield f"### {entry.code}\n"
    yield fill(f"**{entry.title[0].upper()}{entry.title[1:]}.** {entry.meaning}", WIDTH, break_on_hyphens=False) + "\n"
    yield from (fill(f"- {cause}", WIDTH, subsequent_indent="  ", break_on_hyphens=False) for cause in entry.causes)
    yield ""
    yield from (f"    # {command.purpose}\n    {command.command}" for command in entry.commands)
    yield ""
