"""The namespace: all tasks, in groups by what an operator does with them."""

from typing import Any, NoReturn

from invoke.collection import Collection
from invoke.exceptions import Exit

from . import (
    acls,
    bundle,
    certificates,
    explain,
    help_task,
    history,
    init,
    install,
    logs,
    package,
    placement,
    proof,
    quorum,
    rolling,
    security,
    service,
    topics,
    upgrade,
    users,
)

EXECUTOR = (
    "nothing was done: these tasks need an executor of their own, not Fabric's. Write a fabric.yaml beside your "
    "fabfile.py with this line:\ntasks: {executor_class: kafka_fab.remote.executor.Executor}"
)
# A task, or a collection of tasks.
GROUPS: dict[str, tuple[Any, ...]] = {
    "Build": (
        init.init,
        install.preflight,
        install.plan,
        install.install,
        install.download,
        install.extract,
        install.symlink,
        install.config,
        install.log_dirs,
        install.uninstall,
        package.package,
    ),
    "Operate": (
        service.start,
        service.stop,
        service.restart,
        rolling.rolling_restart,
        rolling.reconfigure,
        placement.elect_leaders,
        service.unregister,
        install.run,
    ),
    "Upgrade": (upgrade.upgrade, upgrade.finalize, upgrade.prune),
    "Inspect": (
        service.status,
        proof.validate,
        proof.smoke,
        service.version,
        logs.logs,
        history.history,
        placement.placement,
        bundle.bundle,
        explain.explain,
        help_task.help_of,
    ),
    "Security": (certificates.namespace, security.namespace),
    "Topics": (topics.namespace,),
    "Users and ACLs": (users.namespace, acls.namespace),
    "KRaft quorum": (quorum.namespace,),
}


class OtherExecutor:
    """What our tasks find in a program whose executor is not ours."""

    @property
    def fleet(self) -> NoReturn:
        """Raise Exit with what is missing."""
        raise Exit(EXECUTOR, code=1)

    def connect_ahead(self) -> NoReturn:
        """Raise Exit with what is missing."""
        raise Exit(EXECUTOR, code=1)


def collection(*more: Any) -> Collection:
    """Return all tasks, and some more."""
    made = Collection(*(member for members in GROUPS.values() for member in members), *more)
    # Our executor lays itself over it. In a namespace the setting that names it comes too late.
    made.configure({"executor": OtherExecutor()})
    return made


def examples() -> dict[str, tuple[str, tuple[tuple[str, str], ...]]]:
    """Return the examples of each task."""
    from .examples import EXAMPLES

    return EXAMPLES
