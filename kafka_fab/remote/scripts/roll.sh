# shellcheck shell=sh disable=SC3043  # local: see library/base.sh
# The host's part of a rolling operation: a lock that lasts as long as its connection, and a step that needs none.
# Sourced after the library; lines are those of `say`.
# The lock of an install, which excludes operations.
INSTALL=/run/kafka-fab.lock
# Without input from the control machine for this long the lock is released.
LEASE=60
# The older half of the journal is removed at this size in bytes.
FULL=262144
# A broker's words when the controller has not moved its leaders: with ZooKeeper, and with KRaft after five minutes.
UNCONTROLLED='Proceeding to do an unclean shutdown|(Timed out|exception) waiting for .*controlled shutdown'

# put FILE <TEXT: written atomically, also with regard to a power cut
put() {
    cat >"$1.new" && settle "$1.new" && mv -f -T "$1.new" "$1" && settle "${1%/*}"
}

# owner_words: who holds the lock, or held it last, and its progress, as KEY=VALUE words
owner_words() {
    local file
    for file in "$ROLL/holder" "$INSTALL" "$ROLL/owner"; do
        [ -f "$file" ] || continue
        [ "$file" = "$ROLL/owner" ] || alive "$file" || continue
        tr '\n' ' ' <"$file"
        if [ "$file" = "$ROLL/holder" ] && [ -s "$ROLL/progress" ]; then printf 'progress=%s' "$(cat "$ROLL/progress")"; fi
        return
    done
}

# alive FILE: whether the process that wrote the file still runs
alive() {
    value_in "$1" pid
    [ -n "$found" ] && [ -d "/proc/$found" ]
}

# running_steps: running_steps=UNIT,UNIT whose step is running, stopping=UNIT,UNIT as after a killed `stop`
running_steps() {
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

# hold_lock RUN HOLDER MODE ENTRY <OWNER: says ok and keeps the lock until the connection ends or is idle.
# MODE new: begins a run that can be resumed, unless there is an interrupted one; resume: continues that one;
# pass: leaves it as it is. ENTRY is for the journal.
hold_lock() {
    local owner input
    owner=$(cat)
    if ! { mkdir -p "$ROLL" && exec 8>>"$ROLL/lock"; }; then
        fail lock "$ROLL" "cannot be written: is the disk full?"
        return
    fi
    set_lock_wait "$1" "$2"
    # shellcheck disable=SC2086  # an option and its number
    if ! flock $lock_wait 8; then
        fail lock held "$(owner_words)"
        return
    fi
    value_of_owner
    if [ "$3" = new ] && [ -n "$found" ]; then
        rm -f "$ROLL/holder"
        fail lock unfinished "$(owner_words)"
        return
    fi
    write_holder "$owner" "$3" "$4" || { fail lock "$ROLL" "cannot be written: is the disk full?"; return; }
    [ "$3" != pass ] || [ ! -f "$ROLL/owner" ] || say ok unfinished "$ROLL" "$(tr '\n' ' ' <"$ROLL/owner")"
    say ok lock "$ROLL" "$(running_steps)"
    # Keep-alive bytes, or the progress of the run: the newest one counts.
    # Without the lock's descriptor: the lock is free as soon as this shell ends.
    while input=$(exec 8>&- && timeout "$LEASE" dd bs=4096 count=1 2>/dev/null <&3) && [ -n "$input" ]; do
        case $input in *=*) input=${input##*=} && printf '%s\n' "${input%%;*}" >"$ROLL/progress" ;; esac
    done
}

# write_holder OWNER MODE ENTRY: records who holds the lock, and that its run has begun
write_holder() {
    rm -f "$ROLL/progress"
    printf '%s\npid=%s\n' "$1" "$$" >"$ROLL/holder" || return
    if [ "$2" != pass ]; then printf '%s\n' "$1" | put "$ROLL/owner" || return; fi
    note "$3"
}

# set_lock_wait RUN HOLDER: sets lock_wait to how long to wait for the lock
set_lock_wait() {
    local file
    lock_wait='-n'
    file=$ROLL/holder
    # The holder has just taken it and is about to record itself, or is just releasing it.
    if [ ! -f "$file" ] || ! alive "$file"; then lock_wait='-w 5'; fi
    [ -f "$file" ] || file=$ROLL/owner
    [ -f "$file" ] || return 0
    # A resume of a run that was killed a moment ago.
    value_in "$file" run
    [ "$found" != "$1" ] || lock_wait='-w 3'
    # Our own lock: the host has not noticed yet that the old connection is closed.
    value_in "$file" holder
    [ "$found" != "$2" ] || lock_wait="-w $((LEASE + 30))"
}

# value_of_owner: sets found to the interrupted run, or to an empty string
value_of_owner() {
    found=
    [ ! -f "$ROLL/owner" ] || value_in "$ROLL/owner" run
}

# begin_resumable RUN <OWNER: from now on a kill leaves an interrupted run
begin_resumable() {
    value_in "$ROLL/holder" run
    [ "$found" = "$1" ] || { cat >/dev/null; fail own "$1" "this run no longer holds the lock of this host"; return; }
    if put "$ROLL/owner"; then say ok own "$1"; else fail own "$1" "cannot write to $ROLL: is the disk full?"; fi
}

# end_resumable RUN: it has ended
end_resumable() {
    value_of_owner
    [ "$found" != "$1" ] || { rm -f "$ROLL/owner" && settle "$ROLL"; }
    say ok own "$1"
}

# note ENTRY: appends a line to the journal and syncs it; removes the older half when it is full
note() {
    local size
    [ -n "$1" ] || return 0
    # A line truncated by a power cut must not damage this one.
    [ ! -s "$HISTORY" ] || [ -z "$(tail -c 1 "$HISTORY")" ] || echo >>"$HISTORY"
    printf '%s\n' "$1" >>"$HISTORY" && settle "$HISTORY" || return
    size=$(wc -c <"$HISTORY")
    [ "$size" -le "$FULL" ] || tail -c $((FULL / 2)) "$HISTORY" | sed 1d | put "$HISTORY"
}

# end_task RUN ENTRY: records its end in the journal; not where the task has removed the folder itself (uninstall),
# which must not be created again.
end_task() {
    [ -d "$ROLL" ] || { say ok end "$1"; return; }
    note "$2" || fail end "$1" "cannot write to $HISTORY: is the disk full?"
    release_lock "$1"
    say ok end "$1"
}

# release_lock RUN: at once; the end of the connection may arrive late or never
release_lock() {
    [ -f "$ROLL/holder" ] || return 0
    value_in "$ROLL/holder" run
    [ "$found" = "$1" ] || return 0
    value_in "$ROLL/holder" pid
    rm -f "$ROLL/holder" "$ROLL/progress"
    # Only while the lock is held: otherwise the pid may belong to another process by now.
    flock -n "$ROLL/lock" true || [ -z "$found" ] || kill "$found"
}

# end_run RUN ENTRY <SUMMARY: a resumable run has ended; its steps, if any, are kept
end_run() {
    local summary
    summary=$(cat)
    value_of_owner
    [ "$found" = "$1" ] || { say ok end "$1" "is not the run of this host"; return; }
    [ -z "$summary" ] || printf '%s\n' "$summary" | put "$ROLL/last"
    rm -f "$ROLL/owner" && settle "$ROLL" && end_task "$1" "$2"
}

# look_history: the lines of the journal, and the operation in progress
look_history() {
    local line
    [ ! -f "$HISTORY" ] || while IFS= read -r line; do say ok entry journal "$line"; done <"$HISTORY"
    [ ! -f "$ROLL/lock" ] || flock -n -s "$ROLL/lock" true || say ok holder "$ROLL" "$(owner_words)"
}

# look_roll UNIT...: who holds the lock, the interrupted run, the summary of the last one, and the phases of each unit's step
look_roll() {
    local unit
    [ ! -f "$ROLL/lock" ] || flock -n -s "$ROLL/lock" true 2>/dev/null ||
        say ok holder "$ROLL" "$(tr '\n' ' ' <"$ROLL/holder")"
    say ok owner "$ROLL" "$([ ! -f "$ROLL/owner" ] || tr '\n' ' ' <"$ROLL/owner")"
    [ ! -f "$ROLL/last" ] || say ok last "$ROLL" "$(flat "$(cat "$ROLL/last")")"
    for unit in "$@"; do
        [ ! -f "$ROLL/$unit.step" ] || cat "$ROLL/$unit.step"
    done
}

# disk_space_for UNIT MIB DIRECTORY...: fails where a file system is full: the service would exit when it starts
disk_space_for() {
    local starting words
    starting=$1
    shift
    words=$(no_room "$@" | tr '\n' ',')
    [ -z "$words" ] || fail step "$starting" "nothing was stopped: it could not start again: ${words%,}; free disk space"
}

# formatted_for UNIT DIRECTORY: fails where a KRaft node's metadata directory is not formatted
formatted_for() {
    [ -f "$2/meta.properties" ] ||
        fail step "$1" "nothing was stopped: it could not start again: $2 is not formatted; is its file system mounted?"
}

# confirm_step RUN UNIT WORDS: records that the control machine has seen the service in sync
confirm_step() {
    grep -q "run=$1 phase=started" "$ROLL/$2.step" 2>/dev/null || { fail step "$2" "has not started"; return; }
    log_phase "$2" "run=$1 phase=in-sync $3"
    say ok step "$2" in-sync
}

# take_step RUN UNIT <SCRIPT: starts the step, which no longer depends on the connection
take_step() {
    value_of_owner
    [ "$found" = "$1" ] || { fail step "$2" "this run no longer holds the lock of this host"; return; }
    put "$ROLL/$2.sh" || { fail step "$2" "cannot write to $ROLL: is the disk full?"; return; }
    : >"$ROLL/$2.step" && log_phase "$2" "run=$1 phase=triggered"
    if ! start_step_unit "$1" "$2" 2>/dev/null; then
        # A failed step keeps its unit's name until the unit is reset.
        systemctl reset-failed "kafka-fab-step-$2" 2>/dev/null
        try step "$2" start_step_unit "$1" "$2" || return 0
    fi
    say ok step "$2" triggered
}

# start_step_unit RUN UNIT: its step as a transient unit
start_step_unit() {
    systemd-run --quiet --unit="kafka-fab-step-$2" --description="kafka-fab: a step of run $1" sh "$ROLL/$2.sh"
}

# log_phase UNIT WORDS: recorded before the phase begins; the last line is the current phase
log_phase() {
    local uptime
    read -r uptime _ </proc/uptime
    say ok phase "$1" "$2 at=$uptime time=$(date +%s)" >>"$ROLL/$1.step"
    settle "$ROLL/$1.step"
}

# step RUN UNIT SESSION-SECONDS LOG MARK...: stop, check the clean shutdown marks and the log, apply changes, start.
# LOG is empty for a service that has no controlled shutdown.
step() {
    local run session log written was clean controlled mark
    run=$1 unit=$2 session=$3 log=$4
    shift 4
    value_of_owner
    [ "$found" = "$run" ] || { log_phase "$unit" "run=$run phase=refused"; return; }
    # Whatever fails from here on, the service is started again.
    trap 'systemctl start "$unit"' EXIT
    trap 'exit 1' HUP INT TERM
    was=$(systemctl show -p MainPID --value "$unit")
    log_phase "$unit" "run=$run phase=stopping pid=$was"
    written=$(size_of "$log")
    systemctl stop "$unit"
    clean=1 controlled=1
    for mark in "$@"; do [ -e "$mark" ] || clean=0; done
    # A failed controlled shutdown closes the logs like any other and leaves the marks.
    ! lines_after "$written" "$log" | grep -qE "$UNCONTROLLED" || controlled=0
    log_phase "$unit" "run=$run phase=stopped clean=$clean controlled=$controlled was=$was $(exit_words)"
    # Its registration outlives it by a session; started earlier it would exit (KAFKA-7165).
    [ "$clean" = 1 ] || [ "$session" = 0 ] || sleep "$session"
    while_down
    # Its unit may be among what has changed: systemd starts what it has loaded, not what is on disk.
    [ "$(systemctl show -p NeedDaemonReload --value "$unit")" != yes ] || systemctl daemon-reload
    log_phase "$unit" "run=$run phase=starting clean=$clean controlled=$controlled was=$was"
    systemctl start "$unit"
    trap - EXIT
    log_phase "$unit" "run=$run phase=started clean=$clean controlled=$controlled was=$was"
}

# size_of FILE: its bytes, 0 where there is none
size_of() {
    if [ -f "$1" ]; then wc -c <"$1"; else echo 0; fi
}

# lines_after BYTES LOG: what was written since the log had so many bytes; it may have been rotated meanwhile
lines_after() {
    [ -f "$2" ] || return 0
    if [ "$(size_of "$2")" -ge "$1" ]; then
        tail -c "+$(($1 + 1))" "$2"
    else
        [ ! -f "$2.1" ] || tail -c "+$(($1 + 1))" "$2.1"
        cat "$2"
    fi
}

exit_words() {
    systemctl show -p Result -p ExecMainStatus "$unit" | tr '\n' ' '
}

# follow_step UNIT: the output of its step from the beginning, and a tick each second with the service's state
follow_step() {
    tail -n +1 -F "$ROLL/$1.step" 2>/dev/null &
    while :; do
        tick "$1"
        # The end of the connection ends the loop.
        timeout 1 cat <&3 >/dev/null
        [ $? = 124 ] || break
    done
    trap '' TERM
    kill 0
}

# tick UNIT: the state of step and service, read in this order: an ended step has written its last phase before.
# Runs each second while a broker starts: one process, the rest is shell.
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

# work_of PID: sets work to the bytes read and written so far: the only sign of progress of a log recovery
work_of() {
    local key value
    work=
    [ -r "/proc/$1/io" ] || return 0
    while read -r key value; do
        case $key in rchar: | wchar:) work=$((work + value)) ;; esac
    done <"/proc/$1/io"
    work="work=$work"
}
