"""The namespace: all tasks, in groups by what an operator does with them."""

from typing import Any

from invoke.collection import Collection

from . import (
    acls,
    bundle,
    certificates,
    explain,
    history,
    init,
    install,
    logs,
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
    ),
    "Security": (certificates.namespace, security.namespace),
    "Topics": (topics.namespace,),
    "Users and ACLs": (users.namespace, acls.namespace),
    "KRaft quorum": (quorum.namespace,),
}


def collection(*more: Any) -> Collection:
    """Return all tasks, and some more."""
    return Collection(*(member for members in GROUPS.values() for member in members), *more)
