# shellcheck shell=sh disable=SC3043  # local: see library/base.sh
# The facts of a host for a preflight, added to the library. Each function changes nothing and prints facts, one per line:
#   fact <tab> kind <tab> name <tab> value <tab> ...
# kafka_fab/cluster/preflight judges them.
TAB='	'
# Configurations that Kafka has read without an error, with the version; until the next boot.
PROVEN=/run/kafka-fab.configs
# Variables that Kafka's scripts, their shell, the dynamic linker or a JVM read.
READ_BY_KAFKA='KAFKA_.*|JAVA_HOME|JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|_JAVA_OPTIONS|CLASSPATH|LD_PRELOAD|LD_LIBRARY_PATH|EXTRA_ARGS|LOG_DIR|SCALA_VERSION|INCLUDE_TEST_JARS|DEBUG|DEBUG_SUSPEND_FLAG|JAVA_DEBUG_.*|JMX_PORT|JMX_RMI_PORT|GC_LOG_ENABLED|DAEMON_NAME|CONSOLE_OUTPUT_FILE|BASH_ENV'

# fact KIND NAME VALUE...: printed at once, so that lines of parallel jobs do not mix
fact() {
    local line word
    line=fact
    for word in "$@"; do line=$line$TAB$word; done
    printf '%s\n' "$line"
}

# ask_clock: the first call, so that little time passes between question and answer
ask_clock() {
    fact clock now "$(date +%s.%N)"
}

# ask_host TREE: systemd, tools, memory, swap, and whether Kafka's folder exists
ask_host() {
    local init tool
    IFS= read -r init </proc/1/comm
    fact systemd "$init" "$(systemctl is-system-running 2>&1)"
    for tool in bash curl wget apt-get dnf; do ! command -v "$tool" >/dev/null || fact tool "$tool"; done
    [ ! -d "$1" ] || fact tree "$1"
    # One process for all; a shell that reads byte by byte gets only the first byte of a file in /proc/sys.
    awk -v OFS='\t' '
        $1 ~ /^(MemTotal|SwapTotal|SwapFree):$/ { sub(/:/, "", $1); print "fact", "memory", $1, $2 }
        FILENAME ~ "^/proc/sys/" { name = FILENAME; sub(/.*\//, "", name); print "fact", "kernel", name, $1 }
        /^Max open files/ { files = $5 }
        $1 == "CapEff:" { print "fact", "systemd-limit", "files", files, $2 }
    ' /proc/meminfo /proc/sys/vm/swappiness /proc/sys/vm/max_map_count /proc/sys/fs/nr_open /proc/1/limits /proc/1/status
}

# ask_units NAME...: the open files limit of each running service
ask_units() {
    local unit
    look_units "$@"
    for unit in "$@"; do
        unit_of "$unit" MainPID
        [ "${found:-0}" = 0 ] || fact unit-limit "$unit" "$(awk '/^Max open files/ { print $4 }' "/proc/$found/limits" 2>/dev/null)"
    done
}

# ask_limits NAME...: the other limits of each unit; of a unit that does not exist yet, the defaults
ask_limits() {
    systemctl show -p Id -p LoadState -p LimitAS -p LimitDATA -p LimitFSIZE -p LimitNPROC -p TasksMax "$@" 2>/dev/null |
        awk -F = -v OFS='\t' '
            function tell() { if (state == "loaded") for (key in limit) print "fact", "limit", unit, key "=" limit[key]; split("", limit) }
            /^$/ { tell(); next }
            $1 == "Id" { unit = $2; sub(/\.service$/, "", unit); next }
            $1 == "LoadState" { state = $2; next }
            { limit[$1] = $2 }
            END { tell() }'
    systemctl show -p DefaultLimitAS -p DefaultLimitDATA -p DefaultLimitFSIZE -p DefaultLimitNPROC -p DefaultTasksMax 2>/dev/null |
        sed -n "s/^Default\(.*\)/fact${TAB}limit${TAB}default${TAB}\1/p"
    grep -s '^[0-9]' /dev/null /sys/fs/cgroup/memory.max /sys/fs/cgroup/system.slice/memory.max |
        sed "s|^/sys/fs/cgroup/*\(.*\)memory.max:|fact${TAB}memory-limit${TAB}/\1${TAB}|"
}

# ask_data USER DIRECTORY...: files in data directories that a service opens and that belong to another user
ask_data() {
    local owner
    owner=$1
    shift
    find -H "$@" -mindepth 1 -maxdepth 2 ! -user "$owner" -printf '%H|%d|%u|%P\n' 2>/dev/null | awk -F '|' -v OFS='\t' '
        # A service ignores files that it does not know, and lost+found belongs to the file system.
        $4 ~ /^lost\+found/ { next }
        $2 == 1 && $4 !~ /-[0-9]+$|checkpoint$|^meta\.properties$|^\.lock$|^\.kafka_cleanshutdown$|^version-2$|^myid$/ { next }
        { if (!($1 in first)) first[$1] = $4; count[$1]++; who[$1] = $3 }
        END { for (path in first) print "fact", "not-owned", path, count[path], first[path], who[path] }'
}

# ask_log_dirs DIRECTORY...: directories that are no partition and segments without an offset: a broker refuses to start
ask_log_dirs() {
    find -H "$@" -mindepth 1 -maxdepth 2 \( -type d -o -name '*.log' -o -name '*.*index' -o -name '*.index' -o -name '*.snapshot' \) \
        -printf '%H|%d|%y|%P\n' 2>/dev/null | awk -F '|' -v OFS='\t' '
        $2 == 1 { if ($3 == "d" && $4 !~ /.-[0-9]+(\.[0-9a-f]+-(delete|future|stray))?$/ && $4 != "remote-log-index-cache")
                      print "fact", "no-partition", $1 "/" $4; next }
        $3 != "d" && $4 !~ /^remote-log-index-cache\// { name = $4; sub(/.*\//, "", name)
            if (name !~ /^[0-9]+\./ && told[$1]++ < 5) print "fact", "no-segment", $1 "/" $4 }'
}

# ask_access USER PATH...: existing directories that the user cannot write to, and the path that denies access
ask_access() {
    local owner path
    owner=$1
    shift
    for path in "$@"; do
        [ ! -d "$path" ] || set -- "$@" "$path"
        shift
    done
    [ $# -gt 0 ] && getent passwd "$owner" >/dev/null || return 0
    # shellcheck disable=SC2016  # for the other shell to expand
    runuser -u "$owner" -- sh -c '
        for path; do
            { [ -r "$path" ] && [ -w "$path" ] && [ -x "$path" ]; } && continue
            bar=$path above=${path%/*}
            while [ -n "$above" ]; do [ -x "$above" ] || bar=$above; above=${above%/*}; done
            printf "fact\tclosed\t%s\t%s\t%s\n" "$path" "$bar" "$(id -un)"
        done' sh "$@" 2>/dev/null
}

# ask_java USER HOME-OR-NOTHING: files of Java that the user cannot run or read, and the path that denies access
ask_java() {
    local owner binary home path
    owner=$1
    binary=$2/bin/java
    [ -n "$2" ] || binary=$(command -v java) || return 0
    set -- "$(readlink -f "$binary")"
    [ -x "$1" ] && getent passwd "$owner" >/dev/null || return 0
    home=${1%/bin/java}
    for path in "$home/lib/modules" "$home/lib/jvm.cfg" "$home/lib/server/libjvm.so"; do
        [ ! -f "$path" ] || set -- "$@" "$path"
    done
    # shellcheck disable=SC2016  # for the other shell to expand
    runuser -u "$owner" -- sh -c '
        for path; do
            case $path in */bin/java) [ -x "$path" ] ;; *) [ -r "$path" ] ;; esac && continue
            bar=$path above=${path%/*}
            while [ -n "$above" ]; do [ -x "$above" ] || bar=$above; above=${above%/*}; done
            printf "fact\tjava-closed\t%s\t%s\t%s\n" "$path" "$bar" "$(id -un)"
            break
        done' sh "$@" 2>/dev/null
}

# ask_environment UNIT...: variables that systemd sets for every service, that Kafka's scripts or a JVM read, and that the
# unit does not set itself
ask_environment() {
    local given unit own names name
    given=$(systemctl show-environment 2>/dev/null | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p' | grep -xE "$READ_BY_KAFKA")
    [ -n "$given" ] || return 0
    for unit in "$@"; do
        own=" $(systemctl show -p Environment --value "$unit" 2>/dev/null)" names=
        for name in $given; do
            case $own in *" $name="* | *" \"$name="*) ;; *) names="$names $name" ;; esac
        done
        [ -z "$names" ] || fact environment "$unit" "${names# }"
    done
}

# ask_exec PATH...: those on a file system that is mounted noexec
ask_exec() {
    local path base mount
    for path in "$@"; do
        base=$path
        while [ ! -e "$base" ]; do base=${base%/*} base=${base:-/}; done
        mount=$(stat -L -c %m "$base")
        awk -v mount="$mount" -v path="$path" -v OFS='\t' '
            $5 == mount { options = "," $6 "," }
            END { if (options ~ /,noexec,/) print "fact", "noexec", path, mount }' /proc/self/mountinfo
    done
}

# ask_config UNIT USER LINK FILE JAVA-HOME-OR-NOTHING: the errors of Kafka itself for a configuration that no service runs yet
ask_config() {
    local home tool proven words
    unit_tree "$1" "$3"
    home=$found tool=$found/bin/kafka-storage.sh
    unit_of "$1" MainPID
    [ -f "$4" ] && [ -x "$tool" ] && [ "${found:-0}" = 0 ] && getent passwd "$2" >/dev/null || return 0
    sum_of "$4"
    proven="$found $home"
    if ! grep -qxF "$proven" "$PROVEN" 2>/dev/null; then
        # It reads the configuration before it looks at any directory; its messages on those are ignored.
        words=$(runuser -u "$2" -- env ${5:+"JAVA_HOME=$5"} LOG_DIR=/tmp KAFKA_HEAP_OPTS=-Xmx128m timeout 60 "$tool" info -c "$4" 2>&1 </dev/null |
            sed -n 's/^Exception in thread "main" //p; s/^Caused by: //p; /^Error: /p' | head -n 3 | tr '\n\t' '; ')
        [ -z "$words" ] || { fact config "$4" "${words%;}"; return 0; }
        printf '%s\n' "$proven" >>"$PROVEN"
    fi
    fact config "$4"
}

# ask_listening PORT...: those on which a process listens
ask_listening() {
    awk -v ports=" $* " '
        function number(hex,  at, n) {
            for (at = 1; at <= length(hex); at++) n = 16 * n + index("123456789ABCDEF", substr(hex, at, 1))
            return n
        }
        $4 == "0A" { port = number(substr($2, length($2) - 3))
                     if (index(ports, " " port " ") && !told[port]++) print "fact\tlistening\t" port }
    ' /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# ask_disks PATH...: the file system of each, or of its nearest existing parent
ask_disks() {
    local path base
    for path in "$@"; do
        base=$path
        while [ ! -e "$base" ]; do
            base=${base%/*}
            base=${base:-/}
        done
        fact disk "$path" "exists=$([ "$base" != "$path" ] || echo yes)" "real=$(readlink -f "$base")" \
            "$(stat -L -c "mount=%m${TAB}device=%d" "$base")" \
            "$(stat -L -f -c "type=%T${TAB}block=%S${TAB}blocks=%b${TAB}free=%a${TAB}inodes=%c${TAB}free_inodes=%d" "$base")"
    done
}

# ask_segments DIRECTORY...: the number of log segments; each has one .index
ask_segments() {
    fact segments all "$(find -H "$@" -mindepth 2 -maxdepth 2 -name '*.index' 2>/dev/null | wc -l)"
}

# ask_key KEY FILE...: its value in each existing file
ask_key() {
    local key path
    key=$1
    shift
    for path in "$@"; do
        [ ! -f "$path" ] || { value_in "$path" "$key"; fact "$key" "$path" "$found"; }
    done
}

# ask_storage DIRECTORY: whether a controller's metadata directory is formatted, with which ids, and used
ask_storage() {
    local words
    words=''
    storage_words "$1"
    # shellcheck disable=SC2086  # a list of words
    fact storage "$1" $words
}

# ask_names NAME...: the addresses of each name on this host, and the names of each address, all in parallel
ask_names() {
    local name
    for name in "$@"; do ask_name "$name" & done
    wait
}

ask_name() {
    local addresses address
    addresses=$(timeout 5 getent ahosts "$1" | awk '!seen[$1]++ { print $1 }')
    # shellcheck disable=SC2086  # a list of addresses
    fact name "$1" $addresses
    for address in $addresses; do
        # shellcheck disable=SC2046  # a list of names
        fact reverse "$1" "$address" $(timeout 5 getent hosts "$address" | awk '{ for (at = 2; at <= NF; at++) print $at }')
    done
}

# ask_connections ADDRESS/PORT...: the result of a connection to each, all in parallel; nothing after a timeout
ask_connections() {
    # Bash opens connections without another tool, and Kafka's scripts need it too. One child process per target;
    # `timeout` ends them all.
    # shellcheck disable=SC2016  # for bash to expand
    command -v bash >/dev/null && timeout 3 bash -c '
        for place; do
            { words=$({ exec 3<>"/dev/tcp/$place"; } 2>&1) && words=open
              printf "fact\tconnect\t%s\t%s\n" "$place" "${words##*: }"; } &
        done
        wait' connections "$@"
}
