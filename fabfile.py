"""What an operator can type: the namespace, nothing else."""

from kafka_fab.output import streams

# Before all else: Ctrl-C may come while the rest is imported.
streams.prepare()

from invoke.collection import Collection

from lab.tasks import ns as lab
from tasks import bundle, history, install, logs, placement, proof, rolling, service
from tasks.quorum import namespace as quorum
from tasks.topics import namespace as topics

namespace = Collection(
    install.install,
    install.download,
    install.extract,
    install.symlink,
    install.config,
    install.log_dirs,
    install.plan,
    install.preflight,
    install.run,
    install.uninstall,
    service.start,
    service.stop,
    service.restart,
    rolling.rolling_restart,
    rolling.reconfigure,
    service.status,
    service.version,
    history.history,
    logs.logs,
    proof.validate,
    proof.smoke,
    placement.placement,
    placement.elect_leaders,
    bundle.bundle,
    quorum,
    topics,
    lab,
)
