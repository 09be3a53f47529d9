#!/bin/sh
# Writes a line for each stop and start; a hook of yours would call a load balancer here.
set -eu
[ "$KAFKA_FAB_ROLE" = broker ] || exit 0
echo "$(date -u +%FT%TZ) $KAFKA_FAB_OPERATION $KAFKA_FAB_PHASE $KAFKA_FAB_HOST" >>notes.log
