# shellcheck shell=sh
# One function a kind of resource. Each looks first, changes only what differs, and says one line:
#   ok | changed | would | failed | restart | foreign   <tab> kind <tab> name <tab> detail
# "would" stands for "changed" where APPLY is 0, that is in a plan; "foreign" is said of what kafka-fab did not make
# and leaves alone, although the next start reads it. Lines `diff <tab> text` precede the line that they explain. The
# first failure of an apply ends the script; a plan goes on and tells them all.
set -u
# What a run makes is for the service's user too, whatever the login's umask.
umask 022
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH
STATE=/var/lib/kafka-fab
# The lock of operations and what they keep, and their journal: each cluster's own, see whose_operations.
ROLL=$STATE/roll
# shellcheck disable=SC2034  # for roll.sh and its like
HISTORY=$STATE/history
SYSCTLS=/proc/sys
DIRTY=0
# As sysexits.h has it: try again later.
LOCKED=75
NEW=''
how='' to='' # what a record says, see ours.sh
STATS='' SUMS='' UNITS='' USERS='' PORTS='' RUNNING='' WRITTEN=''
NL='
'

say() {
    [ "$1" != changed ] || DIRTY=1
    printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "${4-}"
}

# The look_ functions ask much in one process and keep the answers, which is what makes a run that changes
# nothing fast. They are a cache: what is not in it, or may have changed since, is asked anew.

# line_with TEXT PART: sets found to the last line of a text with that part, in which a newline is a line's end; fails
# where none has it. Line by line: to cut a long text with `${TEXT#*PART}` a shell tries each place of it anew.
line_with() {
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
    for asked in "$@"; do [ ! -e "$asked" ] || return 0; done
    return 1
}

# look_units NAME...
look_units() {
    UNITS=$NL
    shown=$(systemctl show -p Id -p UnitFileState -p NeedDaemonReload -p MainPID -p DropInPaths -p FragmentPath "$@" 2>/dev/null)
    # Units are parted by an empty line; a unit's lines may come before its Id, and after it.
    while [ -n "$shown" ]; do
        block=${shown%%"$NL$NL"*}
        shown=${shown#"$block"} shown=${shown#"$NL$NL"}
        line_with "$NL$block$NL" "${NL}Id=" || continue
        own=${found#Id=}
        IFS=$NL
        set -f
        for row in $block; do UNITS=$UNITS${own%.service}"|"$row$NL; done
        set +f
        unset IFS
    done
}

# look_users NAME...: kept only if each is there with its group; an older id, which takes one name, keeps nothing
look_users() {
    users=$NL first=$NL mighty=''
    for name in "$@"; do users=$users$name$NL; done
    account=$users
    while read -r own more; do
        account=${account#*"$NL"}
        first=$first$own$NL
        for name in $more; do
            case $name in root | wheel | sudo | admin | adm | docker | lxd | libvirt | disk | shadow | kmem) mighty="$mighty ${account%%"$NL"*}:$name" ;; esac
        done
    done <<GROUPS
$(id -Gn "$@" 2>/dev/null)
GROUPS
    [ "$first" = "$users" ] || return 0
    USERS=$users
    for name in $mighty; do
        say foreign user "${name%:*}" "is in the group ${name#*:}, with which it can do more than a service should: $(mending "${name%:*}" "gpasswd -d ${name%:*} ${name#*:}")"
    done
    while IFS=: read -r name _ id _ _ _ shell; do
        case $id:$shell in
        # That of root is refused as a whole.
        0:* | *:*/nologin | *:*/false | :) ;;
        *) say foreign user "$name" "has the login shell $shell: $(mending "$name" "usermod -s /usr/sbin/nologin $name")" ;;
        esac
    done <<ACCOUNTS
$(getent passwd "$@" 2>/dev/null)
ACCOUNTS
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

# unit_of NAME KEY: sets found to a property of a systemd unit
unit_of() {
    unit_kept "$1" "$2" || found=$(systemctl show -p "$2" --value "$1" 2>/dev/null)
}

# unit_kept NAME KEY: sets found to what look_units has heard; fails where that is nothing
unit_kept() {
    line_with "$UNITS" "$NL$1|$2=" && found=${found#*=}
}

# value_in FILE KEY: sets found to the value of KEY= in a file (no key: to its first word)
value_in() {
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
    tried_kind=$1 tried_name=$2
    shift 2
    words=$("$@" 2>&1) && return 0
    fail "$tried_kind" "$tried_name" "${words:-$1 failed without a word}"
    return 1
}

# settle PATH...: on the disk, not only in memory
settle() {
    sync "$@" 2>/dev/null || sync
}

# settle_new: what was written anew, on the disk
settle_new() {
    # shellcheck disable=SC2086  # a list of paths, which have no blanks
    [ -z "$NEW" ] || sync $NEW 2>/dev/null || sync
}

# want_user NAME HOME: a system user, and a group of its name
want_user() {
    case $USERS in *"$NL$1$NL"*) if [ -z "$CLUSTER" ] || recorded "user:$1"; then say ok user "$1" && return; fi ;; esac
    if ! account=$(getent passwd "$1"); then
        intend user "$1" "without login" && write_down made "user:$1" && add_user "$1" "$2" &&
            say changed user "$1" "without login"
        return
    fi
    take_user "$1" "$2" "$account" || return 0
    if ! getent group "$1" >/dev/null; then
        intend user "$1" "the group, which is missing" && add_group "$1" && say changed user "$1" "the group, which was missing"
    else
        say ok user "$1"
    fi
}

# In a session of their own, as a package manager: cut off half-way they leave a user without its group.

add_user() {
    shell=/usr/sbin/nologin
    [ -x "$shell" ] || shell=/sbin/nologin
    set -- "$1" "$2" --user-group
    # A group of that name may be there already: from a package, say.
    getent group "$1" >/dev/null && set -- "$1" "$2" --gid "$1"
    name=$1 home=$2
    shift 2
    try user "$name" setsid -w useradd --system --no-create-home --home-dir "$home" --shell "$shell" "$@" "$name"
}

# add_group NAME: for a user whose host lost power while it was made, with the id that the user already names
add_group() {
    name=$1 id=${account#*:*:*:} id=${id%%:*}
    set -- --gid "$id"
    ! getent group "$id" >/dev/null || set --
    try user "$name" setsid -w groupadd --system "$@" "$name"
}

# java_version HOME-OR-NOTHING: sets found to the feature version (8, 11, 17) of the Java in use, or to nothing
java_version() {
    binary=$1/bin/java found=
    [ -n "$1" ] || binary=$(command -v java) || return 0
    binary=$(readlink -f "$binary")
    [ -x "$binary" ] || return 0
    # The release file beside it spares the start of a JVM.
    release=${binary%/bin/java}/release
    [ -f "$release" ] || release=${binary%/jre/bin/java}/release
    [ ! -f "$release" ] || value_in "$release" JAVA_VERSION
    [ -n "$found" ] || found=$("$binary" -version 2>&1 </dev/null | sed -n 's/.*version \("[^"]*"\).*/\1/p')
    found=${found#\"} found=${found#1.}
    found=${found%%[!0-9]*}
}

# want_java LOWEST HIGHEST HOME PACKAGE...: a Java in the range, installed from a package where there is none
want_java() {
    lowest=$1 highest=$2 home=$3
    shift 3
    java_version "$home"
    wanted="Java $lowest to $highest"
    if [ -n "$found" ] && [ "$found" -ge "$lowest" ] && [ "$found" -le "$highest" ]; then
        say ok java "$found"
    elif [ -n "$found" ]; then
        fail java "$found" "Java $found is ${home:-the one in use}, but $wanted is needed: install one and name it as java.home in conf/cluster.yaml"
    elif [ -n "$home" ]; then
        fail java "$home" "no Java is there: change java.home in conf/cluster.yaml"
    elif intend java "$wanted" "from the first of these packages: $*"; then
        java_install "$@" 5>&1
    fi
}

java_install() {
    for package in "$@"; do
        words=$(package_install "$package" 2>&1) || { [ $? != "$LOCKED" ] || break; continue; }
        java_version ""
        [ -n "$found" ] || continue
        untried=
        command -v apt-get >/dev/null || untried=", by dnf: a way that was not run on a live host"
        say changed java "$found" "package $package$untried"
        return
    done
    fail java "$*" "is missing and could not be installed: $(flat "$(printf '%s' "$words" | tail -n 2)"); install Java by hand, or name it as java.home in conf/cluster.yaml"
}

package_install() {
    if command -v apt-get >/dev/null; then
        DEBIAN_FRONTEND=noninteractive
        export DEBIAN_FRONTEND
        patiently apt-get install -y -q --no-install-recommends "$1" && return
        [ "$ended" != "$LOCKED" ] || return "$LOCKED"
        [ "${UPDATED-}" ] || patiently apt-get update -q || [ "$ended" != "$LOCKED" ] || return "$LOCKED"
        UPDATED=1
        patiently apt-get install -y -q --no-install-recommends "$1"
    elif command -v dnf >/dev/null; then
        patiently dnf install -y -q --setopt=exit_on_lock=True "$1"
    else
        echo "neither apt-get nor dnf is here"
        return 1
    fi
}

# patiently COMMAND...: runs a package manager, again and again while another one holds the lock (unattended upgrades, say),
# for ten minutes at most; returns LOCKED, and sets ended to it, where that was not enough
patiently() {
    tries=0
    while :; do
        # In a session of their own: a package manager is never ended half-way, even if our connection is.
        told=$(setsid -w "$@" 2>&1 5>&-) && ended=0 || ended=$?
        is_locked "$1" || break
        if [ $tries = 120 ]; then
            printf '%s\nanother package manager has been at work on this host for ten minutes\n' "$told"
            ended=$LOCKED
            return "$LOCKED"
        fi
        [ $tries != 0 ] ||
            say note lock "$(hostname)" "another package manager is at work on this host$(holder); waiting for its end, ten minutes at most" >&5
        tries=$((tries + 1))
        # These are locks of fcntl(2), which a shell cannot wait for.
        sleep 5
    done
    printf '%s\n' "$told"
    return "$ended"
}

is_locked() {
    [ "$ended" != 0 ] || return 1
    # What dnf ends with by exit_on_lock.
    [ "$1$ended" != dnf200 ] || return 0
    case $told in *"Could not get lock"* | *"Unable to lock "* | *"locked by another process"*) ;; *) return 1 ;; esac
}

# holder: the process that apt names
holder() {
    printf '%s' "$told" | sed -n 's/.*held by process \([0-9]*\) (\(.*\)).*/ (\2, process \1)/p' | head -n 1
}

# want_directory PATH OWNER GROUP MODE [shared|scratch]: never changed with what is in it, and only if it is ours, see ours.sh
want_directory() {
    if strayed "$1"; then
        fail directory "$1" "$found, which kafka-fab has not taken: put back what was there, or name another directory in conf/cluster.yaml"
        return
    fi
    recorded "$1" || take_directory "$@" || return 0
    stat_of "$1"
    if [ "$found" = "directory|$2 $3 $4" ]; then
        if [ -w "$1" ]; then say ok directory "$1"; else directory_closed "$1"; fi
        return
    fi
    case $found in
    "")
        detail="$2:$3 $4"
        ! recorded "$1" || detail="$detail, which was here"
        found=
        ;;
    directory*) detail="${found#*|} -> $2 $3 $4" ;;
    *)
        fail directory "$1" "is a ${found%%|*}, not a directory: move it away"
        return
        ;;
    esac
    intend directory "$1" "$detail" || return 0
    if [ -z "$found" ]; then
        real_place "$1"
        write_down made "$1" "$to" && try directory "$1" install -d -o "$2" -g "$3" -m "$4" "$1"
    else
        try directory "$1" chown "$2:$3" "$1" && try directory "$1" chmod "$4" "$1"
    fi && say changed directory "$1" "$detail"
}

# directory_closed PATH: what even root cannot write to
directory_closed() {
    case $(lsattr -d "$1" 2>/dev/null) in
    -*i*" $1") fail directory "$1" "is immutable: run chattr -i $1" ;;
    *) fail directory "$1" "cannot be written: its file system is read-only; see dmesg for why, and mount it anew" ;;
    esac
}

# ours PATH: is the file just what an earlier run wrote?
ours() {
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

# want_file PATH OWNER GROUP MODE SECRET SHA256-OF-CONTENT CONTENT
want_file() {
    sum_of "$1"
    same=0
    [ "$found" != "$6" ] || same=1
    stat_of "$1"
    found=${found#*|}
    linked=
    # systemd takes a link for another name of a unit, or for one from elsewhere, and does not enable it.
    case $1 in /etc/systemd/system/*) [ ! -L "$1" ] || linked="a link in its place" ;; esac
    if [ $same = 1 ] && [ "$linked$found" = "$2 $3 $4" ]; then
        say ok file "$1"
        return
    fi
    wanted=$7 foreign=0 detail="$2:$3 $4"
    [ -n "$found" ] || ! was_written "$1" || detail="$detail, which was here"
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
    [ "$foreign" = 0 ] || try file "$1" cp -p "$1" "$1.$(date +%Y%m%dT%H%M%S).kept" || return 1
    new=${1%/*}/.${1##*/}.new
    remember "$6" "$1" 2>/dev/null || { fail file "$1" "cannot write to $STATE: is the disk full?"; return 1; }
    (umask 077 && printf '%s' "$wanted" >"$new") 2>/dev/null ||
        { rm -f "$new"; fail file "$1" "cannot be written: no space, or no such directory"; return 1; }
    try file "$1" chown "$2:$3" "$new" && try file "$1" chmod "$4" "$new" || return 1
    case $1 in /etc/systemd/system/*.service) name=${1##*/} && claim "${name%.service}" || return ;; esac
    # A new file has no older state to lose: it is settled with the others, all at once, at the end.
    if [ -n "$found" ]; then settle "$new"; else NEW="$NEW $1"; fi
    try file "$1" mv -f -T "$new" "$1"
}

# file_diff PATH SECRET: a unified diff without secret values; of a secret file the names of the keys alone
file_diff() {
    before=$1
    [ -f "$before" ] || before=/dev/null
    if [ "$2" = 1 ]; then
        printf '%s' "$wanted" | changed_keys "$before" - 1 | sed 's/^/diff\t/'
    elif [ -s "$before" ]; then
        old=$(printf '%s' "$wanted" | masked 0 "$before" -)
        new=$(printf '%s' "$wanted" | masked 1 "$before" -)
        [ "$old" != "$new" ] || printf 'diff\t(only values that are hidden differ)\n'
        printf '%s\n' "$new" | diff -u --label "$1" --label "$1" /dev/fd/3 - 3<<OLD | sed 's/^/diff\t/'
$old
OLD
    else
        # As diff would tell it, in one process: a first install has nothing but new files.
        printf 'diff\t--- %s\ndiff\t+++ %s\n' "$1" "$1"
        printf '%s' "$wanted" | masked 1 /dev/null - added
    fi
}

# What the awk programs that hide secrets share; the variables SECRET_... are kafka_fab/cluster/values/secret.py's.
# value_at: where the value of a secret key begins in a line of settings, or 0; shaped: the line without what looks
# like a secret; private_key: whether the line is one of a private key.
HIDING='
    BEGIN {
        shapes = split(secret_shapes, shape, "#")
        for (one = 1; one <= shapes; one++) {
            split(shape[one], part, "%")
            lead[one] = part[1]; body[one] = part[2]; tail[one] = part[3]
        }
    }
    function value_at(line,  low, name) {
        low = tolower(line)
        # Of the variables of a unit only those that are known to be harmless are shown.
        if (match(line, /^[ \t]*Environment=["\047]?/)) {
            name = substr(line, RLENGTH + 1)
            if (name !~ harmless && index(name, "=")) return RLENGTH + index(name, "=")
        }
        if (match(low, secret_not)) return 0
        if (match(low, /^[ \t+-]*["\047]?[a-z0-9._-]+["\047]?[ \t]*[:=]/) && is_secret(substr(low, 1, RLENGTH))) return RLENGTH
        return match(low, secret_words "[a-z0-9._-]*[\"\047]?[ \t]*[:=]") ? RSTART + RLENGTH - 1 : 0
    }
    function is_secret(name) {
        name = tolower(name)
        gsub(/^[^a-z0-9]+|[^a-z0-9]+$/, "", name)
        return name ~ secret_name && (name "=") !~ secret_not
    }
    function shaped(line,  one, key) {
        if (match(tolower(line), secret_not)) { key = substr(line, 1, RLENGTH); line = substr(line, RLENGTH + 1) }
        for (one = 1; one <= shapes; one++) line = without_shape(line, lead[one], body[one], tail[one])
        return key line
    }
    function without_shape(line, lead, body, tail,  low, done, at, width) {
        low = tolower(line)
        while (match(low, lead body) && RLENGTH > 0) {
            at = RSTART; width = RLENGTH
            if (lead == "" || !match(substr(low, at, width), "^" lead)) RLENGTH = 0
            done = done substr(line, 1, at - 1 + RLENGTH) "(hidden)" tail
            line = substr(line, at + width); low = substr(low, at + width)
        }
        return done line
    }
    function private_key(line,  was) {
        was = in_private_key; line = tolower(line)
        if (line ~ secret_begins) in_private_key = 1
        if (line ~ secret_ends) in_private_key = 0
        return was || in_private_key
    }'
HARMLESS='^(KAFKA_[A-Z0-9_]*OPTS|GC_LOG_OPTS[A-Z0-9_]*|EXTRA_ARGS|LOG_DIR|JAVA_HOME|JVMFLAGS|SERVER_JVMFLAGS)='

# hiding PROGRAM [VARIABLE=VALUE | FILE]...: awk with the functions that hide secrets
hiding() {
    program=$1
    shift
    awk -v secret_name="$SECRET_NAME" -v secret_words="$SECRET_WORDS" -v secret_shapes="$SECRET_SHAPES" \
        -v secret_not="$SECRET_NOT" -v secret_begins="$SECRET_BEGINS" -v secret_ends="$SECRET_ENDS" \
        -v harmless="$HARMLESS" "$HIDING$program" "$@"
}

# masked 0|1 OLD NEW [added]: the old or the new text of settings without secrets; a new value that differs from the
# old one says so; `added` makes it the diff of a new file
masked() {
    # shellcheck disable=SC2016  # an awk program
    hiding '
        FILENAME == second && !later { later = 1; in_private_key = 0 }
        inside { value = value $0; inside = /\\$/; if (!inside) tell(); next }
        {   if (private_key($0)) { keep("(hidden)"); next }
            at = value_at($0)
            # A key may also be parted from its value by a blank alone.
            if (!at && $0 !~ /^[ \t]*[#!]/ && match($0, /^[ \t]*[^=: \t]+[ \t]+/) &&
                is_secret(substr($0, 1, RLENGTH))) at = RLENGTH
            if (!at) { keep(shaped($0)); next }
            key = substr($0, 1, at); value = substr($0, at + 1); inside = /\\$/
            if (!inside) tell() }
        function tell() {
            if (value ~ /^[ \t]*$/) keep(key value)
            else keep(key "(hidden)" (later && (key in known) && known[key] != value ? ", changed" : ""))
            if (!later) known[key] = value }
        function keep(line) { if (later == which) show(line) }
        function show(line) { if (added) text[++lines] = line; else print line }
        END { if (added) print "diff\t@@ -0,0 +1" (lines == 1 ? "" : "," lines) " @@"
              for (at = 1; at <= lines; at++) print "diff\t+" text[at] }' \
        which="$1" second="$3" added="${4-}" "$2" "$3"
}

# Awk's reader of properties, as java.util.Properties reads them: `next_pair()` takes a line of the file, and says whether
# it has ended a pair: then `key` and `value` are what Java finds, as UTF-8. `restart_pairs()` between two files.
# shellcheck disable=SC2016  # a program of awk
PROPERTIES='
    function restart_pairs() { pending = ""; open_pair = 0 }
    function next_pair(  line, end) {
        line = $0
        sub(/\r$/, "", line)
        sub(/^[ \t\f]+/, "", line)
        if (pending == "" && (line == "" || line ~ /^[#!]/)) return 0
        end = length(line)
        while (end && substr(line, end, 1) == "\\") end--
        open_pair = (length(line) - end) % 2
        pending = pending (open_pair ? substr(line, 1, length(line) - 1) : line)
        if (open_pair) return 0
        part_pair(pending)
        pending = ""
        return 1
    }
    function part_pair(line,  at, letter) {
        for (at = 1; at <= length(line); at++) {
            letter = substr(line, at, 1)
            if (letter == "\\") at++
            else if (index("=: \t\f", letter)) break
        }
        key = plain(substr(line, 1, at - 1))
        line = substr(line, at)
        sub(/^[ \t\f]*[=:]?[ \t\f]*/, "", line)
        value = plain(line)
    }
    function plain(text,  out, at, letter, code) {
        while (at = index(text, "\\")) {
            letter = substr(text, at + 1, 1)
            out = out latin(substr(text, 1, at - 1))
            text = substr(text, at + 2)
            if (letter == "u") {
                code = hex(text)
                text = substr(text, 5)
                if (code >= 55296 && code < 56320 && text ~ /^\\u[dD][c-fC-F]/) {
                    code = 65536 + (code - 55296) * 1024 + hex(substr(text, 3)) - 56320
                    text = substr(text, 7)
                }
                letter = utf8(code)
            } else if (letter == "n" || letter == "r" || letter == "t" || letter == "f") {
                # The lines that we say end there: no value of ours has them.
                letter = " "
            } else letter = latin(letter)
            out = out letter
        }
        return out latin(text)
    }
    function hex(text,  at, sum) {
        for (at = 1; at <= 4; at++) sum = 16 * sum + index("123456789abcdef", tolower(substr(text, at, 1)))
        return sum
    }
    function utf8(code) {
        if (code < 128) return sprintf("%c", code)
        if (code < 2048) return sprintf("%c%c", 192 + int(code / 64), 128 + code % 64)
        if (code < 65536) return sprintf("%c%c%c", 224 + int(code / 4096), 128 + int(code / 64) % 64, 128 + code % 64)
        return sprintf("%c%c%c%c", 240 + int(code / 262144), 128 + int(code / 4096) % 64, 128 + int(code / 64) % 64, 128 + code % 64)
    }
    # Java reads bytes as Latin-1.
    function latin(text,  out, at, letter) {
        gsub(/[\t\f]/, " ", text)
        if (text !~ /[^ -~]/) return text
        if (!("\351" in of_latin)) for (at = 128; at < 256; at++) of_latin[sprintf("%c", at)] = utf8(at)
        for (at = 1; at <= length(text); at++) {
            letter = substr(text, at, 1)
            out = out (letter in of_latin ? of_latin[letter] : letter)
        }
        return out
    }'

# changed_keys OLD NEW [SECRET]: the names of properties that differ: + new, - gone, ~ changed
changed_keys() {
    case $2 in *.properties) changed_pairs "$1" "$2" ;; *) changed_lines "$@" ;; esac | sort -k 2
}

# changed_pairs OLD NEW: as Java reads both, whatever form they are written in
changed_pairs() {
    awk -v second="$2" "$PROPERTIES"'
        FILENAME == second && !later { later = 1; restart_pairs() }
        next_pair() { if (later) new[key] = value; else old[key] = value }'"$CHANGED" "$1" "$2"
}

CHANGED='
        END { for (key in new) if (!(key in old)) print "+ " key; else if (old[key] != new[key]) print "~ " key
              for (key in old) if (!(key in new)) print "- " key }'

# changed_lines OLD NEW [SECRET]: of files of other kinds, by the words before a =
changed_lines() {
    awk -v second="$2" -v secret="${3-}" '
        # Of a secret line only a word before a separator is a name, and only if something comes after it.
        function name_of(line) { sub(/^[ \t]+/, "", line)
            return match(line, /^[A-Za-z0-9._-]+[ \t]*[=: \t][^=]/) ? substr(line, 1, match(line, /[=: \t]/) - 1) : "(a line)" }
        FILENAME == second { later = 1 }
        inside { text = text $0; inside = /\\$/; if (!inside) keep(); next }
        /^[ \t]*([#!]|$)/ { next }
        { sub(/^Environment="?/, ""); at = index($0, "="); if (!at && !secret) next
          key = secret ? name_of($0) : substr($0, 1, at - 1); text = $0; inside = /\\$/; if (!inside) keep() }
        function keep() { if (later) new[key] = text; else old[key] = text }'"$CHANGED" "$1" "$2"
}

# mark TREE: sets found to the checksum of the archive that a finished tree was made from
mark() {
    found=
    [ ! -f "$1/.kafka-fab" ] || read -r found <"$1/.kafka-fab"
}

# want_download URL PATH TREE SHA512-OR-NOTHING
want_download() {
    sum=$4
    [ ! -e "$3" ] || download_of_tree "$@" || return 0
    if [ -n "$sum" ] && [ -f "$2" ] && [ "$(sha_of 512 "$2")" = "$sum" ]; then
        say ok download "$2"
    elif [ -z "$sum" ] && [ -f "$2" ] && [ -f "$2.checked" ]; then
        say ok download "$2"
    elif [ -f "$2.pushed" ]; then
        download_pushed "$@"
    elif intend download "$1" "to $2"; then
        download_fetch "$1" "$2" "$sum"
    fi
}

# download_of_tree URL PATH TREE SHA512: succeeds where the archive is needed again, to mend its tree
download_of_tree() {
    mark "$3"
    made=$found
    if [ -z "$made" ]; then
        fail download "$3" "is there, but kafka-fab did not extract it: move it away, or adopt it by touching $3/.kafka-fab with a word in it"
    elif [ -n "$4" ] && [ "$made" != "$4" ] && [ ${#made} = 128 ]; then
        fail download "$3" "was extracted from an archive with the SHA-512 $made, but conf/cluster.yaml asks for $4"
    elif tree_is_damaged "$3"; then
        # Of the very archive that it was made from, whatever the mirror has by now.
        case ${#made} in 128 | 64 | 40 | 32) sum=${sum:-$made} ;; esac
        return 0
    else
        say ok download "$1" "extracted already"
    fi
    return 1
}

# sha_of BITS FILE: by OpenSSL where it is, which needs half the time of the coreutils of many a distribution
sha_of() {
    digest=$(openssl dgst -r "-sha$1" <"$2" 2>/dev/null) || digest=$(sha"$1"sum <"$2") || return
    printf '%s' "${digest%% *}"
}

download_fetch() {
    url=$1 path=$2 sum=$3
    [ -n "$sum" ] || published_sum "$url" || { fail download "$url" "$words"; return; }
    remove_old "$path.part" "$path.checked"
    words=$(fetch "$url" "$path.part" 2>&1) ||
        { rm -f "$path.part"; fail download "$url" "$words"; return; }
    download_accept "$url" "$path" "$path.part" "$sum"
}

download_pushed() {
    url=$1 path=$2 expected=$4
    [ -n "$expected" ] || expected=$(cat "$path.pushed")
    intend download "$path" "pushed" || return 0
    download_accept "$path" "$path" "$path.part" "$expected" && rm -f "$path.pushed"
}

# remove_old PATH...: what an earlier run has left; no process where there is nothing
remove_old() {
    for old in "$@"; do [ ! -e "$old" ] || rm -rf "$old" || return; done
}

# download_accept NAME PATH PART EXPECTED: renamed into place only if it is what it should be
download_accept() {
    case ${#4} in 128) kind=512 ;; 64) kind=256 ;; 40) kind=1 ;; *) kind=md5 ;; esac
    if [ "$kind" = md5 ]; then got=$(md5sum <"$3") got=${got%% *}; else got=$(sha_of "$kind" "$3"); fi
    if [ "$got" != "$4" ]; then
        rm -f "$3"
        fail download "$1" "wrong checksum: expected $4, got $got; nothing was extracted"
        return 1
    fi
    printf '%s\n' "$got" >"$2.checked" && mv -f "$3" "$2" && say changed download "$1" "checksum matches"
}

# fetch URL FILE: the URL over standard input, as it may hold a password and every user sees a process's arguments
fetch() {
    if command -v curl >/dev/null; then
        printf 'url = "%s"\n' "$1" |
            curl -fsSL --retry 2 --connect-timeout 10 --speed-limit 1000 --speed-time 60 -o "$2" -K -
    elif command -v wget >/dev/null; then
        printf '%s\n' "$1" | wget -q -t 3 -T 60 -O "$2" -i - || { echo "wget failed with status $?"; return 1; }
    else
        echo "neither curl nor wget is here: install one, or set download: push in conf/cluster.yaml"
        return 1
    fi
}

# published_sum URL: sets sum to the checksum beside it, in whatever form Apache wrote it at the time
published_sum() {
    for kind in sha512 sha1 md5; do
        words=$(fetch "$1.$kind" - 2>&1) && sum=$(printf '%s\n' "$words" | read_sum "${1##*/}") && return
        case $words in *404*) ;; *) return 1 ;; esac
    done
    words="has no checksum beside it, neither .sha512 nor .sha1 nor .md5 ($words): correct version or mirror in conf/cluster.yaml, or name the archive's sha512 there"
    return 1
}

# read_sum FILE <TEXT: `hex  FILE`, or gpg's `FILE: AB CD ...` over several lines, in upper case with blanks
read_sum() {
    hex=$(awk -v name="$1" '
        $1 ~ /^[0-9a-fA-F]+$/ && length($1) >= 32 && (NF == 1 || index($2, name)) { all = $1; found = 1; exit }
        { all = all " " $0 }
        END { if (!found) sub(".*" name "\\)? *[:=]", "", all); gsub(/[ \t\r]/, "", all); print tolower(all) }')
    case ${#hex} in 32 | 40 | 64 | 128) ;; *) return 1 ;; esac
    case $hex in *[!0-9a-f]*) return 1 ;; esac
    printf '%s' "$hex"
}

# want_asset PATH SOURCE CHECKSUM: one file, fetched or pushed, that is in its place only if it is what it should be
want_asset() {
    if [ ${#3} = 64 ]; then kind=256 && sum_of "$1"; else kind=512 found=$(sha_of 512 "$1" 2>/dev/null); fi
    if [ "$found" = "$3" ]; then
        say ok asset "$1"
    elif intend asset "$1" "from $2"; then
        [ -f "$1.pushed" ] || asset_fetch "$@" || return
        got=$(sha_of "$kind" "$1.part")
        rm -f "$1.pushed"
        if [ "$got" != "$3" ]; then
            rm -f "$1.part"
            fail asset "$2" "wrong checksum: expected $3, got $got"
        elif try asset "$1" chmod 644 "$1.part" && settle "$1.part" && try asset "$1" mv -f -T "$1.part" "$1"; then
            say changed asset "$1" "checksum matches"
        fi
    fi
}

asset_fetch() {
    rm -f "$1.part"
    words=$(fetch "$2" "$1.part" 2>&1) && return
    rm -f "$1.part"
    fail asset "$2" "$words"
    return 1
}

# A tree's manifest holds a line for each thing in it: NAME|type|owner mode, of what is no directory also size, time
# and link. Left out are logs/, which Kafka's tools make there, and what the samples in config/ say, which no service reads.
MANIFEST=.kafka-fab.manifest CONTENTS=.kafka-fab.sums TREE='' DRIFT=''

tree_list() {
    # Without a shell of its own in that folder: this is asked in every run.
    find "$1/." \( -path '*/./logs' -o -path '*/./.kafka-fab' -o -path "*/./$MANIFEST" \) -prune -o \
        \( -type d -o -path '*/./config/*' \) -printf '%P|%y|%U:%G %m\n' -o -printf '%P|%y|%U:%G %m|%s|%Ts|%l\n'
}

# tree_look TREE: sets DRIFT to how a tree differs from its manifest, a line a thing: WHAT|NAME|what it should be
# where WHAT is missing, differs, owner, extra; or to `unlisted` where a tree has no manifest
tree_look() {
    [ "$TREE" != "$1" ] || return 0
    TREE=$1 DRIFT=
    if [ ! -f "$1/$MANIFEST" ]; then
        DRIFT=unlisted
    elif ! tree_list "$1" | cmp -s - "$1/$MANIFEST"; then
        DRIFT=$(tree_list "$1" | tree_drift "$1/$MANIFEST" -)
    fi
}

tree_drift() {
    awk -F '|' -v second="$2" '
        FILENAME != second { order[++all] = $1; line[$1] = $0; next }
        !($1 in line) { if ($1 !~ /^config\//) print "extra|" $1; next }
        { seen[$1] = 1; if ($0 == line[$1]) next
          split(line[$1], was, "|")
          same = $2 == was[2] && $4 == was[4] && $5 == was[5] && $6 == was[6]
          print (same ? "owner|" $1 "|" was[3] : "differs|" $1) }
        END { for (at = 1; at <= all; at++) if (!(order[at] in seen)) print "missing|" order[at] }' "$1" "$2"
}

# drift_in_words PATTERN: the names in DRIFT of what fits, few of many
drift_in_words() {
    printf '%s\n' "$DRIFT" | awk -F '|' -v wanted="$1" '
        $1 !~ wanted { next }
        { name = $2 == "" ? "the folder itself" : $2
          word = $1 == "missing" ? " is missing" : $1 == "differs" ? " is not what was extracted" : $1 == "owner" ? " must be " $3 : ""
          if (++count <= 4) printf "%s%s%s", (count > 1 ? ", " : ""), name, word }
        END { if (count > 4) printf ", and %d more", count - 4 }'
}

# tree_is_damaged TREE: whether the archive is needed again for it
tree_is_damaged() {
    [ -f "$1/.kafka-fab" ] || return 1
    tree_look "$1"
    case $NL$DRIFT in
    *"${NL}missing|"* | *"${NL}differs|"*) return 0 ;;
    "${NL}unlisted") lists_its_tree "$1" ;;
    *) return 1 ;;
    esac
}

# lists_its_tree TREE: whether its extraction wrote a manifest, as those of older versions of kafka-fab did not
lists_its_tree() {
    { read -r _ && read -r found; } <"$1/.kafka-fab" && [ "$found" = listed ]
}

# want_tree PATH ARCHIVE: extracted beside its place and renamed, so that it is there as a whole or not at all; what
# is not as it was extracted is mended, thing by thing
want_tree() {
    if [ ! -e "$1" ]; then
        intend tree "$1" "from $2" && tree_need "$@" && tree_extract "$@"
    elif tree_is_damaged "$1"; then
        broken=$(drift_in_words '^(missing|differs|owner)$')
        intend tree "$1" "${broken:-its manifest is missing}" && tree_need "$@" && tree_mend "$@"
    else
        [ "$APPLY" = 0 ] || remove_old "$2" "$2.checked" "$1.partial"
        write_down used "$1" || return 0
        tree_in_place "$1"
    fi
    case $DRIFT in *extra"|"*)
        say foreign tree "$1" "not from the archive: $(drift_in_words '^extra$')$(loaded_by_a_start): move it away, or keep it if it is yours"
        ;;
    esac
}

# loaded_by_a_start: what becomes of what is in DRIFT and not from the archive
loaded_by_a_start() {
    case $NL$DRIFT in
    *"${NL}extra|libs/"*) printf '; a start loads all of libs' ;;
    *) printf '; a new version does not bring it along' ;;
    esac
}

tree_in_place() {
    case $NL$DRIFT in
    "${NL}unlisted")
        intend manifest "$1" "of the tree as it stands" && tree_open "$1" && tree_write_down "$1" "$1" &&
            tree_marked "$1" "$1" && say changed manifest "$1" "of the tree as it stands"
        ;;
    *"${NL}owner|"*)
        broken=$(drift_in_words '^owner$')
        intend tree "$1" "$broken" && tree_owners "$1" && say changed tree "$1" "$broken"
        ;;
    *) say ok tree "$1" ;;
    esac
}

# tree_open TREE: for root to write and for all to read, as it would be extracted
tree_open() {
    try tree "$1" chown -Rh "$(id -u):$(id -g)" "$1" && try tree "$1" chmod -R u+rwX,go+rX,go-w "$1"
}

tree_need() {
    [ -f "$2" ] || { fail tree "$1" "the archive $2 is not here: run download first"; return 1; }
}

# tree_write_down PLACE TREE: the sums of all that PLACE holds, and its manifest; by many at a time, to the disk as well
tree_write_down() {
    place=$1 name=$2
    if command -v openssl >/dev/null; then set -- openssl dgst -r -sha256; else set -- sha256sum; fi
    {
        (cd "$place" && find . \( -path ./logs -o -path './config/*' -o -name '.kafka-fab*' \) -prune -o -type f -print0 |
            xargs -0 "$@" >"$CONTENTS" && touch -d @0 "$CONTENTS") && tree_list "$place" >"$place/$MANIFEST"
    } 2>/dev/null ||
        { fail tree "$name" "its manifest cannot be written: no space?"; return 1; }
}

# tree_marked PLACE TREE: what it was made from stays the first word, as older versions of kafka-fab read it
tree_marked() {
    mark "$1"
    { printf '%s\nlisted\n' "${found:-unknown}" >"$1/.kafka-fab.new" && mv -f "$1/.kafka-fab.new" "$1/.kafka-fab"; } 2>/dev/null ||
        { fail tree "$2" "no space for its mark"; return 1; }
}

# tree_stage TREE ARCHIVE: a whole tree, on the disk, beside its place
tree_stage() {
    remove_old "$1.partial"
    value_in "$2.checked" ""
    made=$found
    words=$(umask 022 && install -d -m 755 "$1.partial" && tar -xzf "$2" -C "$1.partial" --strip-components=1 --no-same-owner --no-same-permissions 2>&1) ||
        { rm -rf "$1.partial"; fail tree "$1" "cannot be extracted: $words"; return 1; }
    # Many at a time: the disk then commits them together. It writes while their sums are made.
    find "$1.partial" -type f -print0 | xargs -0 -n 12 -P 8 sync 2>/dev/null &
    tree_write_down "$1.partial" "$1" || return 1
    printf '%s\nlisted\n' "${made:-unknown}" >"$1.partial/.kafka-fab" || { fail tree "$1" "no space"; return 1; }
    wait $! || sync
    settle "$1.partial/.kafka-fab" "$1.partial/$MANIFEST" "$1.partial/$CONTENTS"
}

tree_extract() {
    tree_stage "$@" && write_down used "$1" && try tree "$1" mv -T "$1.partial" "$1" && settle "${1%/*}" && rm -f "$2" "$2.checked" &&
        TREE='' && say changed tree "$1" "extracted"
}

# tree_mend TREE ARCHIVE: each thing that differs is replaced by rename: a service that runs keeps what it has open
tree_mend() {
    tree_stage "$@" || return
    DRIFT=$(tree_list "$1" | tree_drift "$1.partial/$MANIFEST" -)
    broken=$(drift_in_words '^(missing|differs|owner)$')
    while IFS='|' read -r what name _; do
        case $what in missing | differs) tree_replace "$1" "$name" || return ;; esac
    done <<DRIFT
$DRIFT
DRIFT
    tree_owners "$1" || return
    for name in "$CONTENTS" "$MANIFEST" .kafka-fab; do
        [ ! -e "$1.partial/$name" ] || try tree "$1" mv -f "$1.partial/$name" "$1/$name" || return
    done
    sync -f "$1" 2>/dev/null || sync
    remove_old "$1.partial" "$2" "$2.checked"
    say changed tree "$1" "${broken:-its manifest was missing}"
}

tree_replace() {
    # What lay in a folder came with it.
    [ -e "$1.partial/$2" ] || [ -L "$1.partial/$2" ] || return 0
    # A folder cannot take the place of a file by rename, nor a file that of a folder.
    if [ -d "$1/$2" ] || [ -d "$1.partial/$2" ]; then try tree "$1" rm -rf "${1:?}/$2" || return; fi
    try tree "$1" mv -f -T "$1.partial/$2" "$1/$2"
}

# tree_owners TREE: owners and modes as DRIFT has them
tree_owners() {
    while IFS='|' read -r what name state; do
        [ "$what" = owner ] || continue
        try tree "$1" chown -h "${state% *}" "$1/$name" || return
        [ -L "$1/$name" ] || try tree "$1" chmod "${state#* }" "$1/$name" || return
    done <<DRIFT
$DRIFT
DRIFT
}

# tree_contents TREE: says which files have other contents than their extraction had: size and time tell nothing of a
# disk that forgets
tree_contents() {
    if [ ! -s "$1/$CONTENTS" ]; then
        fail contents "$1" "the sums of its contents are missing: fab install mends the tree"
        return
    fi
    broken=$(cd "$1" && sha256sum -c --quiet "$CONTENTS" 2>/dev/null | awk -F ': ' '
        { sub("^\\./", "", $1); if (++count <= 4) printf "%s%s", (count > 1 ? ", " : ""), $1 }
        END { if (count) printf "%s other contents than were extracted", (count > 4 ? " and " count - 4 " more have" : count > 1 ? " have" : " has") }')
    if [ -n "$broken" ]; then
        fail contents "$1" "$broken: remove what is named there, and fab install extracts it anew"
    else
        say ok contents "$1"
    fi
}

# want_link PATH TARGET
want_link() {
    others "$1"
    [ -z "$found" ] || { fail link "$1" "is that of $found: name another as paths.link in conf/cluster.yaml"; return; }
    [ ! -L "$1" ] || link_of "$@"
    was=$found
    if [ "$found" = "$2" ]; then
        write_down made "$1" || return 0
        say ok link "$1"
    elif [ -n "$found" ] && ! recorded "$1" && [ "$OLDER" = 0 ] && ! made_by_us "$1"; then
        fail link "$1" "leads to $was, and kafka-fab did not make it: move it away, or name another as paths.link in conf/cluster.yaml"
    elif [ -e "$1" ] && [ ! -L "$1" ]; then
        fail link "$1" "is not a link: move it away"
    elif [ "$APPLY" = 1 ] && [ ! -d "$2" ]; then
        fail link "$1" "$2 is not there: run extract first"
    elif intend link "$1" "${was:+$was }-> $2"; then
        wanted=$2
        write_down made "$1" && keep_version "$wanted" && try link "$1" ln -sfn "$wanted" "$1.new" && try link "$1" mv -f -T "$1.new" "$1" &&
            say changed link "$1" "${was:+$was }-> $2"
    fi
}

# keep_version TREE: what this cluster's data may be written by from now on, which outlives the link
keep_version() {
    [ -n "$CLUSTER" ] || return 0
    kept=${ROLL%/*}/version
    if ! { mkdir -p "${kept%/*}" && printf '%s\n' "$1" >"$kept.new" && mv -f -T "$kept.new" "$kept"; } 2>/dev/null; then
        fail version "$1" "cannot write to ${kept%/*}: is the disk full?"
        return 1
    fi
}

# link_of LINK TARGET: sets found to what a link points to
link_of() {
    found=$2
    # A shell of today knows -ef, which spares a process; another asks for one.
    # shellcheck disable=SC3013
    [ "$1" -ef "$2" ] 2>/dev/null || found=$(readlink "$1")
}

# want_sysctl FILE (NAME PATH VALUE)...: the running kernel has the values that the file gives it at the next boot
want_sysctl() {
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
        say note sysctl "$settings" "this host's kernel does not let $stuck be set (a container?): set them on its machine"
    if [ -z "$differs" ]; then
        say ok sysctl "$settings" "${stuck:+this kernel does not let $stuck be set}"
    elif intend sysctl "$settings" "$(flat "$differs")"; then
        sysctl_set
    fi
}

# sysctls_of_others (NAME PATH VALUE)...: names what another cluster on this host has otherwise: there is one kernel
sysctls_of_others() {
    for other in "${settings%/*}"/90-kafka-fab*.conf; do
        case $other in "$settings" | *'*'*) continue ;; esac
        unlike=
        while read -r name _ value; do
            value_among "$name" "$@"
            [ -z "$found" ] || [ "$found" = "$value" ] || unlike="$unlike, $name ($found here, $value there)"
        done <"$other"
        [ -z "$unlike" ] || say foreign sysctl "$settings" "another cluster's file is unlike it, and the last one to be installed or read at a boot has its way: $other: ${unlike#, }; give both the same \`tuning\` in conf/cluster.yaml"
    done
}

# value_among NAME (NAME PATH VALUE)...: sets found to the value of that name, or to nothing
value_among() {
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
    for word in "$@"; do
        set -- "$@" "$SYSCTLS/$word"
        shift
    done
    RUNNING=$NL$(grep -s "" /dev/null "$@" 2>/dev/null)$NL
}

# sysctl_is PATH VALUE
sysctl_is() {
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

# outdated NAME...: whether systemd knows one of the units in an older form than the one on disk
outdated() {
    for name in "$@"; do
        unit_of "$name" NeedDaemonReload
        [ "$found" != yes ] || return 0
    done
    return 1
}

# none_enabled NAME...: whether all of the units were asked about, and none was enabled: they are asked again once they are
none_enabled() {
    for name in "$@"; do
        unit_kept "$name" UnitFileState && [ "$found" != enabled ] || return 1
    done
}

all_enabled() {
    for name in "$@"; do unit_of "$name" UnitFileState; [ "$found" = enabled ] || return 1; done
}

# units_of_others NAME...: says what else systemd reads for a unit beside the file that is ours
units_of_others() {
    for name in "$@"; do
        unit_of "$name" FragmentPath
        case $found in
        "" | "/etc/systemd/system/$name.service") ;;
        *) say foreign unit "$name" "systemd reads $found, not /etc/systemd/system/$name.service: remove it, then run systemctl daemon-reload" ;;
        esac
        drop_ins_of "$name"
        for path in $found; do
            keys=$(drop_in_keys "$path")
            ! is_default "$path" "$keys" || continue
            say foreign unit "$name" "$path sets $keys: move what is needed into conf/, remove the file, then run systemctl daemon-reload"
        done
    done
}

# is_default PATH KEYS: whether it is what a distribution, or the manager of a container, has for every service, and sets
# nothing that decides what a service runs, as whom or how large
is_default() {
    case $1 in /etc/*) return 1 ;; */service.d/*) ;; *) return 1 ;; esac
    case ", $2," in
    *", User,"* | *", Group,"* | *", Environment"* | *", PassEnvironment,"* | *", UnsetEnvironment,"* | *", Exec"* | *", Limit"* | \
        *", MemoryMax,"* | *", MemoryHigh,"* | *", TasksMax,"* | *", WorkingDirectory,"* | *", Root"*) return 1 ;;
    esac
}

# drop_ins_of NAME: sets found to the drop-ins that systemd reads for a unit, or will: it does not look for new folders
# before its next reload
drop_ins_of() {
    unit_of "$1" DropInPaths
    for place in /etc/systemd/system "/etc/systemd/system.control" /run/systemd/system.control /run/systemd/transient \
        /run/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system; do
        # A link to /dev/null, which switches off a drop-in of that name, sets nothing.
        for path in "$place/$1.service.d/"*.conf "$place/service.d/"*.conf; do
            case " $found " in *" $path "*) ;; *) [ ! -f "$path" ] || found="$found $path" ;; esac
        done
    done
}

drop_in_keys() {
    keys=$(sed -n 's/^ *\([A-Za-z]*\) *=.*/\1/p' "$1" 2>/dev/null | sort -u | tr '\n' ' ')
    printf '%s' "${keys:-nothing }" | sed 's/ $//; s/ /, /g'
}

# want_units NAME...: enabled, and known to systemd as they are on disk
want_units() {
    todo='' detail=''
    [ "$DIRTY" = 0 ] || none_enabled "$@" || look_units "$@"
    for name in "$@"; do
        if [ ! -f "/etc/systemd/system/$name.service" ] && [ "$APPLY" = 1 ]; then
            fail units "$name" "has no unit file: run config first"
        fi
        unit_of "$name" UnitFileState
        [ "$found" = enabled ] || todo="$todo $name"
        claim "$name" || return 0
    done
    ! outdated "$@" || detail=", reload systemd"
    if [ -z "$todo$detail" ]; then say ok units "$*"; else units_bring "$@"; fi
    units_of_others "$@"
}

units_bring() {
    detail=${todo:+enable$todo}$detail
    intend units "$*" "${detail#, }" || return 0
    # A reload is the slowest thing that systemd is asked for here: one for all, and none for new units.
    # shellcheck disable=SC2086  # a list of names
    [ -z "$todo" ] || try units "$*" systemctl --quiet --no-reload enable $todo || return
    # Newer systemd wants one after an enable, and what it knew as disabled stays so in its own view without one.
    [ -z "$todo" ] || look_units "$@"
    ! outdated "$@" && all_enabled "$@" || try units "$*" systemctl daemon-reload || return
    say changed units "$*" "${detail#, }"
}

# want_identity PATH KEY VALUE MEANING KEPT: another node's data is never taken over
want_identity() {
    found=$3
    [ ! -f "$1" ] || value_in "$1" "$2"
    if [ ! -f "$1" ] && [ "${5-0}" = 1 ] && holds_partitions "${1%/*}"; then
        say foreign identity "$1" "is gone, though ${1%/*} holds partitions, so it is a lost file and not a new disk: restore it, or move the partitions away, which the broker then copies anew"
    elif [ "$found" = "$3" ]; then
        say ok identity "$1"
    else
        fail identity "$1" "says ${2:+$2=}$found, but $4 is $3: this is another node's data; correct hosts.ini, or move the data away"
    fi
}

holds_partitions() {
    for partition in "$1"/*-[0-9]*/; do [ ! -d "$partition" ] || return 0; done
    return 1
}

# look_ports: PORT|INODE of each socket that listens; ss asks for these alone, where /proc walks through all there are
look_ports() {
    if PORTS=$(ss -ltne 2>/dev/null); then
        listening=$PORTS PORTS=$NL
        while read -r _ _ _ local _ more; do
            case $more in *ino:*) more=${more#*ino:} PORTS="$PORTS${local##*:}|${more%% *}$NL" ;; esac
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
    for process in /proc/[0-9]*; do
        holds "${process#/proc/}" "$1" || continue
        printf '%s (process %s)' "$(tr '\0' ' ' <"$process/cmdline" | cut -c 1-60)" "${process#/proc/}"
        return
    done
    printf 'a stranger'
}

# want_in_step UNIT SNAPSHOT LINK LOG FILE...: says restart where the unit runs with other files than those on disk
want_in_step() {
    name=$1 snapshot=$2 link=$3 log=$4
    shift 4
    unit_of "$name" MainPID
    pid=$found
    if [ "${pid:-0}" = 0 ] || [ ! -d "$snapshot" ]; then
        say ok in-step "$name" "does not run"
        return
    fi
    differs=
    for path in "$@"; do
        sum_of "$path"
        on_disk=$found
        sum_of "$snapshot/${path##*/}"
        [ "$found" != "$on_disk" ] || continue
        changed=$(changed_keys "$snapshot/${path##*/}" "$path" | cut -c 3- | tr '\n' ' ' | sed 's/ $//; s/ /, /g')
        # The same properties in other words, or other comments, are no other state.
        case $changed$path in *.properties) [ -n "$changed" ] || continue ;; esac
        differs="$differs${differs:+; }${path##*/}: $changed"
    done
    # It goes on writing to a file that nobody can open any more.
    [ -e "$log" ] || [ -z "$(find "/proc/$pid/fd" -lname "*/${log##*/} (deleted)" -print -quit 2>/dev/null)" ] ||
        differs="$differs${differs:+; }${log##*/}: deleted while it is open"
    home=$(readlink -f "$link")
    grep -qaF "$home/" "/proc/$pid/cmdline" || differs="$differs${differs:+; }version: ${home##*/}"
    if [ -n "$differs" ]; then say restart in-step "$name" "$differs"; else say ok in-step "$name"; fi
}

# want_gone PATH WITH-CONTENT
want_gone() {
    if [ ! -e "$1" ] && [ ! -L "$1" ]; then
        say ok gone "$1"
    elif strayed "$1" || strayed "${1%/*}"; then
        say note gone "$1" "kept, with what it leads to: the directory $found, which kafka-fab has not taken"
    elif [ -L "$1" ] && [ ! -e "$1" ] && [ "$2" = 1 ]; then
        say note gone "$1" "kept: a link to $(readlink -m "$1"), which is not there: is its disk mounted?"
    elif [ -d "$1" ] && [ "$2" = 1 ]; then
        gone_directory "$1"
    elif [ -d "$1" ] && [ ! -L "$1" ]; then
        gone_if_empty "$1"
    elif others "${1%/*}" && [ -n "$found" ]; then
        say note gone "$1" "kept: its directory is that of $found"
    elif intend gone "$1" remove; then
        try gone "$1" rm -rf "$1" && forget "$1" && say changed gone "$1" removed
    fi
}

gone_if_empty() {
    if [ -n "$(find "$1" -mindepth 1 -print -quit)" ] && [ "$APPLY" = 1 ]; then
        say ok gone "$1" "kept: there are files of yours in it"
    elif others "$1" && [ -n "$found" ]; then
        say ok gone "$1" "kept: $found uses it, too"
        [ "$APPLY" = 0 ] || strike_out "$1"
    elif { ! recorded "$1" && [ "$OLDER" = 0 ]; } || [ "$how" = took ] || is_mount "$1"; then
        say ok gone "$1" "kept: kafka-fab did not make it"
    elif intend gone "$1" "remove if empty"; then
        try gone "$1" rmdir "$1" && strike_out "$1" && say changed gone "$1" removed
    fi
}

# forget PATH: what was written there, and below it
forget() {
    [ -f "$STATE/written" ] || return 0
    awk -v path="$1" '{ its = substr($0, 66) } its != path && index(its, path "/") != 1' "$STATE/written" >"$STATE/written.new"
    mv -f "$STATE/written.new" "$STATE/written"
}

# want_unit_gone NAME: stopped, disabled and removed
want_unit_gone() {
    if [ ! -e "/etc/systemd/system/$1.service" ]; then
        say ok unit-gone "$1"
    elif intend unit-gone "$1" "disable and remove"; then
        if systemctl is-active --quiet "$1"; then
            fail unit-gone "$1" "runs: stop it first (fab stop)"
            return
        fi
        try unit-gone "$1" systemctl --quiet disable "$1" && rm -f "/etc/systemd/system/$1.service" &&
            forget "/etc/systemd/system/$1.service" && strike_out "unit:$1" && systemctl daemon-reload &&
            say changed unit-gone "$1" removed
    fi
}

# await WORD ANSWER: says a word, and waits for the other side's; fails where that is another, or the connection ends
await() {
    printf '%s\n' "$1"
    IFS= read -r answer <&3 && [ "$answer" = "$2" ]
}

# watch: ends the script and what it has started as soon as the connection is gone: descriptor 3 is the
# channel's input, on which nothing more comes but its end
watch() {
    # By the shell itself: a process more would be the price of every run.
    # shellcheck disable=SC2034
    while read -r more <&3; do :; done
    kill 0
}

# beside_operation RUN: fails while an operation of another name holds this host, and keeps those out from now on.
# Several runs that only write files may be at work at once: one host's lock is below.
beside_operation() {
    found=
    [ ! -f "$ROLL/holder" ] || value_in "$ROLL/holder" run
    [ -z "$1" ] || [ "$found" != "$1" ] || return 0
    { [ -d "$ROLL" ] || mkdir -p "$ROLL"; } 2>/dev/null && exec 8>>"$ROLL/lock" || return 0
    flock -n -s 8 && return
    words=
    for key in task run user machine since; do
        found='?'
        [ ! -f "$ROLL/holder" ] || value_in "$ROLL/holder" "$key"
        words="$words $key=$found"
    done
    fail lock held "another operation is under way:$words; nothing was changed on this host"
}

# alone [RUN WORDS OWNER...]: waits until no other run is at work on this host, another cluster's either; the words tell
# others whose this one is, and the owner's whose services it is about, see whose
alone() {
    [ "$APPLY" = 1 ] || return 0
    exec 9>>/run/kafka-fab.lock
    if ! flock -n 9; then
        say note lock "$(hostname)" "another run is at work on this host; waiting for its end"
        flock -w 600 9 || { fail lock "$(hostname)" "another run has been at work for ten minutes: see /run/kafka-fab.lock"; }
    fi
    printf '%s\npid=%s\n' "${2-}" "$$" >/run/kafka-fab.lock
    # Who is part of an operation, and only waits for its turn here, gives no name.
    [ $# != 0 ] || return 0
    run=$1
    shift 2
    [ $# = 0 ] || whose "$@"
    beside_operation "$run"
}

# start_unit NAME
start_unit() {
    if [ ! -f "/etc/systemd/system/$1.service" ]; then
        fail start "$1" "is not installed: run fab install first"
    elif ! refuse_stranger "$1"; then
        return
    elif systemctl is-active --quiet "$1"; then
        say ok start "$1" "runs already"
    else
        try start "$1" systemctl start "$1" && say changed start "$1"
    fi
}

# stop_unit NAME: returns when its processes are gone
stop_unit() {
    refuse_stranger "$1" || return 0
    case $(systemctl show -p ActiveState --value "$1" 2>/dev/null) in
    active | activating | deactivating | reloading) ;;
    *)
        say ok stop "$1" "does not run"
        return
        ;;
    esac
    try stop "$1" systemctl stop "$1" && say changed stop "$1"
}

# storage DIRECTORY...: says whether each is formatted, for whom, and whether a node has run on it
storage() {
    for path in "$@"; do
        storage_words "$path"
        say ok storage "$path" "$words"
    done
}

# storage_words DIRECTORY: sets words; used=1 where a quorum's state or a partition is there: a format alone makes neither
storage_words() {
    words='formatted=0'
    if [ -f "$1/meta.properties" ]; then
        words='formatted=1'
        for key in cluster.id node.id directory.id; do
            value_in "$1/meta.properties" "$key"
            words="$words $key=$found"
        done
    fi
    used=0
    [ ! -f "$1/__cluster_metadata-0/quorum-state" ] || used=1
    [ -z "$(find -H "$1" -mindepth 1 -maxdepth 1 -name '*-[0-9]*' ! -name __cluster_metadata-0 -print -quit 2>/dev/null)" ] || used=1
    words="$words used=$used"
}

# format_storage USER LINK DIRECTORY... -- OPTION...: formatted once, and never over data
format_storage() {
    account=$1 home=$2 bare='' all=''
    shift 2
    while [ "$1" != -- ]; do
        all="$all $1"
        [ -f "$1/meta.properties" ] || bare="$bare $1"
        if [ ! -f "$1/meta.properties" ] && [ -n "$(find "$1" -mindepth 1 -maxdepth 1 -name '*-[0-9]*' -print -quit 2>/dev/null)" ]; then
            fail format "$1" "holds partitions but no meta.properties: it is not formatted over; restore the file, or move the data away"
        fi
        shift
    done
    shift
    [ -n "$bare" ] || { say ok format "${all# }"; return; }
    # A directory that is new beside formatted ones is formatted with the same id.
    [ "$bare" = "$all" ] || set -- "$@" --ignore-formatted
    try format "${bare# }" runuser -u "$account" -- env LOG_DIR=/tmp KAFKA_HEAP_OPTS=-Xmx256m \
        "$(readlink -f "$home")/bin/kafka-storage.sh" "$@" && say changed format "${bare# }"
}

# marked FILE...: says whether the marks of a clean stop are there
marked() {
    for path in "$@"; do
        if [ -e "$path" ]; then say ok mark "$path"; else say note mark "$path" "is missing: the stop was not clean, the next start recovers the log"; fi
    done
}

# state UNIT SNAPSHOT LINK LOG FILE...: how a unit is, in KEY=VALUE words, and what has changed since its start
state() {
    stranger "$1"
    if [ -n "$found" ]; then
        say note owner "$1" "$found"
        say ok state "$1" "ActiveState=foreign Version= Installed=-"
        return
    fi
    words=
    # One word a line, and none has a blank.
    for word in $(systemctl show -p ActiveState -p SubState -p UnitFileState -p MainPID -p NRestarts -p ExecMainStatus \
        -p ActiveEnterTimestampMonotonic "$1"); do words="$words$word "; done
    STATES="$STATES$1 $words$NL"
    read -r uptime _ </proc/uptime
    pid=${words##*MainPID=} installed=$(readlink -f "$3")
    say ok state "$1" "${words}Uptime=$uptime Version=$(running_version "$1" "${pid%% *}") Installed=${installed##*/}"
    want_in_step "$@"
}

# Keys of a service's file that tell where it is asked, where its metadata and its data are, and who it is.
KEPT_KEYS='listeners advertised.listeners port host.name listener.security.protocol.map controller.listener.names zookeeper.connect process.roles broker.id node.id log.dirs log.dir metadata.log.dir controller.quorum.voters clientPort dataDir dataLogDir'
KEPT='' STATES=$NL

# look_kept FILE...: FILE|KEY=VALUE of the keys above, of all files in one process
look_kept() {
    for path in "$@"; do
        shift
        [ ! -f "$path" ] || set -- "$@" "$path"
        KEPT="$KEPT$NL$path|$NL"
    done
    [ $# = 0 ] || KEPT=$KEPT$(awk -v keys=" $KEPT_KEYS " "$PROPERTIES"'
        FNR == 1 { restart_pairs() }
        next_pair() && key !~ /[ \t]/ && (index(keys, " " key " ") || key ~ /^server\.[0-9]+$/) {
            print FILENAME "|" key "=" value }' "$@")$NL
}

# kept_in FILE KEY: sets found to the value of one of those keys in a file; the last one counts
kept_in() {
    case $KEPT in *"$NL$1|$NL"*) ;; *) look_kept "$1" ;; esac
    ! line_with "$KEPT" "$NL$1|$2=" || found=${found#"$1|$2="}
}

# kept_dirs FILE: sets found to the directories that a service keeps its data in, by its file
kept_dirs() {
    dirs=
    for key in log.dirs log.dir metadata.log.dir dataDir dataLogDir; do
        kept_in "$1" "$key"
        while :; do
            dirs="$dirs ${found%%,*}"
            case $found in *,*) found=${found#*,} ;; *) break ;; esac
        done
    done
    found=$dirs
}

# held_in DIRECTORY: sets found to the partitions, or ZooKeeper's own folder, that are in a data directory
held_in() {
    found=
    for entry in "$1"/*-[0-9]*; do
        case ${entry##*/} in *-delete | *-future | *-stray) continue ;; esac
        [ ! -d "$entry" ] || found="$found ${entry##*/}"
    done
    found=${found# }
}

# is_among DIRECTORY OTHER...: whether it is one of the others, also by another path
is_among() {
    wanted_dir=$1
    shift
    for other in "$@"; do
        # shellcheck disable=SC3013  # known to dash and busybox, too
        if [ "$wanted_dir" = "$other" ] || [ "$wanted_dir" -ef "$other" ]; then return 0; fi
    done
    return 1
}

# several WORD...: sets found to how many words there are, and which the first of them are
several() {
    words=$# found=$1
    shift
    while [ $# -gt 0 ] && [ "${found#*, *, }" = "$found" ]; do found="$found, $1" && shift; done
    [ $# = 0 ] || found="$found and $# more"
    found="$words of its logs ($found)"
}

# want_data ROLE SETTING SNAPSHOT FILE ABANDONED DIRECTORY...: no directory is taken out of the settings that holds
# data, unless it is abandoned by name (DIR,DIR); the file on disk says which there were, else the one of the start
want_data() {
    role=$1 setting=$2 source=$4 abandoned=,$5, file=$4
    [ -f "$source" ] || source=$3
    shift 5
    kept_dirs "$source"
    were=$found lost='' names=,
    for directory in $were; do
        is_among "$directory" "$@" && continue
        case "$abandoned $names" in *",$directory,"*) continue ;; esac
        held_in "$directory"
        [ -n "$found" ] || continue
        # shellcheck disable=SC2086  # names of partitions, which have no blanks
        several $found
        lost="$lost${lost:+, }$directory, which holds $found" names="$names$directory,"
    done
    if [ -z "$lost" ]; then
        say ok data "$role"
    else
        names=${names%,} names=${names#,}
        fail data "$role" "$setting in conf/cluster.yaml no longer names $lost; its next start would do without them: name the directory again, or move what it holds to other brokers first, or, where the data has moved, stop $role and take the old path away; what may be lost is given up by name (--abandon-dir $names)"
    fi
}

# metadata_of FILE: sets found to where a node's metadata is kept by its file: controllers, ZooKeeper/PATH, or nothing
metadata_of() {
    kept_in "$1" process.roles
    if [ -n "$found" ]; then
        found=controllers
        return
    fi
    kept_in "$1" zookeeper.connect
    case $found in
    */*) found=ZooKeeper/${found#*/} ;;
    ?*) found=ZooKeeper ;;
    esac
    found=${found%/}
}

# any_held DIRECTORY...: whether one of them holds data, or was formatted for it
any_held() {
    for directory in "$@"; do
        held_in "$directory"
        [ -z "$found" ] && [ ! -f "$directory/meta.properties" ] || return 0
    done
    return 1
}

# want_metadata SNAPSHOT FILE WHERE DIRECTORY...: a node that runs or has data keeps its metadata where it is
want_metadata() {
    snapshot=$1 file=$2 where=$3
    shift 3
    metadata_of "$file"
    was=$found
    if [ -z "$was" ] || [ "$was" = "$where" ] || { [ ! -f "$snapshot" ] && ! any_held "$@"; }; then
        say ok metadata "$file"
        return
    fi
    case $was/$where in
    ZooKeeper*/ZooKeeper*) remedy="set kafka.chroot to '${was#ZooKeeper}' in conf/cluster.yaml again; a new cluster needs hosts, or data directories, of its own" ;;
    *) remedy="name the groups in hosts.ini as they were; a change between ZooKeeper and controllers is a migration, and there is no task for it yet" ;;
    esac
    fail metadata "$file" "keeps its metadata in $was, but hosts.ini and conf/cluster.yaml say $where, where nothing of this cluster is; it would start as an empty one: $remedy"
}

# want_unmoved ROLE SNAPSHOT FILE KEY PATTERN SETTING: a value that all of a quorum must share is not changed while one
# of them runs, since those that have started anew and the others would not find each other
want_unmoved() {
    kept_in "$3" "$4"
    # shellcheck disable=SC2254  # a pattern
    case $found in "" | $5) say ok unmoved "$1 $4" && return ;; esac
    if [ ! -f "$2" ]; then
        say ok unmoved "$1 $4"
    else
        fail unmoved "$1 $4" "$1 runs with $4=$found, and with another $6 it and those that have not been restarted yet would not find each other: stop the whole cluster first (fab stop, fab install, fab start), or write the old $6"
    fi
}

# older VERSION OTHER: whether a version comes before another
older() {
    one=$1. two=$2.
    while [ -n "$one$two" ]; do
        part=${one%%.*} other=${two%%.*} one=${one#*.} two=${two#*.}
        [ "${part:-0}" -ge "${other:-0}" ] || return 0
        [ "${part:-0}" -le "${other:-0}" ] || return 1
    done
    return 1
}

# want_version LINK TREE UNIT... -- DIRECTORY...: no other version under a unit that runs, and never an older one over
# what a newer one has written, see keep_version
want_version() {
    link=$1 tree=$2 active=''
    shift 2
    while [ "$1" != -- ]; do
        unit_of "$1" MainPID
        [ "${found:-0}" = 0 ] || active=$1
        shift
    done
    shift
    found=
    [ ! -L "$link" ] || link_of "$link" "$tree"
    was=$found
    # The link goes by an uninstall, and the data may stay.
    [ -n "$was" ] || [ ! -f "${ROLL%/*}/version" ] || IFS= read -r was <"${ROLL%/*}/version"
    if [ -z "$was" ] || [ "$was" = "$tree" ]; then
        say ok version "$tree"
    elif older "${tree##*-}" "${was##*-}" && { [ -n "$active" ] || any_held "$@"; }; then
        fail version "$tree" "is older than $was, which has run here; an older version may not read what a newer one has written: set version to ${was##*-} in conf/cluster.yaml again"
    elif [ -n "$active" ]; then
        fail version "$tree" "would take the place of $was while $active runs, and there is no task for an upgrade yet: set version to ${was##*-} in conf/cluster.yaml again, or stop the whole cluster first (fab stop, fab install, fab start)"
    else
        say ok version "$tree"
    fi
}

# running ROLE SNAPSHOT FILE: what a service has started with, KEY=VALUE a line, nothing where it does not run; what its
# next start would find; the cluster ids of its data directories; and those with data that the start would do without
running() {
    role=$1 snapshot=$2 file=$3 source=$2
    for path in "$snapshot" "$file"; do
        case $KEPT in *"$NL$path|$NL"*) ;; *) look_kept "$path" ;; esac
    done
    [ -f "$snapshot" ] || source=$file
    say ok running "$role"
    printf '%s' "$KEPT" | while IFS= read -r pair; do
        case $pair in
        "$snapshot|"?*) say ok running "$role" "${pair#"$snapshot|"}" ;;
        "$file|"?*) say ok next "$role" "${pair#"$file|"}" ;;
        esac
    done
    kept_dirs "$source"
    now=$found
    kept_dirs "$file"
    next=$found
    for directory in $now; do
        value_in "$directory/meta.properties" cluster.id
        [ -z "$found" ] || say ok cluster-id "$role" "$directory=$found"
        # shellcheck disable=SC2086  # lists of paths, which have no blanks
        [ "$now" = "$next" ] || is_among "$directory" $next || leaves "$role" "$directory"
    done
}

# leaves ROLE DIRECTORY
leaves() {
    held_in "$2"
    [ -z "$found" ] || say ok leaves "$1" "$2 $found"
}

# running_version UNIT [PID]: the versioned folder that its process was started from
running_version() {
    pid=${2-$(systemctl show -p MainPID --value "$1" 2>/dev/null)}
    [ "${pid:-0}" = 0 ] || tr '\0:' '\n' <"/proc/$pid/cmdline" 2>/dev/null |
        sed -n '\|/kafka_[^/]*/| { s|.*/\(kafka_[^/]*\)/.*|\1|p; q; }'
}

# keys FILE KEY...: says the values of keys in a file (no key: the file's text); nothing where there is no file
keys() {
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

# no_room MIB DIRECTORY...: names each whose file system has less than that free, or no inodes
no_room() {
    least=$1
    shift
    for path in "$@"; do
        stat -L -f -c '%S %b %a %c %d' "$path" 2>/dev/null | awk -v path="$path" -v least="$least" '
            { free = $1 * $3 / 1048576 }
            free < least { printf "%s has %d of %d MiB free\n", path, free, $1 * $2 / 1048576; next }
            $4 > 0 && $5 == 0 { printf "%s has no inodes free\n", path }'
    done
}

# last_words UNIT LOG: why a unit does not run: the errors of its last start, by its log, else by what it printed
last_words() {
    systemctl status --no-pager --lines=0 "$1" 2>&1 | sed -n '3p;/Process:.*status=[1-9]/p' | cut -c 1-200
    since=$(systemctl show -p ExecMainStartTimestamp --value "$1" 2>/dev/null)
    since=$(date -d "$since" '+%Y-%m-%d %H:%M:%S' 2>/dev/null) || since=
    logged=
    [ ! -f "$2" ] || logged=$(tail -n 5000 "$2" | errors_in "$since")
    [ -z "$logged" ] || printf -- '--- %s\n%s\n' "$2" "$logged"
    printed=$(journalctl -u "$1" --no-pager -o cat -n 200 "_SYSTEMD_INVOCATION_ID=$(systemctl show -p InvocationID --value "$1")" 2>/dev/null | errors_in "")
    [ -z "$printed" ] || [ "$printed" = "$logged" ] || printf -- '--- journal of %s\n%s\n' "$1" "$printed"
    [ -z "$logged$printed" ] || return 0
    [ ! -f "$2" ] || { echo "--- $2, without an error"; tail -n 5 "$2" | cut -c 1-300; }
}

# errors_in SINCE <LINES: of a log the events of ERROR and FATAL since a time, each with its exception and the causes of
# it; of what a JVM prints before it can log, what is no frame of a stack. The first is the reason, the others follow.
errors_in() {
    awk -v since="$1" '
        function add(line) { if (lines[event] < 6) text[event] = text[event] "\n    " substr(line, 1, 300); lines[event]++ }
        /^[ \t]+at |^[ \t]+\.\.\. [0-9]+ (more|common)/ { next }
        /^[ \t]*$/ { next }
        match($0, /^\[?[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T][0-9][0-9]:[0-9][0-9]:[0-9][0-9]/) {
            time = substr($0, 1, RLENGTH); sub(/^\[/, "", time); sub(/T/, " ", time)
            rest = substr($0, RLENGTH + 1); sub(/^[^A-Za-z]*/, "", rest); event = 0
            if (time < since || substr(rest, 1, 60) !~ /(^|[^A-Za-z])(ERROR|FATAL)([^A-Za-z]|$)/ || said[rest]++) { inside = 1; next }
            text[event = ++all] = substr($0, 1, 300); inside = 1; next }
        inside && !event { next }
        inside { if ($0 ~ /^Caused by: / || !lines[event]) add($0); next }
        # The host or its unit speaks, not a log.
        !told[$0]++ { text[++all] = substr($0, 1, 300) }
        END { for (at = 1; at <= all; at++) if (at <= 3 || at > all - 2) print text[at] }'
}

# last_lines COUNT PATTERN FILE...: the last lines of logs, or of their events that match; each after its log's number
last_lines() {
    count=$1 pattern=$2 number=0
    shift 2
    pattern_fits "$pattern" || return
    for path in "$@"; do
        if [ ! -f "$path" ]; then
            no_log "$path"
        elif [ -n "$pattern" ]; then
            folded <"$path" | grep -a -E -e "$pattern" | tail -n "$count" | tr '\001' '\n'
        else
            tail -n "$count" "$path"
        fi | numbered "$number"
        number=$((number + 1))
    done
}

pattern_fits() {
    words=$(grep -E -e "$1" /dev/null 2>&1)
    [ $? -lt 2 ] || fail logs "--grep $1" "${words#grep: }"
}

no_log() {
    names=
    for log in "${1%/*}"/*.log; do [ ! -f "$log" ] || names="$names, $(basename "$log" .log)"; done
    if [ -n "$names" ]; then names="its folder has ${names#, }"; else names="nothing has been logged yet"; fi
    say note logs "$1" "is not there; $names"
}

# folded: each event on one line, its lines parted by a character that no log has
folded() {
    awk '{ printf "%s%s", (NR == 1 ? "" : /^\[[0-9][0-9][0-9][0-9]-[0-9][0-9]-/ ? "\n" : "\001"), $0 }
         END { if (NR) print "" }'
}

# numbered NUMBER: lines of a log after its number; what the library says stays as it is
numbered() {
    sed -u "/^note	logs	/!s/^/$1	/"
}

# follow_lines COUNT PATTERN FILE...: as last_lines, and all that come, until the connection ends
follow_lines() {
    count=$1 pattern=$2 number=0
    shift 2
    pattern_fits "$pattern" || return
    for path in "$@"; do
        [ -f "$path" ] || no_log "$path"
        follow_one "$path" "$number" &
        number=$((number + 1))
    done
    # Nothing comes there: it ends when the connection does, and with it all that was started here.
    cat <&3 >/dev/null
    trap '' TERM
    kill 0
}

follow_one() {
    if [ -n "$pattern" ]; then
        tail -n "$count" -F "$1" 2>/dev/null | grep -a --line-buffered -E -e "$pattern"
    else
        tail -n "$count" -F "$1" 2>/dev/null
    fi | sed -u "s/^/$2	/"
}

# metrics URL: how many metrics of Kafka's an exporter answers with
metrics() {
    page=$(mktemp)
    if words=$(ask_page "$1" "$page" 2>&1); then
        say ok metrics "$1" "count=$(grep -c '^kafka_' "$page")"
    else
        say ok metrics "$1" "$(flat "$words")"
    fi
    rm -f "$page"
}

ask_page() {
    if command -v curl >/dev/null; then
        curl -fsS --max-time 20 -o "$2" "$1"
    elif command -v wget >/dev/null; then
        wget -nv -t 1 -T 20 -O "$2" "$1"
    else
        echo "cannot be asked: neither curl nor wget is on the host"
        return 1
    fi
}
