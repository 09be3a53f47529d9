#!/bin/sh
# Ask every broker on this machine to stop, whichever installation it runs from.
set -eu

# An exported COLUMNS would cut the command lines short.
unset COLUMNS
pids=$(ps -A -o pid= -o args= | awk '/[j]ava/ && / kafka\.Kafka( |$)/ { print $1 }')
if [ -z "$pids" ]; then
    echo "No kafka server to stop"
    exit 1
fi
# shellcheck disable=SC2086  # one word per process
kill -s TERM $pids
