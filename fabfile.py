"""What an operator can type: the namespace, nothing else."""

from invoke import Collection

from tasks import install, plan, start, status, stop, validate

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
)
