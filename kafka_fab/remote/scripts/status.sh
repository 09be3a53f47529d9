# shellcheck shell=sh disable=SC3043  # local: see library/base.sh
# What status reads on a host besides its services, added to the library; lines are those of `say`.

# as_wanted: what follows changes nothing, does not fail, and makes no diffs
# shellcheck disable=SC2034,SC2317  # for the library
as_wanted() {
    APPLY=0
    file_diff() { :; }
    fail() { say foreign "$1" "$2" "$(flat "$3")"; }
}

# space PATH...: the size and the free space of the file system of each, in blocks
space() {
    local path words
    for path in "$@"; do
        words=$(stat -L -f -c 'block=%S blocks=%b free=%a' "$path" 2>/dev/null) || words=missing=1
        say ok space "$path" "$words mount=$(stat -L -c %m "$path" 2>/dev/null)"
    done
}

# crash UNIT LOG: of a unit that exited by itself: how often systemd restarted it, its status and its last error
crash() {
    local words restarts status
    line_with "$STATES" "$NL$1 " || return 0
    # shellcheck disable=SC2154  # what line_with has found
    words=${found#"$1 "}
    restarts=${words##*NRestarts=} restarts=${restarts%% *}
    case $words in
    *ActiveState=inactive* | *ActiveState=deactivating*) return 0 ;;
    # The first start has nothing before it; systemd counts a restart when its pause is over.
    *ActiveState=active* | *ActiveState=activating*)
        case $words in *SubState=auto-restart*) ;; *) [ "${restarts:-0}" -gt 0 ] 2>/dev/null || return 0 ;; esac
        ;;
    esac
    ! stopped_by_step "$1" || return 0
    status=${words##*ExecMainStatus=}
    say ok crash "$1" "restarts=${restarts:-0} status=${status%% *}"
    say ok last-error "$1" "$(last_error "$2")"
}

# stopped_by_step UNIT: whether a step of a roll that is under way has stopped it and not started it yet
stopped_by_step() {
    local line
    [ -f "$ROLL/$1.step" ] || return 1
    line=$(tail -n 1 "$ROLL/$1.step")
    case $line in *phase=stopping* | *phase=stopped*) systemctl is-active --quiet "kafka-fab-step-$1" ;; *) return 1 ;; esac
}

# last_error LOG: the last line of a log with an error, or of the exception below it
last_error() {
    [ ! -f "$1" ] || tail -n 1000 "$1" | awk '
        /^\[/ { error = /\] (ERROR|FATAL) / }
        error && (/^\[/ || /^[^ \t].*(Exception|Error)/) { last = $0 }
        END { if (last != "") print last }' | cut -c 1-240 | tr '\t' ' '
}

# operation: the one that holds this host, an interrupted one, and the last one that ended
operation() {
    local held name
    held=0
    [ ! -f "$ROLL/lock" ] || flock -n -s "$ROLL/lock" true 2>/dev/null || held=1
    for name in holder owner; do
        [ ! -f "$ROLL/$name" ] || say ok operation "$name" "held=$held $(tr '\n' ' ' <"$ROLL/$name")"
    done
    # shellcheck disable=SC2016  # sed's own $
    [ ! -f "$HISTORY" ] || say ok operation last "$(sed -n '/"ended"/h; ${x; p;}' "$HISTORY")"
}
