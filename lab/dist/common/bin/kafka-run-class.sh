#!/bin/sh
# Run a class of this Kafka: kafka-run-class.sh [-name NAME] [-loggc] [-daemon] CLASS [ARGUMENT...]
# The lab's own launcher (Apache-2.0); the variables and options are those of Apache's.
set -eu

base=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
LOG_DIR=${LOG_DIR:-$base/logs}
name='' gc_log='' daemon=''

while [ $# -gt 0 ]; do
    case $1 in
        -name) name=$2; shift 2 ;;
        -loggc) gc_log=yes; shift ;;
        -daemon) daemon=yes; shift ;;
        *) break ;;
    esac
done
if [ $# -eq 0 ]; then
    echo "usage: $0 [-name NAME] [-loggc] [-daemon] CLASS [ARGUMENT...]" >&2
    exit 1
fi

classpath=${CLASSPATH:-}
for jar in "$base"/libs/*.jar; do
    classpath=${classpath:+$classpath:}$jar
done

# A tool warns on its standard error. Only a server, which comes with a log configuration, has a log directory.
if [ -n "${KAFKA_LOG4J_OPTS:-}" ]; then
    mkdir -p "$LOG_DIR"
elif [ -f "$base/config/tools-log4j2.yaml" ]; then
    KAFKA_LOG4J_OPTS=-Dlog4j2.configurationFile=$base/config/tools-log4j2.yaml
else
    KAFKA_LOG4J_OPTS=-Dlog4j.configuration=file:$base/config/tools-log4j.properties
fi
KAFKA_LOG4J_OPTS="-Dkafka.logs.dir=$LOG_DIR $KAFKA_LOG4J_OPTS"

jmx='-Dcom.sun.management.jmxremote=true -Dcom.sun.management.jmxremote.authenticate=false'
KAFKA_JMX_OPTS=${KAFKA_JMX_OPTS:-$jmx -Dcom.sun.management.jmxremote.ssl=false}
if [ -n "${JMX_PORT:-}" ]; then
    KAFKA_JMX_OPTS="$KAFKA_JMX_OPTS -Dcom.sun.management.jmxremote.port=$JMX_PORT"
    KAFKA_JMX_OPTS="$KAFKA_JMX_OPTS -Dcom.sun.management.jmxremote.rmi.port=$JMX_PORT"
fi
KAFKA_HEAP_OPTS=${KAFKA_HEAP_OPTS:--Xmx256M}
g1='-server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:+ExplicitGCInvokesConcurrent'
KAFKA_JVM_PERFORMANCE_OPTS=${KAFKA_JVM_PERFORMANCE_OPTS:-$g1 -Djava.awt.headless=true}
if [ -n "$gc_log" ] && [ -z "${KAFKA_GC_LOG_OPTS:-}" ]; then
    KAFKA_GC_LOG_OPTS="-Xlog:gc*:file=$LOG_DIR/${name:-kafka}-gc.log:time,tags:filecount=10,filesize=100M"
fi

java=java
if [ -n "${JAVA_HOME:-}" ]; then
    java=$JAVA_HOME/bin/java
fi
# shellcheck disable=SC2086  # the variables hold several options each
set -- "$java" $KAFKA_HEAP_OPTS $KAFKA_JVM_PERFORMANCE_OPTS ${KAFKA_GC_LOG_OPTS:-} $KAFKA_JMX_OPTS \
    $KAFKA_LOG4J_OPTS -cp "$classpath" ${KAFKA_OPTS:-} "$@"
if [ -n "$daemon" ]; then
    mkdir -p "$LOG_DIR"
    nohup "$@" >"$LOG_DIR/${name:-kafka}.out" 2>&1 </dev/null &
    exit 0
fi
exec "$@"
