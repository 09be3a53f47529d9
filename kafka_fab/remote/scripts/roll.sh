# shellcheck shell=sh disable=SC3043  # local: see library/base.sh
# The host's part of a rolling operation: a lock that lasts as long as its connection, and a step that does not
# need one. Laid over the library; lines are those of `say`.
# Who installs, and keeps operations out meanwhile.
INSTALL=/run/kafka-fab.lock
# Without a word from the control machine for this long the lock is free again.
LEASE=60
# A journal of so many bytes loses its older half.
FULL=262144

# put FILE <TEXT: there as a whole or not at all, also after a power cut
put() {
    cat >"$1.new" && settle "$1.new" && mv -f -T "$1.new" "$1" && settle "${1%/*}"
}

# owner_words: who holds the lock, or held it last, and how far that is, in KEY=VALUE words
owner_words() {
    local file
    for file in "$ROLL/holder" "$INSTALL" "$ROLL/owner"; do
        [ -f "$file" ] || continue
        [ "$file" = "$ROLL/owner" ] || alive "$file" || continue
        tr '\n' ' ' <"$file"
        if [ "$file" = "$ROLL/holder" ] && [ -s "$ROLL/far" ]; then printf 'far=%s' "$(cat "$ROLL/far")"; fi
        return
    done
}

# alive FILE: whether the process that has written who it is still runs
alive() {
    value_in "$1" pid
    [ -n "$found" ] && [ -d "/proc/$found" ]
}

# at_work: running_steps=UNIT,UNIT whose step is running, stopping=UNIT,UNIT that are stopping, as a killed `stop` leaves them
at_work() {
    local unit
    set --
    while IFS='=' read -r unit _; do
        [ -z "$unit" ] || set -- "$@" "$unit.service" "kafka-fab-step-$unit.service"
    done <<UNITS
$OF_UNITS
UNITS
    systemctl list-units --plain --no-legend --state=active,activating,deactivating "$@" 2>/dev/null | awk '
        { sub(/\.service$/, "", $1) }
        sub(/^kafka-fab-step-/, "", $1) { if ($3 != "deactivating") steps = steps "," $1; next }
        $3 == "deactivating" { stopping = stopping "," $1 }
        END { printf "running_steps=%s stopping=%s", substr(steps, 2), substr(stopping, 2) }'
}

# hold_lock RUN HOLDER MODE ENTRY <OWNER: says ok and keeps the lock until the connection ends or says nothing any
# more. MODE new: a run that can be gone on with, and takes no lock over whose run has not come to its end;
# resume: goes on with one; pass: leaves such a run as it is. ENTRY is for the journal.
hold_lock() {
    local owner heard
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
    if [ "$3" = new ] && [ -n "$found" ]; then
        rm -f "$ROLL/holder"
        fail lock unfinished "$(owner_words)"
        return
    fi
    take_name "$owner" "$3" "$4" || { fail lock "$ROLL" "cannot be written: is the disk full?"; return; }
    [ "$3" != pass ] || [ ! -f "$ROLL/owner" ] || say ok unfinished "$ROLL" "$(tr '\n' ' ' <"$ROLL/owner")"
    say ok lock "$ROLL" "$(at_work)"
    # A byte now and then, or how far the run is. As much at once as there is: the newest word counts.
    # Without the lock's descriptor: it is free as soon as this shell is gone.
    while heard=$(exec 8>&- && timeout "$LEASE" dd bs=4096 count=1 2>/dev/null <&3) && [ -n "$heard" ]; do
        case $heard in *=*) heard=${heard##*=} && printf '%s\n' "${heard%%;*}" >"$ROLL/far" ;; esac
    done
}

# take_name OWNER MODE ENTRY: writes down who holds the lock, and that its run has begun
take_name() {
    rm -f "$ROLL/far"
    printf '%s\npid=%s\n' "$1" "$$" >"$ROLL/holder" || return
    if [ "$2" != pass ]; then printf '%s\n' "$1" | put "$ROLL/owner" || return; fi
    note "$3"
}

# patience_with RUN HOLDER: sets patience to how long to wait for the lock
patience_with() {
    local file
    patience='-n'
    file=$ROLL/holder
    # Who holds it has just come, and is about to say who it is; or has just come to its end.
    if [ ! -f "$file" ] || ! alive "$file"; then patience='-w 5'; fi
    [ -f "$file" ] || file=$ROLL/owner
    [ -f "$file" ] || return 0
    # One who goes on with a run that was killed a moment ago.
    value_in "$file" run
    [ "$found" != "$1" ] || patience='-w 3'
    # Our own: the host has not noticed yet that the old connection is gone.
    value_in "$file" holder
    [ "$found" != "$2" ] || patience="-w $((LEASE + 30))"
}

# value_of_owner: sets found to the run that has not come to its end, or to nothing
value_of_owner() {
    found=
    [ ! -f "$ROLL/owner" ] || value_in "$ROLL/owner" run
}

# own_run RUN <OWNER: from now on a kill leaves a run that is to be gone on with
own_run() {
    value_in "$ROLL/holder" run
    [ "$found" = "$1" ] || { cat >/dev/null; fail own "$1" "the lock of this host is not held by this run any more"; return; }
    if put "$ROLL/owner"; then say ok own "$1"; else fail own "$1" "cannot write to $ROLL: is the disk full?"; fi
}

# disown RUN: it has come to its end
disown() {
    value_of_owner
    [ "$found" != "$1" ] || { rm -f "$ROLL/owner" && settle "$ROLL"; }
    say ok own "$1"
}

# note ENTRY: a line for the journal, on the disk before anything else; its older half goes when it is full
note() {
    local size
    [ -n "$1" ] || return 0
    # What a power cut has cut off must not spoil this one.
    [ ! -s "$HISTORY" ] || [ -z "$(tail -c 1 "$HISTORY")" ] || echo >>"$HISTORY"
    printf '%s\n' "$1" >>"$HISTORY" && settle "$HISTORY" || return
    size=$(wc -c <"$HISTORY")
    [ "$size" -le "$FULL" ] || tail -c $((FULL / 2)) "$HISTORY" | sed 1d | put "$HISTORY"
}

# end_task RUN ENTRY: it has come to its end, which is written down; not where it has removed the journal itself, with
# all that kafka-fab has kept: the folder was there when the lock was taken, and must not come back.
end_task() {
    [ -d "$ROLL" ] || { say ok end "$1"; return; }
    note "$2" || fail end "$1" "cannot write to $HISTORY: is the disk full?"
    give_back "$1"
    say ok end "$1"
}

# give_back RUN: its lock, at once: the end of a connection may not get here, as where the network goes just then
give_back() {
    [ -f "$ROLL/holder" ] || return 0
    value_in "$ROLL/holder" run
    [ "$found" = "$1" ] || return 0
    value_in "$ROLL/holder" pid
    rm -f "$ROLL/holder" "$ROLL/far"
    # Who holds it has written who it is; where nobody does, the number may be another process's by now.
    flock -n "$ROLL/lock" true || [ -z "$found" ] || kill "$found"
}

# end_run RUN ENTRY <SUMMARY: a run that could be gone on with has come to its end; its steps, if any, are kept
end_run() {
    local summary
    summary=$(cat)
    value_of_owner
    [ "$found" = "$1" ] || { say ok end "$1" "is not the run of this host"; return; }
    [ -z "$summary" ] || printf '%s\n' "$summary" | put "$ROLL/last"
    rm -f "$ROLL/owner" && settle "$ROLL" && end_task "$1" "$2"
}

# look_history: what the journal holds, and the operation that is under way
look_history() {
    local line
    [ ! -f "$HISTORY" ] || while IFS= read -r line; do say ok entry journal "$line"; done <"$HISTORY"
    [ ! -f "$ROLL/lock" ] || flock -n -s "$ROLL/lock" true || say ok holder "$ROLL" "$(owner_words)"
}

# look_roll UNIT...: the run that is to be gone on with, what the last one did, and the phases of each unit's step
look_roll() {
    local unit
    say ok owner "$ROLL" "$([ ! -f "$ROLL/owner" ] || tr '\n' ' ' <"$ROLL/owner")"
    [ ! -f "$ROLL/last" ] || say ok last "$ROLL" "$(flat "$(cat "$ROLL/last")")"
    for unit in "$@"; do
        [ ! -f "$ROLL/$unit.step" ] || cat "$ROLL/$unit.step"
    done
}

# room_for UNIT MIB DIRECTORY...: fails where a file system is full: the service would end as soon as it starts
room_for() {
    local starting words
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

# prove_step RUN UNIT WORDS: the service was seen to be back in its cluster, which only others can see
prove_step() {
    grep -q "run=$1 phase=started" "$ROLL/$2.step" 2>/dev/null || { fail step "$2" "has not started"; return; }
    log_phase "$2" "run=$1 phase=back $3"
    say ok step "$2" back
}

# take_step RUN UNIT <SCRIPT: the step goes on by itself from here, whatever becomes of the connection
take_step() {
    value_of_owner
    [ "$found" = "$1" ] || { fail step "$2" "the lock of this host is not held by this run any more"; return; }
    put "$ROLL/$2.sh" || { fail step "$2" "cannot write to $ROLL: is the disk full?"; return; }
    : >"$ROLL/$2.step" && log_phase "$2" "run=$1 phase=triggered"
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

# log_phase UNIT WORDS: written down before it is done; the last line is how far the step has come
log_phase() {
    local uptime
    read -r uptime _ </proc/uptime
    say ok phase "$1" "$2 at=$uptime time=$(date +%s)" >>"$ROLL/$1.step"
    settle "$ROLL/$1.step"
}

# step RUN UNIT SECONDS-OF-A-LOST-SESSION MARK...: stop, prove it, change what is to be changed, start
step() {
    local run session was clean mark
    run=$1 unit=$2 session=$3
    shift 3
    value_of_owner
    [ "$found" = "$run" ] || { log_phase "$unit" "run=$run phase=refused"; return; }
    # Whatever goes wrong from here on, the service is not left down.
    trap 'systemctl start "$unit"' EXIT
    trap 'exit 1' HUP INT TERM
    was=$(systemctl show -p MainPID --value "$unit")
    log_phase "$unit" "run=$run phase=stopping pid=$was"
    systemctl stop "$unit"
    clean=1
    for mark in "$@"; do [ -e "$mark" ] || clean=0; done
    log_phase "$unit" "run=$run phase=stopped clean=$clean was=$was $(exit_words)"
    # What it has registered outlives it by a session; started earlier, it would meet itself.
    [ "$clean" = 1 ] || [ "$session" = 0 ] || sleep "$session"
    while_down
    log_phase "$unit" "run=$run phase=starting clean=$clean was=$was"
    systemctl start "$unit"
    trap - EXIT
    log_phase "$unit" "run=$run phase=started clean=$clean was=$was"
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
    local at both under words word pid phase line
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
    local key value
    work=
    [ -r "/proc/$1/io" ] || return 0
    while read -r key value; do
        case $key in rchar: | wchar:) work=$((work + value)) ;; esac
    done <"/proc/$1/io"
    work="work=$work"
}
