"""Show placement: `fab placement`, from its options to what is printed."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.schema.problem import did_you_mean
from kafka_fab.operate.hosts.running import live_fleet
from kafka_fab.operate.placement import as_json, placement_page, placement_text
from kafka_fab.operate.placement.partition_folders import FolderReport, look
from kafka_fab.operate.placement.placement import PartitionPlacement, Placement
from kafka_fab.operate.placement.placement_text import TextLayout
from kafka_fab.operate.placement.read import Unreadable, read
from kafka_fab.output import paint
from kafka_fab.output.json_document import document
from kafka_fab.remote.fleet import Fleet
from kafka_fab.typed_command import FAB


@dataclass(frozen=True)
class PlacementArguments:
    """The options of `fab placement`; a partition of -1 means none."""

    topic: str = ""
    partition: int = -1
    files: bool = False
    all: bool = False
    html: str = ""
    json: bool = False


def placement(c: Context, typed: PlacementArguments) -> None:
    """Print the placement; exit with 1 where something could not be read, or a disk does not match its broker."""
    _refuse(typed)
    hosts = live_fleet(c)
    try:
        found = read(hosts)
    except Unreadable as unreadable:
        raise Exit(f"cannot read the cluster's partitions: {unreadable}", code=1) from unreadable
    part = _chosen(found, typed.topic)
    if typed.partition >= 0:
        _one_partition(hosts, _numbered(part, typed), part, typed)
    else:
        _many(hosts.cluster.name, part, typed)
    if found.unknown:
        raise Exit("\n".join(found.unknown), code=1)


def _refuse(typed: PlacementArguments) -> None:
    numbered = typed.partition >= 0
    if numbered and not typed.topic:
        raise Exit(f"--partition: name the topic, too: {FAB} placement TOPIC --partition 7", code=1)
    if typed.files and not numbered:
        raise Exit(f"--files: name a partition: {FAB} placement TOPIC --partition 7 --files", code=1)
    if typed.html:
        _refuse_page(typed)


def _refuse_page(typed: PlacementArguments) -> None:
    if typed.partition >= 0 or typed.json:
        raise Exit("--html shows topics: leave --partition and --json out", code=1)
    folder = Path(typed.html).parent
    if Path(typed.html).is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise Exit(f"--html {typed.html}: cannot write this file in {folder}", code=1)


def _chosen(found: Placement, topic: str) -> Placement:
    if not topic:
        return found
    if topic not in found.topics:
        raise Exit(f"topic {topic} does not exist{did_you_mean(topic, found.topics)}", code=1)
    return found.of(topic)


def _numbered(part: Placement, typed: PlacementArguments) -> PartitionPlacement:
    found = next((one for one in part.partitions if one.number == typed.partition), None)
    if found is None:
        there = f"0 to {part.partitions[-1].number}"
        raise Exit(f"{typed.topic} has no partition {typed.partition}: it has {there}", code=1)
    return found


def _many(cluster: str, part: Placement, typed: PlacementArguments) -> None:
    if typed.json:
        print(document("placement", cluster, as_json.placement(part)))
    elif typed.html:
        _page(cluster, part, typed)
    elif not part.partitions:
        print("the cluster has no topics")
    else:
        print(
            "\n".join(
                placement_text.one(part, _layout())
                if typed.topic
                else placement_text.overview(part, _layout(), typed.all)
            )
        )


def _page(cluster: str, part: Placement, typed: PlacementArguments) -> None:
    try:
        placement_page.write(cluster, part, typed.topic, Path(typed.html), typed.all)
    except OSError as error:
        raise Exit(f"--html {typed.html}: {error.strerror or error}", code=1) from error
    print(f"{typed.html}: {len(part.topics)} topics, {len(part.partitions)} partitions")


def _one_partition(hosts: Fleet, placed: PartitionPlacement, part: Placement, typed: PlacementArguments) -> None:
    looked = look(hosts, placed, part) if typed.files else FolderReport()
    if typed.json:
        content = {
            **as_json.partition(placed),
            "folders": as_json.folders(looked.folders),
            "unreachable": looked.unread,
        }
        print(document("placement", hosts.cluster.name, content))
    else:
        print("\n".join(_lines(placed, part, looked)))
    differ = [f"{one.host}: {placement_text.verdict(one)}" for one in looked.folders if not one.matches]
    if differ or looked.unread:
        raise Exit("\n".join([*(f"{host}: {why}" for host, why in looked.unread.items()), *differ]), code=1)


def _lines(placed: PartitionPlacement, part: Placement, looked: FolderReport) -> Iterator[str]:
    yield from placement_text.partition(placed, part.brokers, _layout())
    for folder in looked.folders:
        yield from placement_text.folder(folder)


def _layout() -> TextLayout:
    painted = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal():
        return TextLayout(int(columns), painted)
    return TextLayout(paint.size()[0] if sys.stdout.isatty() else 0, painted)
