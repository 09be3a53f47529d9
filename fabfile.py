"""What an operator can type: the namespace, nothing else."""

from invoke.collection import Collection

from lab.tasks import ns as lab
from tasks import install, proof, service

namespace = Collection(
    install.install,
    install.download,
    install.extract,
    install.symlink,
    install.config,
    install.log_dirs,
    install.plan,
    install.run,
    install.uninstall,
    service.start,
    service.stop,
    service.restart,
    service.status,
    proof.validate,
    proof.smoke,
    lab,
)
