# Locks: one run at a time on a host, one operation at a time of a cluster; and the connection, with which a run ends.
# shellcheck shell=sh disable=SC2034,SC2153,SC2154,SC3043  # one script: see base.sh
# The lock of operations and what they keep, and their journal: each cluster's own, see locate_operations.
ROLL=$STATE/roll
HISTORY=$STATE/history

# await WORD ANSWER: says a word, and waits for the other side's; fails where that is another, or the connection ends
await() {
    local answer
    printf '%s\n' "$1"
    IFS= read -r answer <&3 && [ "$answer" = "$2" ]
}

# watch: ends the script and what it has started as soon as the connection is gone: descriptor 3 is the
# channel's input, on which nothing more comes but its end
watch() {
    local more
    # By the shell itself: a process more would be the price of every run.
    while read -r more <&3; do :; done
    kill 0
}

# refuse_during_operation RUN: fails while an operation of another name holds this host, and keeps those out from now on.
# Several runs that only write files may be at work at once: one host's lock is below.
refuse_during_operation() {
    local words key
    found=
    [ ! -f "$ROLL/holder" ] || value_in "$ROLL/holder" run
    [ -z "$1" ] || [ "$found" != "$1" ] || return 0
    { [ -d "$ROLL" ] || mkdir -p "$ROLL"; } 2>/dev/null && exec 8>>"$ROLL/lock" || return 0
    flock -n -s 8 && return
    words=
    for key in task run user machine since; do
        found='?'
        [ ! -f "$ROLL/holder" ] || value_in "$ROLL/holder" "$key"
        words="$words $key=$found"
    done
    fail lock held "another operation is in progress:$words; nothing was changed on this host [L1]"
}

# lock_host [RUN WORDS OWNER...]: waits until no other run is at work on this host, another cluster's either; the words tell
# others whose this one is, and the owner's whose services it is about, see whose
lock_host() {
    local run
    [ "$APPLY" = 1 ] || return 0
    exec 9>>/run/kafka-fab.lock
    if ! flock -n 9; then
        say note lock "$(hostname)" "another run is in progress on this host; waiting for it"
        flock -w 600 9 || { fail lock "$(hostname)" "timed out after 10 min: another run still holds /run/kafka-fab.lock"; }
    fi
    printf '%s\npid=%s\n' "${2-}" "$$" >/run/kafka-fab.lock
    # Who is part of an operation, and only waits for its turn here, gives no name.
    [ $# != 0 ] || return 0
    run=$1
    shift 2
    [ $# = 0 ] || set_owner "$@"
    refuse_during_operation "$run"
}

# locate_operations: sets where the lock and the journal of this cluster's operations are. All of its folders meet there:
# one that neither knows its id nor fits has that of its namesake, and there is one of a name on a host.
locate_operations() {
    local key
    key=$FOLDER
    if [ -z "$key" ] && line_with "$MADE" "$TAB$CLUSTER$TAB"; then
        key=${found%%"$TAB$CLUSTER$TAB"*} key=${key##*"$TAB"}
    fi
    ROLL=$STATE/clusters/${key:-$CLUSTER}/roll
    HISTORY=$STATE/clusters/${key:-$CLUSTER}/history
}
