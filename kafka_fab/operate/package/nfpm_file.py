"""nfpm file: a package as nfpm reads it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kafka_fab.operate.package.package import Format, Package, PackageEntry

MAINTAINER = "kafka-fab <packages@kafka-fab.invalid>"
HOMEPAGE = "https://kafka.apache.org/"
# Jars are compressed already: the fastest, and what every supported dpkg and rpm reads.
COMPRESSION = {Format.DEB: "gzip:1", Format.RPM: "zstd"}


def text(package: Package, kind: Format, files: Mapping[str, Path], scripts: Mapping[str, Path], key: str = "") -> str:
    """Return the file for one kind of package; `files` are its entries on this machine, `scripts` its scripts."""
    import yaml

    return yaml.safe_dump(
        {
            "name": package.name,
            "arch": "all",
            "platform": "linux",
            "version": package.version,
            # As it is: a version of Kafka may have four numbers.
            "version_schema": "none",
            "release": package.release,
            "section": "misc",
            "priority": "optional",
            "maintainer": MAINTAINER,
            "vendor": "kafka-fab",
            "homepage": HOMEPAGE,
            "license": "Apache-2.0",
            "description": f"{package.summary}\n{package.details}",
            "mtime": _time(package.epoch),
            "disable_globbing": True,
            "umask": 0o022,
            "provides": list(package.provides),
            "depends": list(package.depends.get(kind, ())),
            "recommends": list(package.recommends.get(kind, ())),
            "contents": [_content(one, files, package.epoch) for one in package.entries if one.only in (None, kind)],
            "scripts": {step: str(place) for step, place in scripts.items()},
            **_of_kind(package, kind, key),
        },
        sort_keys=False,
        allow_unicode=True,
    )  # fmt: skip


def _of_kind(package: Package, kind: Format, key: str) -> dict[str, Any]:
    compression = {"compression": COMPRESSION[kind]}
    if kind is Format.DEB:
        # The signature of a DEB is its repository's: neither dpkg nor apt asks for one inside.
        return {"deb": compression}
    signature = {"signature": {"key_file": key}} if key else {}
    more = {"buildhost": "kafka-fab", "summary": package.summary, "group": "System Environment/Daemons"}
    return {"rpm": {**compression, **more, **signature}}


def _content(entry: PackageEntry, files: Mapping[str, Path], epoch: int) -> dict[str, Any]:
    info: dict[str, Any] = {
        "owner": "root",
        "group": "root",
        "mtime": _time(epoch if entry.mtime is None else entry.mtime),
    }
    if entry.kind == "symlink":
        return {"src": entry.target, "dst": entry.path, "type": entry.kind, "file_info": info}
    info["mode"] = entry.mode
    source = {} if entry.kind == "dir" else {"src": str(files[entry.path])}
    return {**source, "dst": entry.path, **({"type": entry.kind} if entry.kind else {}), "file_info": info}


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
