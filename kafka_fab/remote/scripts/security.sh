# shellcheck shell=sh disable=SC3043  # local: see library/base.sh
# What `security.status` and `security.move` ask a host. Sourced after the library; lines are those of `say`.

# own_addresses: those that this host connects from
own_addresses() {
    say ok addresses - "$(hostname -I 2>/dev/null)"
}

# connected PORT...: the peers of the established connections that were accepted at each port, with their number;
# an address is as the kernel prints it. From /proc: ss is not installed everywhere.
connected() {
    local port peer count
    awk -v ports=" $* " '
        function number(hex,  at, n) {
            for (at = 1; at <= length(hex); at++) n = 16 * n + index("123456789ABCDEF", substr(hex, at, 1))
            return n
        }
        # 01 is ESTABLISHED.
        $4 == "01" {
            port = number(substr($2, length($2) - 3))
            if (index(ports, " " port " ")) seen[port " " substr($3, 1, length($3) - 5)]++
        }
        END { for (one in seen) print one, seen[one] }
    ' /proc/net/tcp /proc/net/tcp6 2>/dev/null | sort | while read -r port peer count; do
        say ok connected "$port" "peer=$peer count=$count"
    done
}
