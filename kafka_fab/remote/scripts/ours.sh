# shellcheck shell=sh
# What on this host is ours, and whose else. A part of lib.sh: what a run makes, or finds empty and takes, is written
# down in $STATE/made before it is made, a thing a line:
#   HOW <tab> THING <tab> FOLDER <tab> CLUSTER <tab> SINCE <tab> BY <tab> MORE
# HOW is made (by us), took (found empty or with our owner) or used (another cluster has made it); THING a path, or
# unit:NAME, or user:NAME; FOLDER the id of the cluster's folder; MORE of a directory to=PLACE where it, or one above it, is a link.
# Only what stands there is ever changed or removed.
FOLDER='' CLUSTER='' HERE='' HOSTS='' BY='' MADE='' SINCE='' OF_UNITS='' OLDER=0
# PATH|PLACE of directories, a line each, as want_places has found them.
REALS=''
TAB='	'
MOUNTS=/proc/self/mountinfo

# whose CLUSTER FOLDER HOST HOSTS BY (UNIT DIRECTORIES)...: this script is that cluster's. A folder that does not know
# its id, as a fresh clone, has the one of the services that it fits.
whose() {
    CLUSTER=$1 FOLDER=$2 HERE=$3 HOSTS=$4 BY=$5
    shift 5
    read_records
    OF_UNITS=$NL
    while [ $# -gt 0 ]; do
        OF_UNITS=$OF_UNITS$1=$2$NL
        [ -n "$FOLDER" ] || fits "$1" "$2"
        shift 2
    done
    whose_operations
}

# whose_operations: sets where the lock and the journal of this cluster's operations are. All of its folders meet there:
# one that neither knows its id nor fits has that of its namesake, and there is one of a name on a host.
whose_operations() {
    key=$FOLDER
    if [ -z "$key" ] && line_with "$MADE" "$TAB$CLUSTER$TAB"; then
        key=${found%%"$TAB$CLUSTER$TAB"*} key=${key##*"$TAB"}
    fi
    ROLL=$STATE/clusters/${key:-$CLUSTER}/roll
    # shellcheck disable=SC2034  # for roll.sh and its like
    HISTORY=$STATE/clusters/${key:-$CLUSTER}/history
}

# read_records: once; OLDER where a kafka-fab that kept none was at work here, and none that does
read_records() {
    [ -z "$MADE" ] || return 0
    MADE=$NL
    if [ -f "$STATE/made" ]; then MADE=$NL$(cat "$STATE/made")$NL; elif [ -f "$STATE/written" ]; then OLDER=1; fi
}

# fits UNIT DIRECTORIES: sets FOLDER where the unit's record has this cluster's name, one of its directories, and
# another of its hosts, if it has others
fits() {
    others "unit:$1"
    [ "$name" = "$CLUSTER" ] || return 0
    # shellcheck disable=SC2086  # lists
    if in_common "$2" "${more#*" dirs="}" && in_common "$HOSTS" "$(hosts_of "$more")"; then FOLDER=$folder; fi
}

# hosts_of MORE: the hosts of a record's cluster without this one; this one where it is alone
hosts_of() {
    them=${1#hosts=} them=${them%%" "*}
    [ "$them" = "$HERE" ] || them=$(printf '%s' "$them" | tr ',' '\n' | grep -vxF -e "$HERE" | tr '\n' ',')
    printf '%s' "$them"
}

# in_common LIST LIST: whether two lists, parted by commas, share a word
in_common() {
    list=",$2,"
    while IFS= read -r word; do
        case $list in *",$word,"*) return 0 ;; esac
    done <<WORDS
$(printf '%s' "$1" | tr ',' '\n')
WORDS
    return 1
}

# recorded THING: sets how to what the record says of a thing of ours; fails where it says nothing
recorded() {
    how=
    read_records
    case $MADE in
    *"$TAB$1$TAB$FOLDER$TAB"*) how=${MADE%%"$TAB$1$TAB$FOLDER$TAB"*} how=${how##*"$NL"} ;;
    *) return 1 ;;
    esac
}

# strayed DIRECTORY: whether one of our record leads elsewhere than when it was written down; sets found to where
strayed() {
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
        found="now leads to ${to#to=}, by a link above it"
    fi
}

# real_place DIRECTORY: sets to to to=PLACE where it really lies elsewhere, behind links of its own or above it
real_place() {
    line_with "$REALS" "$NL$1|"
    if [ -n "$found" ]; then to=${found#*"|"}; else to=$(readlink -m "$1"); fi
    if [ "$to" = "$1" ]; then to=''; else to=to=$to; fi
}

# others THING: sets found to which other cluster has a thing, in words, or to nothing; name, folder and more to its own
others() {
    read_records
    found='' name='' folder='' more=''
    case $MADE in *"$TAB$1$TAB"*) ;; *) return 0 ;; esac
    IFS=$NL
    set -f
    for record in $MADE; do
        case $record in *"$TAB$1$TAB"*) record=${record#*"$TAB$1$TAB"} ;; *) continue ;; esac
        folder=${record%%"$TAB"*} record=${record#*"$TAB"}
        [ "$folder" != "$FOLDER" ] || continue
        name=${record%%"$TAB"*} record=${record#*"$TAB"}
        since=${record%%"$TAB"*} record=${record#*"$TAB"}
        more=${record#*"$TAB"}
        found="cluster $name (since $since, by ${record%%"$TAB"*})"
        break
    done
    set +f
    unset IFS
}

# write_down HOW THING [MORE]: before the thing is made
write_down() {
    [ "$APPLY" = 1 ] && ! recorded "$2" || return 0
    [ -n "$SINCE" ] || SINCE=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    line=$1$TAB$2$TAB$FOLDER$TAB$CLUSTER$TAB$SINCE$TAB$BY$TAB${3-}
    if ! {
        { [ -d "$STATE" ] || mkdir -p "$STATE"; } &&
            # What a power cut has cut off must not spoil this one.
            { [ ! -s "$STATE/made" ] || [ -z "$(tail -c 1 "$STATE/made")" ] || echo >>"$STATE/made"; } &&
            printf '%s\n' "$line" >>"$STATE/made"
    } 2>/dev/null; then
        fail record "$2" "cannot write to $STATE: is the disk full?"
        return 1
    fi
    MADE=$MADE$line$NL
    case $NEW in *"$STATE/made"*) ;; *) NEW="$NEW $STATE/made" ;; esac
}

# strike_out THING: ours no more
strike_out() {
    recorded "$1" || return 0
    awk -F '\t' -v thing="$1" -v folder="$FOLDER" '$2 != thing || $3 != folder' "$STATE/made" >"$STATE/made.new" &&
        mv -f "$STATE/made.new" "$STATE/made" && MADE=$NL$(cat "$STATE/made")$NL
}

# package_of PATH: sets found to the package that owns a path, or to nothing
package_of() {
    found=
    if command -v dpkg-query >/dev/null; then
        found=$(dpkg-query -S "$1" 2>/dev/null | head -n 1) found=${found%%:*}
    elif command -v rpm >/dev/null; then
        found=$(rpm -qf --qf '%{NAME}\n' "$1" 2>/dev/null | head -n 1) || found=
    fi
}

# content_of DIRECTORY: sets found to the first things in it, or to nothing; a file system's own is none
content_of() {
    found=$(find "$1/" -mindepth 1 -maxdepth 1 ! -name lost+found 2>/dev/null | sort | head -n 3 | sed 's|.*/||' | tr '\n' ' ')
    found=${found% }
}

# is_mount DIRECTORY
is_mount() {
    [ "$(stat -L -c %m "$1" 2>/dev/null)" = "$(readlink -f "$1")" ]
}

# mounted_below DIRECTORY: sets found to what is mounted in it, from the same device too; find -xdev tells other ones only
mounted_below() {
    found=$(awk -v above="$(readlink -f "$1")/" 'index($5, above) == 1 { print $5; exit }' "$MOUNTS")
    [ -n "$found" ]
}

# take_directory PATH OWNER GROUP MODE [shared|scratch]: one that no record of ours knows; fails where it must be left
# alone. A scratch one of our owner is as if we had made it: systemd has, at an earlier start.
take_directory() {
    path=$1 user=$2 group=$3 kind=${5-}
    real_place "$1"
    others "$1"
    if [ -n "$found" ]; then
        [ "$kind" = shared ] || { fail directory "$1" "is that of $found: name another in conf/cluster.yaml"; return 1; }
        write_down used "$1" "$to"
        return
    fi
    stat_of "$1"
    case $found in directory*) ;; *) return 0 ;; esac
    there=${found#*|} there=${there% *}
    if [ "$OLDER" = 1 ] && [ "$there" = "$user $group" ]; then write_down made "$path" "$to"; return; fi
    package_of "$path"
    if [ -n "$found" ]; then
        refuse_directory "belongs to the package $found"
    elif [ "$there" = "$user $group" ] && [ "$there" != "root root" ]; then
        taken=took
        [ "$kind" != scratch ] || taken=made
        write_down "$taken" "$path" "$to"
    else
        content_of "$path"
        if [ -n "$found" ]; then
            refuse_directory "is there with $found in it, of $there: kafka-fab neither made it nor found it empty"
        elif [ "${there%% *}" != root ] && [ "${there%% *}" != "$user" ]; then
            refuse_directory "belongs to ${there%% *}"
        else
            write_down took "$path" "$to"
        fi
    fi
}

refuse_directory() {
    remedy="name a folder of Kafka's own in conf/cluster.yaml"
    [ "$user" = root ] || remedy="$remedy, or, if what is in it is Kafka's, give it to $user (chown $user:$group $path)"
    [ "$kind" != scratch ] || remedy="each start of the service would delete the files in it: move it away, or give the service another name (\`service\` in conf/cluster.yaml)"
    fail directory "$path" "$1: $remedy"
    return 1
}

# want_owner CLUSTER FOLDER HOST HOSTS BY (UNIT DIRECTORIES)...: none of the units is somebody else's
want_owner() {
    whose "$@"
    namesake
    if [ -n "$found" ]; then
        fail owner "$CLUSTER" "this host has another $found: give this one a name of its own (\`name\` in conf/cluster.yaml), or correct hosts.ini; nothing was touched"
        return
    fi
    copied
    if [ -n "$found" ]; then
        fail owner "$CLUSTER" "the folder has the id of $found: it is a copy; remove its folder.id if it is to be a cluster of its own; nothing was touched"
        return
    fi
    shift 5
    while [ $# -gt 0 ]; do
        refuse_stranger "$1" || return 0
        shift 2
    done
    say ok owner "$CLUSTER" "folder=$FOLDER"
}

# namesake: sets found to another cluster of the same name on this host, or to nothing
namesake() {
    found=
    while IFS=$TAB read -r _ _ folder name since by _; do
        case $name:$folder in ":"* | *":$FOLDER") continue ;; "$CLUSTER:"*) ;; *) continue ;; esac
        found="cluster $name (since $since, by $by)"
        return
    done <<RECORDS
${MADE#"$NL"}
RECORDS
}

# copied: sets found to the cluster of another name that has our id and none of our directories, or to nothing
copied() {
    found=
    case $MADE in *"$TAB$FOLDER$TAB"*) ;; *) return 0 ;; esac
    while IFS=$TAB read -r _ thing folder name since by more; do
        case $thing:$folder in "unit:"*":$FOLDER") ;; *) continue ;; esac
        # A cluster that was given another name keeps its directories.
        [ "$name" != "$CLUSTER" ] || { found=; return; }
        found="cluster $name (since $since, by $by)"
        all=$(printf '%s' "$OF_UNITS" | sed 's/^[^=]*=//' | tr '\n' ',')
        ! in_common "$all" "${more#*" dirs="}" || { found=; return; }
    done <<RECORDS
${MADE#"$NL"}
RECORDS
}

# stranger UNIT: sets found to whose a unit is, where it is not ours, or to nothing
stranger() {
    found=
    [ -n "$CLUSTER" ] || return 0
    others "unit:$1"
    [ -z "$found" ] || { found="$1.service is that of $found"; return; }
    ! recorded "unit:$1" || return 0
    file=/etc/systemd/system/$1.service
    if [ -e "$file" ] || [ -L "$file" ]; then
        written_by_us "$file" || found="$file was not written by kafka-fab"
        return 0
    fi
    file=$(systemctl show -p FragmentPath --value "$1" 2>/dev/null)
    [ -n "$file" ] || return 0
    package_of "$file"
    found="$1.service is there already ($file${found:+, of the package $found})"
}

# written_by_us FILE: as an older kafka-fab has noted, or as our templates begin
written_by_us() {
    [ ! -L "$1" ] || return 1
    ! grep -qF " $1" "$STATE/written" 2>/dev/null || return 0
    IFS= read -r line <"$1" || line=
    case $line in "# Written by kafka-fab."*) ;; *) return 1 ;; esac
}

# refuse_stranger UNIT
refuse_stranger() {
    stranger "$1"
    [ -n "$found" ] || return 0
    fail owner "$1" "$found: correct hosts.ini, or give this cluster's service another name (\`service\` in conf/cluster.yaml); nothing was touched"
    return 1
}

# claim UNIT: ours from now on
claim() {
    ! recorded "unit:$1" || return 0
    directories=${OF_UNITS#*"$NL$1="} directories=${directories%%"$NL"*}
    write_down made "unit:$1" "hosts=$HOSTS dirs=$directories"
}

# want_places CLOSED SHARED PATH...: where the directories really lie, behind links: not in the system's, and apart
want_places() {
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
    way=$path
    while [ -n "$way" ] && [ ! -e "$way" ]; do
        if [ -L "$way" ]; then
            fail places "$path" "$way leads to $(readlink -m "$way"), which is not there: is its disk mounted?"
            return 1
        fi
        way=${way%/*}
    done
}

# lies_well TARGET
lies_well() {
    case $shared in *" $1 "*) fail places "$path" "leads to $1, which belongs to the system: name a folder of Kafka's own"; return 1 ;; esac
    above=$1
    while [ -n "$above" ]; do
        case $closed in *" $above "*) fail places "$path" "leads to $1, in $above, which belongs to the system: name a folder elsewhere"; return 1 ;; esac
        [ "$above" != /usr/local ] || return 0
        above=${above%/*}
    done
}

# lies_apart: the target of this path beside those before
lies_apart() {
    while IFS='|' read -r before place; do
        [ -n "$before" ] || continue
        case $target/ in "$place/"*) ;; *) case $place/ in "$target/"*) ;; *) continue ;; esac ;; esac
        fail places "$path" "is, or lies in, the same directory as $before ($target and $place, behind their links): keep the two apart"
        return 1
    done <<EARLIER
$earlier
EARLIER
}

# gone_directory PATH: with all that is in it, if it is ours; one that we did not make, and a mount point, is emptied
gone_directory() {
    if ! recorded "$1" && ! { [ "$OLDER" = 1 ] && adopted "$1"; }; then
        content_of "$1"
        say note gone "$1" "kept: ${found:+it has content, and }kafka-fab neither made it nor found it empty"
        return
    fi
    others "$1"
    if [ -n "$found" ]; then
        say ok gone "$1" "kept: $found uses it, too"
        [ "$APPLY" = 0 ] || strike_out "$1"
    elif mounted_below "$1"; then
        fail gone "$1" "$found is mounted in it, and nothing in it was deleted: run umount $found, then this again"
    elif [ "$how" = made ] && [ ! -L "$1" ] && ! is_mount "$1"; then
        intend gone "$1" remove && try gone "$1" find "$1" -xdev -depth -delete && forget "$1" && strike_out "$1" && say changed gone "$1" removed
    else
        kept="a mount point"
        is_mount "$1" || kept="kafka-fab did not make it"
        intend gone "$1" "empty" && try gone "$1" find "$1/" -xdev -mindepth 1 ! -path "$1/lost+found*" -delete &&
            forget "$1" && strike_out "$1" && say changed gone "$1" "emptied and kept: $kept"
    fi
}

# adopted DIRECTORY: whether one of an older kafka-fab's is ours by its owner; sets how
adopted() {
    how=made
    [ "$(stat -L -c %U "$1")" != root ] || { content_of "$1"; [ -z "$found" ]; }
}

# want_link_gone PATH
want_link_gone() {
    if [ ! -L "$1" ]; then
        say ok gone "$1"
    elif ! recorded "$1" && ! made_by_us "$(readlink -f "$1")"; then
        say note gone "$1" "kept: kafka-fab did not make it"
    elif intend gone "$1" remove; then
        keep_version "$(readlink "$1")" && try gone "$1" rm -f "$1" && strike_out "$1" && say changed gone "$1" removed
    fi
}

# made_by_us TREE: whether it was extracted by kafka-fab
made_by_us() {
    mark "$1"
    [ -n "$found" ]
}

# want_tree_gone PATH: a tree may be that of several clusters
want_tree_gone() {
    if [ ! -e "$1" ]; then
        say ok gone "$1"
        return
    elif ! made_by_us "$1"; then
        say note gone "$1" "kept: kafka-fab did not extract it"
        return
    fi
    others "$1"
    [ -n "$found" ] || running_from "$1"
    if [ -n "$found" ]; then
        say ok gone "$1" "kept: $found uses it, too"
        [ "$APPLY" = 0 ] || strike_out "$1"
    elif intend gone "$1" remove; then
        try gone "$1" rm -rf "$1" && strike_out "$1" && say changed gone "$1" removed
    fi
}

# running_from TREE: sets found to a process that was started from it, or to nothing
running_from() {
    found=
    for process in /proc/[0-9]*; do
        grep -qaF "$1/" "$process/cmdline" 2>/dev/null || continue
        found="process ${process#/proc/}"
        return
    done
}

# want_records_gone: with the last cluster's records go all of them
want_records_gone() {
    [ -e "$STATE" ] || { say ok gone "$STATE"; return; }
    rest=
    [ ! -f "$STATE/made" ] || rest=$(awk -F '\t' -v folder="$FOLDER" '$3 != folder' "$STATE/made")
    intend gone "$STATE" "remove this cluster's records" || return 0
    case $ROLL in "$STATE/clusters/"*) rm -rf "${ROLL%/*}" ;; esac
    if [ -z "$rest" ]; then
        try gone "$STATE" rm -rf "$STATE" && say changed gone "$STATE" removed
    else
        printf '%s\n' "$rest" >"$STATE/made.new" && mv -f "$STATE/made.new" "$STATE/made" &&
            say changed gone "$STATE" "this cluster's records removed"
    fi
}

# mending USER COMMAND: what to do about a user; one that we have not made may be a person's, who needs it as it is
mending() {
    read_records
    case $MADE in
    *"${NL}made${TAB}user:$1$TAB"*) printf 'run %s' "$2" ;;
    *) printf 'kafka-fab did not make it; name a user for Kafka alone in conf/cluster.yaml' ;;
    esac
}

# take_user NAME HOME ACCOUNT: one that is there; fails where it cannot serve
take_user() {
    ! recorded "user:$1" || return 0
    number=${3#*:*:} number=${number%%:*}
    if [ "$number" = 0 ]; then
        fail user "$1" "has the id 0, which is root's: name another user in conf/cluster.yaml"
        return 1
    fi
    case $(getent group "$1") in *:*:0:*)
        fail user "$1" "its group $1 has the id 0, which is root's: name another user in conf/cluster.yaml"
        return 1
        ;;
    esac
    others "user:$1"
    [ -n "$found" ] || [ "$OLDER" = 1 ] || [ -z "$CLUSTER" ] || tell_user "$@"
    write_down used "user:$1"
}

# tell_user NAME HOME ACCOUNT: what an account is that we would have made otherwise
tell_user() {
    home=${3#*:*:*:*:*:} shell=${home##*:} home=${home%%:*} unlike=
    own=$(id -gn "$1" 2>/dev/null)
    [ "$own" = "$1" ] || unlike=", group ${own:-unknown}"
    [ "$home" = "$2" ] || unlike="$unlike, home $home"
    case $shell in */nologin | */false) ;; *) unlike="$unlike, shell $shell" ;; esac
    [ "$number" -lt 1000 ] || unlike="$unlike, an id of people's accounts"
    [ -z "$unlike" ] ||
        say note user "$1" "is there already (id $number$unlike) and is used as it is; another can be named in conf/cluster.yaml"
}
