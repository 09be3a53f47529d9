# Units of systemd: enabled, started, stopped, removed; what else systemd reads for them, and whose they are.
# shellcheck shell=sh disable=SC2034,SC2153,SC2154,SC3043  # one script: see base.sh
UNITS=''
# Where systemd looks for programs.
PATH_OF_UNITS=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
STATES=$NL

# look_units NAME...
look_units() {
    local shown block own row
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

# unit_of NAME KEY: sets found to a property of a systemd unit
unit_of() {
    unit_kept "$1" "$2" || found=$(systemctl show -p "$2" --value "$1" 2>/dev/null)
}

# unit_kept NAME KEY: sets found to what look_units has heard; fails where that is nothing
unit_kept() {
    line_with "$UNITS" "$NL$1|$2=" && found=${found#*=}
}

# outdated NAME...: whether systemd knows one of the units in an older form than the one on disk
outdated() {
    local name
    for name in "$@"; do
        unit_of "$name" NeedDaemonReload
        [ "$found" != yes ] || return 0
    done
    return 1
}

# none_enabled NAME...: whether all of the units were asked about, and none was enabled: they are asked again once they are
none_enabled() {
    local name
    for name in "$@"; do
        unit_kept "$name" UnitFileState && [ "$found" != enabled ] || return 1
    done
}

all_enabled() {
    local name
    for name in "$@"; do unit_of "$name" UnitFileState; [ "$found" = enabled ] || return 1; done
}

# units_of_others NAME...: says what else systemd reads for a unit beside the file that is ours
units_of_others() {
    local name path keys
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
    local place path
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
    local keys
    keys=$(sed -n 's/^ *\([A-Za-z]*\) *=.*/\1/p' "$1" 2>/dev/null | sort -u | tr '\n' ' ')
    printf '%s' "${keys:-nothing }" | sed 's/ $//; s/ /, /g'
}

# want_units NAME...: enabled, and known to systemd as they are on disk
want_units() {
    local todo detail name
    todo='' detail=''
    [ "$DIRTY" = 0 ] || none_enabled "$@" || look_units "$@"
    for name in "$@"; do
        if [ ! -f "/etc/systemd/system/$name.service" ] && [ "$APPLY" = 1 ]; then
            fail units "$name" "has no unit file: run $FAB config first"
        fi
        unit_of "$name" UnitFileState
        [ "$found" = enabled ] || todo="$todo $name"
        claim "$name" || return 0
    done
    ! outdated "$@" || detail=", reload systemd"
    if [ -z "$todo$detail" ]; then say ok units "$*"; else units_bring "$@"; fi
    units_of_others "$@"
    unexpected_units "$@"
}

# unexpected_units NAME...: reports this cluster's other units on this host: hosts.ini no longer has it in their group
unexpected_units() {
    local expected record name
    expected=" $* "
    IFS=$NL
    set -f
    for record in $MADE; do
        case $record in *"${TAB}unit:"*"$TAB$FOLDER$TAB"*) ;; *) continue ;; esac
        name=${record#*"${TAB}unit:"} name=${name%%"$TAB"*}
        case $expected in *" $name "*) continue ;; esac
        [ -f "/etc/systemd/system/$name.service" ] || continue
        say foreign unit "$name" "is still installed, but hosts.ini no longer has this host in its group: put the host back, or stop and remove the service (systemctl disable --now $name; rm /etc/systemd/system/$name.service)"
    done
    set +f
    unset IFS
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

# want_running_config UNIT SNAPSHOT LINK LOG FILE...: says restart where the unit runs with other files than those on disk:
# FILE=KEY,KEY of each file that differs, certificates=FILE,FILE, version=TREE of its unit, java=BINARY that its next start
# takes, deleted=LOG of a log that was deleted while open
want_running_config() {
    local name snapshot link log pid differs others path on_disk changed
    name=$1 snapshot=$2 link=$3 log=$4
    shift 4
    unit_of "$name" MainPID
    pid=$found
    if [ "${pid:-0}" = 0 ] || [ ! -d "$snapshot" ]; then
        say ok running-config "$name" "does not run"
        return
    fi
    differs='' others=''
    for path in "$@"; do
        case $path in
        *.pem)
            ! other_certificates "$snapshot/${path##*/}" "$path" || others="$others,${path##*/}"
            continue
            ;;
        esac
        sum_of "$path"
        on_disk=$found
        sum_of "$snapshot/${path##*/}"
        [ "$found" != "$on_disk" ] || continue
        changed=$(changed_keys "$snapshot/${path##*/}" "$path" | cut -c 3- | tr ' \n' '_,')
        # The same properties in other words, or other comments, are no other state.
        case $changed$path in *.properties | *.service) [ -n "$changed" ] || continue ;; esac
        # Where it leads to the same start, the tree alone is another, or is led to by the link: see version= below.
        case $changed$path in ExecStart,/*.service) ! same_start "$snapshot/${path##*/}" "$path" || continue ;; esac
        differs="$differs ${path##*/}=${changed%,}"
    done
    [ -z "$others" ] || differs="$differs certificates=${others#,}"
    # It goes on writing to a file that nobody can open any more.
    [ -e "$log" ] || [ -z "$(find "/proc/$pid/fd" -lname "*/${log##*/} (deleted)" -print -quit 2>/dev/null)" ] ||
        differs="$differs deleted=${log##*/}"
    unit_tree "$name" "$link"
    [ -z "$found" ] || grep -qaF "$found/" "/proc/$pid/cmdline" || differs="$differs version=${found##*/}"
    other_java "$name" "$pid"
    differs=$differs${found:+ java=$found}
    if [ -n "$differs" ]; then say restart running-config "$name" "${differs# }"; else say ok running-config "$name"; fi
}

# other_java UNIT PID: sets found to the Java that the unit's next start takes, where its process runs another one, or one
# that a package has replaced; else to nothing
other_java() {
    local binary home
    binary=$(readlink "/proc/$2/exe" 2>/dev/null)
    unit_java "/etc/systemd/system/$1.service"
    home=$found found=
    case $binary in */bin/java | */bin/java' (deleted)') ;; *) return ;; esac
    # As systemd looks for it: a login's PATH may have another one.
    if [ -n "$home" ]; then found=$home/bin/java; else found=$(PATH=$PATH_OF_UNITS && command -v java); fi
    found=$(readlink -f "$found")
    [ "$found" != "$binary" ] || found=
}

# want_unit_absent NAME: stopped, disabled and removed
want_unit_absent() {
    local file
    file=/etc/systemd/system/$1.service
    if [ ! -e "$file" ]; then
        say ok unit-absent "$1"
    elif intend unit-absent "$1" "disable and remove"; then
        if systemctl is-active --quiet "$1"; then
            fail unit-absent "$1" "is running: stop it first ($FAB stop)"
            return
        fi
        try unit-absent "$1" systemctl --quiet disable "$1" || return
        ! left_to_package "$file" || return 0
        rm -f "$file" && forget "$file" && strike_out "unit:$1" && systemctl daemon-reload &&
            say changed unit-absent "$1" removed
    fi
}

# start_unit NAME
start_unit() {
    if [ ! -f "/etc/systemd/system/$1.service" ]; then
        fail start "$1" "is not installed: run $FAB install first"
    elif ! refuse_foreign "$1"; then
        return
    elif systemctl is-active --quiet "$1"; then
        say ok start "$1" "is already running"
    else
        try start "$1" systemctl start "$1" && say changed start "$1"
    fi
}

# stop_unit NAME: returns when its processes are gone
stop_unit() {
    refuse_foreign "$1" || return 0
    case $(systemctl show -p ActiveState --value "$1" 2>/dev/null) in
    active | activating | deactivating | reloading) ;;
    *)
        say ok stop "$1" "does not run"
        return
        ;;
    esac
    try stop "$1" systemctl stop "$1" && say changed stop "$1"
}

# state UNIT SNAPSHOT LINK LOG FILE...: how a unit is, in KEY=VALUE words, and what has changed since its start
state() {
    local words word uptime pid runs
    foreign_owner "$1"
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
    pid=${words##*MainPID=}
    runs=$(running_tree "$1" "${pid%% *}")
    unit_tree "$1" "$3"
    say ok state "$1" "${words}Uptime=$uptime Version=${runs##*/} Installed=${found##*/}"
    want_running_config "$@"
}

# foreign_owner UNIT: sets found to whose a unit is, where it is not ours, or to nothing
foreign_owner() {
    local file
    found=
    [ -n "$CLUSTER" ] || return 0
    others "unit:$1"
    [ -z "$found" ] || { found="$1.service belongs to $found"; return; }
    ! recorded "unit:$1" || return 0
    file=/etc/systemd/system/$1.service
    if [ -e "$file" ] || [ -L "$file" ]; then
        written_by_us "$file" || found="$file was not written by kafka-fab"
        return 0
    fi
    file=$(systemctl show -p FragmentPath --value "$1" 2>/dev/null)
    [ -n "$file" ] || return 0
    package_of "$file"
    found="$1.service already exists ($file${found:+, of the package $found})"
}

# written_by_us FILE: as an older kafka-fab has noted, or as our templates begin
written_by_us() {
    local line
    [ ! -L "$1" ] || return 1
    ! grep -qF " $1" "$STATE/written" 2>/dev/null || return 0
    IFS= read -r line <"$1" || line=
    case $line in "# Written by kafka-fab."*) ;; *) return 1 ;; esac
}

# refuse_foreign UNIT
refuse_foreign() {
    foreign_owner "$1"
    [ -n "$found" ] || return 0
    fail owner "$1" "$found: correct hosts.ini, or set another \`service\` name in conf/cluster.yaml; nothing was changed"
    return 1
}

# claim UNIT: ours from now on
claim() {
    local directories
    ! recorded "unit:$1" || return 0
    directories=${OF_UNITS#*"$NL$1="} directories=${directories%%"$NL"*}
    write_down made "unit:$1" "hosts=$HOSTS dirs=$directories"
}
