"""Questions: what a host is asked about itself before Kafka is put on it or started, as calls of preflight.sh."""

from itertools import chain
from shlex import join

from tasks.cluster.model import Cluster, Node
from tasks.cluster.service import services


def about_itself(cluster: Cluster, node: Node) -> list[str]:
    """Return the calls that ask a host what it has to offer; none of them waits for another host."""
    mine = services(cluster, node)
    data = list(dict.fromkeys(chain.from_iterable(service.data for service in mine)))
    return [
        join(("ask_host", cluster.tree)),
        join(("ask_units", *(service.unit for service in mine))),
        join(("ask_disks", *data)),
        join(("ask_segments", *data)),
    ]
