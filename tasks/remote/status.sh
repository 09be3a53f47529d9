# shellcheck shell=sh
# What status asks of a host beside its services. After lib.sh; lines are those of `say`.

# as_wanted: what follows changes nothing and fails at nothing; how a file differs is not asked
# shellcheck disable=SC2034,SC2317  # for the functions of lib.sh
as_wanted() {
    APPLY=0
    file_diff() { :; }
    fail() { say foreign "$1" "$2" "$(flat "$3")"; }
}

# space PATH...: the size and what is free of the file system that each stands on, in bytes
space() {
    for path in "$@"; do
        words=$(stat -L -f -c 'block=%S blocks=%b free=%a' "$path" 2>/dev/null) || words=missing=1
        say ok space "$path" "$words mount=$(stat -L -c %m "$path" 2>/dev/null)"
    done
}

# operation: the rolling operation that holds this host or was left half-way, and the last one that came to its end
operation() {
    roll=$STATE/roll
    if [ -f "$roll/owner" ]; then
        held=1
        ! flock -n "$roll/lock" true 2>/dev/null || held=0
        say ok operation owner "held=$held $(tr '\n' ' ' <"$roll/owner")"
    fi
    [ ! -f "$roll/last" ] || say ok operation last "$(flat "$(cat "$roll/last")")"
}
