# Files: their content, owner and mode, which of them an earlier run wrote, and their removal.
# shellcheck shell=sh disable=SC2034,SC2153,SC2154,SC3043  # one script: see base.sh
STATS='' SUMS='' WRITTEN=''

# look_paths PATH...
look_paths() {
    any_there "$@" || return 0
    STATS=$NL$(stat -L -c '%n|%F|%U %G %a' "$@" 2>/dev/null)$NL
}

# look_sums PATH...
look_sums() {
    any_there "$@" || return 0
    SUMS=$NL$(sha256sum "$@" 2>/dev/null)$NL
}

any_there() {
    local asked
    for asked in "$@"; do [ ! -e "$asked" ] || return 0; done
    return 1
}

# stat_of PATH: sets found to its type|owner group mode, or to nothing
stat_of() {
    if line_with "$STATS" "$NL$1|"; then
        found=${found#"$1|"}
    elif [ -e "$1" ]; then
        found=$(stat -L -c '%F|%U %G %a' "$1" 2>/dev/null)
    fi
}

# sum_of PATH: sets found to its SHA-256, or to nothing
sum_of() {
    found=
    { [ "$DIRTY" = 0 ] && line_with "$SUMS" "  $1$NL"; } || [ ! -e "$1" ] || found=$(sha256sum "$1" 2>/dev/null)
    found=${found%% *}
}

# ours PATH: is the file just what an earlier run wrote?
ours() {
    local mine
    mine=$(sha256sum <"$1")
    grep -qxF "${mine%% *} $1" "$STATE/written" 2>/dev/null
}

# was_written PATH: has an earlier run written such a file?
was_written() {
    case $NL$(cut -d ' ' -f 2- "$STATE/written" 2>/dev/null)$NL in *"$NL$1$NL"*) ;; *) return 1 ;; esac
}

# remember SHA256 PATH: written down before the file is put in place, so that a kill in between does no harm
remember() {
    [ -n "$WRITTEN" ] || [ ! -f "$STATE/written" ] || WRITTEN=$NL$(cat "$STATE/written")$NL
    case $WRITTEN in *"$NL$1 $2$NL"*) return ;; esac
    [ -d "$STATE" ] || mkdir -p "$STATE" || return
    printf '%s %s\n' "$1" "$2" >>"$STATE/written" && WRITTEN="${WRITTEN:-$NL}$1 $2$NL"
}

# want_file PATH OWNER GROUP MODE SECRET SHA256-OF-CONTENT CONTENT [LEVEL...]: LEVELs that the file has are kept in it
want_file() {
    local same linked wanted sum foreign detail
    if kept_back "$1"; then
        say ok file "$1"
        return
    fi
    if [ -d "$1" ] && [ ! -L "$1" ]; then
        fail file "$1" "is a directory, but must be a file: move it away"
        return
    fi
    sum_of "$1"
    same=0 wanted=$7 sum=$6
    [ $# = 7 ] || [ "$found" = "$sum" ] || keep_levels "$@"
    [ "$found" != "$sum" ] || same=1
    stat_of "$1"
    found=${found#*|}
    linked=
    # systemd takes a link for another name of a unit, or for one from elsewhere, and does not enable it.
    case $1 in /etc/systemd/system/*) [ ! -L "$1" ] || linked="a link in its place" ;; esac
    if [ $same = 1 ] && [ "$linked$found" = "$2 $3 $4" ]; then
        say ok file "$1"
        return
    fi
    foreign=0 detail="$2:$3 $4"
    [ -n "$found" ] || ! was_written "$1" || detail="$detail, it was deleted"
    if [ -n "$found" ]; then
        detail=
        [ $same = 1 ] || ours "$1" || foreign=1
        [ "$found" = "$2 $3 $4" ] || detail="$found -> $2 $3 $4"
    fi
    [ -z "$linked" ] || detail="${detail:+$detail; }$linked"
    [ $foreign = 0 ] || detail="${detail:+$detail; }edited by hand, a copy is kept"
    [ $same = 1 ] || file_diff "$1" "$5"
    intend file "$1" "$detail" || return 0
    file_write "$@" && say changed file "$1" "$detail"
}

file_write() {
    local new name
    [ "$foreign" = 0 ] || try file "$1" cp -p "$1" "$1.$(date +%Y%m%dT%H%M%S).kept" || return 1
    new=${1%/*}/.${1##*/}.new
    remember "$sum" "$1" 2>/dev/null || { fail file "$1" "cannot write to $STATE: is the disk full?"; return 1; }
    (umask 077 && printf '%s' "$wanted" >"$new") 2>/dev/null ||
        { rm -f "$new"; fail file "$1" "cannot be written: is the disk full, or the directory missing?"; return 1; }
    try file "$1" chown "$2:$3" "$new" && try file "$1" chmod "$4" "$new" || return 1
    case $1 in /etc/systemd/system/*.service) name=${1##*/} && claim "${name%.service}" || return ;; esac
    # A new file has no older state to lose: it is settled with the others, all at once, at the end.
    if [ -n "$found" ]; then settle "$new"; else NEW="$NEW $1"; fi
    try file "$1" mv -f -T "$new" "$1"
}

# file_diff PATH SECRET: a unified diff without secret values; of a secret file the names of the keys alone
file_diff() {
    local before old new
    before=$1
    [ -f "$before" ] || before=/dev/null
    if [ "$2" = 1 ]; then
        printf '%s' "$wanted" | changed_keys "$before" - 1 | sed 's/^/diff\t/'
    elif [ -s "$before" ]; then
        old=$(printf '%s' "$wanted" | masked 0 "$before" -)
        new=$(printf '%s' "$wanted" | masked 1 "$before" -)
        [ "$old" != "$new" ] || printf 'diff\t(only hidden values differ)\n'
        printf '%s\n' "$new" | diff -u --label "$1" --label "$1" /dev/fd/3 - 3<<OLD | sed 's/^/diff\t/'
$old
OLD
    else
        # As diff would show it, in one process: a first install has nothing but new files.
        printf 'diff\t--- %s\ndiff\t+++ %s\n' "$1" "$1"
        printf '%s' "$wanted" | masked 1 /dev/null - added
    fi
}

# want_absent PATH WITH-CONTENT
want_absent() {
    if { [ ! -e "$1" ] && [ ! -L "$1" ]; } || kept_back "$1"; then
        say ok absent "$1"
    elif strayed "$1" || strayed "${1%/*}"; then
        say note absent "$1" "kept, with its target: the directory $found, which kafka-fab does not manage"
    elif [ -L "$1" ] && [ ! -e "$1" ] && [ "$2" = 1 ]; then
        say note absent "$1" "kept: a link to $(readlink -m "$1"), which does not exist: is its disk mounted?"
    elif [ -d "$1" ] && [ "$2" = 1 ]; then
        remove_directory "$1"
    elif [ -d "$1" ] && [ ! -L "$1" ]; then
        remove_if_empty "$1"
    elif others "${1%/*}" && [ -n "$found" ]; then
        say note absent "$1" "kept: its directory belongs to $found"
    elif left_to_package "$1"; then
        return
    elif intend absent "$1" remove; then
        try absent "$1" rm -rf "$1" && forget "$1" && say changed absent "$1" removed
    fi
}

remove_if_empty() {
    if [ -n "$(find "$1" -mindepth 1 -print -quit)" ] && [ "$APPLY" = 1 ]; then
        say ok absent "$1" "kept: it is not empty"
    elif others "$1" && [ -n "$found" ]; then
        say ok absent "$1" "kept: $found also uses it"
        [ "$APPLY" = 0 ] || strike_out "$1"
    elif { ! recorded "$1" && [ "$OLDER" = 0 ]; } || [ "$how" = took ] || is_mount "$1"; then
        say ok absent "$1" "kept: kafka-fab did not create it"
    elif intend absent "$1" "remove if empty"; then
        try absent "$1" rmdir "$1" && strike_out "$1" && say changed absent "$1" removed
    fi
}

# forget PATH: what was written there, and below it
forget() {
    [ -f "$STATE/written" ] || return 0
    awk -v path="$1" '{ its = substr($0, 66) } its != path && index(its, path "/") != 1' "$STATE/written" >"$STATE/written.new"
    mv -f "$STATE/written.new" "$STATE/written"
}

# keys FILE KEY...: says the values of keys in a file (no key: the file's text); nothing where there is no file
keys() {
    local path key
    path=$1
    shift
    if [ ! -f "$path" ]; then
        say ok keys "$path" missing
    elif [ $# = 0 ]; then
        say ok keys "$path" "value=$(tr -d ' \n' <"$path")"
    else
        found=
        for key in "$@"; do found="$found $key=$(sed -n "s/^$key=//p" "$path")"; done
        say ok keys "$path" "${found# }"
    fi
}
