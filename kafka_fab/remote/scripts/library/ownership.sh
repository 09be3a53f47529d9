# The ownership record: what on this host is ours, and whose else.
# shellcheck shell=sh disable=SC2034,SC2153,SC2154,SC3043  # one script: see base.sh
# What a run makes, or finds empty and takes, is written down in $STATE/made before it is made, a thing a line:
#   HOW <tab> THING <tab> FOLDER <tab> CLUSTER <tab> SINCE <tab> BY <tab> MORE
# HOW is made (by us), took (found empty or with our owner) or used (another cluster has made it); THING a path, or
# unit:NAME, or user:NAME; FOLDER the id of the cluster's folder; MORE of a directory to=PLACE where it, or one above it, is a link.
# Only what stands there is ever changed or removed.
FOLDER='' CLUSTER='' HERE='' HOSTS='' BY='' MADE='' SINCE='' OF_UNITS='' OLDER=0
how='' to='' # what a record says

# set_owner CLUSTER FOLDER HOST HOSTS BY (UNIT DIRECTORIES)...: this script is that cluster's. A folder that does not know
# its id, as a fresh clone, has the one of the services that it fits.
set_owner() {
    CLUSTER=$1 FOLDER=$2 HERE=$3 HOSTS=$4 BY=$5
    shift 5
    read_records
    OF_UNITS=$NL
    while [ $# -gt 0 ]; do
        OF_UNITS=$OF_UNITS$1=$2$NL
        [ -n "$FOLDER" ] || fits "$1" "$2"
        shift 2
    done
    locate_operations
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
    [ "$other_name" = "$CLUSTER" ] || return 0
    # shellcheck disable=SC2086  # lists
    if in_common "$2" "${other_more#*" dirs="}" && in_common "$HOSTS" "$(hosts_of "$other_more")"; then FOLDER=$other_folder; fi
}

# hosts_of MORE: the hosts of a record's cluster without this one; this one where it is alone
hosts_of() {
    local them
    them=${1#hosts=} them=${them%%" "*}
    [ "$them" = "$HERE" ] || them=$(printf '%s' "$them" | tr ',' '\n' | grep -vxF -e "$HERE" | tr '\n' ',')
    printf '%s' "$them"
}

# in_common LIST LIST: whether two lists, parted by commas, share a word
in_common() {
    local list word
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

# others THING: sets found to which other cluster has a thing, or to nothing; other_name, other_folder and
# other_more to what its record says
others() {
    local record since
    read_records
    found='' other_name='' other_folder='' other_more=''
    case $MADE in *"$TAB$1$TAB"*) ;; *) return 0 ;; esac
    IFS=$NL
    set -f
    for record in $MADE; do
        case $record in *"$TAB$1$TAB"*) record=${record#*"$TAB$1$TAB"} ;; *) continue ;; esac
        other_folder=${record%%"$TAB"*} record=${record#*"$TAB"}
        [ "$other_folder" != "$FOLDER" ] || continue
        other_name=${record%%"$TAB"*} record=${record#*"$TAB"}
        since=${record%%"$TAB"*} record=${record#*"$TAB"}
        other_more=${record#*"$TAB"}
        found="cluster $other_name (since $since, by ${record%%"$TAB"*})"
        break
    done
    set +f
    unset IFS
}

# write_down HOW THING [MORE]: before the thing is made
write_down() {
    local line
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

# want_owner CLUSTER FOLDER HOST HOSTS BY (UNIT DIRECTORIES)...: none of the units is somebody else's
want_owner() {
    set_owner "$@"
    namesake
    if [ -n "$found" ]; then
        fail owner "$CLUSTER" "this host already has another $found: set another \`name\` in conf/cluster.yaml, or correct hosts.ini; nothing was changed"
        return
    fi
    copied
    if [ -n "$found" ]; then
        fail owner "$CLUSTER" "the folder has the id of $found: it is a copy; to make it a separate cluster, remove its folder.id; nothing was changed"
        return
    fi
    shift 5
    while [ $# -gt 0 ]; do
        refuse_foreign "$1" || return 0
        shift 2
    done
    say ok owner "$CLUSTER" "folder=$FOLDER"
}

# namesake: sets found to another cluster of the same name on this host, or to nothing
namesake() {
    local folder name since by
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
    local thing folder name since by more all
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

# want_records_absent: with the last cluster's records go all of them
want_records_absent() {
    local rest folder
    [ -e "$STATE" ] || { say ok absent "$STATE"; return; }
    # A package's own record outlives the cluster's: its removal goes by it.
    rest=
    [ ! -f "$STATE/made" ] || rest=$(awk -F '\t' -v folder="$FOLDER" '$3 != folder' "$STATE/made")
    intend absent "$STATE" "remove this cluster's records" || return 0
    case $ROLL in "$STATE/clusters/"*) rm -rf "${ROLL%/*}" ;; esac
    if [ -z "$rest" ] && [ ! -s "$STATE/packaged" ]; then
        try absent "$STATE" rm -rf "$STATE" && say changed absent "$STATE" removed
    else
        printf '%s' "${rest:+$rest$NL}" >"$STATE/made.new" && mv -f "$STATE/made.new" "$STATE/made" &&
            say changed absent "$STATE" "this cluster's records removed"
    fi
}
