"""Bundle: `fab bundle`, from its options to an archive and a warning about its content."""

import os
import time
from pathlib import Path

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.operate.bundle import bundle_archive, collect, manifest, parts, task_reports
from kafka_fab.operate.bundle.parts import Collected
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote.fleet import Fleet, fleet

CAUTION = "Review it before you share it: it has host names, addresses, topics and users; logs may have more."


def bundle(c: Context, out: str, lines: int) -> None:
    """Write a support bundle; exit with 1 where a host could not be read; the bundle then has all other hosts."""
    if lines < 1:
        raise Exit(f"--lines {lines}: must be at least 1", code=1)
    hosts = fleet(c)
    name = f"kafka-fab-bundle-{hosts.cluster.name}-{time.strftime('%Y%m%d-%H%M%S')}"
    file = _file(out or f"{name}.tar.gz")
    taken = collected(c, hosts, lines)
    index = Collected("", (manifest.manifest(time.strftime("%Y-%m-%d %H:%M:%S %z"), taken),))
    try:
        bundle_archive.write(file, name, [index, *taken])
    except OSError as error:
        raise Exit(f"--out {file}: {error.strerror or error}", code=1) from error
    print(
        "\n".join(
            [manifest.summary(taken), f"{file}: {file.stat().st_size} bytes, readable by its owner only", CAUTION]
        )
    )
    failed = [f"{one.where}: {one.error}" for one in taken if one.error]
    if failed:
        raise Exit("\n".join(failed), code=1)


def _file(out: str) -> Path:
    """Return the file to write; raise Exit where it cannot be written, before any connection."""
    file = Path(out)
    if file.is_dir() or not os.access(file.parent, os.W_OK | os.X_OK):
        raise Exit(f"--out {out}: cannot write this file in {file.parent}", code=1)
    return file


def collected(c: Context, hosts: Fleet, lines: int) -> list[Collected]:
    """Return the content of a bundle, without the secrets that the settings have."""
    cluster = hosts.cluster
    done = hosts.run(lambda c: collect.of_host(c, cluster, lines), "bundle")
    state = Collected("state", tuple(task_reports.of_cluster(c, cluster)))
    here = collect.of_here(cluster, lines)
    here = Collected(here.where, (task_reports.versions(), *here.parts), here.skipped)
    secrets = collect.secrets(cluster)
    return [parts.without(one, secrets) for one in (here, state, *map(_taken, done))]


def _taken(progress: HostProgress) -> Collected:
    taken: Collected = progress.value or Collected(progress.host)
    return Collected(taken.where, taken.parts, taken.skipped, progress.error)
