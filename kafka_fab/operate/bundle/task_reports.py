"""Task reports: the output of status, validate, plan and the like, mostly as JSON."""

import platform
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from importlib import metadata
from io import StringIO

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab import __version__
from kafka_fab.cluster.model import Cluster
from kafka_fab.operate.bundle.parts import BundleFile
from kafka_fab.typed_command import FAB

LIBRARIES = ("fabric", "invoke", "paramiko", "kazoo", "kafka-python", "jinja2")


def of_cluster(c: Context, cluster: Cluster) -> Iterator[BundleFile]:
    """Yield the report of each task, even if it fails."""
    from kafka_fab.operate.install import plan
    from kafka_fab.operate.placement import show_placement as placement
    from kafka_fab.operate.quorum import voter_change
    from kafka_fab.operate.status import status, version
    from kafka_fab.operate.validate import validate

    yield report_of("status.json", f"{FAB} status --json", lambda: status.status(c, json=True))
    yield report_of("validate.json", f"{FAB} validate --json", lambda: validate.validate(c, json=True))
    yield report_of("plan.json", f"{FAB} plan --json", lambda: plan.plan(c, plan.PlanOptions(json=True)))
    yield report_of("version.json", f"{FAB} version --json", lambda: version.version(c, json=True))
    yield report_of("placement.txt", f"{FAB} placement", lambda: placement.placement(c, placement.PlacementArguments()))
    yield report_of(
        "placement.json",
        f"{FAB} placement --json",
        lambda: placement.placement(c, placement.PlacementArguments(json=True)),
    )
    if cluster.kraft:
        yield report_of("quorum.json", f"{FAB} quorum.show --json", lambda: voter_change.show(c, json=True))


def report_of(name: str, source: str, task: Callable[[], None]) -> BundleFile:
    """Return what a task prints, with a note where it failed."""
    output, note = StringIO(), ""
    try:
        with redirect_stdout(output):
            task()
    except Exit as ended:
        note = f"exit code {ended.code}" + (f": {ended.message}" if ended.message else "")
    except Exception as error:  # a bundle is for clusters in trouble: a task that fails must not prevent the rest
        note = f"ended with {type(error).__name__}: {error}"
    return BundleFile(name, source, output.getvalue().encode(), note=" ".join(note.split()))


def versions() -> BundleFile:
    """Return the versions of kafka-fab, its libraries and its platform."""
    lines = [f"kafka-fab {__version__}", f"Python {platform.python_version()}", platform.platform()]
    lines += [f"{name} {metadata.version(name)}" for name in LIBRARIES]
    return BundleFile("versions.txt", "kafka-fab", "".join(f"{line}\n" for line in lines).encode())
