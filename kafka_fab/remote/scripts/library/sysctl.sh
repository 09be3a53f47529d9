# Sysctl: values of the running kernel.
# shellcheck shell=sh disable=SC2034,SC2153,SC2154,SC3043  # one script: see base.sh
SYSCTLS=/proc/sys
RUNNING=''

# want_sysctl FILE (NAME PATH VALUE)...: the running kernel has the values that the file gives it at the next boot
want_sysctl() {
    local settings differs stuck
    settings=$1 differs='' stuck=''
    shift
    look_sysctls "$@"
    sysctls_of_others "$@"
    while [ $# -gt 0 ]; do
        sysctl_is "$SYSCTLS/$2" "$3" || sysctl_differs "$1" "$2" "$3"
        shift 3
    done
    stuck=${stuck#, } differs=${differs#"$NL"}
    # Once is enough: only when the file is new.
    [ -z "$stuck" ] || [ "$DIRTY" = 0 ] ||
        say note sysctl "$settings" "$stuck cannot be set in this container: set them on the machine that runs it"
    if [ -z "$differs" ]; then
        say ok sysctl "$settings" "${stuck:+$stuck cannot be set in this container}"
    elif intend sysctl "$settings" "$(flat "$differs")"; then
        sysctl_set
    fi
}

# sysctls_of_others (NAME PATH VALUE)...: names what another cluster on this host has otherwise: there is one kernel
sysctls_of_others() {
    local other differences name value
    for other in "${settings%/*}"/90-kafka-fab*.conf; do
        case $other in "$settings" | *'*'*) continue ;; esac
        differences=
        while read -r name _ value; do
            value_among "$name" "$@"
            [ -z "$found" ] || [ "$found" = "$value" ] || differences="$differences, $name ($found here, $value there)"
        done <"$other"
        [ -z "$differences" ] || say foreign sysctl "$settings" "another cluster's file has other values, and the last one installed, or read at boot, wins: $other: ${differences#, }; set the same \`tuning\` for both in conf/cluster.yaml"
    done
}

# value_among NAME (NAME PATH VALUE)...: sets found to the value of that name, or to nothing
value_among() {
    local asked
    found='' asked=$1
    shift
    while [ $# -gt 0 ]; do
        [ "$1" != "$asked" ] || found=$3
        shift 3
    done
}

sysctl_differs() {
    if [ ! -w "$SYSCTLS/$2" ] && in_container; then stuck="$stuck, $1"; else differs="$differs$NL$1=$3"; fi
}

sysctl_set() {
    local pair words
    while IFS= read -r pair; do
        words=$(sysctl -q -w "$pair" 2>&1) && continue
        fail sysctl "$pair" "${words:-cannot be set}; correct it under tuning in conf/cluster.yaml"
        return
    done <<PAIRS
$differs
PAIRS
    say changed sysctl "$settings" "$(flat "$differs")"
}

# look_sysctls (NAME PATH VALUE)...: in one process, and not by the shell: one that reads byte by byte gets no more
# than the first byte of a file in /proc/sys
look_sysctls() {
    local word
    for word in "$@"; do
        set -- "$@" "$SYSCTLS/$word"
        shift
    done
    RUNNING=$NL$(grep -s "" /dev/null "$@" 2>/dev/null)$NL
}

# sysctl_is PATH VALUE
sysctl_is() {
    local running
    line_with "$RUNNING" "$NL$1:" || return 1
    running=${found#"$1:"}
    set -f
    # shellcheck disable=SC2086  # the kernel parts several numbers by tabs, users by blanks
    in_words $running
    running=$found
    # shellcheck disable=SC2086
    in_words $2
    set +f
    [ "$running" = "$found" ]
}

in_words() {
    found=$*
}

in_container() {
    [ -s /run/systemd/container ]
}
