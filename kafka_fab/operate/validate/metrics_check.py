"""Metrics check: whether the metrics exporter of each host answers, asked on that host. Pure."""

from collections.abc import Iterator, Mapping

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.roles import jmx_exporter
from kafka_fab.operate.validate.expectation import Expectation


def checks(cluster: Cluster, disk: Mapping[str, Mapping[str, Mapping[str, str]]]) -> Iterator[Expectation]:
    """Yield a check for each host that has an exporter and whose files could be read."""
    for node in cluster.nodes.values():
        url = jmx_exporter.url(cluster, node)
        if not url or node.host not in disk:
            continue
        answer = disk[node.host].get(url, {})
        count = int(answer.get("count", "0"))
        found = f"{count} Kafka metrics" if "count" in answer else answer.get("reason", "no answer")
        yield Expectation("metrics exporter", node.host, f"Kafka metrics at {url}", found, count > 0)
