"""What an operator can type: the namespace, nothing else."""

from invoke.collection import Collection

from lab.tasks import ns as lab
from tasks import install, plan, smoke, start, status, stop, uninstall, validate

namespace = Collection(
    install.install,
    install.download,
    install.extract,
    install.symlink,
    install.config,
    install.log_dirs,
    plan.plan,
    start.start,
    stop.stop,
    stop.restart,
    status.status,
    validate.validate,
    smoke.smoke,
    uninstall.uninstall,
    lab,
)
