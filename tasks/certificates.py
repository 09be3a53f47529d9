"""Certificates of nodes and of the tool: made, issued, shown, renewed."""

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task


@task
def init(c: Context) -> None:
    """Make the cluster's own CA, its passphrase, and kafka-fab's certificate; overwrite nothing."""
    from kafka_fab.operate.certificates import init_certificates

    init_certificates.init(c)


namespace = Collection("certificates", init)
