# shellcheck shell=sh
# The host's part of a rolling operation: a lock that lasts as long as its connection, and a step that does not
# need one. After lib.sh; lines are those of `say`.
ROLL=$STATE/roll
# Without a word from the control machine for this long the lock is free again.
LEASE=60

# put FILE <TEXT: there as a whole or not at all, also after a power cut
put() {
    cat >"$1.new" && settle "$1.new" && mv -f -T "$1.new" "$1" && settle "${1%/*}"
}

# owner_words: who holds the lock, or held it last, in KEY=VALUE words
owner_words() {
    [ ! -f "$ROLL/owner" ] || tr '\n' ' ' <"$ROLL/owner"
}

# steps_under_way: the units whose step is at work
steps_under_way() {
    systemctl list-units --plain --no-legend --state=active,activating 'kafka-fab-step-*' 2>/dev/null |
        sed -n 's/^kafka-fab-step-\([^ ]*\)\.service .*/\1/p' | tr '\n' ' '
}

# hold_lock RUN HOLDER NEW(0|1) <OWNER: says ok and keeps the lock until the connection ends or says nothing any
# more. A new run does not take a lock over whose run has not come to its end.
hold_lock() {
    owner=$(cat)
    if ! { mkdir -p "$ROLL" && exec 8>>"$ROLL/lock"; }; then
        fail lock "$ROLL" "cannot be written: is the disk full?"
        return
    fi
    patience_with "$1" "$2"
    # shellcheck disable=SC2086  # an option and its number
    if ! flock $patience 8; then
        fail lock held "$(owner_words)"
        return
    fi
    value_of_owner
    if [ "$3" = 1 ] && [ -n "$found" ]; then
        fail lock unfinished "$(owner_words)"
        return
    fi
    printf '%s\n' "$owner" | put "$ROLL/owner" || { fail lock "$ROLL" "cannot be written: is the disk full?"; return; }
    say ok lock "$ROLL" "steps=$(steps_under_way)"
    while [ -n "$(timeout "$LEASE" head -c 1 <&3)" ]; do :; done
}

# patience_with RUN HOLDER: sets patience to how long to wait for the lock
patience_with() {
    value_of_owner
    patience='-n'
    # Who holds it has just come, and is about to say who it is; or has just come to its end.
    [ -f "$ROLL/owner" ] || patience='-w 2'
    # One who goes on with a run that was killed a moment ago.
    [ "$found" != "$1" ] || patience='-w 3'
    found=
    [ ! -f "$ROLL/owner" ] || value_in "$ROLL/owner" holder
    # Our own: the host has not noticed yet that the old connection is gone.
    [ "$found" != "$2" ] || patience="-w $((LEASE + 30))"
}

# value_of_owner: sets found to the run that has not come to its end, or to nothing
value_of_owner() {
    found=
    [ ! -f "$ROLL/owner" ] || value_in "$ROLL/owner" run
}

# refuse_held: fails where a run is at work
refuse_held() {
    [ -f "$ROLL/lock" ] || return 0
    patience_with - -
    # shellcheck disable=SC2086  # an option and its number
    flock $patience "$ROLL/lock" true || fail lock held "$(owner_words)"
}

# end_run RUN <SUMMARY: the run has come to its end; what it did, if anything, is kept
end_run() {
    summary=$(cat)
    value_of_owner
    [ "$found" = "$1" ] || { say ok end "$1" "is not the run of this host"; return; }
    [ -z "$summary" ] || printf '%s\n' "$summary" | put "$ROLL/last"
    rm -f "$ROLL/owner" && settle "$ROLL" && say ok end "$1"
}

# look_roll UNIT...: the owner, what the last run did, and how far each unit's step has come
look_roll() {
    say ok owner "$ROLL" "$(owner_words)"
    [ ! -f "$ROLL/last" ] || say ok last "$ROLL" "$(flat "$(cat "$ROLL/last")")"
    for unit in "$@"; do
        [ ! -f "$ROLL/$unit.step" ] || tail -n 1 "$ROLL/$unit.step"
    done
}

# room_for UNIT MIB DIRECTORY...: fails where a file system is full: the service would end as soon as it starts
room_for() {
    starting=$1
    shift
    words=$(no_room "$@" | tr '\n' ',')
    [ -z "$words" ] || fail step "$starting" "nothing was stopped, as it could not start: ${words%,}; make room there"
}

# formatted_for UNIT DIRECTORY: fails where a KRaft node's metadata directory is not formatted (any more)
formatted_for() {
    [ -f "$2/meta.properties" ] ||
        fail step "$1" "nothing was stopped, as it could not start: $2 is not formatted; is its file system mounted?"
}

# take_step RUN UNIT <SCRIPT: the step goes on by itself from here, whatever becomes of the connection
take_step() {
    value_of_owner
    [ "$found" = "$1" ] || { fail step "$2" "the lock of this host is not held by this run any more"; return; }
    put "$ROLL/$2.sh" || { fail step "$2" "cannot write to $ROLL: is the disk full?"; return; }
    : >"$ROLL/$2.step" && told "$2" "run=$1 phase=triggered"
    if ! on_its_own "$1" "$2" 2>/dev/null; then
        # A step that has failed keeps its unit's name until it is forgotten.
        systemctl reset-failed "kafka-fab-step-$2" 2>/dev/null
        try step "$2" on_its_own "$1" "$2" || return 0
    fi
    say ok step "$2" triggered
}

# on_its_own RUN UNIT: its step as a service of its own
on_its_own() {
    systemd-run --quiet --unit="kafka-fab-step-$2" --description="kafka-fab: a step of run $1" sh "$ROLL/$2.sh"
}

# told UNIT WORDS: written down before it is done; the last line is how far the step has come
told() {
    read -r uptime _ </proc/uptime
    say ok phase "$1" "$2 at=$uptime time=$(date +%s)" >>"$ROLL/$1.step"
    settle "$ROLL/$1.step"
}

# step RUN UNIT SECONDS-OF-A-LOST-SESSION MARK...: stop, prove it, change what is to be changed, start
step() {
    run=$1 unit=$2 session=$3
    shift 3
    value_of_owner
    [ "$found" = "$run" ] || { told "$unit" "run=$run phase=refused"; return; }
    # Whatever goes wrong from here on, the service is not left down.
    trap 'systemctl start "$unit"' EXIT
    trap 'exit 1' HUP INT TERM
    was=$(systemctl show -p MainPID --value "$unit")
    told "$unit" "run=$run phase=stopping pid=$was"
    systemctl stop "$unit"
    clean=1
    for mark in "$@"; do [ -e "$mark" ] || clean=0; done
    told "$unit" "run=$run phase=stopped clean=$clean was=$was $(exit_words)"
    # What it has registered outlives it by a session; started earlier, it would meet itself.
    [ "$clean" = 1 ] || [ "$session" = 0 ] || sleep "$session"
    while_down
    told "$unit" "run=$run phase=starting clean=$clean was=$was"
    systemctl start "$unit"
    trap - EXIT
    told "$unit" "run=$run phase=started clean=$clean was=$was"
}

exit_words() {
    systemctl show -p Result -p ExecMainStatus "$unit" | tr '\n' ' '
}

# follow_step UNIT: what its step says, from its beginning, and a tick each second that tells how its service is
follow_step() {
    tail -n +1 -F "$ROLL/$1.step" 2>/dev/null &
    while :; do
        tick "$1"
        # The end of the connection ends the wait, too.
        timeout 1 cat <&3 >/dev/null
        [ $? = 124 ] || break
    done
    trap '' TERM
    kill 0
}

# tick UNIT: how it is; asked in this order: what is not at work any more has written its last phase before.
# Each second, where a broker is about to start: one process, and otherwise the shell alone.
tick() {
    read -r at _ </proc/uptime
    both=$(systemctl show -p ActiveState -p SubState -p MainPID -p NRestarts "kafka-fab-step-$1" "$1")
    under=${both#*ActiveState=} under=${under%%"$NL"*} both=${both#*"$NL$NL"}
    words=
    for word in $both; do words="$words$word "; done
    pid=${words#*MainPID=} pid=${pid%% *}
    phase=
    [ ! -f "$ROLL/$1.step" ] || while read -r line; do phase=${line#*phase=} phase=${phase%% *}; done <"$ROLL/$1.step"
    work_of "$pid"
    say ok tick "$1" "$words$work under=$under last=$phase at=$at"
}

# work_of PID: sets work to the bytes read and written so far: a broker that recovers its logs shows nothing else
work_of() {
    work=
    [ -r "/proc/$1/io" ] || return 0
    while read -r key value; do
        case $key in rchar: | wchar:) work=$((work + value)) ;; esac
    done <"/proc/$1/io"
    work="work=$work"
}
