# Ports: who listens where a unit will.
# shellcheck shell=sh disable=SC2034,SC2153,SC2154,SC3043  # one script: see base.sh
PORTS=''

# look_ports: PORT|INODE of each socket that listens; ss asks for these alone, where /proc walks through all there are
look_ports() {
    local listening address more
    if PORTS=$(ss -ltne 2>/dev/null); then
        listening=$PORTS PORTS=$NL
        while read -r _ _ _ address _ more; do
            case $more in *ino:*) more=${more#*ino:} PORTS="$PORTS${address##*:}|${more%% *}$NL" ;; esac
        done <<LISTENING
$listening
LISTENING
    else
        PORTS=$(ports_in_proc)$NL
    fi
}

ports_in_proc() {
    awk 'function number(hex,  at, sum) {
             for (at = 1; at <= 4; at++) sum = 16 * sum + index("123456789ABCDEF", substr(hex, at, 1))
             return sum }
         $4 == "0A" { print number(substr($2, length($2) - 3)) "|" $10 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# want_port NUMBER UNIT: nobody listens there but the unit
want_port() {
    local one inode
    [ -n "$PORTS" ] || look_ports
    for one in $PORTS; do
        case $one in "$1|"*) inode=${one#*|} ;; *) continue ;; esac
        unit_of "$2" MainPID
        holds "${found:-0}" "$inode" && continue
        fail port "$1" "$(listener "$inode") listens on port $1, which $2 needs: stop it, or change the port in conf/cluster.yaml"
        return
    done
    say ok port "$1"
}

holds() {
    [ -n "$(find "/proc/$1/fd" -lname "socket:\[$2\]" -print -quit 2>/dev/null)" ]
}

listener() {
    local process
    for process in /proc/[0-9]*; do
        holds "${process#/proc/}" "$1" || continue
        printf '%s (process %s)' "$(tr '\0' ' ' <"$process/cmdline" | cut -c 1-60)" "${process#/proc/}"
        return
    done
    printf 'an unknown process'
}
