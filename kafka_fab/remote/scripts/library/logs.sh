# Logs: why a unit does not run, and the lines of its logs.
# shellcheck shell=sh disable=SC2034,SC2153,SC2154,SC3043  # one script: see base.sh

# last_words UNIT LOG: why a unit does not run: the errors of its last start, by its log, else by what it printed
last_words() {
    local since logged printed
    systemctl status --no-pager --lines=0 "$1" 2>&1 | sed -n '3p;/Process:.*status=[1-9]/p' | cut -c 1-200
    since=$(systemctl show -p ExecMainStartTimestamp --value "$1" 2>/dev/null)
    since=$(date -d "$since" '+%Y-%m-%d %H:%M:%S' 2>/dev/null) || since=
    logged=
    [ ! -f "$2" ] || logged=$(tail -n 5000 "$2" | errors_in "$since")
    [ -z "$logged" ] || printf -- '--- %s\n%s\n' "$2" "$logged"
    printed=$(journalctl -u "$1" --no-pager -o cat -n 200 "_SYSTEMD_INVOCATION_ID=$(systemctl show -p InvocationID --value "$1")" 2>/dev/null | errors_in "")
    [ -z "$printed" ] || [ "$printed" = "$logged" ] || printf -- '--- journal of %s\n%s\n' "$1" "$printed"
    [ -z "$logged$printed" ] || return 0
    [ ! -f "$2" ] || { echo "--- $2 (no errors)"; tail -n 5 "$2" | cut -c 1-300; }
}

# errors_in SINCE <LINES: of a log the events of ERROR and FATAL since a time, each with its exception and the causes of
# it; of what a JVM prints before it can log, what is no frame of a stack. The first is the reason, the others follow.
errors_in() {
    awk -v since="$1" '
        function add(line) { if (lines[event] < 6) text[event] = text[event] "\n    " substr(line, 1, 300); lines[event]++ }
        /^[ \t]+at |^[ \t]+\.\.\. [0-9]+ (more|common)/ { next }
        /^[ \t]*$/ { next }
        match($0, /^\[?[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T][0-9][0-9]:[0-9][0-9]:[0-9][0-9]/) {
            time = substr($0, 1, RLENGTH); sub(/^\[/, "", time); sub(/T/, " ", time)
            rest = substr($0, RLENGTH + 1); sub(/^[^A-Za-z]*/, "", rest); event = 0
            if (time < since || substr(rest, 1, 60) !~ /(^|[^A-Za-z])(ERROR|FATAL)([^A-Za-z]|$)/ || said[rest]++) { inside = 1; next }
            text[event = ++all] = substr($0, 1, 300); inside = 1; next }
        inside && !event { next }
        inside { if ($0 ~ /^Caused by: / || !lines[event]) add($0); next }
        # The host or its unit speaks, not a log.
        !told[$0]++ { text[++all] = substr($0, 1, 300) }
        END { for (at = 1; at <= all; at++) if (at <= 3 || at > all - 2) print text[at] }'
}

# last_lines COUNT PATTERN FILE...: the last lines of logs, or of their events that match; each after its log's number
last_lines() {
    local count pattern number path
    count=$1 pattern=$2 number=0
    shift 2
    pattern_fits "$pattern" || return
    for path in "$@"; do
        if [ ! -f "$path" ]; then
            no_log "$path"
        elif [ -n "$pattern" ]; then
            folded <"$path" | grep -a -E -e "$pattern" | tail -n "$count" | tr '\001' '\n'
        else
            tail -n "$count" "$path"
        fi | numbered "$number"
        number=$((number + 1))
    done
}

pattern_fits() {
    local words
    words=$(grep -E -e "$1" /dev/null 2>&1)
    [ $? -lt 2 ] || fail logs "--grep $1" "${words#grep: }"
}

no_log() {
    local names log
    names=
    for log in "${1%/*}"/*.log; do [ ! -f "$log" ] || names="$names, $(basename "$log" .log)"; done
    if [ -n "$names" ]; then names="its directory has ${names#, }"; else names="nothing has been logged yet"; fi
    say note logs "$1" "does not exist; $names"
}

# folded: each event on one line, its lines parted by a character that no log has
folded() {
    awk '{ printf "%s%s", (NR == 1 ? "" : /^\[[0-9][0-9][0-9][0-9]-[0-9][0-9]-/ ? "\n" : "\001"), $0 }
         END { if (NR) print "" }'
}

# numbered NUMBER: lines of a log after its number; what the library says stays as it is
numbered() {
    sed -u "/^note	logs	/!s/^/$1	/"
}

# follow_lines COUNT PATTERN FILE...: as last_lines, and all that come, until the connection ends
follow_lines() {
    local count pattern number path
    count=$1 pattern=$2 number=0
    shift 2
    pattern_fits "$pattern" || return
    for path in "$@"; do
        [ -f "$path" ] || no_log "$path"
        follow_one "$path" "$number" &
        number=$((number + 1))
    done
    # Nothing comes there: it ends when the connection does, and with it all that was started here.
    cat <&3 >/dev/null
    trap '' TERM
    kill 0
}

follow_one() {
    if [ -n "$pattern" ]; then
        tail -n "$count" -F "$1" 2>/dev/null | grep -a --line-buffered -E -e "$pattern"
    else
        tail -n "$count" -F "$1" 2>/dev/null
    fi | sed -u "s/^/$2	/"
}
