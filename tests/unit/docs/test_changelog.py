"""CHANGELOG.md: the usual form, and the version that is released."""

import re

from kafka_fab import __version__
from kafka_fab.cluster.folder import HOME

TEXT = (HOME / "CHANGELOG.md").read_text()
VERSION = re.compile(r"^## ([0-9]+\.[0-9]+\.[0-9]+)(?: - [0-9]{4}-[0-9]{2}-[0-9]{2})?$", re.MULTILINE)
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_newest_version_is_the_one_of_the_package() -> None:
    found = VERSION.findall(TEXT)
    assert found[0] == __version__
    assert found == sorted(found, key=lambda text: [int(part) for part in text.split(".")], reverse=True)


def test_each_heading_is_a_version_or_a_kind_of_change() -> None:
    versions = {f"## {found.group(0)[3:]}" for found in VERSION.finditer(TEXT)} | {"## Unreleased"}
    headings = re.findall(r"^#{2,} .*$", TEXT, re.MULTILINE)
    assert set(headings) <= versions | {f"### {kind}" for kind in KINDS}
    assert len([one for one in headings if one.startswith("## ")]) == len(versions & set(headings))


def test_no_change_is_listed_twice() -> None:
    entries = re.findall(r"^- .*$", TEXT, re.MULTILINE)
    assert sorted(entries) == sorted(set(entries))
