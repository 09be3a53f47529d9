#!/bin/sh
# Start a ZooKeeper server: zookeeper-server-start.sh [-daemon] CONFIG
set -eu

base=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
daemon=''
if [ "${1:-}" = -daemon ]; then
    daemon=-daemon
    shift
fi
if [ $# -eq 0 ]; then
    echo "usage: $0 [-daemon] CONFIG" >&2
    exit 1
fi

if [ -z "${KAFKA_LOG4J_OPTS:-}" ]; then
    KAFKA_LOG4J_OPTS=-Dlog4j.configuration=file:$base/config/log4j.properties
fi
KAFKA_HEAP_OPTS=${KAFKA_HEAP_OPTS:--Xmx512M -Xms512M}
export KAFKA_LOG4J_OPTS KAFKA_HEAP_OPTS

# shellcheck disable=SC2086  # none, one or several words
exec "$base/bin/kafka-run-class.sh" $daemon ${EXTRA_ARGS--name zookeeper -loggc} org.apache.zookeeper.server.quorum.QuorumPeerMain "$@"
