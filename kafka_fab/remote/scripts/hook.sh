# shellcheck shell=sh disable=SC3043  # local: see library/base.sh
# A hook on the host: a command of the user's, with a time limit.
# Sourced after the library; lines are those of `say`.

# run_hook SECONDS COMMAND NAME=VALUE...: says its exit status, and the end of what it printed; 124 where it was killed at
# its time limit
run_hook() {
    local seconds command output status
    seconds=$1 command=$2
    shift 2
    # Into a file: what a command leaves running may hold a pipe open for ever.
    output=$(mktemp) || { fail hook run "cannot write a temporary file: is the disk full?"; return; }
    env "$@" timeout -k 5 "$seconds" sh -c "$command" </dev/null >"$output" 2>&1
    status=$?
    # Killed by the second signal.
    [ "$status" != 137 ] || status=124
    say ok hook "$status" "$(flat "$(tail -c 1200 "$output")")"
    rm -f "$output"
}
