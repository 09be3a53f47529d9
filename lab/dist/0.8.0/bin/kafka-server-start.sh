#!/bin/sh
# Start a broker in the foreground: kafka-server-start.sh CONFIG
set -eu

base=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
if [ $# -ne 1 ]; then
    echo "usage: $0 CONFIG" >&2
    exit 1
fi
KAFKA_LOG4J_OPTS=${KAFKA_LOG4J_OPTS:--Dlog4j.configuration=file:$base/config/log4j.properties}
KAFKA_HEAP_OPTS=${KAFKA_HEAP_OPTS:--Xmx1G -Xms1G}
export KAFKA_LOG4J_OPTS KAFKA_HEAP_OPTS
exec "$base/bin/kafka-run-class.sh" kafka.Kafka "$1"
