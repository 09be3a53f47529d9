#!/bin/sh
# Start a ZooKeeper server in the foreground: zookeeper-server-start.sh CONFIG
set -eu

base=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
if [ $# -ne 1 ]; then
    echo "usage: $0 CONFIG" >&2
    exit 1
fi
KAFKA_LOG4J_OPTS=${KAFKA_LOG4J_OPTS:--Dlog4j.configuration=file:$base/config/log4j.properties}
KAFKA_HEAP_OPTS=${KAFKA_HEAP_OPTS:--Xmx512M -Xms512M}
export KAFKA_LOG4J_OPTS KAFKA_HEAP_OPTS
exec "$base/bin/kafka-run-class.sh" org.apache.zookeeper.server.quorum.QuorumPeerMain "$1"
