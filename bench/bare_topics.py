"""Bare requests of kafka-python about a thousand topics: python -m bench.bare_topics make|look SERVERS NUMBER."""

import sys

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic


def main(what: str, servers: str, number: str) -> None:
    """Make so many topics, or ask for their partitions and configs."""
    admin = KafkaAdminClient(bootstrap_servers=servers.split(","), request_timeout_ms=300000)
    if what == "make":
        admin.create_topics([NewTopic(f"bare-{at}", 1, 3) for at in range(int(number))], timeout_ms=300000)
    else:
        names = [f"topic-{at}" for at in range(int(number))]
        admin.describe_topics(names)
        admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    admin.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
