# What all the library's functions build on: the environment, the lines that are said, and how a failure ends a run.
# shellcheck shell=sh disable=SC2034,SC2153,SC2154,SC3043  # one script: see base.sh
# `local` is in no standard, but in every shell that serves as sh here (dash, busybox, bash): the first line of a function
# names its own variables, without values, since dash would split those. What a function gives back is in `found`, or in
# a variable that its comment names; whatever lasts for the run is in capitals.
# One function a kind of resource. Each looks first, changes only what differs, and says one line:
#   ok | changed | would | failed | restart | foreign   <tab> kind <tab> name <tab> detail
# "would" stands for "changed" where APPLY is 0, that is in a plan; "foreign" is said of what kafka-fab did not make
# and leaves alone, although the next start reads it. Lines `diff <tab> text` precede the line that they explain. The
# first failure of an apply ends the script; a plan continues and reports all of them.
#
# The look_ functions ask much in one process and keep the answers, which is what makes a run that changes
# nothing fast. They are a cache: what is not in it, or may have changed since, is asked again.
set -u
# What a run makes is for the service's user too, whatever the login's umask.
umask 022
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH
STATE=/var/lib/kafka-fab
DIRTY=0
NEW=''
# As sysexits.h has it: try again later.
LOCKED=75
NL='
'
TAB='	'

say() {
    [ "$1" != changed ] || DIRTY=1
    printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "${4-}"
}

# line_with TEXT PART: sets found to the last line of a text with that part, in which a newline is a line's end; fails
# where none has it. Line by line: to cut a long text with `${TEXT#*PART}` a shell tries each place of it again.
line_with() {
    local row
    found=
    case $1 in *"$2"*) ;; *) return 1 ;; esac
    IFS=$NL
    set -f
    for row in $1; do
        case $NL$row$NL in *"$2"*) found=$row ;; esac
    done
    set +f
    unset IFS
}

# value_in FILE KEY: sets found to the value of KEY= in a file (no key: to its first word)
value_in() {
    local line
    found=
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in "$2="*) found=${line#"$2="} ;; esac
        [ -n "$2" ] || { found=${line%% *}; break; }
    done 2>/dev/null <"$1"
}

# flat TEXT: on one line, without tabs
flat() {
    printf '%s' "$1" | tr '\n\t' '  '
}

fail() {
    say failed "$1" "$2" "$(flat "$3")"
    [ "$APPLY" = 0 ] || exit 1
}

# intend KIND NAME DETAIL: succeeds where things may be changed, else says what would be
intend() {
    [ "$APPLY" = 0 ] || return 0
    say would "$1" "$2" "$3"
    return 1
}

# try KIND NAME COMMAND...: runs it; where it fails its own words are the reason
try() {
    local tried_kind tried_name words
    tried_kind=$1 tried_name=$2
    shift 2
    words=$("$@" 2>&1) && return 0
    fail "$tried_kind" "$tried_name" "${words:-$1 failed without output}"
    return 1
}

# settle PATH...: on the disk, not only in memory
settle() {
    sync "$@" 2>/dev/null || sync
}

# settle_new: sync what was written to the disk
settle_new() {
    # shellcheck disable=SC2086  # a list of paths, which have no blanks
    [ -z "$NEW" ] || sync $NEW 2>/dev/null || sync
}

# remove_old PATH...: what an earlier run has left; no process where there is nothing
remove_old() {
    local old
    for old in "$@"; do [ ! -e "$old" ] || rm -rf "$old" || return; done
}
