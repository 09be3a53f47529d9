"""Task reports: what the cluster's own tasks say of it, as they print it for programs."""

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
    """Yield what each reporting task says, also where it ends with a complaint."""
    from kafka_fab.operate.install import plan
    from kafka_fab.operate.placement import show_placement as placement
    from kafka_fab.operate.quorum import voter_change
    from kafka_fab.operate.status import status, version
    from kafka_fab.operate.validate import validate

    yield said("status.json", f"{FAB} status --json", lambda: status.status(c, json=True))
    yield said("validate.json", f"{FAB} validate --json", lambda: validate.validate(c, json=True))
    yield said("plan.json", f"{FAB} plan --json", lambda: plan.plan(c, plan.PlanOptions(json=True)))
    yield said("version.json", f"{FAB} version --json", lambda: version.version(c, json=True))
    yield said("placement.txt", f"{FAB} placement", lambda: placement.placement(c, placement.PlacementArguments()))
    yield said(
        "placement.json",
        f"{FAB} placement --json",
        lambda: placement.placement(c, placement.PlacementArguments(json=True)),
    )
    if cluster.kraft:
        yield said("quorum.json", f"{FAB} quorum.show --json", lambda: voter_change.show(c, json=True))


def said(name: str, source: str, task: Callable[[], None]) -> BundleFile:
    """Return what a task prints, and how it ended where that was not well."""
    output, note = StringIO(), ""
    try:
        with redirect_stdout(output):
            task()
    except Exit as ended:
        note = f"exit code {ended.code}" + (f": {ended.message}" if ended.message else "")
    except Exception as error:  # a task that breaks is what a bundle is sent for: the rest is wanted all the more
        note = f"ended with {type(error).__name__}: {error}"
    return BundleFile(name, source, output.getvalue().encode(), note=" ".join(note.split()))


def versions() -> BundleFile:
    """Return what kafka-fab is, and on what it runs."""
    lines = [f"kafka-fab {__version__}", f"Python {platform.python_version()}", platform.platform()]
    lines += [f"{name} {metadata.version(name)}" for name in LIBRARIES]
    return BundleFile("versions.txt", "kafka-fab", "".join(f"{line}\n" for line in lines).encode())
