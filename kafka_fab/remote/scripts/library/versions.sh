# Versions: the tree that each service starts from, which only an upgrade changes, and the files that lead back from one.
# shellcheck shell=sh disable=SC2034,SC2153,SC2154,SC3043  # one script: see base.sh
# Files of services that stay at another version, a line each: an install leaves them as they are, see want_version.
KEPT_BACK=$NL
# Trees of another version that were looked at, a line each: services of a host start from the same.
KEPT_TREES=$NL

# start_of FILE: sets found to the tree that a unit's file starts from, rest to the line of its start without it; a unit of
# an older kafka-fab names the link, and counts as naming what that leads to
start_of() {
    local line start
    found='' rest='' start=''
    [ -f "$1" ] || return 0
    while IFS= read -r line; do
        case $line in ExecStart=*) start=${line#ExecStart=} ;; esac
    done <"$1"
    rest=${start%exec *} start=${start##*exec }
    case $start in
    *')"/bin/'*) found=${start%%')"/bin/'*} start=${start#*')"/bin/'} found=${found##*" "} ;;
    *) found=${start%% *} found=${found%/bin/*} start=${start#"$found/bin/"} ;;
    esac
    rest=$rest$start
    [ ! -L "$found" ] || found=$(readlink -f "$found")
    case ${found##*/} in kafka_*-*) ;; *) found= ;; esac
}

# unit_tree UNIT LINK: sets found to the tree that a service starts from next, or to nothing where it has no unit
unit_tree() {
    start_of "/etc/systemd/system/$1.service"
    # One that is written in another form starts by the link, as the templates had it.
    [ -n "$found" ] || [ ! -f "/etc/systemd/system/$1.service" ] || [ ! -e "$2" ] || found=$(readlink -f "$2")
}

# unit_java FILE: sets found to the JAVA_HOME of a unit's file, or to nothing where it starts the java in PATH
unit_java() {
    local line
    found=
    [ -f "$1" ] || return 0
    while IFS= read -r line; do
        case $line in
        Environment=JAVA_HOME=*) found=${line#Environment=JAVA_HOME=} ;;
        'Environment="JAVA_HOME='*) found=${line#*JAVA_HOME=} found=${found%\"} ;;
        esac
    done <"$1"
}

# same_start FILE FILE: whether two units start alike, but for the tree
same_start() {
    local rest one
    start_of "$1"
    one=$rest
    start_of "$2"
    [ "$one" = "$rest" ]
}

# another_tree TREE LINK UNIT...: whether one of the units starts from another tree
another_tree() {
    local tree link unit
    tree=$1 link=$2
    shift 2
    for unit in "$@"; do
        unit_tree "$unit" "$link"
        [ -z "$found" ] || [ "$found" = "$tree" ] || return 0
    done
    return 1
}

# kept_back PATH: whether a file is a service's that stays at another version
kept_back() {
    case $KEPT_BACK in *"$NL$1$NL"*) ;; *) return 1 ;; esac
}

# keep_levels PATH OWNER GROUP MODE SECRET SHA256 CONTENT LEVEL...: adds to wanted the levels that the file has, and sets sum:
# what an upgrade has pinned is taken away by its end alone
keep_levels() {
    local path on_disk kept
    path=$1 on_disk=$found kept=''
    shift 7
    while [ $# -gt 0 ]; do
        kept_in "$path" "$1"
        case $found in "" | *[!0-9A-Za-z.-]*) ;; *) wanted=$wanted$1=$found$NL kept="$kept, $1=$found" ;; esac
        shift
    done
    if [ -n "$kept" ]; then
        sum=$(printf '%s' "$wanted" | sha256sum) sum=${sum%% *}
        say note levels "$path" "keeps ${kept#, }, which conf/cluster.yaml does not set: $FAB finalize removes it"
    fi
    found=$on_disk
}

# add_levels FILE KEY=VALUE...: to a file that does not have the keys, which is otherwise left as it is
add_levels() {
    local path pair new ours_before
    path=$1 new=${1%/*}/.${1##*/}.new ours_before=0
    shift
    [ -f "$path" ] || { fail levels "$path" "is not installed: run $FAB install first"; return; }
    ! ours "$path" || ours_before=1
    try levels "$path" cp -p "$path" "$new" || return
    for pair in "$@"; do
        printf '%s\n' "$pair" >>"$new" 2>/dev/null || { fail levels "$path" "cannot be written: is the disk full?"; return; }
    done
    found=$(sha256sum <"$new")
    [ $ours_before = 0 ] || remember "${found%% *}" "$path"
    settle "$new" && try levels "$path" mv -f -T "$new" "$path" &&
        say changed levels "$path" "$*: as brokers that an upgrade has not finalized; $FAB finalize removes it"
}

# keep_version TREE: what this cluster's data may be written by from now on, which outlives the link
keep_version() {
    local kept
    [ -n "$CLUSTER" ] || return 0
    kept=${ROLL%/*}/version
    if ! { mkdir -p "${kept%/*}" && printf '%s\n' "$1" >"$kept.new" && mv -f -T "$kept.new" "$kept"; } 2>/dev/null; then
        fail version "$1" "cannot write to ${kept%/*}: is the disk full?"
        return 1
    fi
}

# want_version_record TREE: keep_version, as a resource
want_version_record() {
    found=
    [ ! -f "${ROLL%/*}/version" ] || IFS= read -r found <"${ROLL%/*}/version"
    if [ "$found" = "$1" ]; then
        say ok version-record "$1"
    elif intend version-record "$1" "${found:+$found }-> $1"; then
        keep_version "$1" && say changed version-record "$1"
    fi
}

# older VERSION OTHER: whether a version comes before another
older() {
    local one two part other
    one=$1. two=$2.
    while [ -n "$one$two" ]; do
        part=${one%%.*} other=${two%%.*} one=${one#*.} two=${two#*.}
        [ "${part:-0}" -ge "${other:-0}" ] || return 0
        [ "${part:-0}" -le "${other:-0}" ] || return 1
    done
    return 1
}

# want_version LINK TREE JAVA UNIT FILE... -- DIRECTORY...: a service that runs, or has data, comes to another version, or
# to another Java, by an upgrade only: until then its files and the link stay as they are; and never to an older version
# than has written its data
want_version() {
    local link tree java unit files starts was active
    link=$1 tree=$2 java=$3 unit=$4 files=''
    shift 4
    while [ "$1" != -- ]; do
        files=$files$1$NL
        shift
    done
    shift
    unit_of "$unit" MainPID
    active=$found
    unit_tree "$unit" "$link"
    starts=$found
    version_of_data "$starts" "$link" "$tree"
    was=$found
    if [ -z "$was" ] || { [ "${active:-0}" = 0 ] && ! any_held "$@"; }; then
        say ok version "$unit"
        return
    elif [ "$was" = "$tree" ]; then
        want_java_of_unit
        return
    fi
    [ -z "$starts" ] || { KEPT_BACK=$KEPT_BACK$files && kept_tree "$starts"; }
    if older "${tree##*-}" "${was##*-}"; then
        refuse_older
    elif [ -n "$starts" ]; then
        say ok version "$unit"
        say note version "$unit" "$(prepared)"
    elif [ "${active:-0}" != 0 ]; then
        fail version "$unit" "is running ${was##*-}, but its unit file is missing: set version to ${was##*-} in conf/cluster.yaml again and run $FAB install, which restores it, before an upgrade"
    else
        say ok version "$unit"
    fi
}

# want_java_of_unit: a service of the wanted version, which may have another Java
want_java_of_unit() {
    say ok version "$unit"
    unit_java "/etc/systemd/system/$unit.service"
    [ -n "$starts" ] && [ "$found" != "$java" ] || return 0
    KEPT_BACK=$KEPT_BACK$files
    say note version "$unit" "prepared for ${java:-the java in PATH} (java.home); stays at ${found:-the java in PATH} until it is upgraded: $FAB upgrade"
}

# kept_tree TREE: says how the tree of another version differs from its extraction, while services start from it
kept_tree() {
    case $KEPT_TREES in *"$NL$1$NL"*) return ;; esac
    KEPT_TREES=$KEPT_TREES$1$NL
    made_by_us "$1" || return 0
    tree_look "$1"
    case $NL$DRIFT in
    *"${NL}missing|"* | *"${NL}differs|"* | *"${NL}owner|"*)
        say foreign tree "$1" "$(drift_in_words '^(missing|differs|owner)$'), and $unit starts from it until it is upgraded: to repair it, set version to ${1##*-} in conf/cluster.yaml again and run $FAB install"
        ;;
    esac
    case $DRIFT in
    *extra"|"*) say foreign tree "$1" "not from the archive: $(drift_in_words '^extra$')$(loaded_by_a_start): move it away, or keep it if it is yours" ;;
    esac
}

# contents_of_trees LINK TREE UNIT...: tree_contents of each tree that a unit starts from; of the wanted one where none does
contents_of_trees() {
    local link tree unit seen
    link=$1 tree=$2 seen=$NL
    shift 2
    for unit in "$@"; do
        unit_tree "$unit" "$link"
        case $seen in *"$NL${found:-$tree}$NL"*) continue ;; esac
        seen=$seen${found:-$tree}$NL
        tree_contents "${found:-$tree}"
    done
}

# version_of_data TREE LINK WANTED: sets found to the tree that has written the data: the unit's, else the link's, else the
# recorded one
version_of_data() {
    found=$1
    [ -n "$found" ] || [ ! -L "$2" ] || link_of "$2" "$3"
    # A link that somebody has moved elsewhere names no version.
    case ${found##*/} in *-[0-9]*) ;; *) found= ;; esac
    # The link goes by an uninstall, and the data may stay.
    [ -n "$found" ] || [ ! -f "${ROLL%/*}/version" ] || IFS= read -r found <"${ROLL%/*}/version"
}

refuse_older() {
    local back left
    back='' left=''
    # Each host decides for itself.
    [ "$APPLY" = 0 ] || left=", and run $FAB install on all hosts: those that have not run ${was##*-} may have files of ${tree##*-} now"
    [ ! -f "${ROLL%/*}/before/$unit/tree" ] || back="; the way back from an upgrade is $FAB upgrade --rollback"
    fail version "$unit" "${tree##*-} is older than ${was##*-}, which has run on this data; an older version may not read data of a newer one: set version to ${was##*-} in conf/cluster.yaml again$left$back [U9]"
}

prepared() {
    local words
    words="prepared for ${tree##*-}"
    [ "$APPLY" = 1 ] || [ -d "$tree" ] || words="would be $words"
    printf '%s; stays at %s until it is upgraded: %s upgrade' "$words" "${was##*-}" "$FAB"
}

# want_saved UNIT LINK TREE JAVA FILE...: a service's files of before its upgrade to TREE, or to another Java, kept once:
# what a step that was cut off has written is never taken for them
want_saved() {
    local unit link tree java folder was before
    unit=$1 link=$2 tree=$3 java=$4 folder=${ROLL%/*}/before/$1
    shift 4
    unit_tree "$unit" "$link"
    was=$found
    saved_tree "$unit"
    before=$found
    unit_java "/etc/systemd/system/$unit.service"
    if [ -z "$was" ] || [ "$was" = "$before" ] || { [ "$was" = "$tree" ] && { [ "$found" = "$java" ] || [ -n "$before" ]; }; }; then
        say ok saved "$unit"
    elif intend saved "$unit" "the files of ${was##*-}"; then
        if save_files "$@" 2>/dev/null; then
            say changed saved "$unit" "the files of ${was##*-}"
        else
            fail saved "$unit" "cannot write to $folder: is the disk full?"
        fi
    fi
}

# saved_tree UNIT: sets found to the tree of the files that are saved of a service, or to nothing
saved_tree() {
    found=
    [ ! -f "${ROLL%/*}/before/$1/tree" ] || IFS= read -r found <"${ROLL%/*}/before/$1/tree"
}

# save_files FILE...: into the folder, as a whole or not at all; a unit that names the link names its tree there: the link
# will have moved
save_files() {
    local path copy
    rm -rf "$folder" "$folder.new" && mkdir -p "$folder.new" && chmod 700 "${folder%/*}" "$folder.new" || return
    for path in "$@"; do
        copy=$folder.new/${path##*/}
        printf '%s\n' "$path" >>"$folder.new/paths" || return
        [ ! -e "$path" ] || cp -p "$path" "$copy" || return
        case $path in *.service)
            sed "s|\"\\\$(readlink -f [^)]*)\"/bin/|$was/bin/|" "$path" >"$copy.named" && cat "$copy.named" >"$copy" && rm "$copy.named" || return
            ;;
        esac
    done
    printf '%s\n' "$was" >"$folder.new/tree" && settle "$folder.new/"* && mv -T "$folder.new" "$folder" && settle "${folder%/*}"
}

# want_restored UNIT LINK UNIT...: the saved files of a service in their places, its own unit first: the newer version is
# never started with them; and the link, where no service of the host starts from another tree any more
want_restored() {
    local unit link folder was path
    unit=$1 link=$2 folder=${ROLL%/*}/before/$1
    shift 2
    saved_tree "$unit"
    was=$found
    if [ -z "$was" ]; then
        say ok restored "$unit" "nothing is saved"
        return
    fi
    can_restore && restores_directories || return 0
    intend restored "$unit" "the files of ${was##*-}" || return 0
    drop_deleted || return
    restore_file "/etc/systemd/system/$unit.service" || return
    while IFS= read -r path; do
        restore_file "$path" || return
    done <"$folder/paths"
    try restored "$unit" systemctl daemon-reload || return
    DIRTY=1
    if ! another_tree "$was" "$link" "$@"; then keep_version "$was" && want_link "$link" "$was" || return; fi
    try restored "$unit" rm -rf "$folder" && say changed restored "$unit" "the files of ${was##*-}"
}

# can_restore: fails where a service could not start with its saved files any more
can_restore() {
    if [ ! -d "$was" ]; then
        fail restored "$unit" "$was, which it ran from before, does not exist any more"
        return 1
    elif [ ! -s "$folder/paths" ] || [ ! -f "$folder/$unit.service" ]; then
        fail restored "$unit" "its files of ${was##*-} in $folder are not complete any more"
        return 1
    fi
    unit_java "$folder/$unit.service"
    [ -z "$found" ] || [ -x "$found/bin/java" ] || { fail restored "$unit" "its unit of before has JAVA_HOME=$found, where there is no Java any more"; return 1; }
}

# restores_directories: fails where a saved file lacks a directory that was added since and holds data by now
restores_directories() {
    local path directory now before
    while IFS= read -r path; do
        case $path in *.properties) ;; *) continue ;; esac
        kept_dirs "$path"
        now=$found
        kept_dirs "$folder/${path##*/}"
        before=$found
        for directory in $now; do
            # shellcheck disable=SC2086  # a list of paths, which have no blanks
            is_among "$directory" $before && continue
            any_held "$directory" || continue
            fail restored "$unit" "$directory was added after the upgrade and holds data, which $unit would lose with its files of before: move its replicas to other brokers, remove it from conf/cluster.yaml and run $FAB install first"
            return 1
        done
    done <"$folder/paths"
}

# drop_deleted: the directories of deleted partitions, which a broker renames before it removes them a minute later, are
# removed for one that does not start beside them (before 0.10.2, KAFKA-1911)
drop_deleted() {
    local path directory deleted
    older "${was##*-}" 0.10.2 || return 0
    while IFS= read -r path; do
        case $path in *.properties) ;; *) continue ;; esac
        kept_dirs "$path"
        for directory in $found; do
            for deleted in "$directory"/*.????????????????????????????????-delete; do
                [ ! -d "$deleted" ] || try restored "$unit" rm -rf "$deleted" || return
            done
        done
    done <"$folder/paths"
}

# restore_file PATH: as it was; one that was not there is gone
restore_file() {
    local copy new
    copy=$folder/${1##*/} new=${1%/*}/.${1##*/}.new
    if [ ! -e "$copy" ]; then
        try restored "$1" rm -f "$1"
        return
    fi
    # Not with the time of before: by that systemd would not notice.
    try restored "$1" cp "$copy" "$new" && try restored "$1" chown --reference="$copy" "$new" &&
        try restored "$1" chmod --reference="$copy" "$new" || return
    found=$(sha256sum <"$new")
    remember "${found%% *}" "$1" 2>/dev/null || { fail restored "$1" "cannot write to $STATE: is the disk full?"; return 1; }
    settle "$new" && try restored "$1" mv -f -T "$new" "$1"
}

# want_saved_absent UNIT: nothing leads back from the version that a service has now
want_saved_absent() {
    local folder
    folder=${ROLL%/*}/before/$1
    if [ ! -e "$folder" ]; then
        say ok saved "$1"
    elif intend saved "$1" "remove"; then
        try saved "$1" rm -rf "$folder" && say changed saved "$1" removed
    fi
}

# look_versions FOLDER LINK (UNIT FILE)...: the trees on this host that are ours; of each service the tree that it starts from,
# that it runs from, and that its saved files are of; and the levels in its file, and in that file as it was at its start
look_versions() {
    local link path unit words
    link=$2
    for path in "$1"/kafka_*-*/; do
        [ ! -f "$path.kafka-fab" ] || say ok host-tree "${path%/}"
    done
    shift 2
    while [ $# -gt 0 ]; do
        unit=$1
        unit_tree "$unit" "$link"
        words="starts=$found running=$(running_tree "$unit")"
        saved_tree "$unit"
        words="$words saved=$found"
        unit_java "/etc/systemd/system/$unit.service"
        words="$words java=$found"
        unit_java "/run/$unit/$unit.service"
        say ok service-version "$unit" "$words running-java=$found"
        for path in "$2" "/run/$unit/${2##*/}"; do
            look_levels "$unit" "$path"
        done
        shift 2
    done
}

# look_levels UNIT FILE
look_levels() {
    local key kind
    kind=level
    case $2 in /run/*) kind=running-level ;; esac
    for key in inter.broker.protocol.version log.message.format.version; do
        kept_in "$2" "$key"
        [ -z "$found" ] || say ok "$kind" "$1" "$key=$found"
    done
}

# running_tree UNIT [PID]: the versioned folder that its process was started from
running_tree() {
    local pid
    pid=${2-$(systemctl show -p MainPID --value "$1" 2>/dev/null)}
    [ "${pid:-0}" = 0 ] || tr '\0:' '\n' <"/proc/$pid/cmdline" 2>/dev/null |
        sed -n '\|^/.*/kafka_[0-9][^/]*-[^/]*/| { s|^\(.*/kafka_[^/]*\)/.*|\1|p; q; }'
}
