"""Tool certificate: kafka-fab's own, as it is in the cluster's folder."""

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.pki import certificate, pem
from kafka_fab.cluster.pki.certificate import Certificate
from kafka_fab.cluster.pki.pem import PemError
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.schema import text_file


def current(cluster: Cluster) -> Certificate | None:
    """Return the tool's certificate; None where there is none that can be read."""
    file = endpoint.tool_store(cluster)
    text = pem.certificates(text_file.read(file, file.name)[0])
    try:
        return certificate.read(text)[0] if text else None
    except PemError:
        return None
