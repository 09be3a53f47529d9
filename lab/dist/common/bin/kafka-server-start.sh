#!/bin/sh
# Start a broker or controller: kafka-server-start.sh [-daemon] CONFIG [--override KEY=VALUE]...
set -eu

base=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
daemon=''
if [ "${1:-}" = -daemon ]; then
    daemon=-daemon
    shift
fi
if [ $# -eq 0 ]; then
    echo "usage: $0 [-daemon] CONFIG [--override KEY=VALUE]..." >&2
    exit 1
fi

if [ -z "${KAFKA_LOG4J_OPTS:-}" ]; then
    KAFKA_LOG4J_OPTS=-Dlog4j.configuration=file:$base/config/log4j.properties
    if [ -f "$base/config/log4j2.yaml" ]; then
        KAFKA_LOG4J_OPTS=-Dlog4j2.configurationFile=$base/config/log4j2.yaml
    fi
fi
KAFKA_HEAP_OPTS=${KAFKA_HEAP_OPTS:--Xmx1G -Xms1G}
export KAFKA_LOG4J_OPTS KAFKA_HEAP_OPTS

# shellcheck disable=SC2086  # none, one or several words
exec "$base/bin/kafka-run-class.sh" $daemon ${EXTRA_ARGS--name kafkaServer -loggc} kafka.Kafka "$@"
