# Kafka and ZooKeeper: whose the data is, where it is kept, and its format.
# shellcheck shell=sh disable=SC2034,SC2153,SC2154,SC3043  # one script: see base.sh
# Keys of a service's file that tell where it is asked, where its metadata and its data are, who it is, and the levels
# that an upgrade keeps.
KEPT_KEYS='listeners advertised.listeners port host.name listener.security.protocol.map controller.listener.names inter.broker.listener.name zookeeper.connect process.roles broker.id node.id log.dirs log.dir metadata.log.dir controller.quorum.voters clientPort secureClientPort dataDir dataLogDir inter.broker.protocol.version log.message.format.version'
# Keys of how its connections are secured, which a live change leads from one state to the next; never a password.
SECURITY_KEYS='controller.quorum.bootstrap.servers security.inter.broker.protocol zookeeper.set.acl zookeeper.clientCnxnSocket authorizer.class.name super.users allow.everyone.if.no.acl.found sslQuorum portUnification serverCnxnFactory config.providers'
KEPT=''
# Units whose listeners cannot be changed at once.
CHANGES_WIRES=''

# want_identity PATH KEY VALUE MEANING KEPT: another node's data is never taken over
want_identity() {
    found=$3
    [ ! -f "$1" ] || value_in "$1" "$2"
    if [ ! -f "$1" ] && [ "${5-0}" = 1 ] && holds_partitions "${1%/*}"; then
        say foreign identity "$1" "is missing although ${1%/*} holds partitions: a lost file, not a new disk; restore it, or move the partitions away, and the broker replicates them again"
    elif [ "$found" = "$3" ]; then
        say ok identity "$1"
    elif [ -z "$found" ]; then
        fail identity "$1" "has no ${2:-id}, but $4 is $3: the file is damaged, or from a cluster in another mode (ZooKeeper or KRaft); restore it, or restore the groups in hosts.ini"
    else
        fail identity "$1" "has ${2:+$2=}$found, but $4 is $3: this is another node's data; correct hosts.ini, or move the data away"
    fi
}

holds_partitions() {
    local partition
    for partition in "$1"/*-[0-9]*/; do [ ! -d "$partition" ] || return 0; done
    return 1
}

# storage DIRECTORY...: says whether each is formatted, for whom, and whether a node has run on it
storage() {
    local path
    for path in "$@"; do
        storage_words "$path"
        say ok storage "$path" "$words"
    done
}

# storage_words DIRECTORY: sets words; used=1 where a quorum's state or a partition is there: a format alone makes neither
storage_words() {
    local key used
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

# format_storage USER UNIT LINK DIRECTORY... -- OPTION...: formatted once, by what the unit starts, and never over data
format_storage() {
    local account home bare all
    unit_tree "$2" "$3"
    account=$1 home=$found bare='' all=''
    shift 3
    while [ "$1" != -- ]; do
        all="$all $1"
        [ -f "$1/meta.properties" ] || bare="$bare $1"
        if [ ! -f "$1/meta.properties" ] && [ -n "$(find "$1" -mindepth 1 -maxdepth 1 -name '*-[0-9]*' -print -quit 2>/dev/null)" ]; then
            fail format "$1" "holds partitions but no meta.properties: not formatted, to keep the data; restore the file, or move the data away"
        fi
        shift
    done
    shift
    [ -n "$bare" ] || { say ok format "${all# }"; return; }
    # A directory that is new beside formatted ones is formatted with the same id.
    [ "$bare" = "$all" ] || set -- "$@" --ignore-formatted
    try format "${bare# }" runuser -u "$account" -- env LOG_DIR=/tmp KAFKA_HEAP_OPTS=-Xmx256m \
        "$home/bin/kafka-storage.sh" "$@" && say changed format "${bare# }"
}

# marked FILE...: says whether the marks of a clean stop are there
marked() {
    local path
    for path in "$@"; do
        if [ -e "$path" ]; then say ok mark "$path"; else say note mark "$path" "is missing: unclean shutdown, the next start runs log recovery"; fi
    done
}

# look_kept FILE...: FILE|KEY=VALUE of the keys above, of all files in one process
look_kept() {
    local path keys
    for path in "$@"; do
        shift
        [ ! -f "$path" ] || set -- "$@" "$path"
        KEPT="$KEPT$NL$path|$NL"
    done
    [ $# = 0 ] || KEPT=$KEPT$(awk -v keys=" $KEPT_KEYS $SECURITY_KEYS " "$PROPERTIES"'
        function is_kept() { return index(keys, " " key " ") || key ~ /^server\.[0-9]+$/ || secures() && !hides() }
        function secures() { return key ~ /^(ssl|sasl|listener\.name|zookeeper\.ssl|authProvider|config\.providers\.kafkafab)\./ }
        function hides() { return tolower(key) ~ /password/ && value !~ /^\$\{/ || tolower(value) ~ /password *=/ }
        FNR == 1 { restart_pairs() }
        next_pair() && key !~ /[ \t]/ && is_kept() { print FILENAME "|" key "=" value }' "$@")$NL
}

# keep FILE: looks at it, unless that was done
keep() {
    case $KEPT in *"$NL$1|$NL"*) ;; *) look_kept "$1" ;; esac
}

# kept_in FILE KEY: sets found to the value of one of those keys in a file; the last one counts
kept_in() {
    keep "$1"
    ! line_with "$KEPT" "$NL$1|$2=" || found=${found#"$1|$2="}
}

# kept_dirs FILE: sets found to the directories that a service keeps its data in, by its file
kept_dirs() {
    local dirs key
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
    local entry
    found=
    for entry in "$1"/*-[0-9]*; do
        case ${entry##*/} in *-delete | *-future | *-stray) continue ;; esac
        [ ! -d "$entry" ] || found="$found ${entry##*/}"
    done
    found=${found# }
}

# several WORD...: sets found to how many replicas these are, and which the first of them are
several() {
    local words
    words=$# found=$1
    shift
    while [ $# -gt 0 ] && [ "${found#*, *, }" = "$found" ]; do found="$found, $1" && shift; done
    [ $# = 0 ] || found="$found and $# more"
    [ "$words" = 1 ] && found="1 replica ($found)" || found="$words replicas ($found)"
}

# want_data ROLE SETTING SNAPSHOT FILE ABANDONED DIRECTORY...: no directory is taken out of the settings that holds
# data, unless it is abandoned by name (DIR,DIR); the file on disk says which there were, else the one of the start
want_data() {
    local role setting source abandoned file were lost names directory remedy
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
        if [ "$role" = kafka ]; then several $found; else found="data ($found)"; fi
        lost="$lost${lost:+, }$directory, which holds $found" names="$names$directory,"
    done
    if [ -z "$lost" ]; then
        say ok data "$role"
    else
        names=${names%,} names=${names#,} remedy='add the directory again'
        [ "$role" != kafka ] || remedy="$remedy, or move its replicas to other brokers first"
        fail data "$role" "$setting in conf/cluster.yaml no longer has $lost; $role would lose that at its next start: $remedy; if the data has moved, stop $role and remove the old path; to accept the loss, name the directory (--abandon-dir $names)"
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
    local directory
    for directory in "$@"; do
        held_in "$directory"
        [ -z "$found" ] && [ ! -f "$directory/meta.properties" ] || return 0
    done
    return 1
}

# want_metadata_store SNAPSHOT FILE WHERE DIRECTORY...: a node that runs or has data keeps its metadata where it is
want_metadata_store() {
    local snapshot file where was remedy
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
    *) remedy="restore the groups in hosts.ini; changing between ZooKeeper and controllers is a migration, which kafka-fab cannot do yet" ;;
    esac
    fail metadata "$file" "keeps its metadata in $was, but hosts.ini and conf/cluster.yaml say $where, which has no metadata of this cluster: it would start as an empty cluster; $remedy"
}

# want_members ROLE GROUP FILE KEY ID... -- DIRECTORY...: a server that has data stays in a quorum of the same members.
# With another list it would find a majority beside the others, and there would be two clusters
want_members() {
    local role group file was wanted
    role=$1 group=$2 file=$3
    members_of "$3" "$4"
    was=$found
    shift 4
    wanted=' '
    while [ "$1" != -- ]; do
        wanted="$wanted$1 "
        shift
    done
    shift
    if [ ! -f "$file" ] || [ "$was" = unknown ] || same_words "$was" "$wanted" || ! any_held "$@"; then
        say ok members "$role"
        return
    fi
    [ "$was" != ' ' ] || was=' only this server '
    [ "$wanted" != ' ' ] || wanted=' only this server '
    fail members "$role" "has the data of a quorum of$was(see $file), but hosts.ini has$wanted: with another list it could form a second cluster (split brain). Restore the group [$group] in hosts.ini"
}

# members_of FILE KEY: sets found to the ids of a quorum by its file, between blanks; to unknown where it says none
members_of() {
    local members row
    members=' '
    if [ "$2" = server. ]; then
        keep "$1"
        IFS=$NL
        set -f
        for row in $KEPT; do
            case $row in "$1|server."*=*) row=${row#"$1|server."} members="$members${row%%=*} " ;; esac
        done
        set +f
        unset IFS
    else
        kept_in "$1" "$2"
        [ -n "$found" ] || { found=unknown; return; }
        IFS=,
        set -f
        for row in $found; do members="$members${row%%@*} "; done
        set +f
        unset IFS
    fi
    found=$members
}

# same_words A B: whether two lists between blanks have the same words, in any order
same_words() {
    local word
    for word in $1; do case $2 in *" $word "*) ;; *) return 1 ;; esac; done
    for word in $2; do case $1 in *" $word "*) ;; *) return 1 ;; esac; done
}

# want_fixed_key ROLE SNAPSHOT FILE KEY PATTERN SETTING: a value that all of a quorum must share is not changed while one
# of them runs, since those that have restarted and the others would not find each other
want_fixed_key() {
    # Said already, with what to do.
    case $CHANGES_WIRES in *" $1 "*) return ;; esac
    kept_in "$3" "$4"
    # shellcheck disable=SC2254  # a pattern
    case $found in "" | $5) say ok fixed-key "$1 $4" && return ;; esac
    if [ ! -f "$2" ]; then
        say ok fixed-key "$1 $4"
    else
        fail fixed-key "$1 $4" "$1 is running with $4=$found; with another $6 it could not reach the servers that are not restarted yet: stop all of them first ($FAB stop, $FAB install, $FAB start), or restore $6"
    fi
}

# want_connects_by UNIT SNAPSHOT KEY DEFAULT VALUE [FILE METADATA]: how a running service connects to others is changed
# in passes; and that of a quorum that has stored its voters' listeners, too, which cannot start with others
want_connects_by() {
    local source runs first
    source=$2 runs='is running' first=''
    if [ ! -f "$2" ]; then
        if [ -z "${7-}" ] || [ ! -f "$6" ] || [ ! -f "$7/__cluster_metadata-0/quorum-state" ]; then
            say ok connects-by "$1 $3"
            return
        fi
        source=$6 runs='has stored its quorum' first="Start them with the files that they have ($FAB start), then "
    fi
    kept_in "$source" "$3"
    found=${found:-$4} found=${found%%,*}
    if [ "$found" = "$5" ]; then
        say ok connects-by "$1 $3"
    else
        CHANGES_WIRES="$CHANGES_WIRES $1 "
        fail connects-by "$1 $3" "$1 $runs with $3=$found, and is to run with $5: services that do not change at the same time could not connect to each other. ${first}change them while they run ($FAB security.move) [M7]"
    fi
}

# want_listener_login UNIT SNAPSHOT NAME PREFIX PROTOCOL MECHANISM CLIENT-AUTH: a listener that is open keeps its login:
# clients find the other brokers by its name, and those that are not restarted yet have the other login
want_listener_login() {
    local protocol mechanism
    found=
    [ ! -f "$2" ] || kept_in "$2" listeners
    case ",$found" in *",$3://"*) ;; *) say ok connects-by "$1 $3" && return ;; esac
    kept_in "$2" listener.security.protocol.map
    protocol=",$found" protocol=${protocol##*",$3:"} protocol=${protocol%%,*}
    kept_in "$2" "$4sasl.enabled.mechanisms"
    mechanism=$found
    kept_in "$2" "$4ssl.client.auth"
    if [ "$protocol $mechanism $found" = "$5 $6 $7" ]; then
        say ok connects-by "$1 $3"
    else
        fail connects-by "$1 $3" "$1 is running with listener $3 as $protocol${mechanism:+ $mechanism}${found:+ with certificates}, and is to run with it as $5${6:+ $6}${7:+ with certificates}: clients could not connect to brokers that are not restarted yet. Leave it, give the new listener another name and another port ($FAB security.move), and remove the old one when its clients have moved [M7]"
    fi
}

# running ROLE SNAPSHOT FILE: what a service has started with, KEY=VALUE a line, and of which version, nothing where it does
# not run; what its next start would find; the cluster ids of its data directories; and those with data that the start would
# do without
running() {
    local role snapshot file source unit tree path pair now next directory
    role=$1 snapshot=$2 file=$3 source=$2 unit=${2%/*}
    for path in "$snapshot" "$file"; do
        keep "$path"
    done
    [ -f "$snapshot" ] || source=$file
    say ok running "$role"
    if [ -f "$snapshot" ]; then
        tree=$(running_tree "${unit##*/}")
        say ok running-version "$role" "${tree##*/}"
    fi
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

# leaves ROLE DIRECTORY: directory=D partitions=P,P of one that holds data, and that the next start does not use
leaves() {
    held_in "$2"
    [ -z "$found" ] || say ok leaves "$1" "directory=$2 partitions=$(printf '%s' "$found" | tr ' ' ',')"
}

# metrics URL: how many metrics of Kafka's an exporter answers with
metrics() {
    local page
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
        echo "cannot be read: neither curl nor wget is installed"
        return 1
    fi
}
