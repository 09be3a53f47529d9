"""Whether the metrics exporters answer, as it was asked on each host."""

from collections.abc import Iterator, Mapping

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.roles import jmx_exporter
from kafka_fab.operate.validate.expectation import Expectation


def checks(cluster: Cluster, disk: Mapping[str, Mapping[str, Mapping[str, str]]]) -> Iterator[Expectation]:
    """Yield a check for each host that has an exporter and could be asked."""
    for node in cluster.nodes.values():
        url = jmx_exporter.url(cluster, node)
        if not url or node.host not in disk:
            continue
        said = disk[node.host].get(url, {})
        count = int(said.get("count", "0"))
        found = f"{count} metrics of Kafka's" if "count" in said else said.get("reason", "no answer")
        yield Expectation("exporter", node.host, f"Kafka's metrics at {url}", found, count > 0)
