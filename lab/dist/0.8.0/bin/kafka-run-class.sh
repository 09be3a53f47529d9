#!/bin/sh
# Run a class of this Kafka: kafka-run-class.sh CLASS [ARGUMENT...]
# The lab's own launcher (Apache-2.0); the variables are those of Apache's 0.8.0, which knows no options yet.
set -eu

base=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
if [ $# -eq 0 ]; then
    echo "usage: $0 CLASS [ARGUMENT...]" >&2
    exit 1
fi

classpath=${CLASSPATH:-}
for jar in "$base"/libs/*.jar "$base"/kafka*.jar; do
    classpath=${classpath:+$classpath:}$jar
done

jmx='-Dcom.sun.management.jmxremote -Dcom.sun.management.jmxremote.authenticate=false'
KAFKA_JMX_OPTS=${KAFKA_JMX_OPTS:-$jmx -Dcom.sun.management.jmxremote.ssl=false}
if [ -n "${JMX_PORT:-}" ]; then
    KAFKA_JMX_OPTS="$KAFKA_JMX_OPTS -Dcom.sun.management.jmxremote.port=$JMX_PORT"
fi
log4j=${KAFKA_LOG4J_OPTS:--Dlog4j.configuration=file:$base/config/tools-log4j.properties}

java=java
if [ -n "${JAVA_HOME:-}" ]; then
    java=$JAVA_HOME/bin/java
fi
# shellcheck disable=SC2086  # the variables hold several options each
exec "$java" ${KAFKA_HEAP_OPTS:--Xmx256M} ${KAFKA_JVM_PERFORMANCE_OPTS:--server -Djava.awt.headless=true} \
    ${KAFKA_GC_LOG_OPTS:-} $KAFKA_JMX_OPTS $log4j -cp "$classpath" ${KAFKA_OPTS:-} "$@"
