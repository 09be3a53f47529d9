# shellcheck shell=sh disable=SC3043  # local: see library/base.sh
# Collects the files of a support bundle from a host. Each function changes nothing, and prints files of the bundle,
# without secret values:
#   part <tab> name <tab> source      then each line after a |, then   end <tab> number of lines with hidden values
#   skipped <tab> source <tab> reason
# The values of secret keys are hidden, and these values wherever else they occur.
SECRETS=

# skip SOURCE REASON
skip() {
    printf 'skipped\t%s\t%s\n' "$1" "$(flat "$2")"
}

# give NAME SOURCE <TEXT: a file of the bundle, without secret values
give() {
    printf 'part\t%s\t%s\n' "$1" "$2"
    # shellcheck disable=SC2016  # an awk program
    hiding '
        FILENAME == "/dev/fd/4" { if ($0 != "") secret[++known] = $0; next }
        {   line = private_key($0) ? "(hidden)" : without_value($0)
            for (at = 1; at <= known; at++) line = without(line, secret[at])
            if (index(line, "(hidden)")) hidden++
            print "|" line }
        END { print "end\t" hidden + 0 }
        function without_value(line,  at, rest) {
            at = value_at(line)
            rest = substr(line, at + 1)
            if (!at) return shaped(line)
            return rest ~ /^[ \t]*(null|\[hidden\])?[ \t,]*$/ ? line : shaped(substr(line, 1, at)) "(hidden)"
        }
        function without(line, value,  at, done) {
            while (at = index(line, value)) {
                done = done substr(line, 1, at - 1) "(hidden)"
                line = substr(line, at + length(value))
            }
            return done line
        }' /dev/fd/4 - 4<<END_OF_SECRETS
$SECRETS
END_OF_SECRETS
}

# learn FILE...: remembers the secret values in them, to hide them in all files
learn() {
    local path
    for path in "$@"; do
        if [ -f "$path" ] && grep -Iq . "$path"; then
            SECRETS=$SECRETS$NL$(secrets_in "$path" | distinctive)
        fi
    done
}

# secrets_in FILE: its secret values; in a password file the last word of each line
secrets_in() {
    case ${1##*/} in
    *passw*) awk '{ print $NF }' "$1" ;;
    *) values_in "$1" ;;
    esac
}

# values_in FILE: the values of its secrets: as a whole, their first words, and those of the secrets within them, as
# in a JAAS line or in the options of a JVM
values_in() {
    # shellcheck disable=SC2016  # an awk program
    hiding '
        inside { whole = whole $0; inside = sub(/\\$/, "", whole); if (!inside) tell(); next }
        tolower($0) ~ secret_begins { next }
        { whole = $0; inside = sub(/\\$/, "", whole); if (!inside) tell() }
        function tell(  at, value, pair, name) {
            at = value_at(whole)
            if (!at) return
            value = substr(whole, at + 1)
            print bare(value)
            if (value !~ /LoginModule/) print first(value)
            while (match(value, /[A-Za-z0-9_.-]+[ \t]*=[ \t]*("[^"]*"|[^ \t;,"]+)/)) {
                pair = substr(value, RSTART, RLENGTH)
                value = substr(value, RSTART + RLENGTH)
                name = tolower(substr(pair, 1, index(pair, "=") - 1))
                if (is_secret(name) || name ~ /^user_/) print bare(substr(pair, index(pair, "=") + 1))
            }
        }
        function bare(text) {
            gsub(/^[ \t"\047]+|[ \t\r"\047;]+$/, "", text)
            return text
        }
        function first(text) {
            text = bare(text)
            sub(/[ \t"\047,;}].*/, "", text)
            return text
        }' "$1"
}

# distinctive <VALUES: those that can be hidden everywhere; short and common words and paths occur in many lines
distinctive() {
    local value
    while IFS= read -r value; do
        case $value in
        # A template's placeholder is not a value.
        *'{{'*) ;;
        # Only a path from the root: a password may well be the name of a file where the script happens to run.
        /*) [ -e "$value" ] || printf '%s\n' "$value" ;;
        ?????*) printf '%s\n' "$value" ;;
        esac
    done | grep -vixE 'true|false|null|none|required|password|kafka|zookeeper|broker|controller|admin|\(hidden\)|\[hidden\]|[0-9]{1,7}' | awk '!seen[$0]++'
}

# take_settings FOLDER...: their configuration files; the others are skipped
take_settings() {
    local folder path
    for folder in "$@"; do
        [ -d "$folder" ] || { skip "$folder" "does not exist"; continue; }
        for path in "$folder"/*; do
            case ${path##*/} in
            *passw* | *jaas* | *secret* | *credential* | *keystore* | *truststore*) skip "$path" "may hold secrets" ;;
            *.properties | *.yaml | *.yml | *.service) take_file "$path" ;;
            *) [ ! -e "$path" ] || skip "$path" "not a known configuration file" ;;
            esac
        done
    done
}

# take_file FILE [NAME]
take_file() {
    if [ ! -r "$1" ] || [ ! -f "$1" ]; then
        skip "$1" "does not exist"
    else
        masked 0 "$1" /dev/null | give "${2-${1#/}}" "$1"
    fi
}

# take_units NAME...: their unit files and drop-ins
take_units() {
    local unit path
    for unit in "$@"; do
        take_file "/etc/systemd/system/$unit.service"
        for path in "/etc/systemd/system/$unit.service.d"/*.conf; do [ ! -f "$path" ] || take_file "$path"; done
    done
}

# take_logs COUNT FOLDER...: the last lines of each log
take_logs() {
    local count folder path
    count=$1
    shift
    for folder in "$@"; do
        [ -d "$folder" ] || { skip "$folder" "does not exist"; continue; }
        for path in "$folder"/*.log "$folder"/*.out; do
            [ ! -f "$path" ] || take_end "$count" "$path" "${path#/}"
        done
    done
}

# take_end COUNT FILE NAME: its last lines
take_end() {
    tail -n "$1" "$2" | give "$3" "$2"
}

# take_journals COUNT UNIT...: the last lines of each unit's journal, and of the steps of rolls
take_journals() {
    local count unit
    count=$1
    shift
    for unit in "$@"; do
        take journal/"$unit".log journalctl -q --no-pager -o short-iso -n "$count" -u "$unit"
        take journal/"kafka-fab-step-$unit".log journalctl -q --no-pager -o short-iso -n "$count" -u "kafka-fab-step-$unit"
    done
    take journal/kernel.log journalctl -q --no-pager -o short-iso -n "$count" -k -p warning
}

# take NAME COMMAND...: its output, even if it fails
take() {
    local name output
    name=$1
    shift
    command -v "$1" >/dev/null || { skip "$*" "$1 is not installed"; return; }
    # In a variable: an error message of the shell is then part of the output.
    output=$(timeout 30 "$@" 2>&1)
    [ $? != 124 ] || skip "$*" "timed out after 30 s"
    if [ -n "$output" ]; then printf '%s\n' "$output" | give "$name" "$*"; else skip "$*" "no output"; fi
}

# take_rolls: the records of rolls on this host; without their scripts
take_rolls() {
    local path
    for path in "$HISTORY" "$ROLL/owner" "$ROLL/last" "$ROLL"/*.step "$STATE"/dynamic/*; do
        [ ! -f "$path" ] || take_file "$path"
    done
}

# take_facts JAVA-HOME LINK DIRECTORY...: the host
take_facts() {
    local java home
    java=${1:+$1/bin/java} home=$2
    shift 2
    take facts/os.txt cat /etc/os-release
    take facts/kernel.txt uname -a
    take facts/systemd.txt systemctl --version
    take facts/java.txt "${java:-java}" -version
    take facts/kafka.txt ls -ld "$home" "$(readlink -f "$home")"
    take facts/disk.txt df -hT "$@"
    take facts/inodes.txt df -i "$@"
    take facts/mounts.txt cat /proc/mounts
    take facts/memory.txt cat /proc/meminfo
    take facts/cpu.txt nproc
    take facts/load.txt uptime
    take facts/clock.txt timedatectl
    take facts/time.txt date -Ins
    take facts/addresses.txt ip -br address
    take facts/listening.txt ss -tln
    take facts/processes.txt ps -eo pid,user,etimes,rss,nlwp,comm
    take facts/sysctl.txt sysctl vm.swappiness vm.max_map_count vm.overcommit_memory vm.dirty_ratio \
        vm.dirty_background_ratio net.core.rmem_max net.core.wmem_max net.core.somaxconn fs.file-max fs.nr_open
}

# take_services NAME...: their state in systemd, and the limits of their processes
take_services() {
    local unit
    for unit in "$@"; do
        take facts/"$unit".unit.txt systemctl show -p ActiveState -p SubState -p Result -p MainPID -p NRestarts \
            -p ExecMainStartTimestamp -p ExecMainStatus -p MemoryCurrent -p TasksCurrent -p LimitNOFILE "$unit"
        unit_of "$unit" MainPID
        [ "${found:-0}" = 0 ] || take facts/"$unit".limits.txt cat "/proc/$found/limits"
    done
}

# packed <PARTS: compressed, as base64
packed() {
    command -v gzip >/dev/null || { fail bundle gzip "is not installed: install it"; return; }
    gzip -c | base64
}
