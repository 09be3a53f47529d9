# Links: the one to the version in use.
# shellcheck shell=sh disable=SC2034,SC2153,SC2154,SC3043  # one script: see base.sh

# want_link PATH TARGET [UNIT...]: moved when no service of this host stays at another version, by install or by its UNIT
want_link() {
    local was wanted link
    link=$1 wanted=$2
    shift 2
    if [ "$KEPT_BACK" != "$NL" ] || another_tree "$wanted" "$link" "$@"; then
        say ok link "$link"
        return
    fi
    set -- "$link" "$wanted"
    others "$1"
    [ -z "$found" ] || { fail link "$1" "belongs to $found: set another paths.link in conf/cluster.yaml"; return; }
    [ ! -L "$1" ] || link_of "$@"
    was=$found
    if [ "$found" = "$2" ]; then
        write_down made "$1" || return 0
        say ok link "$1"
    elif [ -n "$found" ] && ! recorded "$1" && [ "$OLDER" = 0 ] && ! made_by_us "$1"; then
        fail link "$1" "points to $was, and kafka-fab did not create it: move it away, or set another paths.link in conf/cluster.yaml"
    elif [ -e "$1" ] && [ ! -L "$1" ]; then
        fail link "$1" "is not a link: move it away"
    elif [ "$APPLY" = 1 ] && [ ! -d "$2" ]; then
        fail link "$1" "$2 does not exist: run $FAB extract first"
    elif intend link "$1" "${was:+$was }-> $2"; then
        write_down made "$1" && keep_version "$wanted" && try link "$1" ln -sfn "$wanted" "$1.new" && try link "$1" mv -f -T "$1.new" "$1" &&
            say changed link "$1" "${was:+$was }-> $2"
    fi
}

# link_of LINK TARGET: sets found to what a link points to
link_of() {
    found=$2
    # A shell of today knows -ef, which spares a process; another asks for one.
    # shellcheck disable=SC3013
    [ "$1" -ef "$2" ] 2>/dev/null || found=$(readlink "$1")
}

# want_link_absent PATH
want_link_absent() {
    if [ ! -L "$1" ]; then
        say ok absent "$1"
    elif ! recorded "$1" && ! made_by_us "$(readlink -f "$1")"; then
        say note absent "$1" "kept: kafka-fab did not create it"
    elif left_to_package "$1"; then
        return
    elif intend absent "$1" remove; then
        keep_version "$(readlink "$1")" && try absent "$1" rm -f "$1" && strike_out "$1" && say changed absent "$1" removed
    fi
}
