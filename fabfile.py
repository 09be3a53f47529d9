"""What an operator can type: the namespace, nothing else."""

from invoke import Collection

from tasks import install
from tasks.install import config, download, extract, log_dirs, symlink

namespace = Collection(install.install, install.plan, download, extract, symlink, config, log_dirs)
