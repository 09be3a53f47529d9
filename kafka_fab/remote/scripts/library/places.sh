# Places: where directories really lie, behind links of their own or above them.
# shellcheck shell=sh disable=SC2034,SC2153,SC2154,SC3043  # one script: see base.sh
# PATH|PLACE of directories, a line each, as want_places has found them.
REALS=''

# strayed DIRECTORY: whether one of our record leads elsewhere than when it was written down; sets found to where
strayed() {
    local record
    recorded "$1" || return 1
    line_with "$MADE" "$TAB$1$TAB$FOLDER$TAB"
    record=${found##*"$TAB"}
    real_place "$1"
    [ "$record" != "$to" ] || return 1
    if [ -z "$to" ]; then
        found="is no longer the link to ${record#to=}"
    elif [ -L "$1" ]; then
        found="is now a link to ${to#to=}"
    else
        found="now resolves to ${to#to=} through a parent link"
    fi
}

# real_place DIRECTORY: sets to to to=PLACE where it really lies elsewhere, behind links of its own or above it
real_place() {
    line_with "$REALS" "$NL$1|"
    if [ -n "$found" ]; then to=${found#*"|"}; else to=$(readlink -m "$1"); fi
    if [ "$to" = "$1" ]; then to=''; else to=to=$to; fi
}

# want_places CLOSED SHARED PATH...: where the directories really lie, behind links: not in the system's, and apart
want_places() {
    local closed shared earlier path target
    closed=" $1 " shared=" $2 " earlier=
    shift 2
    REALS=$NL$(for path in "$@"; do real_of "$path"; done)$NL
    while IFS='|' read -r path target; do
        [ -n "$path" ] || continue
        leads_somewhere || return 0
        if [ "$path" != "$target" ]; then lies_well "$target" || return 0; fi
        lies_apart || return 0
        earlier="$earlier$path|$target$NL"
    done <<PLACES
$REALS
PLACES
    say ok places "$*"
}

# real_of PATH: with the real one after it; what is not there yet would lie in its nearest parent
real_of() {
    local base rest
    base=$1 rest=
    while [ -n "$base" ] && [ ! -e "$base" ]; do rest=/${base##*/}$rest base=${base%/*}; done
    if [ -d "${base:-/}" ] && cd -P "${base:-/}" 2>/dev/null; then
        printf '%s|%s\n' "$1" "${PWD%/}$rest"
    else
        printf '%s|%s\n' "$1" "$1"
    fi
}

# leads_somewhere: no link on the way to this path leads to what is not there
leads_somewhere() {
    local way
    way=$path
    while [ -n "$way" ] && [ ! -e "$way" ]; do
        if [ -L "$way" ]; then
            fail places "$path" "$way points to $(readlink -m "$way"), which does not exist: is its disk mounted?"
            return 1
        fi
        way=${way%/*}
    done
}

# lies_well TARGET
lies_well() {
    local above
    case $shared in *" $1 "*) fail places "$path" "points to $1, a system directory: name another directory"; return 1 ;; esac
    above=$1
    while [ -n "$above" ]; do
        case $closed in *" $above "*) fail places "$path" "points to $1, inside the system directory $above: name a directory elsewhere"; return 1 ;; esac
        [ "$above" != /usr/local ] || return 0
        above=${above%/*}
    done
}

# lies_apart: the target of this path beside those before
lies_apart() {
    local before place
    while IFS='|' read -r before place; do
        [ -n "$before" ] || continue
        case $target/ in "$place/"*) ;; *) case $place/ in "$target/"*) ;; *) continue ;; esac ;; esac
        fail places "$path" "is, or lies in, the same directory as $before ($target and $place, links resolved): use separate directories"
        return 1
    done <<EARLIER
$earlier
EARLIER
}
