# shellcheck shell=sh disable=SC3043  # local: see library/base.sh
# Dynamic configuration of a running broker; sourced after the library. The pending changes of a host, and the overrides
# that kafka-fab has set, each as KEY=VALUE on a line, so that one changed by somebody else since is recognized.
OVERRIDES=$STATE/dynamic

# look_dynamic UNIT SNAPSHOT LINK FILE...: its process, its pending changes, and our overrides
look_dynamic() {
    local unit snapshot link
    unit_of "$1" MainPID
    say ok process "$1" "${found:-0}"
    unit=$1 snapshot=$2 link=$3
    shift 3
    # The log file is irrelevant here.
    set -- "$unit" "$snapshot" "$link" / "$@"
    say ok due "$1" "$(want_running_config "$@" | awk -F '\t' '$1 == "restart" { print $4 }')"
    [ ! -f "$OVERRIDES/$1" ] || awk -v OFS='\t' '{ print "ok", "ours", "", $0 }' "$OVERRIDES/$1"
}

# look_values FILE KEY...: its checksum, and the values of these keys; no other line leaves the host
look_values() {
    local path
    path=$1
    shift
    sum_of "$path"
    say ok checksum "$path" "$found"
    awk -v keys=" $* " -v OFS='\t' "$PROPERTIES"'
        next_pair() && key !~ /[ \t]/ && index(keys, " " key " ") { values[key] = value }
        END { for (key in values) print "ok", "value", key, values[key] }' "$path"
}

# note_overrides UNIT KEY=VALUE...: records our overrides before they are set
note_overrides() {
    local unit
    lock_host
    unit=$1
    shift
    if [ $# = 0 ]; then
        rm -f "$OVERRIDES/$unit"
    else
        { mkdir -p "$OVERRIDES" && printf '%s\n' "$@" >"$OVERRIDES/$unit.new" && settle "$OVERRIDES/$unit.new" &&
            mv -f -T "$OVERRIDES/$unit.new" "$OVERRIDES/$unit" && settle "$OVERRIDES"; } 2>/dev/null ||
            { fail overrides "$unit" "cannot write to $OVERRIDES: is the disk full?"; return; }
    fi
    say ok overrides "$unit"
}

# renew_snapshot SNAPSHOT FILE SHA256: the unit now runs the file's configuration, unless the file has changed
renew_snapshot() {
    sum_of "$2"
    [ "$found" = "$3" ] || { fail snapshot "$2" "was changed meanwhile: run $FAB reconfigure again"; return; }
    # With the owner and mode of the unit's own snapshot; its next start overwrites it.
    try snapshot "$1" cp "$2" "$1.new" && try snapshot "$1" chown --reference="$1" "$1.new" &&
        try snapshot "$1" chmod --reference="$1" "$1.new" && try snapshot "$1" mv -f -T "$1.new" "$1" &&
        say ok snapshot "$1"
}
